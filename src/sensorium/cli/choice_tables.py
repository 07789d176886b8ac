"""What a fit chose and why, as a table."""

from collections.abc import Mapping

from rich.console import JustifyMethod
from rich.markup import escape
from rich.table import Table

from sensorium.cli.console import LONGEST_NAME, folded
from sensorium.serving.fit_record import FitRecord, MemberRecord, WeightsRecord

HEADS: Mapping[str, JustifyMethod] = {
    "source": "left",
    "weight": "right",
    "ndcg@20": "right",
    "settings": "left",
    "why": "left",
}


def choice_table(record: FitRecord) -> Table:
    """Return one row for each source: its weight, how well it does alone, its settings, and why these.

    What counts most comes first, what is not served after all that is. The fusion stands last; its
    `ndcg@20` is that on the held-back events that it was tuned on.
    """
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head, justify in HEADS.items():
        table.add_column(
            head, justify=justify, header_style="bold", no_wrap=head == "source", overflow="fold"
        )
    for member in sorted(record.members, key=lambda member: (-member.weight, not member.serves)):
        settings = ", ".join(
            f"{key} = {_plain(value)}" for key, value in member.settings.items() if key != "block"
        )
        weight = f"{member.weight:.3f}" if member.weight else "[dim]0[/]"
        table.add_row(
            escape(folded(member.name, LONGEST_NAME)),
            weight,
            _number(member.ndcg),
            escape(settings) or "[dim]defaults[/]",
            f"[dim]{escape(_why(member))}[/]",
        )
    learnt = record.weights
    if len(record.members) > 1 and learnt is not None:
        table.add_row("[bold]together[/]", "", f"[bold]{_number(learnt.ndcg)}[/]", "", _weighing(learnt))
    return table


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
    if member.weight:
        return member.why
    fallback = "fallback where no other source can score"
    role = "for items without events only" if member.cold_weight else fallback
    return f"{role}; {member.why}"


def _weighing(learnt: WeightsRecord) -> str:
    held_out = ", ".join(f"{name} {value:.4f}" for name, value in learnt.held_out.items())
    by = ", moving with ".join([learnt.method, *learnt.moving_with])
    return escape(f"weights by {by}" + (f"; on unseen queries: {held_out}" if held_out else ""))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
