"""Reasons in words, from the parts that add up to a score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sensorium.core.item_list import Reason
from sensorium.core.source_kind import SourceKind
from sensorium.core.vocabulary import Id

_SMALLEST_SHARE = 0.005
"""Below half a percent a reason is not named."""
_STANDS_OUT, _LEAST_PART = 1.25, 1 / 3
"""A part of the features is named that says so many times as much as an even share, and so much of all."""


@dataclass(frozen=True)
class Share:
    """How much of the case for an item came from one kind of source, through one history item."""

    kind: SourceKind
    item_id: Id | None
    share: float
    """Of the sum of all positive contributions; the shares of an item add up to 1."""
    column: str = ""
    """The catalogue column, for example `genres`; empty if the source has none."""


@dataclass(frozen=True)
class Phrases:
    """The words of one language.

    `{items}` stands for what was liked, `{column}` for a column's name, `{share}` for a percentage,
    `{part}` for the name of a part of the features, such as colours or rhythm.
    """

    through_items: Mapping[SourceKind, str]
    """What a kind says of items in the user's history."""
    by_itself: Mapping[SourceKind, str]
    """What a kind says where no history item is named."""
    above_all: str
    """What follows where one part of the features says most."""
    because: str
    conjunction: str
    list_separator: str
    clause_separator: str
    nothing: str
    """Said where no contribution is positive."""
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    """What to call a part of the features; its own name if it is not there."""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """What to call a kind that has no column; its own name if it is not there."""


ENGLISH = Phrases(
    through_items=MappingProxyType(
        {
            SourceKind.TEXT: "it reads like {items} ({share})",
            SourceKind.IMAGE: "it looks like {items} ({share})",
            SourceKind.AUDIO: "it sounds like {items} ({share})",
            SourceKind.VIDEO: "it moves like {items} ({share})",
            SourceKind.CATEGORY: "it shares its {column} with {items} ({share})",
            SourceKind.NUMBER: "its {column} is close to that of {items} ({share})",
            SourceKind.CONTENT: "it resembles {items} ({share})",
            SourceKind.BEHAVIOUR: "you liked {items} ({share})",
            SourceKind.POPULARITY: "it is popular ({share})",
        }
    ),
    by_itself=MappingProxyType(
        {
            SourceKind.TEXT: "its words fit your taste ({share})",
            SourceKind.IMAGE: "its looks fit your taste ({share})",
            SourceKind.AUDIO: "its sound fits your taste ({share})",
            SourceKind.VIDEO: "its motion fits your taste ({share})",
            SourceKind.CATEGORY: "its {column} fits your taste ({share})",
            SourceKind.NUMBER: "its {column} fits your taste ({share})",
            SourceKind.CONTENT: "it fits your taste ({share})",
            SourceKind.BEHAVIOUR: "people with your taste chose it ({share})",
            SourceKind.POPULARITY: "it is popular ({share})",
        }
    ),
    above_all=", above all its {part} ({share})",
    because="because ",
    conjunction=" and ",
    list_separator=", ",
    clause_separator="; ",
    nothing="no single reason stands out",
)


def shares(reasons: Sequence[Reason]) -> tuple[Share, ...]:
    """Return what spoke for an item, largest first; parts of one kind, column and item are summed.

    Shares are of the positive sums: what spoke against the item is left out, not offset, and so is
    the baseline, which is no reason for this item rather than another.
    """
    sums: dict[tuple[SourceKind, Id | None, str], float] = {}
    for reason in reasons:
        if reason.kind is SourceKind.BASELINE:
            continue
        key = (reason.kind, reason.item_id, reason.column)
        sums[key] = sums.get(key, 0.0) + float(reason.contribution)
    total = sum(value for value in sums.values() if value > 0)
    found = [Share(*key[:2], value / total, key[2]) for key, value in sums.items() if value > 0]
    return tuple(sorted(found, key=lambda share: -share.share))


def sentence(
    reasons: Sequence[Reason],
    titles: Mapping[Any, str],
    *,
    phrases: Phrases = ENGLISH,
    max_clauses: int = 3,
    max_items: int = 2,
) -> str:
    """Return why an item is recommended, in one sentence without capital or full stop.

    For example: because it looks like Heat (41%), above all its colours (22%); you liked Heat and Ronin
    (35%). See `clauses`.
    """
    found = clauses(reasons, titles, phrases=phrases, max_clauses=max_clauses, max_items=max_items)
    return phrases.because + phrases.clause_separator.join(found) if found else phrases.nothing


def clauses(
    reasons: Sequence[Reason],
    titles: Mapping[Any, str],
    *,
    phrases: Phrases = ENGLISH,
    max_clauses: int = 3,
    max_items: int = 2,
) -> tuple[str, ...]:
    """Return what each kind of source says for an item, the strongest first; empty if nothing does.

    `titles` maps item ids to what people call them; an id without a title stands for itself. A
    percentage is a kind of source's share of all that spoke for the item, through the items named
    and others; columns count together where the words would not tell them apart. At most
    `max_clauses` kinds are named, each with its `max_items` strongest items. Of features in parts, the
    part that stands out is named with its share of what the parts say for the item.
    """
    groups: dict[tuple[SourceKind, str], list[Share]] = {}
    for share in shares(reasons):
        groups.setdefault(_subject(share.kind, share.column, phrases), []).append(share)
    largest = sorted((_total(members), key) for key, members in groups.items())[::-1]
    return tuple(
        _clause(key[0], groups[key], titles, phrases, max_items)
        + _part_clause(key, groups[key], reasons, phrases)
        for total, key in largest[:max_clauses]
        if total >= _SMALLEST_SHARE
    )


def _part_clause(
    key: tuple[SourceKind, str], members: Sequence[Share], reasons: Sequence[Reason], phrases: Phrases
) -> str:
    """Return what to add of the part that says most in a clause; nothing if none stands out."""
    through = {share.item_id for share in members}
    sums: dict[str, float] = {}
    for reason in reasons:
        if reason.item_id in through and _subject(reason.kind, reason.column, phrases) == key:
            for part in reason.parts:
                sums[part.name] = sums.get(part.name, 0.0) + part.contribution
    total = sum(value for value in sums.values() if value > 0)
    name = max(sums, key=lambda part: sums[part], default="")
    if len(sums) < 2 or sums[name] < total * max(_STANDS_OUT / len(sums), _LEAST_PART) or total <= 0:
        return ""
    part = phrases.parts.get(name, name)
    return phrases.above_all.format(part=part, share=percent(_total(members) * sums[name] / total))


def _clause(
    kind: SourceKind, members: Sequence[Share], titles: Mapping[Any, str], phrases: Phrases, max_items: int
) -> str:
    column = members[0].column or phrases.columns.get(kind.value, kind.value)
    share = percent(_total(members))
    sums: dict[Id, float] = {}
    for part in members:
        if part.item_id is not None:
            sums[part.item_id] = sums.get(part.item_id, 0.0) + part.share
    named = [titles.get(item, str(item)) for item in sorted(sums, key=lambda item: -sums[item])]
    if not named:
        return phrases.by_itself[kind].format(column=column, share=share)
    listed = _join_items(named[:max_items], phrases)
    return phrases.through_items[kind].format(items=listed, column=column, share=share)


def _total(members: Sequence[Share]) -> float:
    return sum(share.share for share in members)


def _join_items(items: Sequence[str], phrases: Phrases) -> str:
    if len(items) == 1:
        return items[0]
    return phrases.list_separator.join(items[:-1]) + phrases.conjunction + items[-1]


def percent(share: float) -> str:
    """Return a share as a whole percentage."""
    return f"{share:.0%}"


def _subject(kind: SourceKind, column: str, phrases: Phrases) -> tuple[SourceKind, str]:
    """Return what a clause is about: the kind, and the column if the words name it."""
    return kind, column if "{column}" in phrases.through_items.get(kind, "") else ""
