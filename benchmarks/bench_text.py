"""How well the built-in encoders of text find films of the same genres by their plots.

    python benchmarks/bench_text.py

For each film with a plot, its ten nearest others by the plot alone: how many share a genre with it, and
how much of the genres they share (Jaccard). Then the same for films that the encoder has not learnt from.
"""

import numpy as np

from bench_neural import films
from real_data import data_folder, write_result
from sensorium.core.arrays import FloatMatrix
from sensorium.encoders.base import Encoder
from sensorium.encoders.text.hashing_lsa import HashingLSA
from sensorium.encoders.text.keywords import Keywords
from sensorium.encoders.text.nmf_topics import NMFTopics
from sensorium.encoders.text.tfidf_lsa import TfidfLSA
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling

K = 10
LEARNT_FROM = (100, 300)


def main() -> None:
    """Measure the encoders, print and keep the numbers."""
    plots, genres = films(data_folder("movielens-100k"))
    result: dict[str, object] = {"films": len(plots), "k": K}
    for cls in (TfidfLSA, HashingLSA, Keywords, NMFTopics):
        rows = rows_of(cls().fit(plots), plots)
        found: dict[str, object] = shared_genres(rows, genres) | {"columns": rows.shape[1]}
        for n in LEARNT_FROM:
            order = np.random.default_rng(1).permutation(len(plots))
            learnt, others = order[:n], order[n:]
            encoder = cls().fit([plots[index] for index in learnt])
            values = rows_of(encoder, [plots[index] for index in others])
            found[f"learnt_from_{n}"] = shared_genres(values, genres[others])
        result[cls.name] = found
        print(f"{cls.name:14} {found}", flush=True)
    write_result("text", result)


def rows_of(encoder: Encoder, plots: list[str]) -> FloatMatrix:
    """Return rows of unit length, as models see them."""
    values = encoder.encode_batch(plots).values
    block = FeatureBlock("text:plot", values, values.any(axis=1), encoder.spec(), dict(encoder.parts))
    return Scaling.fit(block).scaled(block).values


def shared_genres(rows: FloatMatrix, genres: FloatMatrix) -> dict[str, float]:
    """Return the mean share of the nearest that have a genre in common, and the mean Jaccard of genres."""
    shared = genres @ genres.T
    n_genres = genres.sum(axis=1)
    jaccard = shared / np.maximum(n_genres[:, None] + n_genres[None, :] - shared, 1)
    nearest = np.argsort(-(rows @ rows.T - 2 * np.eye(len(rows))), axis=1)[:, :K]
    return {
        "share_a_genre": round(float(np.take_along_axis(shared > 0, nearest, axis=1).mean()), 4),
        "jaccard": round(float(np.take_along_axis(jaccard, nearest, axis=1).mean()), 4),
    }


if __name__ == "__main__":
    main()
