"""How lists of items are shown: a table for people, JSON for programs."""

import time
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from sensorium.cli.console import OUT, counted, print_json
from sensorium.core.item_list import ItemList, Reason
from sensorium.insight.languages import phrases_in
from sensorium.serving.fitted_model import FittedModel

MAX_ID_WIDTH = 32


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
    phrases_in(language)
    seconds = time.perf_counter() - started_s
    if as_json:
        print_json(answer_json(answer, model, bundle=bundle, seconds=seconds, liked=liked, language=language))
        return
    titles = model.titles(answer.indices)
    OUT.print(f"[bold]{escape(title)}[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(justify="right", style="cyan", no_wrap=True)
    table.add_column(overflow="fold", max_width=MAX_ID_WIDTH)
    table.add_column(overflow="fold", ratio=1)
    for rank, (item, called) in enumerate(zip(answer, titles, strict=True)):
        why = (
            model.explain_text(answer.reasons[rank], liked=liked, language=language) if answer.reasons else ""
        )
        name = escape(shorten_title(called))
        table.add_row(
            str(rank + 1),
            f"{round(item.score, 3) + 0.0:.3f}",
            item.item_id,
            f"{name}\n[dim]{escape(why)}[/]" if why else name,
        )
    OUT.print(table if len(answer) else "[yellow]No item is left: all are seen, hidden or filtered out.[/]")
    by = f"by {answer.path} · " if answer.path else ""
    OUT.print(f"[dim]{by}{counted(len(answer), 'item')} in {seconds * 1000:.0f} ms[/]")


def shorten_title(title: str, width: int = 60) -> str:
    """Return the first line of `title`, cut to `width` characters."""
    line = title.strip().partition("\n")[0]
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def plain(value: float) -> float:
    """Return a float32 as the shortest decimal number that stands for it."""
    return float(str(np.float32(value)))


def answer_json(
    answer: ItemList,
    model: FittedModel,
    *,
    bundle: str,
    seconds: float,
    liked: bool = True,
    language: str = "en",
) -> dict[str, Any]:
    """Return what `recommend`, `similar` and `search` print with `--json`."""
    items = [
        {
            "item_id": item.item_id,
            "score": plain(item.score),
            "path": answer.paths[rank] if answer.paths else answer.path,
            "reasons": [reason_json(reason) for reason in (answer.reasons[rank] if answer.reasons else ())],
            **(
                {"because": model.explain_text(answer.reasons[rank], liked=liked, language=language)}
                if answer.reasons
                else {}
            ),
        }
        for rank, item in enumerate(answer)
    ]
    return {"items": items, "path": answer.path, "bundle": bundle, "seconds": round(seconds, 6)}


def reason_json(reason: Reason) -> dict[str, Any]:
    """Return one reason as JSON."""
    return {
        "source": reason.source,
        "item_id": reason.item_id,
        "contribution": plain(reason.contribution),
        "parts": {part.name: plain(part.contribution) for part in reason.parts},
    }
