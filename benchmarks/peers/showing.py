"""The table and the plot of a contest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from judging import AHEAD, BEFORE, OURS
from splits import SWAPPED

TITLES = {
    "ml-time": "MovieLens-100K, divided in time",
    "ml-random": "MovieLens-100K, divided at random",
    "ml-1m": "MovieLens-1M",
    "tiktok": "TikTok",
    "baby": "Amazon Baby",
    "clothing": "Amazon Clothing",
    "gowalla": "Gowalla",
    "large": "Made data: 200,000 items, 20 million events",
    "medium": "Made data: 20,000 items, a million events",
}
HEAD = "| model | Recall@20 | NDCG@20 | ours minus this, NDCG@20 | tuning s (asked) | fit s | peak MiB |"


def as_markdown(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one table for each data set: the best first, then what could not run and why."""
    return "\n".join(section(name, table) for name, table in tables.items() if table["rows"])


def title(name: str) -> str:
    """Return what a data set is called."""
    return TITLES.get(name) or f"{TITLES[name.removesuffix(SWAPPED)]}, halves swapped"


def section(name: str, table: Mapping[str, Any]) -> str:
    """Return the table of one data set."""
    ran = [row for row in table["rows"] if "error" not in row]
    ran.sort(key=lambda row: -row["ndcg@20"])
    users = f"{ran[0]['users']:,} users judged. " if ran else ""
    features = ", ".join(table["features"]) or "none"
    loads = [row["load_average"] for row in ran if row.get("load_average") is not None]
    busy = f" Load of the machine while this ran: {min(loads):.0f} to {max(loads):.0f}." if loads else ""
    said = f"{users}{table['split'].capitalize()}. Features: {features}.{busy}"
    lines = [f"### {title(name)}", "", said, "", HEAD, "| --- | --- | --- | --- | --- | --- | --- |"]
    lines += [line(row) for row in ran]
    lines += [f"| {shown(row['name'])} | could not run: {row['error']} | | | | | |" for row in failed(table)]
    return "\n".join([*lines, "", verdict(ran), ""])


def verdict(ran: list[Mapping[str, Any]]) -> str:
    """Return how ours stands against the best of the others, by NDCG@20; the rows come best first."""
    others = [row for row in ran if row["name"] != OURS and not row["name"].startswith(BEFORE)]
    if not others or OURS not in {row["name"] for row in ran}:
        return ""
    best = others[0]
    return f"Ours minus the best of the others ({shown(best['name'])}): {signed(best[AHEAD]['ndcg@20'])}."


def failed(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows that could not run."""
    return [row for row in table["rows"] if "error" in row]


def line(row: Mapping[str, Any]) -> str:
    """Return one row."""
    name = f"**{shown(row['name'])}**" if row["name"] == OURS else shown(row["name"])
    accuracy = [f"{row[m]:.4f} {interval(row[f'{m} interval'])}" for m in ("recall@20", "ndcg@20")]
    ahead = row.get(AHEAD)
    difference = "" if ahead is None else signed(ahead["ndcg@20"])
    memory = "" if row.get("peak_mib") is None else f"{row['peak_mib']:,.0f}"
    tuned = f"{row['tune_seconds']:.0f} ({row['budget_seconds']:.0f})"
    cells = [name, *accuracy, difference, tuned, f"{row['fit_seconds']:.1f}", memory]
    return f"| {' | '.join(cells)} |"


def shown(name: str) -> str:
    """Return `peer model`."""
    return name.replace("-", " ", 1)


def interval(ends: list[float]) -> str:
    """Return the 95% interval."""
    return f"[{ends[0]:.4f}, {ends[1]:.4f}]"


def signed(found: Mapping[str, float]) -> str:
    """Return a difference with its interval."""
    return f"{found['mean']:+.4f} [{found['low']:+.4f}, {found['high']:+.4f}]"


def draw(tables: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Draw NDCG@20 against the seconds of one fit of what was chosen, a panel for each data set."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn = {
        name: rows
        for name, table in tables.items()
        if (rows := [r for r in table["rows"] if "error" not in r])
    }
    if not drawn:
        return
    mpl.rcParams["svg.hashsalt"] = "peers"
    figure = Figure(figsize=(5.2 * len(drawn), 4.2), layout="constrained")
    for axes, (name, rows) in zip(
        figure.subplots(1, len(drawn), squeeze=False)[0], drawn.items(), strict=True
    ):
        for row in rows:
            ours = row["name"] == OURS
            place, colour = (row["fit_seconds"], row["ndcg@20"]), "tab:red" if ours else "tab:blue"
            reach = [[abs(row["ndcg@20"] - end)] for end in row["ndcg@20 interval"]]
            axes.errorbar(*place, yerr=reach, fmt="o", color=colour, elinewidth=0.8)
            axes.annotate(shown(row["name"]), place, xytext=(5, 3), textcoords="offset points", fontsize=7)
        axes.set(xscale="log", xlabel="seconds of one fit", ylabel="NDCG@20", title=title(name))
        axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
