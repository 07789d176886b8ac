"""schemathesis over the whole OpenAPI document of a running service, all phases, on either database.

    python benchmarks/bench_service_schema.py [--examples 5] [--database sqlite]    (full: --examples 100)

Fails if any route answers with a 5xx, otherwise than its schema says, or with an error that is no problem.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from real_data import write_result
from service_world import DATABASES, Serving, served

OPTIONS = (
    *("-m", "schemathesis.cli", "run", "--workers", "1", "--checks", "all"),
    *("--phases", "examples,coverage,fuzzing,stateful", "--generation-deterministic"),
    *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"),
)


def found_by_schemathesis(shop: Serving, n_examples: int, folder: Path) -> tuple[int, str]:
    """Return what schemathesis ended with, 0 where it found nothing, and what it printed."""
    done = subprocess.run(
        [
            *(sys.executable, *OPTIONS, "--max-examples", str(n_examples)),
            *("--header", f"Authorization: Bearer {shop.key}"),
            f"{shop.said['address']}/api/openapi.json",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, done.stdout + done.stderr


def n_tracebacks(folder: Path) -> int:
    """Return how many tracebacks the service of the workspace `folder` logged."""
    return (folder.parent / f"{folder.name}.log").read_text(encoding="utf-8").count("Traceback")


def main() -> None:
    """Look, print and keep the numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=5, help="of each operation and phase, at most")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shop"
        with served(folder, options.database) as (shop, _):
            started_s = time.monotonic()
            code, said = found_by_schemathesis(shop, options.examples, Path(scratch))
        faults = n_tracebacks(folder)
    print(said[-6_000:])
    facts = {"examples": options.examples, "code": code, "tracebacks": faults}
    write_result(
        f"service_schema_{options.database}", facts | {"seconds": round(time.monotonic() - started_s)}
    )
    assert code == 0, "schemathesis found something: read the lines above"
    assert not faults, "the service logged tracebacks"


if __name__ == "__main__":
    main()
