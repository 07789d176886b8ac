"""Recommendations and what is relevant, as people hold them: mappings, lists, arrays, frames, events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from sensorium.catalog.columns import as_text
from sensorium.catalog.events import Events
from sensorium.catalog.readers.frames import as_polars
from sensorium.core.arguments import as_length
from sensorium.core.errors import DataError
from sensorium.core.sparse import entry_rows
from sensorium.core.vocabulary import MISSING, Vocabulary, id_text
from sensorium.metrics.ranked_lists import NOBODY
from sensorium.metrics.ranking import Hits

USER, ITEM = "user_id", "item_id"


@dataclass(frozen=True)
class PlainLists:
    """Who was given which items."""

    frame: pl.DataFrame
    """`user_id`, `item_id`: text; `place`: a number that grows down the list, equal where nothing orders."""
    users: pl.Series
    """The ids of all users, without repeats, also of those with an empty list."""
    keys: list[Any]
    """The same users as they were given: [n_users]."""
    by_row: bool
    """Whether users are the rows of a list or an array: 0, 1, 2 ..."""


def read_lists(given: object, where: str, *, ordered: bool = True) -> PlainLists:
    """Return lists of ids in one form.

    Parameters
    ----------
    given
        A mapping of user -> ids in order; a sequence of lists or a 2-d array of whole numbers, -1 where a
        list ends, one row a user; a frame with `user_id`, `item_id` and, where order counts, `rank` or
        `score`; a SciPy sparse matrix, whose positive entries count; or `Events`, of which the positive
        ones count.
    where
        What it is, for messages.
    ordered
        Whether order counts; where it does not, as in what is relevant, repeats of an item count once.

    Raises
    ------
    DataError
        If it is none of these, an id is empty, or an ordered list holds an item twice.
    """
    lists = _read(given, where, ordered=ordered)
    if not ordered:
        return replace(lists, frame=lists.frame.unique([USER, ITEM], maintain_order=True))
    pairs = lists.frame.select(USER, ITEM)
    if pairs.n_unique() != len(pairs):
        user, item = pairs.filter(pairs.is_duplicated()).row(0)
        raise DataError(
            f"item {item!r} stands twice in the list of {user!r}",
            where=where,
            remedy="Keep each item of a user once",
        )
    return lists


def _read(given: object, where: str, *, ordered: bool) -> PlainLists:
    if isinstance(given, Events):
        liked = given.relevant()
        frame = pl.DataFrame({USER: given.users.ids[entry_rows(liked)], ITEM: given.items.ids[liked.indices]})
        return _of_frame(frame, where, ordered=ordered)
    if sparse.issparse(given):
        matrix = cast(Any, given).tocoo()
        liked = matrix.data > 0
        return _of_cells(matrix.row[liked], matrix.col[liked], matrix.shape[0])
    if isinstance(given, Mapping):
        mapping = cast("Mapping[object, object]", given)
        return _of_pairs(mapping.keys(), mapping.values(), where, by_row=False, ordered=ordered)
    if hasattr(given, "__arrow_c_stream__") or isinstance(given, pl.LazyFrame):
        return _of_frame(as_polars(given), where, ordered=ordered)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise DataError(
            f"{type(given).__name__} is given where lists of ids belong",
            where=where,
            remedy="Give a mapping of user to ids, a list of lists, or a frame with user_id and item_id",
        )
    if isinstance(given, np.ndarray) and given.ndim == 2 and np.issubdtype(given.dtype, np.integer):
        rows, places = np.nonzero(given != NOBODY)
        return _of_cells(rows, given[rows, places], len(given))
    lists = list(cast("Iterable[object]", given))
    return _of_pairs(range(len(lists)), lists, where, by_row=True, ordered=ordered)


def _of_cells(rows: NDArray[Any], items: NDArray[Any], n_rows: int) -> PlainLists:
    """Return the lists of the users 0 ... `n_rows` - 1; each row's `items` stand in their order."""
    users = pl.Series(USER, np.arange(n_rows)).cast(pl.String)
    made = {
        USER: pl.Series(rows).cast(pl.String),
        ITEM: pl.Series(items).cast(pl.String),
        "place": pl.Series(np.arange(len(rows)), dtype=pl.Float64),
    }
    return PlainLists(pl.DataFrame(made), users, list(range(n_rows)), by_row=True)


def _of_pairs(
    keys: Iterable[object], lists: Iterable[object], where: str, *, by_row: bool, ordered: bool
) -> PlainLists:
    """Return the lists of `keys`, in their order."""
    named = list(keys)
    users = [list_id(key, where) for key in named]
    owners: list[str] = []
    items: list[str] = []
    places: list[int] = []
    for user, ids in zip(users, lists, strict=True):
        if isinstance(ids, str) or not isinstance(ids, Iterable):
            raise DataError(
                f"{ids!r} is given where a list of ids belongs", where=where, remedy="Put it into a list"
            )
        if ordered and isinstance(ids, set | frozenset):
            raise DataError(
                f"the items of {user!r} are a set, which has no order", where=where, remedy="Give a list"
            )
        texts = [list_id(item, where) for item in cast("Iterable[object]", getattr(ids, "item_ids", ids))]
        owners += [user] * len(texts)
        items += texts
        places += range(len(texts))
    frame = pl.DataFrame(
        {USER: owners, ITEM: items, "place": places},
        schema={USER: pl.String, ITEM: pl.String, "place": pl.Float64},
    )
    return _checked(frame, pl.Series(USER, users, dtype=pl.String), named, where, by_row=by_row)


def _of_frame(frame: pl.DataFrame, where: str, *, ordered: bool) -> PlainLists:
    """Return the lists in a frame: in the order of `rank`, else of `score`, else of its rows."""
    for column in (USER, ITEM):
        if column not in frame.columns:
            raise DataError(
                f"there is no column {column!r}",
                where=where,
                remedy=f"Columns are: {', '.join(frame.columns)}; rename them to user_id and item_id",
            )
    place = pl.int_range(pl.len())
    if ordered and "rank" in frame.columns:
        place = pl.col("rank")
    elif ordered and "score" in frame.columns:
        place = -pl.col("score")
        frame = frame.filter(pl.col("score").is_not_null() & pl.col("score").is_not_nan())
    made = frame.select(place.cast(pl.Float64).alias("place")).with_columns(
        as_text(frame[USER]).alias(USER), as_text(frame[ITEM]).alias(ITEM)
    )
    firsts = pl.DataFrame({USER: made[USER], "key": frame[USER]}).unique(USER, maintain_order=True)
    return _checked(made, firsts[USER], firsts["key"].to_list(), where, by_row=False)


def _checked(
    frame: pl.DataFrame, users: pl.Series, keys: list[Any], where: str, *, by_row: bool
) -> PlainLists:
    if frame[USER].null_count() or frame[ITEM].null_count() or frame["place"].null_count():
        raise DataError("a row has no user, item or rank", where=where, remedy="Give every row all three")
    if users.n_unique() != len(users):
        twice = users.filter(users.is_duplicated())[0]
        raise DataError(f"user {twice!r} stands twice", where=where, remedy="Give each user one list")
    return PlainLists(frame, users, keys, by_row)


def list_id(value: object, where: str) -> str:
    """Return an id as text; `DataError` says `where` one stands that is none."""
    try:
        return id_text(value)
    except DataError as error:
        raise DataError(error.what, where=where, remedy=error.remedy) from error


class IndexedLists(NamedTuple):
    """Lists in the numbers of a vocabulary."""

    items: NDArray[np.int64]
    """[n_users, k] item indices, best first; `NOBODY` where the list ends."""
    vocabulary: Vocabulary


def indexed_lists(lists: PlainLists, k: int, vocabulary: Vocabulary | None = None) -> IndexedLists:
    """Return the first `k` of each user's list in the numbers of `vocabulary`: of the listed items if None.

    Raises
    ------
    DataError
        If a list holds an item that the vocabulary does not.
    """
    k = as_length(k)
    items = vocabulary or Vocabulary(lists.frame[ITEM].unique(maintain_order=True))
    rows = lists.frame.with_columns(
        row=pl.Series(Vocabulary(lists.users, name="user").lookup(lists.frame[USER])),
        item=pl.Series(items.lookup(lists.frame[ITEM])),
        position=pl.col("place").rank("ordinal").over(USER).cast(pl.Int64) - 1,
    )
    unknown = rows.filter(pl.col("item") == MISSING)
    if len(unknown):
        raise DataError(
            f"item {unknown[ITEM][0]!r} is recommended, and not among the items that are given",
            where="recommended",
            remedy="Give all items that can be recommended",
        )
    rows = rows.filter(pl.col("position") < k)
    table = np.full((len(lists.users), k), NOBODY, dtype=np.int64)
    table[rows["row"].to_numpy(), rows["position"].to_numpy()] = rows["item"].to_numpy()
    return IndexedLists(table, items)


class JudgedLists(NamedTuple):
    """The lists of all users with something relevant, and where the relevant items stand."""

    keys: list[Any]
    """[n_users] the users as `relevant` names them."""
    hits: Hits
    """[n_users, k]: without a list, nothing is hit."""


def judged_lists(recommended: object, relevant: object, k: int) -> JudgedLists:
    """Return the hits in the first `k` for every user who has anything relevant; see `read_lists`.

    Items of equal rank or score share their positions, as in `metrics.ranking`.

    Raises
    ------
    DataError
        If nothing is relevant to anybody, or `recommended` speaks of none of these users.
    """
    k = as_length(k)
    given, wanted = read_lists(recommended, "recommended"), read_lists(relevant, "relevant", ordered=False)
    require_same_users(given, wanted, "relevant")
    n_relevant = np.bincount(
        Vocabulary(wanted.users, name="user").lookup(wanted.frame[USER]), minlength=len(wanted.users)
    )
    asked = np.flatnonzero(n_relevant)
    if not len(asked):
        raise DataError("nothing is relevant to anybody", where="relevant", remedy="Give each user's items")
    users = Vocabulary(wanted.users[asked], name="user")
    rows = _placed(given.frame, wanted.frame, users).filter(pl.col("position") < k)
    if not len(rows):
        raise DataError(
            "no user of `relevant` has a recommendation",
            where="recommended",
            remedy=f"Spell users alike in both; `relevant` has for example {users.id(0)!r}",
        )
    starts = np.tile(np.arange(k), (len(asked), 1))
    sizes, found = np.ones_like(starts), np.zeros_like(starts)
    cells = rows["row"].to_numpy(), rows["position"].to_numpy()
    for table, column in ((starts, "start"), (sizes, "size"), (found, "found")):
        table[cells] = rows[column].to_numpy()
    return JudgedLists([wanted.keys[row] for row in asked], Hits(starts, sizes, found, n_relevant[asked]))


def _placed(ranked: pl.DataFrame, wanted: pl.DataFrame, users: Vocabulary) -> pl.DataFrame:
    """Return for each recommended item of `users` its position, its group of equals and the hits in that."""
    hit = wanted.select(USER, ITEM, hit=pl.lit(1))
    return (
        ranked.with_columns(row=pl.Series(users.lookup(ranked[USER])))
        .filter(pl.col("row") != MISSING)
        .join(hit, on=[USER, ITEM], how="left", maintain_order="left")
        .with_columns(
            position=pl.col("place").rank("ordinal").over("row").cast(pl.Int64) - 1,
            start=pl.col("place").rank("min").over("row").cast(pl.Int64) - 1,
            size=pl.len().over("row", "place").cast(pl.Int64),
            found=pl.col("hit").fill_null(0).sum().over("row", "place").cast(pl.Int64),
        )
    )


def require_same_users(given: PlainLists, other: PlainLists, where: str) -> None:
    """Raise `DataError` where one side names users and the other numbers them, or rows differ in number."""
    if given.by_row != other.by_row:
        raise DataError(
            "one of the two names users, the other gives a row for each",
            where=where,
            remedy="Give both as mappings or frames, or both as lists or arrays with the same rows",
        )
    if given.by_row and len(given.users) != len(other.users):
        raise DataError(
            f"{len(given.users):,} rows are recommended to, and {len(other.users):,} are given here",
            where=where,
            remedy="Give one row for each user to both",
        )
