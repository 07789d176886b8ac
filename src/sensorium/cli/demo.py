"""`sensorium demo`: a small example catalogue, made, fitted, evaluated and shown."""

from pathlib import Path
from typing import Annotated

import typer

from sensorium.cli.console import ERR, OUT, print_json, terminal_progress
from sensorium.cli.options import AsJson


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to make it.", show_default=True)
    ] = Path("sensorium-demo"),
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="The same seed makes the same catalogue.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Make a small example catalogue, fit, evaluate with ablations, and recommend with reasons.

    It needs no data, no GPU and no download, and takes about a minute.
    """
    import time

    import numpy as np
    from rich.text import Text

    from sensorium.cli.answers import show_answer
    from sensorium.cli.evaluation_tables import show_evaluation
    from sensorium.core.sparse import row_counts
    from sensorium.demo.plan import demo_plan
    from sensorium.demo.world import make_demo_world
    from sensorium.workspace.commands import evaluate_folder, fit_workspace
    from sensorium.workspace.workspace import Workspace

    progress = terminal_progress(notes=as_json)
    started_s = time.perf_counter()
    make_demo_world(folder, seed=seed, progress=progress)
    report = folder / "report.html"
    measured = evaluate_folder(folder, report=report, plan=demo_plan(), progress=progress)
    fitted, bundle = fit_workspace(
        Workspace.open(folder), chosen=measured.evaluation.fitted, progress=progress
    )
    seconds = time.perf_counter() - started_s
    if as_json:
        print_json(
            measured.evaluation.to_json() | {"report": str(report), "bundle": bundle.name, "seconds": seconds}
        )
        return
    show_evaluation(measured.evaluation)
    user = fitted.users.id(int(np.argmax(row_counts(fitted.data.interactions))))
    asked_s = time.perf_counter()
    answer = fitted.recommend(user, k=5, explain=True)
    OUT.print()
    show_answer(
        answer, fitted, title=f"Recommended to {user}", bundle=bundle.name, started_s=asked_s, as_json=False
    )
    ERR.print(Text.assemble(("\n✓", "green"), f" Done in {seconds:.0f} s. Now try:"))
    pictured = fitted.item_features.blocks["image:picture"].present
    with_picture = [
        item for item, index in zip(answer.item_ids, answer.indices, strict=True) if pictured[index]
    ]
    _show_next_commands(folder, report, user, str([*with_picture, *answer.item_ids][0]))


def _show_next_commands(folder: Path, report: Path, user: str, item: str) -> None:
    import shlex
    import shutil
    import sys

    program = "sensorium" if shutil.which("sensorium") else sys.argv[0]
    ERR.print(f"  look at {report} in a browser", soft_wrap=True)
    for words in (
        (program, "recommend", str(folder), "--user", user, "--explain"),
        (program, "similar", str(folder), "--item", item, "--by", "image"),
        (program, "search", str(folder), "--text", "a lighthouse in the snow", "--user", user),
    ):
        ERR.print(f"  {shlex.join(words)}", soft_wrap=True)
