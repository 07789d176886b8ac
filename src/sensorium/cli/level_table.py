"""The comparison of all levels of fusion as a table in the terminal."""

from rich.table import Table

from sensorium.cli.console import OUT, styled
from sensorium.experiments.fusion_levels import FusionLevels
from sensorium.insight.verdict import with_ends


def show_levels(levels: FusionLevels) -> None:
    """Print a row for each method, and what the columns mean."""
    OUT.print(_table(levels))
    OUT.print(
        f"\nEvery method fuses the same sources, fitted and tuned once; {levels.n_users:,} users "
        "evaluated. The last column is the paired difference to what auto takes, with its 95% interval; "
        "dim: not significant. "
        f"{levels.seconds:.0f} s.",
        style="dim",
    )


def _table(levels: FusionLevels) -> Table:
    table = Table(
        title="\nHow well each level of fusion ranks test interactions",
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 1, 0, 0),
    )
    for head in ("level", "method"):
        table.add_column(head, header_style="dim", no_wrap=True)
    for head in (levels.metric, "against auto"):
        table.add_column(head, header_style="dim", justify="right", no_wrap=True)
    before = ""
    for method in levels.methods:
        value, against = f"{method.result.metrics[levels.metric]:.4f}", method.against
        level = method.level if method.level != before else ""
        before = method.level
        if against is None:
            table.add_row(level, method.name, value, "", style="bold green")
        else:
            shown = with_ends(against) if against.excludes_zero else styled(with_ends(against), "dim")
            table.add_row(level, method.name, value, shown)
    return table
