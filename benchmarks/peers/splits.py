"""Split folders of the real data: one for each data set, the same for every peer.

A folder holds `train.csv`, `validation.csv`, `test.csv` (`user_id,item_id[,timestamp]`, numbers from 0),
`asked.csv` (users of the test), `facts.json`, and `.npy` features whose row is the item. `sensorium evaluate`
takes it as it is.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench_scale_fit import drawn
from sensorium.catalog.catalog import Catalog, read_catalog
from sensorium.catalog.events import Events
from sensorium.catalog.guess import guess_roles
from sensorium.catalog.readers.files import read_table
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.evaluation import splits
from sensorium.features.store import FeatureStore

PARTS = ("train", "validation", "test")
PUBLISHED = {
    "ml-1m": "ml-1m",
    "tiktok": "tiktok",
    "baby": "amazon-baby",
    "clothing": "amazon-clothing",
    "gowalla": "gowalla",
}
"""Name -> folder of the data sets that come as train and validation."""
MOVIELENS = {"ml-time": splits.time, "ml-random": splits.random}
LARGE = {"large": (200_000, 20_000_000), "medium": (20_000, 1_000_000)}
"""Name -> items and events of made data."""
DATASETS = (*MOVIELENS, *PUBLISHED)
SWAPPED = "-swapped"
"""Behind the name of a published data set: what tunes and what is judged are exchanged."""
OTHERS = (*LARGE, *(name + SWAPPED for name in PUBLISHED))
"""Only if asked for."""
FEWEST, N_JUDGED = 5, 3_000
"""Events of a user of made data of whom one is held back, and how many users tune and are judged."""
TRAIN, BOTH = "train", "train+validation"


def make_split(dataset: str, data: Path, folder: Path) -> dict[str, Any]:
    """Write the split of `dataset` into `folder` unless it is there already, and return its facts."""
    facts = folder / "facts.json"
    if not facts.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if dataset in LARGE:
            generated(*LARGE[dataset], folder)
        elif dataset in MOVIELENS:
            movielens(data / "movielens-100k", dataset, folder)
        else:
            name = dataset.removesuffix(SWAPPED)
            halved(data / PUBLISHED[name], folder, is_swapped=name != dataset)
    return json.loads(facts.read_text(encoding="utf-8"))


def halved(source: Path, folder: Path, *, is_swapped: bool = False) -> None:
    """Write a published split whose test is not given: half of validation's users become the test.

    Users of the two halves differ, so that nothing tuned on one has seen the other; swapped, each half is
    what the other was.
    """
    train, held = (pl.read_csv(source / f"{part}.csv") for part in PARTS[:2])
    users = np.unique(held["user_id"].to_numpy())
    chosen = np.random.default_rng(0).permutation(users)[: len(users) // 2]
    chosen = np.setdiff1d(users, chosen) if is_swapped else chosen
    mine = pl.Series("user_id", chosen).implode()
    arrays = {path.stem: np.load(path) for path in sorted(source.glob("*.npy"))}
    parts = {
        "train": train,
        "validation": held.filter(pl.col("user_id").is_in(mine)),
        "test": held.filter(~pl.col("user_id").is_in(mine)),
    }
    what = "train as published; half of the users of the published validation tune, the other half test"
    write_split(folder, parts, arrays, {"split": what, "known": TRAIN})


def generated(n_items: int, n_events: int, folder: Path) -> None:
    """Write made events; the last one of some users is held back to tune on, that of others is the test."""
    users, items = drawn(n_items, n_events)
    events = pl.DataFrame({"user_id": users, "item_id": items})
    last = np.flatnonzero(np.diff(users, append=-1))
    long = last[np.bincount(users)[users[last]] >= FEWEST]
    few = np.random.default_rng(1).permutation(long)[: 2 * N_JUDGED]
    tune, test = np.sort(few[:N_JUDGED]), np.sort(few[N_JUDGED:])
    kept = np.ones(len(users), dtype=np.bool_)
    kept[few] = False
    parts = {"train": events.filter(kept).unique(maintain_order=True), "validation": events[tune]}
    what = "made events; the last one of some users tunes, that of others is the test"
    write_split(folder, parts | {"test": events[test]}, {}, {"split": what, "known": TRAIN})


def movielens(source: Path, dataset: str, folder: Path) -> None:
    """Write ratings of 4 and 5 as choices, divided in time or at random, and the encoded items."""
    table = read_table(source / "items.csv")
    guess = guess_roles(table.frame)
    catalog = read_catalog(table, id=guess.id, roles=guess.roles).catalog
    rated = pl.read_csv(source / "events.csv").filter(pl.col("rating") >= 4)
    log = rated.with_columns(pl.col("user_id", "item_id").cast(pl.String))
    split = MOVIELENS[dataset](Events.from_frame(log, items=catalog.items), test=0.1, validation=0.1)
    parts = {part: numbered(getattr(split, part)) for part in PARTS}
    how = "at two moments" if dataset == "ml-time" else "at random"
    what = f"ratings of 4 and 5, 80/10/10 {how}; the last fit is on train and validation"
    write_split(folder, parts, encoded(catalog), {"split": what, "known": BOTH})


def numbered(events: Events) -> pl.DataFrame:
    """Return events as numbers from 0, with their times."""
    columns = {"user_id": events.user, "item_id": events.item, "timestamp": events.time}
    return pl.DataFrame(columns)


def encoded(catalog: Catalog) -> dict[str, np.ndarray]:
    """Return the features of our default encoders, name -> [n_items, d]; peers get them too."""
    with tempfile.TemporaryDirectory() as scratch:
        blocks = encode_catalog(catalog, FeatureStore(Path(scratch))).blocks
    return {name.replace(":", "-"): block.values for name, block in blocks.items()}


def write_split(
    folder: Path,
    parts: Mapping[str, pl.DataFrame],
    arrays: Mapping[str, np.ndarray],
    facts: Mapping[str, Any],
) -> None:
    """Write parts, features, who is asked, and the facts with a fingerprint of the events."""
    everything = pl.concat([part.select("user_id", "item_id") for part in parts.values()])
    n_items = max([int(everything["item_id"].max()) + 1, *(len(values) for values in arrays.values())])
    digest = hashlib.blake2b(facts["known"].encode(), digest_size=8)
    for name, part in parts.items():
        part.write_csv(folder / f"{name}.csv")
        digest.update((folder / f"{name}.csv").read_bytes())
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    pl.DataFrame({"user_id": np.unique(parts["test"]["user_id"].to_numpy())}).write_csv(folder / "asked.csv")
    counts = {f"n_{name}": len(part) for name, part in parts.items()}
    shape = {"n_users": int(everything["user_id"].max()) + 1, "n_items": n_items}
    whole = {**facts, **shape, **counts, "features": sorted(arrays), "fingerprint": digest.hexdigest()}
    (folder / "facts.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
