"""What judging encoders found, as tables in the terminal."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from sensorium.cli.console import OUT, counted, folded
from sensorium.experiments.feature_value import NDCG
from sensorium.experiments.label_probe import LabelProbe
from sensorium.experiments.probed_column import Candidate, ProbedColumn
from sensorium.workspace.encoder_probe import WorkspaceProbe

GAP = 2
"""Between columns."""
NARROWEST = 12
"""Letters of a name in a line, at least."""
MAX_SHOWN = 5
"""More failures than this are counted, not listed."""


def show_probe(found: LabelProbe) -> None:
    """Print how well encoders tell labels apart."""
    media = found.media
    kinds = f"{counted(len(media), f'{media.role.value} file')}, {counted(len(media.names), 'label')}"
    OUT.print(f"{kinds}, {counted(found.n_folds, 'fold')}")
    rows: dict[str, list[str]] = {}
    for probed in found.encoders:
        shares = probed.separation
        scores = (shares.precision, shares.knn_accuracy, shares.linear_accuracy, shares.svm_accuracy)
        numbers = f"{probed.block.dimension:,}", _rate(probed.items_per_second)
        rows[probed.encoder] = [*numbers, *(f"{score:.3f}" for score in scores)]
    OUT.print(_table(["columns", "items/s", "precision@10", "kNN", "linear", "SVM"], rows))
    failures = found.to_json()["failures"]
    for failure in failures[:MAX_SHOWN]:
        OUT.print(f"left out: {failure['file']}: {failure['reason']}", soft_wrap=True)
    if len(failures) > MAX_SHOWN:
        OUT.print(f"and {len(failures) - MAX_SHOWN:,} more left out")


def show_workspace_probe(found: WorkspaceProbe) -> None:
    """Print a table and a sentence for each column, and what they were measured with."""
    for column in found.columns:
        OUT.print(column_table(column))
        OUT.print(f"  {column.verdict}", style="bold")
    for what, why in found.left_out.items():
        OUT.print(f"left out: {what}: {why}", soft_wrap=True)
    base, chance = found.baseline.base, found.baseline.chance
    by_chance = "" if chance is None else f"; new by chance: {chance.metrics[NDCG]:.3f}"
    OUT.print(
        f"\nHeld back: {found.baseline.held_back}; {counted(base.n_users, 'user')}. "
        f"Behaviour: {NDCG} {base.metrics[NDCG]:.4f}{by_chance}. The test part was not looked at.",
        style="dim",
    )


def column_table(column: ProbedColumn) -> Table:
    """Return a row for each encoder of a column: what it adds, and how it does alone and with new items."""
    heads = [f"adds to {NDCG}", "alone", "new", "columns", "items/s", ""]
    table = _table(heads, {candidate.encoder: _cells(candidate) for candidate in column.candidates})
    table.title, table.title_justify, table.title_style = f"\n{column.block}", "left", "bold"
    return table


def _cells(candidate: Candidate) -> list[str]:
    worth, gain = candidate.worth, candidate.gain
    warm = worth.alone.slices["warm"].metrics
    rate = "" if candidate.items_per_second is None else _rate(candidate.items_per_second)
    return [
        f"{gain.mean:+.3f} [{gain.low:.3f}, {gain.high:.3f}]",
        f"{warm[NDCG]:.3f}" if NDCG in warm else "",
        "" if worth.new is None else f"{worth.new.metrics[NDCG]:.3f}",
        f"{candidate.dimension:,}",
        rate,
        "in use" if candidate.in_use else "",
    ]


def _table(heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> Table:
    """Return a table of encoder -> cells; names too long for what the cells leave go on in the next line."""
    table = Table(box=None, padding=(0, GAP, 0, 0))
    table.add_column("encoder", header_style="bold", overflow="fold")
    room = OUT.width - GAP
    for head, cells in zip(heads, zip(*rows.values(), strict=True), strict=True):
        style = "" if head else "dim"
        table.add_column(head, justify="right", header_style="bold", style=style, overflow="fold")
        room -= GAP + max(map(len, (head, *cells)))
    for name, cells in rows.items():
        table.add_row(folded(name, max(room, NARROWEST)), *cells)
    return table


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
