"""The comparison of all levels of fusion as a table in the terminal."""

from rich.table import Table

from sensorium.cli.console import OUT, styled
from sensorium.experiments.fusion_levels import FusionLevels
from sensorium.insight.verdict import with_ends
from sensorium.insight.words import ENGLISH_WORDS, Words


def show_levels(levels: FusionLevels, words: Words = ENGLISH_WORDS) -> None:
    """Print a row for each method, and what the columns mean."""
    OUT.print(_table(levels, words))
    OUT.print(
        "\n"
        + words(
            "Every method fuses the same sources, fitted and tuned once; {n:,} users evaluated. The last "
            "column is the paired difference to what auto takes, with its 95% interval; dim: not "
            "significant. {seconds:.0f} s.",
            n=levels.n_users,
            seconds=levels.seconds,
        ),
        style="dim",
    )


def _table(levels: FusionLevels, words: Words) -> Table:
    table = Table(
        title="\n" + words("How well each level of fusion ranks test interactions"),
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 1, 0, 0),
    )
    for head in ("level", "method"):
        table.add_column(words(head), header_style="dim", no_wrap=True)
    for head in (levels.metric, "against auto"):
        table.add_column(words(head), header_style="dim", justify="right", no_wrap=True)
    before = ""
    for method in levels.methods:
        value, against = f"{method.result.metrics[levels.metric]:.4f}", method.against
        level = words(method.level) if method.level != before else ""
        before = method.level
        if against is None:
            table.add_row(level, words(method.name), value, "", style="bold green")
        else:
            shown = with_ends(against) if against.excludes_zero else styled(with_ends(against), "dim")
            table.add_row(level, words.said(method.name), value, shown)
    return table
