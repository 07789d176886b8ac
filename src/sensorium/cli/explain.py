"""`sensorium explain`: why one item is recommended to somebody, and what would change its rank."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sensorium.cli.console import OUT, print_json, styled
from sensorium.cli.options import AsJson, Folder, History, Language, User, history_ids, known_ids
from sensorium.insight.words import Words, words_in

if TYPE_CHECKING:
    from sensorium.core.vocabulary import Id
    from sensorium.serving.explanations import Counterfactual, ItemExplanation

SHOWN = 15
"""Lines of one table; what else there is stands in a last one, so that the sum is still the score."""


def command(
    folder: Folder,
    item: Annotated[str, typer.Option("--item", metavar="ITEM", help="The id of the item to explain.")],
    user: User = None,
    history: History = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Explain one score: parts that add up to it, a sentence, and the rank without each item and modality."""
    from sensorium.insight.languages import phrases_in
    from sensorium.workspace.bundles import load_latest

    phrases_in(language)
    liked = history_ids(user, history)
    model, bundle = load_latest(folder)
    explanation = model.explain(user, item, history=known_ids(model.catalog, liked))
    if as_json:
        print_json(explanation.to_json(language) | {"bundle": bundle})
    else:
        show_explanation(explanation, language)


def show_explanation(explanation: "ItemExplanation", language: str) -> None:
    """Print the score, its parts, and the ranks without each; every table adds up to the score.

    Beneath stand what the baseline is, and why a score can rise when something is removed.
    """
    words = words_in(language)
    called = _item_names(explanation, words)
    OUT.print(called[explanation.item_id], style="bold")
    called[explanation.item_id] = words("the item itself")  # where it is part of the history
    OUT.print(
        words(
            "score {score:.3f}, rank {rank:,} of {n:,}, by {path}",
            score=explanation.score,
            rank=explanation.rank,
            n=explanation.n_ranked,
            path=words(explanation.path),
        )
    )
    OUT.print(explanation.sentence(language), style="dim")
    sums = [(f"{source} {part}".strip(), value) for (source, part), value in explanation.by_part().items()]
    _table("By source and part", sums, explanation.score, words)
    modalities = [(words(name), value) for name, value in explanation.by_modality().items()]
    _table("By modality", modalities, explanation.score, words)
    through = [(called[item], value) for item, value in explanation.by_history_item().items()]
    _table("Through the history", through, explanation.score, words)
    without = [(called[each.without], each) for each in explanation.without_items]
    without += [(words(str(each.without)), each) for each in explanation.without_modalities]
    _ranks(without, words)
    for note in explanation.notes(language):
        OUT.print(f"\n{note}", style="dim")


def _item_names(explanation: "ItemExplanation", words: Words) -> dict["Id | str | None", str]:
    """Return what to call each item; where two share a title, the id stands behind it."""
    from sensorium.cli.answers import shorten_title

    titles = {item_id: shorten_title(title) for item_id, title in explanation.titles.items()}
    times = Counter(titles.values())
    names: dict[Id | str | None, str] = {
        item_id: title if times[title] == 1 else f"{title} ({item_id})" for item_id, title in titles.items()
    }
    return names | {None: words("no item of the history")}


def _table(title: str, sums: Iterable[tuple[str, float]], score: float, words: Words) -> None:
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="cyan", no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    rows = sorted(sums, key=lambda row: -abs(row[1]))
    shown = rows if len(rows) <= SHOWN + 1 else rows[:SHOWN]
    for name, value in shown:
        table.add_row(_number(value), name)
    if others := rows[len(shown) :]:
        rest = sum(value for _, value in others)
        table.add_row(_number(rest), styled(words("{n:,} others together", n=len(others)), "dim"))
    table.add_row(f"{score:.3f}", styled(words("the score"), "dim"))
    OUT.print(f"\n{words(title)}")
    OUT.print(table)


def _number(value: float) -> str:
    """Return a contribution with its sign; zero has none."""
    shown = f"{value:+.3f}"
    return shown if shown.strip("+-0.") else "0.000"


def _ranks(without: Sequence[tuple[str, "Counterfactual"]], words: Words) -> None:
    from rich.table import Table

    if not without:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(words("rank"), justify="right", style="cyan", no_wrap=True)
    table.add_column(words("score"), justify="right", no_wrap=True)
    table.add_column(words("without"), overflow="fold", ratio=1)
    for name, each in without:
        table.add_row(f"{each.rank:,}", f"{each.score:.3f}", name)
    OUT.print("\n" + words("Score and rank without one of them"))
    OUT.print(table)
