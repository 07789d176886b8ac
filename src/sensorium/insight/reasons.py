"""Reasons in words, from the parts that add up to a score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sensorium.core.item_list import Reason
from sensorium.fusion.explanation import BASELINE
from sensorium.insight.sources import Kind, kind_of

_SMALLEST_SHARE = 0.005
"""Below half a percent a reason is not named."""


@dataclass(frozen=True)
class Share:
    """How much of the case for an item came from one kind of source, through one history item."""

    kind: Kind
    item_id: str | None
    share: float
    """Of the sum of all positive contributions; the shares of an item add up to 1."""
    column: str = ""
    """The catalogue column, for example `genres`; empty if the source has none."""


@dataclass(frozen=True)
class Phrases:
    """The words of one language; `{items}` stands for what was liked, `{column}` for a column's name."""

    through_items: Mapping[Kind, str]
    """What a kind says of items in the user's history."""
    by_itself: Mapping[Kind, str]
    """What a kind says where no history item is named."""
    because: str
    item: str
    """One history item with its `{title}` and `{share}`."""
    conjunction: str
    list_separator: str
    clause_separator: str
    nothing: str
    """Said where no contribution is positive."""


ENGLISH = Phrases(
    through_items=MappingProxyType(
        {
            Kind.TEXT: "it reads like {items}",
            Kind.IMAGE: "it looks like {items}",
            Kind.AUDIO: "it sounds like {items}",
            Kind.VIDEO: "it moves like {items}",
            Kind.CATEGORY: "it shares its {column} with {items}",
            Kind.NUMBER: "its {column} is close to that of {items}",
            Kind.CONTENT: "it resembles {items}",
            Kind.BEHAVIOUR: "you liked {items}",
            Kind.POPULARITY: "it is popular",
        }
    ),
    by_itself=MappingProxyType(
        {
            Kind.TEXT: "its words fit your taste ({share})",
            Kind.IMAGE: "its looks fit your taste ({share})",
            Kind.AUDIO: "its sound fits your taste ({share})",
            Kind.VIDEO: "its motion fits your taste ({share})",
            Kind.CATEGORY: "its {column} fits your taste ({share})",
            Kind.NUMBER: "its {column} fits your taste ({share})",
            Kind.CONTENT: "it fits your taste ({share})",
            Kind.BEHAVIOUR: "people with your taste chose it ({share})",
            Kind.POPULARITY: "it is popular ({share})",
        }
    ),
    because="because ",
    item="{title} ({share})",
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
    sums: dict[tuple[Kind, str | None, str], float] = {}
    for reason in reasons:
        if reason.source == BASELINE:
            continue
        kind = kind_of(reason.source)
        key = (kind, reason.item_id, _column(reason.source, kind))
        sums[key] = sums.get(key, 0.0) + float(reason.contribution)
    total = sum(value for value in sums.values() if value > 0)
    found = [Share(*key[:2], value / total, key[2]) for key, value in sums.items() if value > 0]
    return tuple(sorted(found, key=lambda share: -share.share))


def sentence(
    reasons: Sequence[Reason],
    titles: Mapping[str, str],
    *,
    phrases: Phrases = ENGLISH,
    max_clauses: int = 3,
    max_items: int = 2,
) -> str:
    """Return why an item is recommended, in one sentence without capital or full stop.

    For example: because you liked Heat (35%) and Ronin (12%); it looks like Heat (41%).
    `titles` maps item ids to what people call them; an id without a title stands for itself.
    Percentages are shares of everything that spoke for the item; at most `max_clauses` kinds of
    source are named, each with at most `max_items` history items.
    """
    named = [share for share in shares(reasons) if share.share >= _SMALLEST_SHARE]
    groups: dict[tuple[Kind, str], list[Share]] = {}
    for share in named:
        groups.setdefault((share.kind, share.column), []).append(share)
    largest = sorted(groups.items(), key=lambda group: -sum(share.share for share in group[1]))
    clauses = [_clause(kind, members, titles, phrases, max_items) for (kind, _), members in largest]
    if not clauses:
        return phrases.nothing
    return phrases.because + phrases.clause_separator.join(clauses[:max_clauses])


def _clause(
    kind: Kind, members: Sequence[Share], titles: Mapping[str, str], phrases: Phrases, max_items: int
) -> str:
    column = members[0].column or kind.value
    through = [share for share in members if share.item_id is not None]
    if not through or kind is Kind.POPULARITY:
        whole = sum(share.share for share in members)
        return phrases.by_itself[kind].format(column=column, share=percent(whole))
    items = [
        phrases.item.format(
            title=titles.get(str(share.item_id), str(share.item_id)), share=percent(share.share)
        )
        for share in through[:max_items]
    ]
    return phrases.through_items[kind].format(items=_listed(items, phrases), column=column)


def _listed(items: Sequence[str], phrases: Phrases) -> str:
    if len(items) == 1:
        return items[0]
    return phrases.list_separator.join(items[:-1]) + phrases.conjunction + items[-1]


def percent(share: float) -> str:
    """Return a share as a whole percentage."""
    return f"{share:.0%}"


def _column(source: str, kind: Kind) -> str:
    """Return the column named in a source such as `category:genres`."""
    _, found, column = source.partition(f"{kind.value}:")
    return column if found else ""
