"""What is tried for the demo world, so that its output can be repeated."""

import json
from pathlib import Path

from sensorium.fusion.plan import Plan

FILE = Path(__file__).with_name("plan.json")
"""Written by `benchmarks/make_demo_plan.py`."""


def demo_plan() -> Plan:
    """Return the plan of a search that was made once: the settings that were best for each member."""
    return Plan.from_json(json.loads(FILE.read_text(encoding="utf-8")))
