"""Run the tests as other machines would: another processor, fewer cores, another country, another order.

    python tests/other_machines.py                            # the runs of COMBINED, one after another
    python tests/other_machines.py --each                   # every environment alone
    python tests/other_machines.py kolkata+c chinese        # these two; + joins environments into one run
    python tests/other_machines.py -- tests/core -m "not slow" -n 2    # what follows -- is given to pytest

Prints one line for each run: passed, failed, skipped, seconds; then what failed. What pytest printed is kept
in .pytest_cache/other_machines or `--kept`. Exit code 1: a test failed, or an environment cannot be had here.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "old-processor": {
        "OPENBLAS_CORETYPE": "Prescott",
        "ATEN_CPU_CAPABILITY": "default",
        "OPENCV_CPU_DISABLE": "AVX,AVX2,FP16,AVX512-SKX",
    },
    "haswell": {"OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2"},
    "one-core": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "two-threads": {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    "kolkata": {"TZ": "Asia/Kolkata"},
    "c": {"LC_ALL": "C"},
    "chinese": {"LC_ALL": "zh_CN.UTF-8"},
    "gb18030": {"LC_ALL": "zh_CN.GB18030", "PYTHONUTF8": "0"},
    "narrow": {"COLUMNS": "40", "FORCE_COLOR": "1"},
    "random-order": {},
    "new-examples": {},
}
"""Environment variables of each. Beyond them, `old-processor` goes without NumPy's faster instructions,
`one-core` is kept to one core, `random-order` shuffles, `new-examples` has hypothesis draw anew; in
`gb18030`, text files and the terminal are not UTF-8 unless told to be."""

COMBINED = (
    "old-processor+one-core+kolkata+c",
    "haswell+two-threads+chinese+random-order",
    "gb18030+narrow+new-examples",
)
"""What is run unless told otherwise: every environment once, in as few runs as can be told apart."""

CLEARED = {name for chosen in ENVIRONMENTS.values() for name in chosen} | {
    "LANG",
    "LANGUAGE",
    "LC_CTYPE",
    "NO_COLOR",
    "NPY_DISABLE_CPU_FEATURES",
    "PYTEST_ADDOPTS",
}
"""What this shell's own environment must not decide."""

PROBE = """
import json, locale, time
try:
    locale.setlocale(locale.LC_ALL, "")
    there = True
except locale.Error:
    there = False
import numpy, scipy.linalg, threadpoolctl
blas = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
print(json.dumps({
    "locale": there,
    "blas": sorted({pool.get("architecture", "?") for pool in blas}),
    "threads": sorted({pool["num_threads"] for pool in blas}),
    "faster": numpy.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
    "hours": -time.timezone / 3600,
}))
"""


@dataclass(frozen=True)
class Result:
    """What one run came to."""

    counts: Counter[str]
    failed: tuple[str, ...]
    seconds: float
    code: int


def variables(names: Sequence[str]) -> dict[str, str]:
    """Return the environment variables of a run in these environments."""
    chosen = {name: value for name, value in os.environ.items() if name not in CLEARED}
    for name in names:
        chosen |= ENVIRONMENTS[name]
    if "old-processor" in names:
        chosen["NPY_DISABLE_CPU_FEATURES"] = " ".join(probe(chosen)["faster"])
    return chosen


def probe(environment: dict[str, str]) -> dict:
    """Return what Python and NumPy say of themselves in this environment."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, capture_output=True, check=True, cwd=ROOT
    )
    return json.loads(done.stdout)


def absent(names: Sequence[str], environment: dict[str, str]) -> str:
    """Return why this machine cannot run in these environments; empty if it can."""
    found = probe(environment)
    if not found["locale"]:
        name = environment["LC_ALL"]
        territory, _, encoding = name.partition(".")
        return (
            f"there is no locale {name}. On Debian: sudo apt-get install locales && "
            f"sudo localedef -i {territory} -f {encoding} {name}"
        )
    kernel = environment.get("OPENBLAS_CORETYPE")
    before = {name: value for name, value in environment.items() if name != "OPENBLAS_CORETYPE"}
    if kernel and kernel not in found["blas"] and found["blas"] == probe(before)["blas"]:
        return f"OpenBLAS here stays with {', '.join(found['blas']) or 'no kernel'} when told to be {kernel}"
    if "kolkata" in names and found["hours"] != 5.5:
        return "the time zone Asia/Kolkata is not known here. On Debian: sudo apt-get install tzdata"
    return ""


def run(names: Sequence[str], environment: dict[str, str], command: list[str], file: Path) -> Result:
    """Return what the tests came to; what pytest prints goes to `file`, beside its report."""
    report = file.with_suffix(".xml")
    report.unlink(missing_ok=True)
    started_s = time.monotonic()
    with file.open("wb") as printed:
        process = subprocess.Popen(
            [*command, f"--junitxml={report}"],
            env=environment,
            cwd=ROOT,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        if "one-core" in names and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        code = process.wait()
    return _read(report, time.monotonic() - started_s, code)


def pytest_command(names: Sequence[str], words: Sequence[str], seed: int) -> list[str]:
    """Return how pytest is called in these environments, with these `words` of the caller."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    if "random-order" in names:
        command += ["--random-order", f"--random-order-seed={seed}"]
    if "new-examples" in names:
        command += ["--hypothesis-profile=search", f"--hypothesis-seed={seed}"]
    return command


def _read(report: Path, seconds: float, code: int) -> Result:
    counts, failed = Counter[str](), []
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():  # noqa: S314 - our own
        kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
        kind = "failed" if kinds & {"failure", "error"} else "skipped" if kinds else "passed"
        counts[kind] += 1
        if kind == "failed":
            failed.append(f"{case.get('classname')}::{case.get('name')}")
    return Result(counts, tuple(failed), seconds, code)


def arguments() -> tuple[argparse.Namespace, list[str]]:
    """Return what was asked for, and what is for pytest."""
    words = sys.argv[1:]
    middle = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(
        description="Run the tests as other machines would.",
        epilog="What follows -- is given to pytest, for example: -- tests/core -m 'not slow' -n 2",
    )
    parser.add_argument("runs", nargs="*", metavar="NAME[+NAME...]", help=", ".join(ENVIRONMENTS))
    parser.add_argument("--each", action="store_true", help="run every environment alone")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000), help="of order and examples")
    kept = ROOT / ".pytest_cache" / "other_machines"
    parser.add_argument("--kept", type=Path, default=kept, help="where what pytest prints is written")
    asked = parser.parse_args(words[:middle])
    asked.runs = list(ENVIRONMENTS) if asked.each else asked.runs or list(COMBINED)
    for name in {name for names in asked.runs for name in names.split("+")} - ENVIRONMENTS.keys():
        parser.error(f"unknown environment {name}; there are {', '.join(ENVIRONMENTS)}")
    return asked, words[middle + 1 :]


def main() -> int:
    """Run what was asked for; return the exit code."""
    asked, pytest_words = arguments()
    asked.kept.mkdir(parents=True, exist_ok=True)
    bad = 0
    for joined in asked.runs:
        names = joined.split("+")
        environment = variables(names)
        if why := absent(names, environment):
            print(f"{joined}: not run, {why}", flush=True)
            bad += 1
            continue
        found, command = probe(environment), pytest_command(names, pytest_words, asked.seed)
        result = run(names, environment, command, asked.kept / f"{joined}.txt")
        counts = ", ".join(f"{result.counts[kind]} {kind}" for kind in ("passed", "failed", "skipped"))
        machine = f"{'/'.join(found['blas'])}, threads {'/'.join(map(str, found['threads']))}"
        seed = f", seed {asked.seed}" if {"random-order", "new-examples"} & set(names) else ""
        print(f"{joined}: {counts}, {result.seconds:.0f} s, exit code {result.code} ({machine}{seed})")
        for name in result.failed:
            print(f"    {name}")
        sys.stdout.flush()
        bad += result.code != 0
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
