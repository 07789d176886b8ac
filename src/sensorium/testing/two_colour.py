"""The two-colour catalogue: a world of two tastes in which every right answer is known.

Items are laid out like a checkerboard: even ones are red, odd ones are blue. Even users click red
items only and odd users blue ones, so for every user every unseen item of the own colour must rank
above every item of the other. Words, pictures, sounds, clips and a label each tell the colour on their
own. Users come in mirrored pairs, which makes each colour exactly as popular as the other: popularity
orders the colours no better than a coin.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector, SparseMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch, TrainingData

COLOURS = ("red", "blue")
"""The name of each taste, by its number."""

BLOCKS: Mapping[str, int] = {
    "text:words": 12,
    "image:picture": 16,
    "audio:sound": 10,
    "video:clip": 14,
    "category:colour": 4,
}
"""The number of columns of each feature block."""

N_HELD_OUT = 2
"""Clicks of each user that are kept from training."""

START_S = 1_700_000_000.0
HOUR_S = 3600.0


@dataclass(frozen=True)
class TwoColour:
    """A catalogue of two tastes, what its users did, and what they will do."""

    data: TrainingData
    """Clicks, times, ratings (1, 2 for the other colour; 4, 5 for the own) and unit feature rows."""
    relevant: SparseMatrix
    """[n_users, n_items] float32: the clicks held out of `data`, two a user."""
    taste_of_item: IntVector
    """[n_items]: 0 red, 1 blue."""
    taste_of_user: IntVector
    """[n_users]: 0 red, 1 blue."""

    @property
    def queries(self) -> QueryBatch:
        """Every user with the history that was learnt from."""
        return QueryBatch.of_users(self.data, np.arange(self.data.n_users))

    @property
    def own_colour(self) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
        """[n_users, n_items]: whether the item has the user's colour."""
        return self.taste_of_user[:, None] == self.taste_of_item[None, :]

    def colour_auc(self, scores: FloatMatrix) -> FloatVector:
        """Return how well `scores` [n_users, n_items] order the colours, a number for each user.

        It is the share of pairs (unseen item of the own colour, item of the other) in which the
        former scores higher; ties count half. 1 is perfect, 0.5 a coin. Items scored NaN are left
        out; a user without pairs gets NaN.
        """
        seen = self.data.interactions.toarray() > 0
        shares = np.full(len(scores), np.nan, dtype=np.float32)
        for user, row in enumerate(scores):
            own = self.own_colour[user]
            wanted = row[own & ~seen[user] & ~np.isnan(row)]
            others = row[~own & ~np.isnan(row)]
            if len(wanted) and len(others):
                above = wanted[:, None] > others[None, :]
                equal = wanted[:, None] == others[None, :]
                shares[user] = np.mean(above + 0.5 * equal)
        return shares


def two_colour(n_users: int = 40, n_items: int = 60, seed: int = 0) -> TwoColour:
    """Return a two-colour catalogue; both numbers even, at least 4 users and 16 items."""
    if n_users < 4 or n_users % 2 or n_items < 16 or n_items % 2:
        raise ConfigError(
            f"{n_users} users and {n_items} items make no two-colour catalogue",
            remedy="Ask for even numbers, at least 4 users and 16 items",
        )
    rng = np.random.default_rng(seed)
    taste_of_item = np.arange(n_items) % 2
    orders = [rng.permutation(n_items // 2) for _ in range(n_users // 2)]
    n_clicks = n_items // 3
    clicks = _mirrored(orders, 0, n_clicks, own=True, n_items=n_items)
    held_out = _mirrored(orders, n_clicks, n_clicks + N_HELD_OUT, own=True, n_items=n_items)
    dislikes = _mirrored(orders, 0, n_clicks // 2, own=False, n_items=n_items)
    times = clicks.astype(np.float64)
    times.data = START_S + HOUR_S * rng.permutation(clicks.nnz)
    ratings = clicks * 4 + dislikes
    ratings.data += rng.integers(0, 2, ratings.nnz).astype(np.float32)
    blocks = {name: _block(name, d, taste_of_item, rng) for name, d in BLOCKS.items()}
    return TwoColour(
        data=TrainingData(clicks, times, ratings, blocks),
        relevant=held_out,
        taste_of_item=taste_of_item,
        taste_of_user=np.arange(n_users) % 2,
    )


def _mirrored(orders: list[IntVector], start: int, stop: int, *, own: bool, n_items: int) -> SparseMatrix:
    """Return ones for pairs of users who do the same, each in one colour: [2 * pairs, n_items]."""
    users: list[int] = []
    items: list[int] = []
    for pair, order in enumerate(orders):
        for taste in range(2):
            colour = taste if own else 1 - taste
            chosen = 2 * order[start:stop] + colour
            users.extend([2 * pair + taste] * len(chosen))
            items.extend(chosen.tolist())
    ones = np.ones(len(users), dtype=np.float32)
    matrix = sparse.csr_array((ones, (users, items)), shape=(2 * len(orders), n_items))
    matrix.sort_indices()
    return matrix


def _block(name: str, d: int, taste_of_item: IntVector, rng: np.random.Generator) -> FeatureBlock:
    """Return unit rows: the axis of the item's taste and a little noise; one row in twelve is absent."""
    n_items = len(taste_of_item)
    values = np.eye(2, d, dtype=np.float64)[taste_of_item]
    values += rng.normal(scale=0.3 / np.sqrt(d), size=values.shape)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    present: BoolVector = np.ones(n_items, dtype=np.bool_)
    present[rng.choice(n_items, size=n_items // 12, replace=False)] = False
    values[~present] = 0.0
    return FeatureBlock(BlockName(name), values.astype(np.float32), present, spec={"encoder": "two-colour"})
