"""A workspace with a model of all members of `auto`, for measuring the service under load."""

from pathlib import Path

import numpy as np
import polars as pl

from answer_world import AnswerWorld
from bench_recommend import made_catalog
from sensorium.core.arrays import IntVector
from sensorium.core.vocabulary import Vocabulary
from sensorium.fusion.late_fusion import LateFusion
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.persistence import save
from sensorium.workspace.workspace import Workspace

SETTINGS = """
[catalog]
items = "items.csv"
text = ["title"]
category = ["kind"]
number = ["year"]

[events]
file = "events.csv"

[service]
requests_per_second = 1000000
"""
N_ASKING = 2_000


def write_catalogue(folder: Path, n_items: int, n_events: int, d: int) -> list[str]:
    """Write the workspace with its bundle, and the events of those who will ask; return these users."""
    world = AnswerWorld.made(n_items, n_events, d)
    members = world.members()
    fusion = LateFusion.from_members(members, dict.fromkeys(members, 1 / len(members)))
    catalog = made_catalog(n_items, np.random.default_rng(0))
    users = Vocabulary([f"user-{index}" for index in range(world.data.n_users)], name="user")
    folder.mkdir(parents=True)
    (folder / "sensorium.toml").write_text(SETTINGS, encoding="utf-8")
    catalog.frame.write_csv(folder / "items.csv")
    asking = world.asking(N_ASKING)
    history_table(world, asking).write_csv(folder / "events.csv")
    workspace = Workspace.open(folder)
    save(FittedModel(catalog, users, world.data, world.item_features, fusion), workspace.bundles)
    return [f"user-{user}" for user in asking.tolist()]


def history_table(world: AnswerWorld, asking: IntVector) -> pl.DataFrame:
    """Return what those who ask have done, as a table of events."""
    clicks = world.data.interactions
    spans = [(clicks.indptr[user], clicks.indptr[user + 1]) for user in asking.tolist()]
    items = np.concatenate([clicks.indices[start:end] for start, end in spans])
    who = np.repeat(asking, [end - start for start, end in spans])
    return pl.DataFrame(
        {
            "user_id": [f"user-{user}" for user in who.tolist()],
            "item_id": [f"item-{item}" for item in items.tolist()],
            "timestamp": 1_700_000_000 + np.arange(len(items)),
        }
    )
