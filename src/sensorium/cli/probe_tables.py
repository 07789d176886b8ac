"""What judging encoders found, as tables in the terminal."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.table import Table

from sensorium.cli.console import OUT, counted, folded
from sensorium.experiments.feature_value import NDCG
from sensorium.experiments.label_probe import LabelProbe
from sensorium.experiments.probed_column import Candidate, ProbedColumn
from sensorium.insight.verdict import with_ends
from sensorium.insight.words import ENGLISH_WORDS, Words
from sensorium.workspace.encoder_probe import WorkspaceProbe

GAP = 2
"""Between columns."""
NARROWEST = 12
"""Letters of a name in a line, at least."""
MAX_SHOWN = 5
"""More failures than this are counted, not listed."""


def show_probe(found: LabelProbe, words: Words = ENGLISH_WORDS) -> None:
    """Print how well encoders tell labels apart."""
    media = found.media
    kinds = counted(len(media), f"{media.role.value} file", words), counted(len(media.names), "label", words)
    OUT.print(words(", ").join([*kinds, counted(found.n_folds, "fold", words)]))
    rows: dict[str, list[str]] = {}
    for probed in found.encoders:
        shares = probed.separation
        scores = (shares.precision, shares.knn_accuracy, shares.linear_accuracy, shares.svm_accuracy)
        numbers = f"{probed.block.dimension:,}", _rate(probed.items_per_second)
        rows[probed.encoder] = [*numbers, *(f"{score:.3f}" for score in scores)]
    OUT.print(_table(["columns", "items/s", "precision@10", "kNN", "linear", "SVM"], rows, words))
    failures = found.to_json()["failures"]
    for failure in failures[:MAX_SHOWN]:
        OUT.print(
            words("left out: {what}: {why}", what=failure["file"], why=failure["reason"]), soft_wrap=True
        )
    if len(failures) > MAX_SHOWN:
        OUT.print(words("and {n:,} more left out", n=len(failures) - MAX_SHOWN))


def show_workspace_probe(found: WorkspaceProbe, words: Words = ENGLISH_WORDS) -> None:
    """Print a table and a sentence for each column, and what they were measured with."""
    for column in found.columns:
        OUT.print(column_table(column, words))
        OUT.print(f"  {words.said(column.verdict)}", style="bold")
    for what, why in found.left_out.items():
        OUT.print(words("left out: {what}: {why}", what=what, why=words.said(why)), soft_wrap=True)
    base, chance = found.baseline.base, found.baseline.chance
    by_chance = 0.0 if chance is None else chance.metrics[NDCG]
    said = words(
        "Held back: {what}; {users}. Behaviour: {metric} {value:.4f}{by_chance}. The test part was not "
        "looked at.",
        what=words.said(found.baseline.held_back),
        users=counted(base.n_users, "user", words),
        metric=NDCG,
        value=base.metrics[NDCG],
        by_chance="" if chance is None else words("; new by chance: {value:.3f}", value=by_chance),
    )
    OUT.print(f"\n{said}", style="dim")


def column_table(column: ProbedColumn, words: Words = ENGLISH_WORDS) -> Table:
    """Return a row for each encoder of a column: what it adds, and how it does alone and with new items."""
    heads = [words("adds to {metric}", metric=NDCG), "alone", "new", "columns", "items/s", ""]
    table = _table(heads, {one.encoder: _cells(one, words) for one in column.candidates}, words)
    table.title, table.title_justify, table.title_style = f"\n{column.block}", "left", "bold"
    return table


def _cells(candidate: Candidate, words: Words) -> list[str]:
    worth, gain = candidate.worth, candidate.gain
    warm = worth.alone.slices["warm"].metrics
    rate = "" if candidate.items_per_second is None else _rate(candidate.items_per_second)
    return [
        with_ends(gain),
        f"{warm[NDCG]:.3f}" if NDCG in warm else "",
        "" if worth.new is None else f"{worth.new.metrics[NDCG]:.3f}",
        f"{candidate.dimension:,}",
        rate,
        words("in use") if candidate.in_use else "",
    ]


def _table(heads: Sequence[str], rows: Mapping[str, Sequence[str]], words: Words) -> Table:
    """Return a table of encoder -> cells; names too long for what the cells leave go on in the next line."""
    table = Table(box=None, padding=(0, GAP, 0, 0))
    table.add_column(words("encoder"), header_style="bold", overflow="fold")
    room = OUT.width - GAP
    for head, cells in zip(map(words, heads), zip(*rows.values(), strict=True), strict=True):
        style = "" if head else "dim"
        table.add_column(head, justify="right", header_style="bold", style=style, overflow="fold")
        room -= GAP + max(map(cell_len, (head, *cells)))
    for name, cells in rows.items():
        table.add_row(folded(name, max(room, NARROWEST)), *cells)
    return table


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
