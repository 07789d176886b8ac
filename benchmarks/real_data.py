"""Where the real data are, and where results go."""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
DATA = Path(os.environ.get("SENSORIUM_DATA", ROOT.parent / "shared" / "data"))
"""The folder of real data; it need not be there."""


def data_folder(name: str) -> Path:
    """Return the folder `name` of the real data; leave with a message if it is not there."""
    folder = DATA / name
    if not folder.is_dir():
        print(f"skipped: no real data at {folder}; set SENSORIUM_DATA to the folder that holds {name}")
        sys.exit(0)
    return folder


def write_result(name: str, values: dict[str, object]) -> None:
    """Write `values` to `results/NAME.json`, with the load of the machine beside them."""
    RESULTS.mkdir(exist_ok=True)
    facts = {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    text = json.dumps(facts | values, indent=2, sort_keys=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
