"""How lists of items are shown: a table for people, JSON for programs."""

import time

from rich.table import Table
from rich.text import Text

from sensorium.cli.console import OUT, counted, print_json, styled
from sensorium.core.item_list import ItemList
from sensorium.core.shorten import shorten
from sensorium.insight.languages import phrases_in
from sensorium.insight.words import words_in
from sensorium.serving.fitted_model import FittedModel

MAX_ID_WIDTH = 32
MAX_TITLE = 60


def show_answer(
    answer: ItemList,
    model: FittedModel,
    *,
    title: str,
    bundle: str,
    started_s: float,
    as_json: bool,
    liked: bool = True,
    language: str = "en",
) -> None:
    """Print `answer`; `started_s` is a `time.perf_counter` reading from before the question.

    `liked` is false where items were asked about that nobody said to like; reasons are in `language`.
    """
    phrases = phrases_in(language)
    words = words_in(language)
    seconds = time.perf_counter() - started_s
    sentences = [model.explain_text(reasons, liked=liked, language=language) for reasons in answer.reasons]
    if as_json:
        print_json(answer.to_json(sentences) | {"bundle": bundle, "seconds": round(seconds, 6)})
        return
    titles = model.titles(answer.indices)
    OUT.print(title, style="bold")
    if answer.nothing_close:
        OUT.print(phrases.nothing_close + (phrases.nearest if len(answer) else ""), style="yellow")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(justify="right", style="cyan", no_wrap=True)
    table.add_column(overflow="fold", max_width=MAX_ID_WIDTH)
    table.add_column(overflow="fold", ratio=1)
    for rank, (item, called) in enumerate(zip(answer, titles, strict=True)):
        why = sentences[rank] if sentences else ""
        name = "" if called == str(item.item_id) else shorten_title(called)
        table.add_row(
            str(rank + 1),
            f"{round(item.score, 3) + 0.0:.3f}",
            str(item.item_id),
            Text.assemble(name, "\n" if name and why else "", (why, "dim")),
        )
    if len(answer):
        OUT.print(table)
    elif not answer.nothing_close:
        OUT.print(styled(words("No item is left: all are seen, hidden or filtered out."), "yellow"))
    path = words(" and ").join(words(part) for part in answer.path.split("+"))
    by = words("by {path}", path=path) + " · " if answer.path else ""
    items = counted(len(answer), "item", words)
    OUT.print(by + words("{items} in {n:.0f} ms", items=items, n=seconds * 1000), style="dim")


def shorten_title(title: str) -> str:
    """Return what fits beside an id: the first line of `title`, cut to `MAX_TITLE` characters."""
    return shorten(title, MAX_TITLE)
