"""Who is asked about in a batch: known users and new ones, each once, by the ids that they are given by."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from sensorium.catalog.columns import as_text
from sensorium.core.arguments import as_list
from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.errors import DataError, NewUserWarning
from sensorium.core.vocabulary import MISSING, Vocabulary, id_text

MOST_NAMED = 3


@dataclass(frozen=True)
class AskedUsers:
    """Users in the order in which they were named, each once."""

    ids: pl.Series
    """[n]: their ids, in the type in which those of the events came; text if not all can be such."""
    rows: IntVector
    """[n]: the row of each among the known users; `MISSING` for somebody unknown."""

    @classmethod
    def of(cls, users: Iterable[object] | None, known: Vocabulary) -> Self:
        """Return the `users` of any sequence, array or column of ids; None: all that are `known`."""
        if users is None:
            return cls(known.given_ids.alias("user_id"), np.arange(len(known), dtype=np.int64))
        texts = _texts(users).unique(maintain_order=True).alias("user_id")
        asked = Vocabulary(texts, name=known.name, integer=known.integer)
        rows = known.lookup(texts)
        if (rows == MISSING).any():
            _warn_of_new_users(asked.given_ids.filter(pl.Series(rows == MISSING)))
        return cls(asked.given_ids.alias("user_id"), rows)

    def only(self, mask: BoolVector) -> Self:
        """Return those where `mask` [n] holds."""
        return type(self)(self.ids.filter(pl.Series(mask)), self.rows[mask])

    def __len__(self) -> int:
        return len(self.rows)


def _texts(users: Iterable[object]) -> pl.Series:
    """Return ids as text [n]."""
    if isinstance(users, np.ndarray) and users.ndim == 1 and users.dtype.kind in "iuf":
        users = pl.Series(users, nan_to_null=True)
    if not isinstance(users, pl.Series):
        return pl.Series([id_text(user) for user in as_list(users, "users")], dtype=pl.String)
    texts = as_text(users)
    if texts.null_count() or users.dtype == pl.Boolean:
        wrong = "a user's id is empty" if texts.null_count() else "true and false are no ids"
        raise DataError(wrong, where="users", remedy="Give text or whole numbers")
    return texts


def _warn_of_new_users(ids: pl.Series) -> None:
    named = ", ".join(map(str, ids.head(MOST_NAMED).to_list()))
    more = ", ..." if len(ids) > MOST_NAMED else ""
    whom = (
        f"1 user is unknown ({named})" if len(ids) == 1 else f"{len(ids):,} users are unknown ({named}{more})"
    )
    warnings.warn(f"{whom}, answered as a new user", NewUserWarning, stacklevel=5)
