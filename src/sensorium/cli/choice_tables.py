"""What a fit chose and why, as a table."""

from collections.abc import Mapping

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from sensorium.cli.console import LONGEST_NAME, folded, styled
from sensorium.insight.verdict import with_ends
from sensorium.serving.fit_record import FitRecord, MemberRecord, WeightingRecord, WeightsRecord

HEADS: Mapping[str, JustifyMethod] = {
    "source": "left",
    "weight": "right",
    "ndcg@20": "right",
    "tried": "right",
    "answers": "left",
}
VERBOSE_HEADS: Mapping[str, JustifyMethod] = {
    "source": "left",
    "weight": "right",
    "ndcg@20": "right",
    "settings": "left",
    "why": "left",
}


def choice_table(record: FitRecord) -> Table:
    """Return a line for each source that is served: its weight, how well it does alone, what it answers.

    What counts most comes first. The fusion stands last; its `ndcg@20` is that on the held-back events that
    it was tuned on.
    """
    table = _table(HEADS)
    for member in _ordered(record):
        if member.serves:
            tried = f"{member.trials:,}" if member.trials else ""
            table.add_row(*_head(member), tried, styled(_role(member), "dim"))
    learnt = record.weights
    if len(record.members) > 1 and learnt is not None:
        tried = f"{sum(member.trials for member in record.members):,}"
        table.add_row(*_together(learnt), tried, "")
    return table


def summary_lines(record: FitRecord) -> list[str]:
    """Return, in a line each, what is not served and what was left out."""
    idle = [member.name for member in _ordered(record) if not member.serves]
    lines = [] if record.weighting is None else [weighting_in_words(record.weighting)]
    if idle:
        lines.append(f"Not served, no gain beside the others: {', '.join(idle)}")
    if record.left_out:
        lines.append(f"Left out: {', '.join(record.left_out)}; --verbose says why, and all settings")
    return lines


def weighting_in_words(weighting: WeightingRecord) -> str:
    """Return what models learn from, and what strengths gain over all events alike."""
    learns = {
        "strength": "events as strong as they are",
        "plain": "all events for an item alike",
        "strong": "the relevant events alone",
    }
    gain = weighting.gains["strength" if weighting.weighting == "plain" else weighting.weighting]
    told = "strengths would change" if weighting.weighting == "plain" else "against all alike"
    return (
        f"Learns from {learns[weighting.weighting]}; {told}: "
        f"{with_ends(gain)} NDCG@20 on {gain.n_users:,} held-back users"
    )


def verbose_choice_table(record: FitRecord) -> Table:
    """Return one row for each source: its weight, how well it does alone, its settings, and why these.

    What counts most comes first, what is not served after all that is. The fusion stands last; its
    `ndcg@20` is that on the held-back events that it was tuned on.
    """
    table = _table(VERBOSE_HEADS)
    for member in _ordered(record):
        settings = ", ".join(
            f"{key} = {_plain(value)}" for key, value in member.settings.items() if key != "block"
        )
        why = styled(_why(member), "dim")
        table.add_row(*_head(member), settings or styled("defaults", "dim"), why)
    learnt = record.weights
    if len(record.members) > 1 and learnt is not None:
        table.add_row(*_together(learnt), "", _weighing(learnt))
    return table


def _table(heads: Mapping[str, JustifyMethod]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head, justify in heads.items():
        table.add_column(
            head, justify=justify, header_style="bold", no_wrap=head == "source", overflow="fold"
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


def _together(learnt: WeightsRecord) -> tuple[Text, str, Text]:
    """Return the first three cells of the row of the fusion."""
    return styled("together", "bold"), "", styled(_number(learnt.ndcg), "bold")


def _head(member: MemberRecord) -> tuple[str, str | Text, str]:
    """Return the first three cells of a row."""
    weight = f"{member.weight:.3f}" if member.weight else styled("0", "dim")
    return folded(member.name, LONGEST_NAME), weight, _number(member.ndcg)


def left_out_lines(record: FitRecord) -> list[str]:
    """Return a line for each reason for which models or blocks are no members."""
    of_reason: dict[str, list[str]] = {}
    for name, why in record.left_out.items():
        of_reason.setdefault(why, []).append(name)
    return [f"Left out: {', '.join(names)} ({why})" for why, names in of_reason.items()]


def _plain(value: object) -> str:
    """Return a setting as text: the weights of blocks without quotes and braces."""
    if not isinstance(value, Mapping):
        return str(value)
    return f"({', '.join(f'{name} {weight}' for name, weight in value.items())})"


def _why(member: MemberRecord) -> str:
    if not member.serves:
        return f"no gain beside the others, not served; {member.why}"
    return member.why if member.weight else f"{_role(member)}; {member.why}"


def _role(member: MemberRecord) -> str:
    """Return for whom or what a source that is served counts."""
    if member.weight:
        return "everybody"
    if any(member.weights_by_history):
        return "histories of some lengths only"
    if member.weight_without_history:
        return "users without a history only"
    return "items without events only" if member.cold_weight else "where no other source can score"


def _weighing(learnt: WeightsRecord) -> str:
    held_out = ", ".join(f"{name} {value:.4f}" for name, value in learnt.held_out.items())
    by = ", moving with ".join([learnt.method, *learnt.moving_with])
    return f"weights by {by}" + (f"; on unseen queries: {held_out}" if held_out else "")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
