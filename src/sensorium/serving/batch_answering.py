"""What a fitted model answers about many users at once: a table of recommendations, or scores."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sensorium.catalog.item_lookup import item_indices
from sensorium.core.arguments import as_length, as_list, as_texts
from sensorium.core.arrays import BoolVector, FloatMatrix, IntVector, SparseMatrix
from sensorium.core.sparse import append_rows
from sensorium.core.vocabulary import MISSING
from sensorium.fusion.blend import PATHS
from sensorium.index.blocks import block_rows, in_threads
from sensorium.models.base import QueryBatch
from sensorium.serving.answering import Answering
from sensorium.serving.batch_file import require_known_format, write_frames
from sensorium.serving.batch_ranking import SCORE_BYTES, Ranked, rank_batch
from sensorium.serving.batch_users import AskedUsers
from sensorium.serving.build_query import build_query
from sensorium.serving.missing_events import require_evidence, require_users
from sensorium.serving.one_moment import at_one_moment
from sensorium.serving.seen_by_type import ExcludeSeen

BLOCK_USERS = 8192
"""Users whose answers are held at once, beside what is already in the table."""
NEW_USER = "new user"
"""The path of an answer to somebody whom the model does not know."""
_PATHS = (*PATHS, NEW_USER)


class BatchAnswering(Answering):
    """The part of a fitted model that answers about many users at once.

    Parameters as for `ModelParts`.
    """

    @overload
    def recommend_batch(
        self,
        users: Iterable[object] | None = None,
        k: int = 10,
        *,
        exclude_seen: ExcludeSeen = None,
        users_where: Sequence[str] = (),
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        out: None = None,
    ) -> pl.DataFrame: ...
    @overload
    def recommend_batch(
        self,
        users: Iterable[object] | None = None,
        k: int = 10,
        *,
        exclude_seen: ExcludeSeen = None,
        users_where: Sequence[str] = (),
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        out: str | Path,
    ) -> pl.LazyFrame: ...
    @at_one_moment
    def recommend_batch(
        self,
        users: Iterable[object] | None = None,
        k: int = 10,
        *,
        exclude_seen: ExcludeSeen = None,
        users_where: Sequence[str] = (),
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        out: str | Path | None = None,
    ) -> pl.DataFrame | pl.LazyFrame:
        """Return the best `k` items of many users, a row an item: what `recommend` gives each of them.

        Parameters
        ----------
        users
            Ids: any list, array or column of a frame; each user is answered once. All known users if not
            given. Somebody unknown is answered as a new user: `path` says so, and so does one warning.
        k
            Number of items for each user.
        users_where
            Conditions on attributes that users must meet, such as `age<30`: the others are left out, and so
            are those of whom the table of users says nothing.
        exclude_seen, where, allow, deny
            As for `recommend`.
        out
            A file that ends in `.parquet` or `.csv`: rows go there block by block, and memory does not grow
            with their number. The file appears when it is whole.

        Returns
        -------
        A frame with `user_id`, `item_id`, `rank` from 1, `score` and `path`, users in the order in which they
        were given; with `out`, a lazy frame over the file.
        """
        k = as_length(k)
        if out is not None:
            require_known_format(Path(out))
        eligible = self._eligible(where, allow, deny)
        if users is None:
            require_users(self.users)
        asked = AskedUsers.of(users, self.users)
        if conditions := as_texts(users_where, "users_where"):
            asked = asked.only(self._require_profiles("users_where").meets(conditions, asked.ids))
        schema = self._batch_schema(asked)
        frames = self._answers(asked, k, eligible, exclude_seen=exclude_seen)
        if out is not None:
            return write_frames(frames, schema, Path(out))
        return pl.concat([schema.to_frame(), *frames])

    @at_one_moment
    def score(self, users: Iterable[object | None], items: Iterable[object] | None = None) -> FloatMatrix:
        """Return the score of each of `items` for each of `users` [n_users, n_items_asked] float32.

        Parameters
        ----------
        users
            Ids of known users; None stands for a new user.
        items
            Ids; all items, in the catalogue's order, if not given.

        Raises
        ------
        UnknownIdError
            For a user or item that is not known.
        """
        rows = [MISSING if user is None else self.users.index(user) for user in as_list(users, "users")]
        queries = self._batch_queries(np.asarray(rows, dtype=np.int64))
        asked = slice(None) if items is None else item_indices(self.catalog, as_list(items, "items"))
        step = block_rows(len(self.catalog), block_bytes=SCORE_BYTES)
        parts = in_threads(
            lambda start, stop: self.fusion.score(queries.rows(start, stop))[:, asked], len(rows), step
        )
        return np.concatenate(parts)

    def _batch_schema(self, asked: AskedUsers) -> pl.Schema:
        return pl.Schema(
            {
                "user_id": asked.ids.dtype,
                "item_id": self.catalog.items.given_ids.dtype,
                "rank": pl.Int32(),
                "score": pl.Float32(),
                "path": pl.String(),
            }
        )

    def _answers(
        self, asked: AskedUsers, k: int, eligible: BoolVector, *, exclude_seen: ExcludeSeen
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows of `BLOCK_USERS` users at a time."""
        new = self._new_user_answer(k, eligible) if (asked.rows == MISSING).any() else None
        for start in range(0, len(asked), BLOCK_USERS):
            rows = asked.rows[start : start + BLOCK_USERS]
            known = np.flatnonzero(rows != MISSING)
            queries = self._batch_queries(rows[known])
            left_out = self._left_out(rows[known], queries, exclude_seen)
            ranked = rank_batch(self.fusion, queries, k, eligible=eligible, exclude=left_out)
            if new is not None and len(known) < len(rows):
                ranked = _with_new_users(ranked, new, known, len(rows))
            yield self._table(asked.ids[start : start + BLOCK_USERS], ranked)

    def _batch_queries(self, rows: IntVector) -> QueryBatch:
        """Return the queries of users by their rows; `MISSING`: of somebody without a history."""
        if (rows == MISSING).any():
            places = np.where(rows == MISSING, len(self.users), rows)
            about = {name: _one_more(known) for name, known in self.data.about.items()}
            empty = replace(self.data.map_matrices(_one_more), about=about)
            queries = QueryBatch.of_users(empty, places)
        else:
            queries = QueryBatch.of_users(self.data, rows)
        # The fusion knows nothing of users who came after it but their history.
        return replace(queries, users=np.where(rows < self.n_learnt, rows, MISSING))

    def _new_user_answer(self, k: int, eligible: BoolVector) -> Ranked:
        nothing = np.zeros(0, dtype=np.int64)
        query = build_query(self.data, MISSING, nothing, nothing, len(self.catalog))
        require_evidence(self.data, query)
        ranked = rank_batch(self.fusion, query, k, eligible=eligible)
        return ranked._replace(paths=np.full_like(ranked.paths, _PATHS.index(NEW_USER)))

    def _table(self, user_ids: pl.Series, ranked: Ranked) -> pl.DataFrame:
        place, column = np.nonzero(ranked.items >= 0)
        items = self.catalog.items.given_ids.gather(ranked.items[place, column])
        paths = pl.Series(_PATHS, dtype=pl.String).gather(ranked.paths[place, column].astype(np.int64))
        return pl.DataFrame(
            {
                "user_id": user_ids.gather(place),
                "item_id": items,
                "rank": (column + 1).astype(np.int32),
                "score": ranked.scores[place, column],
                "path": paths,
            }
        )


def _one_more(matrix: SparseMatrix) -> SparseMatrix:
    """Return `matrix` with an empty row beneath."""
    return append_rows(matrix, matrix.shape[0] + 1)


def _with_new_users(ranked: Ranked, new: Ranked, known: NDArray[np.int64], n_users: int) -> Ranked:
    """Return the answers of the `known` of `n_users`, and of all others the one of a `new` user."""
    parts: list[NDArray[np.generic]] = []
    for own, shared in zip(ranked, new, strict=True):
        whole = np.repeat(shared, n_users, axis=0)
        whole[known] = own
        parts.append(whole)
    return Ranked(*parts)  # type: ignore[arg-type]
