"""Sensorium beside its peers: one split, one budget of seconds, one masking, one judge, one table.

    python benchmarks/peers/run.py [--data FOLDER] [--datasets ml-time,tiktok] [--peers implicit,cornac]
                                   [--models ease,auto] [--seconds 120] [--before COMMIT] [--json]

Each peer is installed in an environment of its own and tuned on validation for the same seconds, one process
for each model. What ran before stays in the table as long as the split is the same, so that one peer can be
run again alone. `--before` is Sensorium as it was at a commit, another contestant. Results go to
`results/peers.json`, `results/peers.md` and `results/peers.svg`.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from environments import HERE, InstallError, last_words, python_of, sources_at
from judging import BEFORE, table_of
from showing import as_markdown, draw
from splits import DATASETS, OTHERS, SWAPPED, make_split

from real_data import DATA, write_result

WORK = HERE / ".work"
RESULTS = HERE.parent / "results"
MODELS = {
    "cornac": ("ease", "bpr", "vbpr", "amr"),
    "implicit": ("item-knn", "ials", "bpr"),
    "lenskit": ("item-knn", "ease", "ials"),
    "recbole": ("item-knn", "ease", "bpr", "lightgcn"),
    BEFORE: ("auto",),
    "sensorium": ("auto",),
}
NEED_FEATURES = ("vbpr", "amr")
GRACE_S = 900
"""Beyond ten times its budget, a run is stopped: the first fit alone took that long."""


def run_model(peer: str, model: str, split: Path, runs: Path, asked: argparse.Namespace) -> None:
    """Run one model of a peer; what it did, or why it could not, is in `runs/PEER-MODEL.json`."""
    seconds = asked.seconds
    out = runs / f"{peer}-{model}"
    for suffix in (".npz", ".json"):
        out.with_suffix(suffix).unlink(missing_ok=True)
    facts: dict[str, Any] = json.loads((split / "facts.json").read_text(encoding="utf-8"))
    measured: dict[str, Any] = {"fingerprint": facts["fingerprint"], "budget_seconds": seconds}
    try:
        home, sources, peer = HERE, None, peer.replace(BEFORE, "sensorium")
        if out.name.startswith(BEFORE):
            home, sources, measured["commit"] = *sources_at(asked.before, WORK), asked.before
        words = [str(home / peer / "fit.py"), str(split), str(out), "--model", model]
        command = [str(python_of(peer)), *words, "--seconds", str(seconds)]
        measured |= watched(command, out.with_suffix(".log"), 10 * seconds + GRACE_S, sources)
        measured = json.loads(out.with_suffix(".json").read_text(encoding="utf-8")) | measured
    except (InstallError, RunError) as error:
        measured["error"] = str(error)
    out.with_suffix(".json").write_text(json.dumps(measured) + "\n", encoding="utf-8")


class RunError(Exception):
    """A run ended without lists; says its last words."""


def watched(command: list[str], log: Path, limit_s: float, sources: Path | None) -> dict[str, Any]:
    """Run a command and return its seconds and its largest resident memory, in MiB (None if unknown).

    It imports from `sources` first, if given.
    """
    paths = {} if sources is None else {"PYTHONPATH": str(sources)}
    began_s, peak = time.perf_counter(), None
    load = os.getloadavg()[0]
    with log.open("w", encoding="utf-8") as lines:
        process = subprocess.Popen(command, stdout=lines, stderr=lines, env=os.environ | paths)
        while process.poll() is None:
            peak = resident_mib(process.pid) or peak
            if time.perf_counter() - began_s > limit_s:
                process.kill()
            time.sleep(0.05)
    if process.returncode:
        raise RunError(last_words(log.read_text(encoding="utf-8", errors="replace")))
    return {
        "seconds": time.perf_counter() - began_s,
        "peak_mib": peak,
        "load_average": round((load + os.getloadavg()[0]) / 2, 1),
    }


def resident_mib(pid: int) -> float | None:
    """Return the largest resident size so far of a running process; None where /proc does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = [line.split() for line in text.splitlines() if line.startswith("VmHWM")]
    return float(found[0][1]) / 1024 if found else None


def chosen(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Return the peers and models to run, ours last."""
    peers = sorted(options.peers.split(","), key=lambda peer: peer == "sensorium")
    peers = [peer for peer in peers if peer != BEFORE or options.before]
    wanted = options.models.split(",") if options.models else None
    pairs = [(peer, model) for peer in peers for model in MODELS[peer]]
    return [(peer, model) for peer, model in pairs if wanted is None or model in wanted]


def main() -> None:
    """Run what the command line asks for, and write the table of all there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of real data")
    parser.add_argument("--datasets", default=",".join(DATASETS))
    parser.add_argument("--peers", default=",".join(MODELS), help="none: only write the table anew")
    parser.add_argument("--models", help="only these")
    parser.add_argument("--seconds", type=float, default=120, help="to tune each model")
    parser.add_argument("--before", metavar="COMMIT", help="the commit that `before` is")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.peers = "" if options.peers == "none" else options.peers
    asked = {*filter(None, options.peers.split(","))}, {*options.datasets.split(",")}
    for given, known in zip(asked, ([*MODELS], [*DATASETS, *OTHERS]), strict=True):
        if unknown := given - {*known}:
            parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    if not options.data.is_dir():
        sys.exit(f"skipped: no real data at {options.data}; give --data or set SENSORIUM_DATA")
    for dataset in options.datasets.split(","):
        split, runs = WORK / dataset / "split", WORK / dataset / "runs"
        facts = make_split(dataset, options.data, split)
        runs.mkdir(exist_ok=True)
        for peer, model in chosen(options) if options.peers else []:
            if facts["features"] or model not in NEED_FEATURES:
                print(f"{dataset}: {peer} {model} ...", file=sys.stderr, flush=True)
                run_model(peer, model, split, runs, options)
    done = [name for name in (*DATASETS, *OTHERS) if (WORK / name / "runs").is_dir()]
    tables = {name: told(name) for name in done}
    tables |= {name: told(name, half) for half in done if (name := half.removesuffix(SWAPPED)) != half}
    write_result("peers", {"datasets": tables})
    (RESULTS / "peers.md").write_text(as_markdown(tables), encoding="utf-8")
    draw(tables, RESULTS / "peers.svg")
    print(json.dumps(tables) if options.json else as_markdown(tables))


def told(*datasets: str) -> dict[str, Any]:
    """Return the facts of a split and the rows of its table; of two swapped ones, those that ran on both."""
    split = WORK / datasets[0] / "split"
    facts = json.loads((split / "facts.json").read_text(encoding="utf-8"))
    if len(datasets) > 1:
        facts["split"] += ", in turn; every user is judged by what was tuned on the others"
    return facts | {"rows": table_of(*((WORK / name / "split", WORK / name / "runs") for name in datasets))}


if __name__ == "__main__":
    main()
