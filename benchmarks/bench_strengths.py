"""Strengths against plain positives: the same models, users, questions; only what they learn from differs.

Two worlds. A generated shop with views, carts, purchases and returns: people look at what is shown to all and
at what they like, put into the cart what they like, buy what they like most, and send some of the rest back.
And MovieLens-100K, ratings about their user's mean (needs the folder of real data). Both are divided in time.
In each, three models with their default settings and `auto` learn from

- strength: each event as strong as it is, what is against included;
- plain: all that speak for an item alike;
- strong: the relevant alone.

All are asked for the same: what is at least half as strong as a purchase. `chosen` is what a fit would take.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from real_data import data_folder, write_result
from sensorium.catalog.events import Events
from sensorium.core.vocabulary import Vocabulary
from sensorium.evaluation import splits
from sensorium.evaluation.judge import Judge
from sensorium.evaluation.result import EvaluationResult, paired_difference
from sensorium.evaluation.splits import Split, known_items
from sensorium.fusion.auto import AutoConfig, fit_auto
from sensorium.insight.verdict import with_ends
from sensorium.models.base import FitOptions, QueryBatch
from sensorium.models.registry import make_model
from sensorium.training.event_weighting import OTHERS, PLAIN, choose_weighting
from sensorium.training.training_data import training_data, validation_data

MODELS = ("ease", "ials", "item-knn")
NDCG = "ndcg@20"
CHOICES = (PLAIN, *OTHERS)
SHOP = {"view": 0.2, "cart": 0.5, "purchase": 1.0, "return": -1.0}


def generated_shop(
    seed: int = 0, *, N_USERS: int = 1500, N_ITEMS: int = 600, N_VISITS: int = 25
) -> pl.DataFrame:
    """Return events of a shop: people are drawn to what is shown, and keep what they like."""
    rng = np.random.default_rng(seed)
    tastes = rng.normal(size=(N_USERS, 8))
    qualities = rng.normal(size=(N_ITEMS, 8))
    liking = tastes @ qualities.T / np.sqrt(8)
    shown = rng.permutation(np.log(1 / (1 + np.arange(N_ITEMS)))) * 0.8
    rows: list[tuple[int, int, str, float]] = []
    for user in range(N_USERS):
        # What is looked at depends little on taste, what is bought much.
        chance = np.exp(shown + 0.5 * liking[user])
        seen = rng.choice(N_ITEMS, size=N_VISITS, replace=False, p=chance / chance.sum())
        start = rng.uniform(0, 300)
        for step, item in enumerate(seen):
            moment = start + step
            rows.append((user, int(item), "view", moment))
            like = liking[user, item] + 0.3 * rng.normal()
            if like > 0.3:
                rows.append((user, int(item), "cart", moment + 0.1))
            if like > 0.7:
                rows.append((user, int(item), "purchase", moment + 0.2))
            elif like < -0.8 and rng.random() < 0.3:
                rows.append((user, int(item), "purchase", moment + 0.2))
                rows.append((user, int(item), "return", moment + 0.3))
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "type", "time"], orient="row")
    return frame.with_columns(pl.col("time") * 86_400 + 1.7e9)


def shop_events() -> Events:
    """Return the events of the generated shop."""
    log = generated_shop()
    items = Vocabulary(log["item_id"].unique().sort().cast(pl.String))
    return Events.from_frame(log, items=items, strength=SHOP)


def film_events(folder: Path) -> Events:
    """Return the ratings of MovieLens-100K as strengths."""
    log = pl.read_csv(folder / "events.csv")
    items = Vocabulary(log["item_id"].unique().sort().cast(pl.String))
    return Events.from_frame(log, items=items, value="rating", strength={"rating": 1.0})


def judged(split: Split, weighting: Any, seconds: float) -> dict[str, EvaluationResult]:
    """Return how models did that learnt from events so."""
    parts = {name: getattr(split, name).weighed(weighting) for name in ("train", "validation")}
    train = training_data(parts["train"], {})
    known = Events.concat(parts["train"], parts["validation"])
    histories = training_data(known, {})
    validation = validation_data(train, split.tuning)
    models = {name: make_model(name).fit(train) for name in MODELS}
    fitted: dict[str, Any] = dict(models)
    fitted["auto"] = fit_auto(train, validation, FitOptions(), AutoConfig(seconds=seconds)).fusion
    found: dict[str, EvaluationResult] = {}
    for name, model in fitted.items():
        judge = Judge(
            split.test.relevant(), known_items(known), ks=(20,), train_interactions=train.interactions,
            histories=histories.interactions, disliked=split.test.against(),
        )  # fmt: skip
        judge.add_all(lambda rows, model=model: model.score(QueryBatch.of_users(histories, rows)))
        found[name] = judge.result(name, {})
    return found


def world(name: str, events: Events, seconds: float) -> dict[str, Any]:
    """Return the numbers of one world, and print them."""
    split = splits.time(events)
    results = {weighting: judged(split, weighting, seconds) for weighting in CHOICES}
    choice = choose_weighting(split.tuning, FitOptions())
    assert choice is not None
    print(f"\n{name}: {len(events):,} events; a fit takes {choice.weighting}")
    gains = {name: with_ends(gain) for name, gain in choice.gains.items()}
    print(f"  gains over plain on validation: {gains}")
    found: dict[str, Any] = {"chosen": choice.to_json(), "models": {}}
    for model in (*MODELS, "auto"):
        rows: Mapping[str, EvaluationResult] = {w: results[w][model] for w in CHOICES}
        line = {w: round(rows[w].metrics[NDCG], 4) for w in CHOICES}
        bad = {w: round(rows[w].beyond.get("disliked_share@20", 0.0), 4) for w in CHOICES}
        gain = paired_difference(rows["strength"], rows["plain"], NDCG)
        taken = paired_difference(rows[choice.weighting], rows["plain"], NDCG)
        print(f"  {model:9} {line}")
        print(f"    strength - plain {with_ends(gain)}, chosen - plain {with_ends(taken)}; disliked {bad}")
        found["models"][model] = {
            NDCG: line, "disliked_share@20": bad,
            "strength - plain": gain.to_json(), "chosen - plain": taken.to_json(),
        }  # fmt: skip
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30)
    seconds = parser.parse_args().seconds
    found = {"shop": world("shop", shop_events(), seconds)}
    films = film_events(data_folder("movielens-100k"))
    found["movielens-100k"] = world("MovieLens-100K", films, seconds)
    write_result("strengths", found)
