"""The judge on real events against a plain twin that ranks one user at a time."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sensorium.catalog.events import Events
from sensorium.core.vocabulary import Vocabulary
from sensorium.evaluation import splits
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.splits import known_items


@pytest.mark.slow
def test_popularity_on_movielens_is_what_a_plain_loop_finds(real_data: Path) -> None:
    path = real_data / "movielens-100k" / "events.csv"
    items = Vocabulary(pl.read_csv(path)["item_id"].unique().sort().cast(pl.String))
    events = Events.from_file(path, items=items, positive=["rating >= 4"])
    split = splits.time(events)
    assert len(split.test) / len(events) == pytest.approx(0.1, abs=0.002)
    relevant, known = split.test.interactions(), known_items(split.train, split.validation)
    counts = np.asarray(split.train.interactions().sum(axis=0), dtype=np.float32)
    counts += np.arange(len(items)) * 1e-4  # no ties: the plain loop has no notion of them
    judge = Judge(relevant, known, train_interactions=split.train.interactions())
    measured = judge.add_all(lambda rows: np.tile(counts, (len(rows), 1))).result("popularity").metrics

    recalls, gains = [], []
    for user in judge.rows:
        wanted = set(relevant[[user]].indices) - set(known[[user]].indices)
        seen = set(known[[user]].indices)
        best = [item for item in np.argsort(-counts) if item not in seen][:20]
        hits = [item in wanted for item in best]
        recalls.append(sum(hits) / len(wanted))
        ideal = sum(1 / math.log2(i + 2) for i in range(min(20, len(wanted))))
        gains.append(sum(hit / math.log2(i + 2) for i, hit in enumerate(hits)) / ideal)
    assert measured["recall@20"] == pytest.approx(np.mean(recalls))
    assert measured["ndcg@20"] == pytest.approx(np.mean(gains))
