"""A log of two tastes in which everything happens that evaluation has to tell apart."""

import numpy as np
import polars as pl

import sensorium as sn
from sensorium.features.block import FeatureBlock

N_USERS, N_ITEMS, N_EVENTS = 48, 36, 900


def rated_events():
    """Dated ratings, those from 4 on liked: with repeats, dislikes, late users and items that few know."""
    rng = np.random.default_rng(4)
    user = np.where(np.arange(N_EVENTS) < 700, rng.integers(0, N_USERS - 8, N_EVENTS), 0)
    user[700:] = rng.integers(0, N_USERS, N_EVENTS - 700)
    item = (N_ITEMS * rng.random(N_EVENTS) ** 1.5).astype(int)
    own = user % 2 == item % 2
    value = np.where(own, rng.integers(3, 6, N_EVENTS), rng.integers(1, 5, N_EVENTS))
    log = pl.DataFrame(
        {
            "user_id": [f"u{n}" for n in user],
            "item_id": [f"i{n}" for n in item],
            "rating": value.astype(float),
            "timestamp": 1_700_000_000 + 3600 * np.arange(N_EVENTS),
        }
    )
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)]}))
    return sn.Events.from_frame(log, items=catalog.items, positive=["rating >= 4"])


def telling_blocks():
    """Pictures and sounds that tell the taste, some of them absent, with noise of two sizes."""
    rng = np.random.default_rng(5)
    return {
        name: _block(name, noise, absent, rng)
        for name, noise, absent in (("image:a", 0.3, 7), ("audio:b", 0.8, 5))
    }


def _block(name, noise, absent, rng):
    values = np.eye(2, 6)[np.arange(N_ITEMS) % 2] + rng.normal(scale=noise, size=(N_ITEMS, 6))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    present = np.arange(N_ITEMS) % absent != 1
    return FeatureBlock(name, (values * present[:, None]).astype(np.float32), present)
