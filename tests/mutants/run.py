"""Put the faults of `faults.toml` into a copy of the repository, one at a time: do the tests notice?

    python tests/mutants/run.py [--only TEXT] [--jobs N] [--list] [--fresh]

Only the tests that a fault names are run. What was found is kept in `.mutants.json` and holds as long as the
fault, its file and its tests stay the same, so that a run that was broken off goes on where it stopped.
Exit status: 0 if enough faults were noticed, 1 if not, 2 if a fault is out of date or its tests fail without
it.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[2]
FAULTS = Path(__file__).with_name("faults.toml")
RESULTS = ROOT / ".mutants.json"
ENOUGH = 0.9
"""The share of faults that the tests must notice."""
TIMEOUT_S = 300
NOTICED, UNNOTICED, FAILED, BROKEN = "noticed", "unnoticed", "tests fail without it", "tests cannot run"


@dataclass(frozen=True)
class Fault:
    """One change that makes a file wrong, and the tests that should notice."""

    id: str
    file: str
    """Path in the repository."""
    old: str
    """Stands exactly once in the file."""
    new: str
    tests: tuple[str, ...]
    """Paths of test files, or ids of tests."""

    def problem(self, root: Path) -> str | None:
        """Return why the fault cannot be put into the repository at `root`; None if it can."""
        missing = [path for path in (self.file, *map(file_of, self.tests)) if not (root / path).exists()]
        if missing:
            return f"{self.id}: there is no {missing[0]}"
        count = (root / self.file).read_text(encoding="utf-8").count(self.old)
        return (
            None if count == 1 else f"{self.id}: its old text stands {count} times in {self.file}, not once"
        )

    def key(self, root: Path) -> str:
        """Return a hash of the fault, its file and its tests: results hold as long as it stays the same."""
        files = [root / self.file]
        for path in map(file_of, self.tests):
            files += sorted((root / path).rglob("*.py")) if (root / path).is_dir() else [root / path]
        parts = [self.old.encode(), self.new.encode(), *(test.encode() for test in self.tests)]
        hashes = [hashlib.sha256(part).digest() for part in (*parts, *(file.read_bytes() for file in files))]
        return hashlib.sha256(b"".join(hashes)).hexdigest()[:16]


def file_of(test: str) -> str:
    """Return the path of a test's file."""
    return test.partition("::")[0]


def read_faults(path: Path = FAULTS) -> list[Fault]:
    """Return the faults of a table."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["fault"]
    return [Fault(**{**row, "tests": tuple(row["tests"])}) for row in rows]


@contextmanager
def copied_repository(root: Path) -> Iterator[Path]:
    """Yield a copy of all files that git knows or does not ignore; it is removed afterwards."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (root / name).is_file():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, Path(folder) / name)
        yield Path(folder)


def passes(copy: Path, tests: Sequence[str], timeout_s: float = TIMEOUT_S) -> bool | None:
    """Return whether `tests` pass in the repository at `copy`; None if pytest could not run them.

    Tests that hang do not pass.
    """
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # Bytecode is told apart by its time and size, which a fault can leave as they were: there is none.
    environment = {
        **os.environ, **threads, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return False
    return {0: True, 1: False}.get(done.returncode)


def judge(fault: Fault, copy: Path, sound: set[tuple[str, ...]]) -> str:
    """Return what the tests make of `fault` in `copy`, which is left as it was.

    `sound` are the tests that were seen to pass without a fault; more are added.
    """
    file = copy / fault.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(fault.old, fault.new), encoding="utf-8")
    try:
        passed = passes(copy, fault.tests)
    finally:
        file.write_text(whole, encoding="utf-8")
    if passed or passed is None:
        return UNNOTICED if passed else BROKEN
    if fault.tests not in sound and not passes(copy, fault.tests):
        return FAILED
    sound.add(fault.tests)
    return NOTICED


def sound_tests(faults: Sequence[Fault], copies: "SimpleQueue[Path]") -> set[tuple[str, ...]]:
    """Return the tests of all `faults` if they pass together without one: cheaper than each by itself."""
    tests = sorted({test for fault in faults for test in fault.tests})
    if not tests:
        return set()
    copy = copies.get()
    try:
        return {fault.tests for fault in faults} if passes(copy, tests, TIMEOUT_S * len(tests)) else set()
    finally:
        copies.put(copy)


def run(faults: Sequence[Fault], root: Path, results: Path, jobs: int = 1) -> dict[str, str]:
    """Return what was found for each fault by its id, and keep it in the file `results` as it comes."""
    kept: dict[str, str] = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    keys = {fault.id: fault.key(root) for fault in faults}
    found = {name: kept[key] for name, key in keys.items() if key in kept}
    copies: SimpleQueue[Path] = SimpleQueue()
    sound: set[tuple[str, ...]] = set()

    def judged(fault: Fault) -> tuple[str, str]:
        copy = copies.get()
        try:
            return fault.id, judge(fault, copy, sound)
        finally:
            copies.put(copy)

    with ExitStack() as stack, ThreadPoolExecutor(jobs) as pool:
        for _ in range(jobs):
            copies.put(stack.enter_context(copied_repository(root)))
        left = [fault for fault in faults if fault.id not in found]
        sound |= sound_tests(left, copies)
        waiting = [pool.submit(judged, fault) for fault in left]
        for name, outcome in (done.result() for done in as_completed(waiting)):
            print(f"{outcome:22} {name}", flush=True)
            found[name] = outcome
            if outcome in (NOTICED, UNNOTICED):
                kept[keys[name]] = outcome
                results.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return found


def status(found: dict[str, str]) -> int:
    """Print a summary of what was found and return the exit status."""
    n_noticed = sum(outcome == NOTICED for outcome in found.values())
    for name in sorted(name for name, outcome in found.items() if outcome == UNNOTICED):
        print(f"Nobody noticed {name}")
    share = n_noticed / max(len(found), 1)
    print(f"{n_noticed} of {len(found)} faults were noticed ({share:.0%}; {ENOUGH:.0%} are wanted)")
    if unusable := {FAILED, BROKEN} & set(found.values()):
        print(f"Some say nothing: {' and '.join(sorted(unusable))}")
        return 2
    return 0 if share >= ENOUGH else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], help="part of an id or file; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="faults at a time, each in a copy of its own")
    parser.add_argument("--list", action="store_true", help="print the faults and run nothing")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    asked = parser.parse_args(arguments)
    faults = [
        fault
        for fault in read_faults()
        if not asked.only or any(text in fault.id or text in fault.file for text in asked.only)
    ]
    if problems := [problem for fault in faults if (problem := fault.problem(ROOT))]:
        print("\n".join(problems), f"Mend these rows in {FAULTS.relative_to(ROOT)}.", sep="\n")
        return 2
    if asked.list:
        print("\n".join(f"{fault.id:45} {fault.file}" for fault in faults))
        return 0
    if asked.fresh:
        RESULTS.unlink(missing_ok=True)
    return status(run(faults, ROOT, RESULTS, asked.jobs))


if __name__ == "__main__":
    sys.exit(main())
