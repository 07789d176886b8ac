"""Recommendations to many users: a table for people, JSON for programs, a file for what comes after."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensorium.cli.console import OUT, counted, print_done, print_json
from sensorium.core.errors import ConfigError
from sensorium.insight.words import Words, words_in

if TYPE_CHECKING:
    import polars as pl

    from sensorium.serving.fitted_model import FittedModel


@dataclass(frozen=True)
class BatchAnswer:
    """What was recommended to many users."""

    frame: "pl.DataFrame"
    """`user_id`, `item_id`, `title`, `rank`, `score`, `path`."""

    def to_json(self) -> dict[str, Any]:
        """Return the rows as JSON can hold them; ids are text."""
        import polars as pl

        rows = self.frame.with_columns(pl.col("user_id", "item_id").cast(pl.String)).to_dicts()
        return {"recommendations": rows}


def require_alone(others: Mapping[str, object]) -> None:
    """Refuse options that say one user's taste beside many users; `others` are they, by name."""
    given = [name for name, value in others.items() if value]
    if given:
        what = f"--{given[0]} together with --all or --users"
        raise ConfigError(what, remedy="Ask about one user, or about many")


def answer_many(
    folder: Path,
    users: Path | None,
    *,
    out: Path | None,
    count: int,
    limits: Mapping[str, Any],
    as_json: bool,
    language: str = "en",
) -> None:
    """Print or write the recommendations to the users that a file names, or to all; `limits` are filters."""
    from sensorium.workspace.bundles import load_latest
    from sensorium.workspace.user_list import read_user_ids
    from sensorium.workspace.workspace import Workspace

    words = words_in(language)
    column = Workspace.open(folder).settings.events.user
    asked = None if users is None else read_user_ids(users, column)
    model, bundle = load_latest(folder)
    started_s = time.perf_counter()
    if out is None:
        found = model.recommend_batch(asked, count, **limits)
        _show(found, model, bundle, started_s, words, as_json=as_json)
        return
    n_rows, n_users = _size_of(model.recommend_batch(asked, count, **limits, out=out))
    seconds = time.perf_counter() - started_s
    if as_json:
        facts: Mapping[str, object] = {"file": str(out), "users": n_users, "rows": n_rows}
        print_json({**facts, "bundle": bundle, "seconds": round(seconds, 6)})
        return
    rows, users_told = counted(n_rows, "recommendation", words), counted(n_users, "user", words)
    what = words("{rows} to {users} in {seconds:.1f} s: ", rows=rows, users=users_told, seconds=seconds)
    print_done(what + str(out))


def _size_of(rows: "pl.LazyFrame") -> tuple[int, int]:
    """Return the number of rows, and of users in them."""
    import polars as pl

    sizes = rows.select(pl.len(), users=pl.col("user_id").n_unique()).collect()
    return sizes["len"][0], sizes["users"][0]


def _show(
    found: "pl.DataFrame",
    model: "FittedModel",
    bundle: str,
    started_s: float,
    words: Words,
    *,
    as_json: bool,
) -> None:
    import polars as pl
    from rich.table import Table

    from sensorium.cli.answers import MAX_ID_WIDTH, shorten_title

    seconds = time.perf_counter() - started_s
    titles = model.titles(model.catalog.items.indices(found["item_id"]))
    found = found.insert_column(2, pl.Series("title", titles, dtype=pl.String))
    if as_json:
        print_json(BatchAnswer(found).to_json() | {"bundle": bundle, "seconds": round(seconds, 6)})
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(words("user"), overflow="fold", max_width=MAX_ID_WIDTH)
    table.add_column("", justify="right", style="dim", no_wrap=True)
    table.add_column(words("score"), justify="right", style="cyan", no_wrap=True)
    table.add_column(words("item"), overflow="fold", max_width=MAX_ID_WIDTH)
    table.add_column(words("title"), overflow="fold", ratio=1)
    for row in found.iter_rows(named=True):
        user = str(row["user_id"]) if row["rank"] == 1 else ""
        score, item = f"{round(row['score'], 3) + 0.0:.3f}", str(row["item_id"])
        table.add_row(user, str(row["rank"]), score, item, shorten_title(row["title"]))
    OUT.print(table)
    n_users = counted(found["user_id"].n_unique(), "user", words)
    OUT.print(words("{items} in {n:.0f} ms", items=n_users, n=seconds * 1000), style="dim")
