"""A ranked answer: items, their scores and, on request, the reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, overload

import numpy as np
import polars as pl

from sensorium.core.arrays import FloatVector, IntVector, shortest_decimal
from sensorium.core.errors import UserError
from sensorium.core.item_list_html import html_table
from sensorium.core.source_kind import SourceKind
from sensorium.core.vocabulary import Id

if TYPE_CHECKING:
    import pandas as pd

MOST_LINES, MOST_LETTERS = 20, 50
"""How many items, and how much of a title, are printed."""


class Part(NamedTuple):
    """What one named part of the features adds, such as colours or rhythm."""

    name: str
    contribution: float


@dataclass(frozen=True)
class Met:
    """How a user met an item before."""

    times: int = 0
    """How often; 0 where that is not known."""
    last_s: float | None = None
    """The last time, in seconds since 1970; None where that is not known."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; null for what is not known."""
        return {"times": self.times or None, "last_s": self.last_s}


@dataclass(frozen=True)
class Reason:
    """One part of a score; the parts of an item add up to it."""

    source: str
    """What contributed: a block such as `image:poster`, a behaviour model such as `ease`, or `baseline`."""
    kind: SourceKind
    """What kind of source that is."""
    contribution: float
    """Its share of the score, in the score's own unit."""
    item_id: Id | None = None
    """The history item it came through; None where it does not depend on the history."""
    parts: tuple[Part, ...] = ()
    """The same divided over the features; they add up to `contribution`. Empty where it cannot be divided."""
    column: str = ""
    """The catalogue's column behind it, for example `genres`; empty if there is none, or several."""
    event: str = ""
    """What the user did with the history item: the type of an event, such as `purchase`; empty if unknown."""
    words: str = ""
    """What the user searched for, where that is the reason; empty if unknown."""
    met: Met | None = None
    """How the user met it before, where the history item is the very item that is scored; else None."""

    def to_json(self) -> dict[str, Any]:
        """Return the reason as JSON can hold it."""
        return {
            "source": self.source,
            "item_id": None if self.item_id is None else str(self.item_id),
            "contribution": shortest_decimal(self.contribution),
            "parts": {part.name: shortest_decimal(part.contribution) for part in self.parts},
            **({"event": self.event} if self.event else {}),
            **({"words": self.words} if self.words else {}),
            **({"met": self.met.to_json()} if self.met is not None else {}),
        }


class ScoredItem(NamedTuple):
    """One row of an `ItemList`."""

    item_id: Id
    score: float


class ItemPreviews(Protocol):
    """Shows items in a notebook."""

    def html(self, item: int) -> str:
        """Return the pictures and players of the item at index `item` as HTML; empty if there are none.

        It stands by itself: nothing is loaded from outside. A medium that cannot be shown is passed over.
        """
        ...


@dataclass(frozen=True)
class ItemList(Sequence[ScoredItem]):
    """Items in order of rank, the best first: a sequence of `ScoredItem`, whose slices are lists again.

    `score` is NaN where a model cannot score an item; such items stand last or not at all. In a notebook it
    shows itself as a table with pictures and players.
    """

    item_ids: tuple[Id, ...]
    """In the type in which they came: text, or whole numbers."""
    indices: IntVector
    """Dense item indices [n]."""
    scores: FloatVector
    """[n] float32, descending."""
    path: str = ""
    """How the answer came about, for example `fusion`, `content` or `popularity`."""
    reasons: tuple[tuple[Reason, ...], ...] = ()
    """The reasons of each item [n], or empty if they were not asked for."""
    paths: tuple[str, ...] = field(default=())
    """How each item got its score [n]; empty if all came by `path`."""
    titles: tuple[str, ...] = field(default=())
    """What to call each item [n]; empty if that is not known."""
    previews: ItemPreviews | None = field(default=None, repr=False, compare=False)
    """What shows the items in a notebook; None: nothing does."""
    nothing_close: bool | None = None
    """Whether no item matches what was searched for, so that the items are only the nearest, at most three;
    None where nothing was searched for."""

    def __len__(self) -> int:
        return len(self.item_ids)

    def __iter__(self) -> Iterator[ScoredItem]:
        return map(ScoredItem, self.item_ids, np.asarray(self.scores).tolist())

    @overload
    def __getitem__(self, index: int) -> ScoredItem: ...
    @overload
    def __getitem__(self, index: slice) -> "ItemList": ...
    def __getitem__(self, index: int | slice) -> "ScoredItem | ItemList":
        if not isinstance(index, slice):
            return ScoredItem(self.item_ids[index], float(self.scores[index]))
        return replace(
            self,
            item_ids=self.item_ids[index],
            indices=self.indices[index],
            scores=self.scores[index],
            reasons=self.reasons[index],
            paths=self.paths[index],
            titles=self.titles[index],
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ItemList) and self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self.item_ids)

    def __repr__(self) -> str:
        by = f" by {self.path}" if self.path else ""
        head = f"ItemList({len(self):,} {'item' if len(self) == 1 else 'items'}{by})"
        ids = [str(item_id) for item_id in self.item_ids[:MOST_LINES]]
        width = max(map(len, ids), default=0)
        titles = ["" if name == title else title for name, title in zip(ids, self.titles, strict=False)]
        titles = titles or [""] * len(self)
        if self.nothing_close:
            head += ": nothing close; the nearest are" if len(self) else ": nothing close"
        lines = [
            f"{rank:>3}  {score:>8.3f}  {item_id:<{width}}  {_first_line(title)}".rstrip()
            for rank, (item_id, score, title) in enumerate(
                zip(ids, np.asarray(self.scores).tolist(), titles, strict=False), start=1
            )
        ]
        more = [f"     ... {len(self) - MOST_LINES:,} more"] if len(self) > MOST_LINES else []
        return "\n".join([head, *lines, *more])

    def _repr_html_(self) -> str:
        shown = self.previews.html if self.previews is not None else None
        return html_table(self.to_frame(), self.indices.tolist(), self.path, shown)

    def to_frame(self) -> pl.DataFrame:
        """Return a polars frame [n] with `rank` from 1, `item_id`, `title`, `score` and `path`."""
        return pl.DataFrame(
            {
                "rank": np.arange(1, len(self) + 1, dtype=np.int32),
                "item_id": pl.Series(self.item_ids, dtype=None if self.item_ids else pl.String),
                "title": pl.Series(self.titles or [None] * len(self), dtype=pl.String),
                "score": np.asarray(self.scores, dtype=np.float32),
                "path": pl.Series(self.paths or [self.path] * len(self), dtype=pl.String),
            }
        )

    def to_pandas(self) -> "pd.DataFrame":
        """Return what `to_frame` does as a pandas frame; pandas must be installed, pyarrow need not.

        Raises
        ------
        UserError
            If pandas is not installed.
        """
        return pandas_frame(self.to_frame())

    def to_json(self, sentences: Sequence[str] = ()) -> dict[str, Any]:
        """Return the parts by name as JSON can hold them; `sentences` are the reasons of each item in words.

        Ids are text, whatever type they came in.
        """
        items: list[dict[str, Any]] = []
        for rank, item in enumerate(self):
            reasons = self.reasons[rank] if self.reasons else ()
            shown: dict[str, Any] = {
                "item_id": str(item.item_id),
                **({"title": self.titles[rank]} if self.titles else {}),
                "score": shortest_decimal(item.score),
                "path": self.paths[rank] if self.paths else self.path,
                "reasons": [reason.to_json() for reason in reasons],
            }
            items.append(shown | ({"because": sentences[rank]} if sentences else {}))
        searched = {} if self.nothing_close is None else {"nothing_close": self.nothing_close}
        return {"items": items, "path": self.path, **searched}

    def _compared(self) -> tuple[Any, ...]:
        """Return all that makes two lists equal, in types that compare as a whole."""
        arrays = self.indices.tolist(), np.asarray(self.scores).tobytes()
        return (self.item_ids, *arrays, self.path, self.reasons, self.paths, self.titles)


def pandas_frame(frame: pl.DataFrame) -> "pd.DataFrame":
    """Return `frame` as a pandas frame, column by column, which needs no pyarrow."""
    try:
        import pandas
    except ImportError as error:
        raise UserError("pandas is not installed", remedy="Install it, or use to_frame") from error
    numeric = {name for name, kind in frame.schema.items() if kind.is_numeric()}
    columns = {
        name: frame[name].to_numpy() if name in numeric else frame[name].to_list() for name in frame.columns
    }
    return pandas.DataFrame(columns)


def _first_line(title: str) -> str:
    line = title.strip().partition("\n")[0]
    return line if len(line) <= MOST_LETTERS else line[: MOST_LETTERS - 1].rstrip() + "…"
