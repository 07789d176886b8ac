"""Reasons in words, from the parts that add up to a score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sensorium.core.item_list import Met, Reason
from sensorium.core.shorten import shorten
from sensorium.core.source_kind import SourceKind
from sensorium.core.vocabulary import Id
from sensorium.insight.event_verbs import Verb, is_against, verb_of
from sensorium.insight.profile_phrases import ENGLISH_PROFILE
from sensorium.insight.repeat_phrases import ENGLISH_REPEATS, RepeatPhrases

MOST_CLAUSES = 2
MOST_ITEMS = (3, 2)
"""Of the first reason, and of the second."""
LEAST_SHARE = 0.2
"""A second reason is named if it makes up so much of all that speaks for the item."""
LEAST_OF_FIRST = 0.4
"""An item is named beside the first if it says so much as that one."""
MOST_OF_CLAUSE = 0.6
"""Where the named items say less than this of a clause, others are mentioned."""
LONGEST_TITLE = 60
_ITSELF = (SourceKind.BEHAVIOUR, "itself")
"""The subject of the clause that says how the user met the item before, by whatever source that counts."""
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
    event: str = ""
    """What the user did with the history item: the type of the event, as in `Reason`."""
    words: str = ""
    """What the user searched for, as in `Reason`."""
    met: Met | None = None
    """How the user met it before, where it is the item itself."""


@dataclass(frozen=True)
class Phrases:
    """The words of one language.

    `{items}` stands for what the user met, `{column}` for a column's name, `{words}` for what was searched
    for, `{part}` for the name of a part of the features, such as colours or rhythm.
    """

    through_items: Mapping[SourceKind, str]
    """What a kind says of items in the user's history; `{did}` says what was done with which."""
    by_itself: Mapping[SourceKind, str]
    """What a kind says where no history item is named."""
    above_all: str
    """What follows where one part of the features says most."""
    because: str
    because_of: str
    """Stands in place of `because` before `event` and `events`."""
    conjunction: str
    """Between the last two items."""
    and_did: str
    """Between what was done with some items and with others."""
    list_separator: str
    clause_separator: str
    nothing: str
    """Said where no contribution is positive."""
    quoted: str
    """How titles are quoted; `{title}` stands for one."""
    others: str
    """What follows the named items where others say much too."""
    verb: Callable[[Verb], str]
    """What this language says of an event."""
    chose: str
    """What was done with `{items}` by events of which no type is known."""
    event: str
    """What is said of events of an unknown type, `{event}`, with `{items}`, where nothing else is known."""
    had_event: str
    """The same beside events that are told by verbs."""
    nothing_close: str
    """Said where nothing matches what was asked for."""
    nearest: str
    """What follows it where items are offered all the same."""
    such: str
    """Stands for the words of a search that are not known."""
    repeats: RepeatPhrases
    """What is said of an item that the user met before."""
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    """What to call a part of the features; its own name if it is not there."""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """What to call a kind that has no column; its own name if it is not there."""


def english_verb(verb: Verb) -> str:
    """Return what English says after `you`."""
    return verb.english


ENGLISH = Phrases(
    through_items=MappingProxyType(
        {
            SourceKind.TEXT: "it reads like {items}",
            SourceKind.IMAGE: "it looks like {items}",
            SourceKind.AUDIO: "it sounds like {items}",
            SourceKind.VIDEO: "it moves like {items}",
            SourceKind.CATEGORY: "it shares its {column} with {items}",
            SourceKind.NUMBER: "its {column} is close to that of {items}",
            SourceKind.CONTENT: "it resembles {items}",
            SourceKind.BEHAVIOUR: "you {did}",
            SourceKind.POPULARITY: "it is popular",
            **ENGLISH_PROFILE,
        }
    ),
    by_itself=MappingProxyType(
        {
            SourceKind.TEXT: "its words fit your taste",
            SourceKind.IMAGE: "its looks fit your taste",
            SourceKind.AUDIO: "its sound fits your taste",
            SourceKind.VIDEO: "its motion fits your taste",
            SourceKind.CATEGORY: "its {column} fits your taste",
            SourceKind.NUMBER: "its {column} fits your taste",
            SourceKind.CONTENT: "it fits your taste",
            SourceKind.BEHAVIOUR: "people with your taste chose it",
            SourceKind.POPULARITY: "it is popular",
            **ENGLISH_PROFILE,
        }
    ),
    above_all=", above all its {part}",
    because="because ",
    because_of="because of ",
    conjunction=" and ",
    and_did=" and ",
    list_separator=", ",
    clause_separator=", and ",
    nothing="nothing in particular speaks for it: all that is known is about the same for most items",
    quoted="“{title}”",
    others=" and others",
    verb=english_verb,
    chose="chose {items}",
    event="your event '{event}' with {items}",
    had_event="had the event '{event}' with {items}",
    nothing_close="Nothing close.",
    nearest=" The nearest:",
    such="such things",
    repeats=ENGLISH_REPEATS,
)


def shares(reasons: Sequence[Reason]) -> tuple[Share, ...]:
    """Return what spoke for an item, largest first; parts of one kind, column and item are summed.

    Shares are of the positive sums: what spoke against the item is left out, not offset, and so are
    the baseline, which is no reason for this item rather than another, and what a second level changes.
    """
    sums: dict[tuple[SourceKind, Id | None, str], float] = {}
    events: dict[Id | None, str] = {}
    words = {reason.kind: reason.words for reason in reasons if reason.words}
    met = {reason.item_id: reason.met for reason in reasons if reason.met is not None}
    for reason in reasons:
        if reason.kind in (SourceKind.BASELINE, SourceKind.SECOND_LEVEL):
            continue
        key = (reason.kind, reason.item_id, reason.column)
        sums[key] = sums.get(key, 0.0) + float(reason.contribution)
        events[reason.item_id] = reason.event or events.get(reason.item_id, "")
    total = sum(value for value in sums.values() if value > 0)
    found = [
        Share(*key[:2], value / total, key[2], events[key[1]], words.get(key[0], ""), met.get(key[1]))
        for key, value in sums.items()
        if value > 0
    ]
    return tuple(sorted(found, key=lambda share: -share.share))


def sentence(reasons: Sequence[Reason], titles: Mapping[Any, str], *, phrases: Phrases = ENGLISH) -> str:
    """Return why an item is recommended, in one sentence without capital or full stop.

    For example: because it looks like “Heat”, above all its colours, and you watched “Heat” and “Ronin”. See
    `clauses`.
    """
    found = clauses(reasons, titles, phrases=phrases)
    return phrases.clause_separator.join(found) if found else phrases.nothing


def clauses(
    reasons: Sequence[Reason], titles: Mapping[Any, str], *, phrases: Phrases = ENGLISH
) -> tuple[str, ...]:
    """Return what speaks for an item, the strongest first, the first one with `because`; empty if nothing.

    `titles` maps item ids to what people call them; an id without a title stands for itself. At most two
    kinds of sources are named, the second only if it says much; columns count together where the words would
    not tell them apart. The first names up to three history items, the second up to two, that say about as
    much as its strongest; others are mentioned where they say much together. What the user was against is
    never named. Of features in parts, the part that stands out is named. Where the user met the item itself,
    one clause says so of all that this adds.
    """
    groups: dict[tuple[SourceKind, str], list[Share]] = {}
    for share in shares(reasons):
        groups.setdefault(_subject_of(share, phrases), []).append(share)
    ranked = sorted(groups.items(), key=lambda group: -_total(group[1]))[:MOST_CLAUSES]
    found: list[str] = []
    for key, members in ranked:
        if found and _total(members) < LEAST_SHARE:
            break
        if key == _ITSELF:
            said, head = _repeat_clause(members[0], phrases)
        else:
            said, head = _clause(key[0], members, titles, phrases, MOST_ITEMS[len(found)])
        said += _part_clause(key, members, reasons, phrases)
        found.append(head + said if not found or head != phrases.because else said)
    return tuple(found)


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
    return phrases.above_all.format(part=phrases.parts.get(name, name))


def _clause(
    kind: SourceKind, members: Sequence[Share], titles: Mapping[Any, str], phrases: Phrases, most: int
) -> tuple[str, str]:
    """Return what a kind of source says, and what stands before it at the beginning of a sentence."""
    column = members[0].column or phrases.columns.get(kind.value, kind.value)
    searched = members[0].words
    words = f"“{shorten(searched, LONGEST_TITLE)}”" if searched else phrases.such
    named, more = _named(members, most)
    if not named:
        return phrases.by_itself[kind].format(column=column, words=words), phrases.because
    events = {share.item_id: share.event for share in members}
    called = {item: quote(titles.get(item, str(item)), phrases) for item in named}
    template = phrases.through_items[kind]
    if "{did}" not in template:
        items = _join_items(list(called.values()), phrases, more=more)
        return template.format(items=items, column=column, words=words), phrases.because
    by_event: dict[str, list[str]] = {}
    for item in named:
        by_event.setdefault(events[item], []).append(called[item])
    only_unknown = all(event and verb_of(event) is None for event in by_event)
    last = list(by_event)[-1]
    did = phrases.and_did.join(
        _told(event, _join_items(items, phrases, more=more and event == last), phrases, only_unknown)
        for event, items in by_event.items()
    )
    return (did, phrases.because_of) if only_unknown else (template.format(did=did), phrases.because)


def _repeat_clause(share: Share, phrases: Phrases) -> tuple[str, str]:
    """Return how the user met the item itself, and what stands before it; as `_clause`."""
    verb, itself = verb_of(share.event), phrases.repeats.itself
    if share.event and verb is None:
        return phrases.event.format(event=share.event, items=itself), phrases.because_of
    did = (phrases.chose if verb is None else phrases.verb(verb)).format(items=itself)
    return phrases.repeats.told(did, share.met or Met()), phrases.because


def _named(members: Sequence[Share], most: int) -> tuple[list[Id], bool]:
    """Return the history items to name, the strongest first, and whether others say much too."""
    sums: dict[Id, float] = {}
    for part in members:
        if part.item_id is not None and not is_against(part.event):
            sums[part.item_id] = sums.get(part.item_id, 0.0) + part.share
    ranked = sorted(sums, key=lambda item: -sums[item])
    named = [item for item in ranked[:most] if sums[item] >= LEAST_OF_FIRST * sums[ranked[0]]]
    said = sum(sums[item] for item in named)
    return named, len(ranked) > len(named) and said < MOST_OF_CLAUSE * sum(sums.values())


def _told(event: str, items: str, phrases: Phrases, only_unknown: bool) -> str:
    """Return what was done with `items`, after `you`; or the events themselves where no verb is known."""
    verb = verb_of(event) if event else None
    if verb is not None:
        return phrases.verb(verb).format(items=items)
    if not event:
        return phrases.chose.format(items=items)
    return (phrases.event if only_unknown else phrases.had_event).format(event=event, items=items)


def quote(title: str, phrases: Phrases) -> str:
    """Return a title as the language quotes it, on one line and short; one in such quotes stays as it is."""
    shown = shorten(title, LONGEST_TITLE)
    before, after = phrases.quoted.split("{title}")
    is_quoted = shown.startswith(before) and shown.endswith(after) and shown.count(before) == 1
    return shown if is_quoted else phrases.quoted.format(title=shown)


def _total(members: Sequence[Share]) -> float:
    return sum(share.share for share in members)


def _join_items(items: Sequence[str], phrases: Phrases, *, more: bool) -> str:
    if more:
        return phrases.list_separator.join(items) + phrases.others
    if len(items) == 1:
        return items[0]
    return phrases.list_separator.join(items[:-1]) + phrases.conjunction + items[-1]


def _subject_of(share: Share, phrases: Phrases) -> tuple[SourceKind, str]:
    if share.met is not None and not is_against(share.event):
        return _ITSELF
    return _subject(share.kind, share.column, phrases)


def _subject(kind: SourceKind, column: str, phrases: Phrases) -> tuple[SourceKind, str]:
    """Return what a clause is about: the kind, and the column if the words name it."""
    return kind, column if "{column}" in phrases.through_items.get(kind, "") else ""
