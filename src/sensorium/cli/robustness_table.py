"""How accuracy falls as modalities go missing, as a table in the terminal."""

from rich.table import Table

from sensorium.cli.console import OUT, styled
from sensorium.insight.robustness import Robustness
from sensorium.insight.verdict import signed


def show_robustness(robustness: Robustness) -> None:
    """Print how the metric changes as shares of each modality are removed; dim: not significant."""
    shares = list(dict.fromkeys(removal.share for removal in robustness.removals))
    plain, filled = (f"{whole.mean:.4f}" for whole in (robustness.whole, robustness.whole_imputed))
    whole = f"{robustness.metric} {plain} with nothing removed"
    whole += "" if plain == filled else f", {filled} imputed"
    table = Table(
        title=f"\nRobustness: change when a modality is missing; {whole}",
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 2, 0, 0),
    )
    table.add_column("removed", header_style="dim", no_wrap=True)
    for share in shares:
        table.add_column(f"{share:.0%}", header_style="dim", justify="right")
    for modality in robustness.modalities:
        for imputed in (False, True):
            curve = robustness.curve(modality, imputed=imputed)
            cells = [
                signed(-one.lost.mean) if one.lost.excludes_zero else styled(signed(-one.lost.mean), "dim")
                for one in curve
            ]
            if cells:
                table.add_row(f"{modality}, imputed" if imputed else modality, *cells)
    OUT.print(table)
    OUT.print("Removed at random before the fit; dim: not significant.", style="dim")
