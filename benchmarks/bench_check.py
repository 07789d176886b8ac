"""What `sensorium check` costs beside encoding, on the media of MovieLens-100K, ESC-10 and the fight clips.

    python benchmarks/bench_check.py [--kinds pictures,sounds,clips] [--thorough]

A workspace is made of all media of each kind, with two events, and checked from nothing; then its media are
encoded from nothing. Wall and processor seconds, of this process and of those that decode, and milliseconds
of processor time for each medium. A second check decodes nothing. The goal is 15 seconds for 1,483 posters.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from real_data import data_folder, write_result
from sensorium.workspace.check import check_workspace
from sensorium.workspace.commands import encode_workspace
from sensorium.workspace.workspace import Workspace

KINDS = {
    "pictures": ("image", "movielens-100k/posters"),
    "sounds": ("audio", "esc10/audio"),
    "clips": ("video", "fight-clips/clips"),
}
GOAL_S = 15.0
"""For the posters."""


def spent_s() -> float:
    """Return the processor seconds of this process and of those that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor seconds of `work`."""
    wall_s, processor_s = time.perf_counter(), spent_s()
    work()
    return time.perf_counter() - wall_s, spent_s() - processor_s


def workspace_of(folder: Path, files: list[Path], role: str) -> Workspace:
    """Return a workspace with one item for each file."""
    rows = "".join(f"{number},{file}\n" for number, file in enumerate(files))
    (folder / "items.csv").write_text(f"item_id,medium\n{rows}", encoding="utf-8")
    (folder / "events.csv").write_text("user_id,item_id\nu,0\nv,1\n", encoding="utf-8")
    settings = f'[catalog]\nitems = "items.csv"\n{role} = ["medium"]\n\n[events]\nfile = "events.csv"\n'
    (folder / "sensorium.toml").write_text(settings, encoding="utf-8")
    return Workspace.open(folder)


def measured(files: list[Path], role: str, options: dict[str, Any]) -> dict[str, float]:
    """Return what checking, checking again and encoding cost."""
    with tempfile.TemporaryDirectory() as scratch:
        workspace = workspace_of(Path(scratch), files, role)
        check, again = (timed(lambda: check_workspace(workspace, **options)) for _ in range(2))
        encode = timed(lambda: encode_workspace(workspace))
    facts: dict[str, float] = {"n": len(files)}
    for name, (wall_s, processor_s) in {"check": check, "again": again, "encode": encode}.items():
        facts |= {f"{name}_s": round(wall_s, 2), f"{name}_processor_s": round(processor_s, 2)}
        facts[f"{name}_ms_each"] = round(1000 * processor_s / len(files), 2)
    return facts


def main() -> None:
    """Measure each kind and print a line for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--thorough", action="store_true", help="also find costly scores")
    asked = parser.parse_args()
    facts: dict[str, Any] = {}
    for kind in asked.kinds.split(","):
        role, folder = KINDS[kind]
        files = sorted((data_folder(folder)).iterdir())
        facts[kind] = found = measured(files, role, {"thorough": True} if asked.thorough else {})
        print(
            f"{kind:<9} {found['n']:>5}: check {found['check_s']:.1f} s, "
            f"{found['check_processor_s']:.1f} s of processor time ({found['check_ms_each']:.1f} ms each), "
            f"again {found['again_processor_s']:.1f} s, "
            f"encode {found['encode_processor_s']:.1f} s ({found['encode_ms_each']:.1f} ms each)"
        )
    if not asked.thorough:
        write_result("check", facts | {"goal_s": GOAL_S})


if __name__ == "__main__":
    main()
