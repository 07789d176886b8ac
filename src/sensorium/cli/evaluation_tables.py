"""An evaluation as tables in the terminal."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from sensorium.cli.choice_tables import weighting_in_words
from sensorium.cli.console import LONGEST_NAME, OUT, folded, styled
from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult
from sensorium.experiments.evaluate import Evaluation
from sensorium.insight.ablation import Ablation
from sensorium.insight.slice_names import slice_name
from sensorium.insight.verdict import bracketed, signed


def show_evaluation(evaluation: Evaluation) -> None:
    """Print the numbers of all models, the slices, the ablation of each modality, and the verdict."""
    metric = evaluation.metric
    judged = evaluation.verdict()
    OUT.print(_numbers(evaluation))
    OUT.print("Each row ranks by one source alone; what models are: sensorium models", style="dim")
    OUT.print(slices_table(evaluation.result, metric))
    if evaluation.without:
        OUT.print(ablations_table(evaluation.ablations(), metric))
    OUT.print(f"\n{judged.headline}", style="bold")
    for comparison in judged.comparisons:
        OUT.print(f"  {comparison.in_words()}")
    disliked = evaluation.result.beyond.get(f"disliked_share@{evaluation.k}")
    if disliked is not None:
        OUT.print(
            f"Of the recommended items, {disliked:.1%} were disliked later by whom they were for.",
            style="dim",
        )
    if evaluation.weighting is not None:
        OUT.print(weighting_in_words(evaluation.weighting), style="dim")
    if evaluation.ratings:
        OUT.print(ratings_in_words(evaluation.ratings), style="dim")
    protocol, n = evaluation.result.protocol, evaluation.result.protocol["n_events"]
    OUT.print(
        f"{protocol['split']} split: {n['train']:,} training, {n['validation']:,} validation and "
        f"{n['test']:,} test events; {evaluation.result.n_users:,} users evaluated. "
        f"Fit {evaluation.fit_seconds:.0f} s, {evaluation.peak_memory_mb:,.0f} MB.",
        style="dim",
    )


def ratings_in_words(errors: Mapping[str, float]) -> str:
    """Return the errors of predicted ratings beside those of their baseline, in words."""
    values = (
        f"{name.upper()} {errors[name]:.3f} (baseline {errors[f'{name}_floor']:.3f})"
        for name in ("rmse", "mae")
    )
    return f"Predicted ratings: {', '.join(values)}. The baseline knows how users and items rate on average."


def _table(title: str, heads: Iterable[str]) -> Table:
    table = Table(
        title=f"\n{title}", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0)
    )
    for position, head in enumerate(heads):
        first = position == 0
        table.add_column(head, justify="left" if first else "right", header_style="dim", no_wrap=first)
    return table


def _numbers(evaluation: Evaluation) -> Table:
    k, result = evaluation.k, evaluation.result
    columns = (f"recall@{k}", f"ndcg@{k}", f"hit_rate@{k}")
    table = _table(
        "How well test interactions are ranked", ["model", *columns, f"95% interval of ndcg@{k}", "weight"]
    )
    others = {**evaluation.baselines, **evaluation.members}
    rows = sorted(others.values(), key=lambda other: other.metrics[f"ndcg@{k}"])
    for row in [*rows, result]:
        style = "bold green" if row is result else ""
        weight = evaluation.fitted.fusion.weights.get(row.model)
        shown = "" if weight is None or row is result else f"{weight:.2f}"
        values = [f"{row.metrics[column]:.4f}" for column in columns]
        name = folded(row.model, LONGEST_NAME)
        table.add_row(name, *values, _interval(row.intervals[f"ndcg@{k}"]), shown, style=style)
    return table


def slices_table(result: EvaluationResult, metric: str) -> Table:
    """Return a row for each part of the items or users that was judged by itself."""
    table = _table("Where it ranks well", ["among", "users", "test interactions", metric])
    for name, part in result.slices.items():
        if part.n_users:
            table.add_row(
                slice_name(name), f"{part.n_users:,}", f"{part.n_relevant:,}", f"{part.metrics[metric]:.4f}"
            )
    return table


def ablations_table(ablations: Iterable[Ablation], metric: str) -> Table:
    """Return a row for each modality: the metric without it, the difference, and what that shows."""
    table = _table(
        "Ablation: the model without each modality",
        ["modality", f"{metric} without it", "difference", "95% interval", ""],
    )
    for ablation in ablations:
        said = styled("better without", "yellow") if ablation.harms else styled("not significant", "dim")
        said = styled("worse without", "green") if ablation.matters else said
        gain = ablation.gain
        table.add_row(ablation.modality, f"{ablation.without:.4f}", signed(gain.mean), bracketed(gain), said)
    return table


def _interval(interval: Interval) -> str:
    return bracketed(interval)
