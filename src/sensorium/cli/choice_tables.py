"""What a fit chose, as a table."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table


def choice_table(facts: Mapping[str, Any]) -> Table:
    """Return one row for each source: its weight, how well it does alone, its settings."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head, justify in (
        ("source", "left"),
        ("weight", "right"),
        ("ndcg@20 alone", "right"),
        ("settings", "left"),
    ):
        table.add_column(head, justify=justify, header_style="bold")  # type: ignore[arg-type]
    for member in sorted(facts["members"], key=lambda member: -member["weight"]):
        settings = ", ".join(
            f"{key} = {value}" for key, value in member["settings"].items() if key != "block"
        )
        alone = "" if member["ndcg@20"] is None else f"{member['ndcg@20']:.4f}"
        weight = f"{member['weight']:.3f}" if member["weight"] else "[dim]0[/]"
        table.add_row(escape(member["name"]), weight, alone, escape(settings) or "[dim]defaults[/]")
    for name, why in facts["left_out"].items():
        table.add_row(escape(name), "[dim]left out[/]", "", escape(why))
    return table
