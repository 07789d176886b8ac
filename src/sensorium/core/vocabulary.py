"""External ids and dense indices, both ways."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from numbers import Integral, Real
from types import MappingProxyType
from typing import Self, SupportsInt, TypeAlias

import numpy as np
import polars as pl

from sensorium.core.arrays import IntVector
from sensorium.core.errors import DataError, UnknownIdError
from sensorium.core.hashing import hash_strings

MISSING = -1
"""The index of an id that a vocabulary does not hold."""
Id: TypeAlias = str | int
"""An id in the type in which it came: text, or a whole number."""
_WHOLE = r"^(0|-?[1-9][0-9]*)$"
FEW = 100
"""So many ids are taken one by one: polars takes longer to begin with many."""


def id_text(key: object) -> str:
    """Return an id as the text that a table with it is read as: `42` for 42, 42.0 and NumPy's 42.

    Raises
    ------
    DataError
        If it is no id: nothing, true or false, a missing number, several values.
    """
    if isinstance(key, str):
        return key
    if isinstance(key, np.ndarray) and not key.ndim:
        return id_text(key.item())
    if isinstance(key, bytes):
        return key.decode("utf-8", errors="replace")
    if key is None or isinstance(key, bool | np.bool_ | Collection) or _is_missing(key):
        raise DataError(f"{key!r} is no id", remedy="Give text or a whole number")
    if isinstance(key, SupportsInt) and isinstance(key, Real | Decimal) and key % 1 == 0:
        return str(int(key))
    return str(key)


def _is_missing(key: object) -> bool:
    """Return whether `key` stands for a missing value, which equals nothing, not even itself."""
    try:
        return bool(key != key)
    except (TypeError, ValueError):  # pandas' NA does not say, nor does an array or a column
        return True


class Vocabulary:
    """An immutable, ordered set of ids; the index of an id is its position.

    Inside, ids are text; `as_given` returns them in the type in which they came. Append-only: `extended`
    returns a longer vocabulary in which every old id keeps its index.

    Parameters
    ----------
    ids
        Distinct ids; numbers are taken as their decimal text.
    name
        What the ids identify, for messages: "item", "user".
    aliases
        Further ids that stand for one of `ids`, such as those of copies; they have its index.
    integer
        Whether the ids came as whole numbers; if not given, whether `ids` are such.
    """

    def __init__(
        self,
        ids: Iterable[object] | pl.Series = (),
        *,
        name: str = "item",
        aliases: Mapping[str, str] = MappingProxyType({}),
        integer: bool | None = None,
    ) -> None:
        if not isinstance(ids, pl.Series):
            given = list(ids)
            whole = bool(given) and all(isinstance(value, Integral) for value in given)
            integer = whole if integer is None else integer
            ids = pl.Series([id_text(value) for value in given], dtype=pl.String)
        self._ids = ids.cast(pl.String).alias("id")
        self.name = name
        self.integer = (ids.dtype.is_integer() if integer is None else integer) and _are_whole(self._ids)
        """Whether the ids came as whole numbers, all of them."""
        if self._ids.null_count():
            raise DataError(f"{self._ids.null_count()} {name} ids are empty", remedy="Give every row an id")
        if self._ids.n_unique() != len(self._ids):
            twice = self._ids.filter(self._ids.is_duplicated())[0]
            raise DataError(f"{name} id {twice!r} stands more than once", remedy="Keep one row for each id")
        self.aliases: Mapping[str, str] = dict(aliases)
        if aliases:
            self._require_sound_aliases()

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __contains__(self, key: object) -> bool:
        try:
            return id_text(key) in self._positions
        except DataError:
            return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.content_hash == other.content_hash

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self):,} {self.name}s)"

    @cached_property
    def _positions(self) -> dict[str, int]:
        own = {key: index for index, key in enumerate(self._ids)}
        return own | {alias: own[key] for alias, key in self.aliases.items()}

    @cached_property
    def content_hash(self) -> str:
        """Hash of the ids, their order and their aliases."""
        return hash_strings([*self._ids, *(part for pair in self.aliases.items() for part in pair)])

    @property
    def ids(self) -> pl.Series:
        """All ids in order, as a polars string series [n]."""
        return self._ids

    @cached_property
    def given_ids(self) -> pl.Series:
        """All ids in order and in the type in which they came [n]: Int64 or String."""
        return self._ids.cast(pl.Int64) if self.integer else self._ids

    def as_given(self, key: str) -> Id:
        """Return an id of the vocabulary in the type in which it came; one that it does not hold likewise."""
        return int(key) if self.integer and re.match(_WHOLE, key) else key

    def given_ids_at(self, indices: Sequence[int] | IntVector) -> list[Id]:
        """Return the ids at `indices`, in their order and in the type in which they came."""
        places, ids = np.asarray(indices, dtype=np.int64), self.given_ids
        if len(places) <= FEW:
            return [ids.item(place) for place in places.tolist()]
        return ids.gather(places).to_list()

    def id(self, index: int) -> str:
        """Return the id at `index`."""
        return self._ids[int(index)]

    def ids_at(self, indices: Sequence[int] | IntVector) -> list[str]:
        """Return the ids at `indices`, in their order."""
        return self._ids.gather(np.asarray(indices, dtype=np.int64)).to_list()

    def index(self, key: object) -> int:
        """Return the index of `key`, text or a number; see `id_text`.

        Raises
        ------
        DataError
            If it can be no id, such as `True`.
        UnknownIdError
            If the vocabulary does not hold it; the message offers ids that look alike.
        """
        text = id_text(key)
        found = self._positions.get(text)
        if found is None:
            raise UnknownIdError(f"unknown {self.name} {text!r}", remedy=self._suggestion(text))
        return found

    def indices(self, keys: Iterable[object]) -> IntVector:
        """Return the index of each key [n]; `UnknownIdError` at the first unknown one."""
        return np.fromiter((self.index(key) for key in keys), dtype=np.int64)

    def lookup(self, keys: pl.Series) -> IntVector:
        """Return the index of each key [n], `MISSING` where the vocabulary does not hold it.

        Vectorised: made for millions of rows.
        """
        table = pl.DataFrame({"id": self._ids, "index": pl.int_range(len(self), eager=True)})
        if self.aliases:
            own = {alias: self._positions[alias] for alias in self.aliases}
            table = pl.concat([table, pl.DataFrame({"id": list(own), "index": list(own.values())})])
        asked = pl.DataFrame({"id": keys.cast(pl.String)})
        joined = asked.join(table, on="id", how="left", maintain_order="left")
        return joined["index"].fill_null(MISSING).to_numpy().astype(np.int64, copy=False)

    def extended(self, keys: Iterable[object]) -> Self:
        """Return a vocabulary with the unknown ones among `keys` appended, in their order.

        Its ids are whole numbers if the old ones are and all new ones can be.
        """
        new = dict.fromkeys(text for key in keys if (text := id_text(key)) not in self._positions)
        more = pl.Series("id", list(new), dtype=pl.String)
        ids = pl.concat([self._ids, more])
        return type(self)(ids, name=self.name, aliases=self.aliases, integer=self.integer)

    def _require_sound_aliases(self) -> None:
        own = set(self._ids)
        wrong = [alias for alias, key in self.aliases.items() if alias in own or key not in own]
        if wrong:
            raise DataError(
                f"{wrong[0]!r} cannot stand for {self.name} {self.aliases[wrong[0]]!r}",
                remedy="Let a new id stand for a known one",
            )

    def _suggestion(self, key: str) -> str:
        import difflib

        sample = self._ids.head(20_000).to_list()
        near = difflib.get_close_matches(key, sample, n=3, cutoff=0.6) or sample[:3]
        return (
            f"Known {self.name}s are for example: {', '.join(near)}" if near else f"There are no {self.name}s"
        )


def _are_whole(ids: pl.Series) -> bool:
    """Return whether all `ids` [n] are the text of a number that int64 holds, as it is written."""
    whole = bool(ids.str.contains(_WHOLE).all())
    return whole and not ids.cast(pl.Int64, strict=False).null_count()
