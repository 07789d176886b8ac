"""What a fit chose and why, as a table."""

from collections.abc import Mapping

from rich.console import Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sensorium.cli.console import LONGEST_NAME, folded, styled
from sensorium.fusion.search_schedule import AS_PLANNED, BY_HAND, OUT_OF_TIME
from sensorium.insight.verdict import with_ends
from sensorium.insight.words import ENGLISH_WORDS, Words
from sensorium.serving.fit_record import FitRecord, MemberRecord, WeightingRecord, WeightsRecord

HEADS: Mapping[str, JustifyMethod] = {
    "source": "left",
    "weight": "right",
    "ndcg@20": "right",
    "tried": "right",
    "answers": "left",
}
NUMBER_WIDTH = 7
INDENT = 4
"""Columns before what is said beneath a source."""


def choice_table(record: FitRecord, words: Words = ENGLISH_WORDS) -> Table:
    """Return a line for each source that is served: its weight, how well it does alone, what it answers.

    What counts most comes first. The fusion stands last; its `ndcg@20` is that on the held-back events that
    it was tuned on.
    """
    table = _table(words)
    for member in _ordered(record):
        if member.serves:
            tried = f"{member.trials:,}" if member.trials else ""
            table.add_row(*_head(member), tried, styled(words(_role(member)), "dim"))
    learnt = record.weights
    if len(record.members) > 1 and learnt is not None:
        tried = f"{sum(member.trials for member in record.members):,}"
        table.add_row(*_together(learnt, words), tried, "")
    return table


def summary_lines(record: FitRecord, words: Words = ENGLISH_WORDS) -> list[str]:
    """Return, in a line each, what is not served and what was left out."""
    idle = [member.name for member in _ordered(record) if not member.serves]
    lines = [] if record.weighting is None else [weighting_in_words(record.weighting, words)]
    if idle:
        lines.append(words("Not served, no gain beside the others: {names}", names=", ".join(idle)))
    if record.left_out:
        names = ", ".join(record.left_out)
        lines.append(words("Left out: {names}; --verbose says why, and all settings", names=names))
    return lines


def time_lines(record: FitRecord, words: Words = ENGLISH_WORDS) -> list[str]:
    """Return how long the fit took and with what, and what more seconds would probably bring."""
    if record.seconds is None or not record.taken:
        return []
    steps = [f"{words(name)} {taken:,.0f} s" for name, taken in record.taken.items() if taken >= LEAST_S]
    spent = sum(record.taken.values())
    asked = words("{seconds:,.0f} s of {asked:,.0f}", seconds=spent, asked=record.seconds)
    lines = [f"{asked}: {', '.join(steps)}" if steps else asked]
    planned = any(member.why.endswith(AS_PLANNED) for member in record.members)
    if record.late_gain is None or planned:
        return lines
    return [*lines, _outlook(record, record.late_gain, words)]


def _outlook(record: FitRecord, late_gain: float, words: Words) -> str:
    """Return what more seconds would probably bring."""
    unfinished = (OUT_OF_TIME, BY_HAND)
    if not any(member.serves and member.why.endswith(unfinished) for member in record.members):
        return words("All settings worth trying were tried: more seconds would add nothing")
    if late_gain < LEAST_GAIN:
        return words("The second half of the search found nothing better: more seconds would hardly help")
    return words(
        "The second half of the search raised its sources by {gain}; twice the seconds would "
        "probably add less",
        gain=f"{late_gain:.1%}",
    )


LEAST_S = 0.5
"""Steps that took less are not worth a word."""
LEAST_GAIN = 0.0005
"""A share that is shown as 0.1% at least."""
_LEARNS: Mapping[str, str] = {
    "strength": "Learns from strengths of events; against all alike: {gain} on {n:,} held-back users",
    "strong": "Learns from the relevant events alone; against all alike: {gain} on {n:,} held-back users",
    "plain": "Learns from all events alike; strengths would change {gain} on {n:,} held-back users",
}


def weighting_in_words(weighting: WeightingRecord, words: Words = ENGLISH_WORDS) -> str:
    """Return what models learn from, and what strengths gain over all events alike."""
    gain = weighting.gains["strength" if weighting.weighting == "plain" else weighting.weighting]
    return words(_LEARNS[weighting.weighting], gain=f"{with_ends(gain)} NDCG@20", n=gain.n_users)


def verbose_choice_table(record: FitRecord, words: Words = ENGLISH_WORDS) -> Group:
    """Return, for each source, what `choice_table` says of it, and beneath it its settings and why these.

    What counts most comes first, what is not served after all that is.
    """
    parts: list[RenderableType] = []
    for member in _ordered(record):
        table = _table(words, show_header=not parts, source_width=LONGEST_NAME)
        tried = f"{member.trials:,}" if member.trials else ""
        table.add_row(*_head(member), tried, styled(words(_role(member)), "dim"))
        settings = ", ".join(
            f"{key} = {_plain(value)}" for key, value in member.settings.items() if key != "block"
        )
        beneath = f"{settings or words('defaults')}: {words.said(member.why)}"
        parts += [table, Padding(styled(beneath, "dim"), (0, 0, 0, INDENT))]
    if len(record.members) > 1 and record.weights is not None:
        table = _table(words, show_header=False, source_width=LONGEST_NAME)
        table.add_row(*_together(record.weights, words), "", "")
        weighing = styled(_weighing(record.weights, words), "dim")
        parts += [table, Padding(weighing, (0, 0, 0, INDENT))]
    return Group(*parts)


def _table(words: Words, *, show_header: bool = True, source_width: int | None = None) -> Table:
    """Return an empty table; with the width of the first column, tables stand beneath each other."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=show_header)
    for head, justify in HEADS.items():
        width = NUMBER_WIDTH if source_width is not None else None
        table.add_column(
            words(head),
            justify=justify,
            header_style="bold",
            no_wrap=head == "source",
            overflow="fold",
            width={"source": source_width, "answers": None}.get(head, width),
        )
    return table


def _ordered(record: FitRecord) -> list[MemberRecord]:
    return sorted(
        record.members,
        key=lambda member: (
            -member.weight,
            not member.serves,
            -max(member.weights_by_history, default=0.0),
            -member.cold_weight,
        ),
    )


def _together(learnt: WeightsRecord, words: Words) -> tuple[Text, str, Text]:
    """Return the first three cells of the row of the fusion."""
    return styled(words("together"), "bold"), "", styled(_number(learnt.ndcg), "bold")


def _head(member: MemberRecord) -> tuple[str, str | Text, str]:
    """Return the first three cells of a row."""
    weight = f"{member.weight:.3f}" if member.weight else styled("0", "dim")
    return folded(member.name, LONGEST_NAME), weight, _number(member.ndcg)


def left_out_lines(record: FitRecord, words: Words = ENGLISH_WORDS) -> list[str]:
    """Return a line for each reason for which models or blocks are no members."""
    lines = [] if record.weighting is None else [weighting_in_words(record.weighting, words)]
    of_reason: dict[str, list[str]] = {}
    for name, why in record.left_out.items():
        of_reason.setdefault(why, []).append(name)
    lines += [
        words("Left out: {names} ({why})", names=", ".join(names), why=words.said(why))
        for why, names in of_reason.items()
    ]
    return lines


def _plain(value: object) -> str:
    """Return a setting as text: the weights of blocks without quotes and braces."""
    if not isinstance(value, Mapping):
        return str(value)
    return f"({', '.join(f'{name} {weight}' for name, weight in value.items())})"


def _role(member: MemberRecord) -> str:
    """Return for whom or what a source that is served counts."""
    if not member.serves:
        return "nobody: it adds no gain"
    if member.weight:
        return "everybody"
    if any(member.weights_by_history):
        return "histories of some lengths"
    if member.weight_without_history:
        return "users without a history"
    return "items without events only" if member.cold_weight else "where no other can score"


def _weighing(learnt: WeightsRecord, words: Words) -> str:
    held_out = ", ".join(f"{name} {value:.4f}" for name, value in learnt.held_out.items())
    by = words(", moving with ").join(map(words, [learnt.method, *learnt.moving_with]))
    return words("weights by {how}", how=by) + (
        words("; on unseen queries: {values}", values=held_out) if held_out else ""
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
