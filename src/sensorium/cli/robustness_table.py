"""How accuracy falls as modalities go missing, as a table in the terminal."""

from rich.table import Table

from sensorium.cli.console import OUT, styled
from sensorium.insight.robustness import Robustness
from sensorium.insight.verdict import signed
from sensorium.insight.words import ENGLISH_WORDS, Words


def show_robustness(robustness: Robustness, words: Words = ENGLISH_WORDS) -> None:
    """Print how the metric changes as shares of each modality are removed; dim: not significant."""
    shares = list(dict.fromkeys(removal.share for removal in robustness.removals))
    plain, filled = (f"{whole.mean:.4f}" for whole in (robustness.whole, robustness.whole_imputed))
    whole = words("{metric} {value} with nothing removed", metric=robustness.metric, value=plain)
    whole += "" if plain == filled else words(", {value} imputed", value=filled)
    table = Table(
        title="\n" + words("Robustness: change when a modality is missing; {whole}", whole=whole),
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 2, 0, 0),
    )
    table.add_column(words("removed"), header_style="dim", no_wrap=True)
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
                table.add_row(
                    words("{name}, imputed", name=words(modality)) if imputed else words(modality), *cells
                )
    OUT.print(table)
    OUT.print(words("Removed at random before the fit; dim: not significant."), style="dim")
