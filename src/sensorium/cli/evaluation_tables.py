"""An evaluation as tables in the terminal."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from sensorium.cli.choice_tables import weighting_in_words
from sensorium.cli.console import LONGEST_NAME, OUT, folded, styled
from sensorium.evaluation.intervals import Interval
from sensorium.evaluation.result import EvaluationResult
from sensorium.experiments.evaluate import Evaluation
from sensorium.insight.ablation import Ablation
from sensorium.insight.seen_words import seen_in_words
from sensorium.insight.slice_names import slice_name
from sensorium.insight.verdict import bracketed, with_ends
from sensorium.insight.words import ENGLISH_WORDS, Words
from sensorium.ranking.seen_items import ALL


def show_evaluation(evaluation: Evaluation, words: Words = ENGLISH_WORDS) -> None:
    """Print the numbers of all models, the slices, the ablation of each modality, and the verdict."""
    metric = evaluation.metric
    judged = evaluation.verdict()
    OUT.print(_numbers(evaluation, words))
    OUT.print(
        words(
            "Each row ranks by one source alone; where it cannot score, popularity fills in. What models "
            "are: sensorium models"
        ),
        style="dim",
    )
    OUT.print(slices_table(evaluation.result, metric, words))
    if evaluation.without:
        effects = [*evaluation.ablations(), *evaluation.columns()]
        OUT.print(ablations_table(effects, metric, words))
    OUT.print(f"\n{judged.headline_in(words)}", style="bold")
    for comparison in judged.comparisons:
        OUT.print(f"  {comparison.in_words(words)}")
    OUT.print(
        words("Significant: the 95% interval of the difference, paired by user, excludes zero."), style="dim"
    )
    disliked = evaluation.result.beyond.get(f"disliked_share@{evaluation.k}")
    if disliked is not None:
        text = "Of the recommended items, {share:.1%} were disliked later by whom they were for."
        OUT.print(words(text, share=disliked), style="dim")
    if evaluation.weighting is not None:
        OUT.print(weighting_in_words(evaluation.weighting, words), style="dim")
    if evaluation.ratings:
        OUT.print(ratings_in_words(evaluation.ratings, words), style="dim")
    protocol, n = evaluation.result.protocol, evaluation.result.protocol["n_events"]
    OUT.print(
        words(
            "{split} split: {train:,} training, {validation:,} validation and {test:,} test events; "
            "{users:,} users evaluated. Fit {seconds:.0f} s, {memory:,.0f} MB.",
            split=words(protocol["split"]),
            train=n["train"],
            validation=n["validation"],
            test=n["test"],
            users=evaluation.result.n_users,
            seconds=evaluation.fit_seconds,
            memory=evaluation.peak_memory_mb,
        ),
        style="dim",
    )
    OUT.print(seen_in_words(protocol.get("seen", ALL), words), style="dim")


def show_advice(lines: Iterable[str], words: Words = ENGLISH_WORDS) -> None:
    """Print what to do next, a numbered line each."""
    OUT.print(f"\n{words('What to do next')}", style="bold")
    for number, line in enumerate(lines, start=1):
        OUT.print(f"  {number}. {line}", soft_wrap=True)


def ratings_in_words(errors: Mapping[str, float], words: Words = ENGLISH_WORDS) -> str:
    """Return the errors of predicted ratings beside those of their baseline, in words."""
    values = (
        words("{name} {error:.3f} (baseline {floor:.3f})", name=name.upper(), error=errors[name],
              floor=errors[f"{name}_floor"])
        for name in ("rmse", "mae")
    )  # fmt: skip
    return words(
        "Predicted ratings: {values}. The baseline knows how users and items rate on average.",
        values=words(", ").join(values),
    )


def _table(title: str, heads: Iterable[str]) -> Table:
    table = Table(
        title=f"\n{title}", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0)
    )
    for position, head in enumerate(heads):
        first = position == 0
        table.add_column(head, justify="left" if first else "right", header_style="dim", no_wrap=first)
    return table


def _numbers(evaluation: Evaluation, words: Words) -> Table:
    k, result = evaluation.k, evaluation.result
    columns = (f"recall@{k}", f"ndcg@{k}", f"hit_rate@{k}")
    interval = words("95% interval of {metric}", metric=f"ndcg@{k}")
    table = _table(
        words("How well test interactions are ranked"), [words("model"), *columns, interval, words("weight")]
    )
    others = {**evaluation.baselines, **evaluation.members}
    others.pop(result.model, None)
    rows = sorted(others.values(), key=lambda other: other.metrics[f"ndcg@{k}"])
    for row in [*rows, result]:
        style = "bold green" if row is result else ""
        weight = evaluation.fitted.fusion.weights.get(row.model)
        shown = "" if weight is None or row is result else f"{weight:.2f}"
        values = [f"{row.metrics[column]:.4f}" for column in columns]
        name = folded(row.model, LONGEST_NAME)
        table.add_row(name, *values, _interval(row.intervals[f"ndcg@{k}"]), shown, style=style)
    return table


def slices_table(result: EvaluationResult, metric: str, words: Words = ENGLISH_WORDS) -> Table:
    """Return a row for each part of the items or users that was judged by itself."""
    table = _table(
        words("Where it ranks well"), [words("among"), words("users"), words("test interactions"), metric]
    )
    for name, part in result.slices.items():
        if part.n_users:
            table.add_row(
                slice_name(name, words),
                f"{part.n_users:,}",
                f"{part.n_relevant:,}",
                f"{part.metrics[metric]:.4f}",
            )
    return table


def ablations_table(ablations: Iterable[Ablation], metric: str, words: Words = ENGLISH_WORDS) -> Table:
    """Return a row for each modality or column: the metric without it, the difference, what that shows."""
    table = _table(
        words("Ablation: the model without each modality"),
        [
            words("modality"),
            words("{metric} without it", metric=metric),
            f"{words('difference')} {words('95% interval')}",
            "",
        ],
    )
    table.columns[2].no_wrap = True
    for ablation in ablations:
        gain, said = ablation.gain, styled(words("not significant"), "dim")
        if ablation.matters:
            said = styled(words("worse without"), "green")
        if ablation.harms:
            said = styled(words("better without"), "yellow")
        name = folded(words(ablation.modality), LONGEST_NAME)
        table.add_row(name, f"{ablation.without:.4f}", with_ends(gain), said)
    return table


def _interval(interval: Interval) -> str:
    return bracketed(interval)
