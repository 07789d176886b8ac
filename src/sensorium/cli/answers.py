"""How lists of items are shown: a table for people, the JSON of the design for programs."""

import time
from typing import Any

from rich.table import Table

from sensorium.cli.console import OUT, print_json
from sensorium.core.item_list import ItemList
from sensorium.workflow.fitted import FittedModel


def show_answer(
    answer: ItemList, model: FittedModel, *, title: str, bundle: str, started_s: float, as_json: bool
) -> None:
    """Print `answer`; `started_s` is a `time.perf_counter` reading from before the question."""
    seconds = time.perf_counter() - started_s
    if as_json:
        print_json(answer_json(answer, model, bundle=bundle, seconds=seconds))
        return
    titles = dict(zip(model.catalog.items, model.catalog.titles(), strict=True))
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column("", justify="right", style="dim")
    table.add_column("item", style="dim", no_wrap=True)
    table.add_column("title", no_wrap=not answer.reasons, overflow="ellipsis", min_width=24)
    table.add_column("score", justify="right")
    if answer.reasons:
        table.add_column("because", overflow="fold")
    for rank, item in enumerate(answer):
        why = [model.because(answer.reasons[rank])] if answer.reasons else []
        name = titles[item.item_id]
        table.add_row(str(rank + 1), item.item_id, name, f"{item.score:.3f}", *why)
    OUT.print(table)
    OUT.print(f"[dim]by {answer.path} · {len(answer)} items in {seconds * 1000:.0f} ms[/]")


def answer_json(answer: ItemList, model: FittedModel, *, bundle: str, seconds: float) -> dict[str, Any]:
    """Return what `recommend`, `similar` and `search` print with `--json`."""
    items = [
        {
            "item_id": item.item_id,
            "score": item.score,
            "path": answer.paths[rank] if answer.paths else answer.path,
            "reasons": [
                {"source": r.source, "item_id": r.item_id, "contribution": r.contribution}
                for r in (answer.reasons[rank] if answer.reasons else ())
            ],
            **({"because": model.because(answer.reasons[rank])} if answer.reasons else {}),
        }
        for rank, item in enumerate(answer)
    ]
    return {"items": items, "path": answer.path, "bundle": bundle, "seconds": round(seconds, 6)}
