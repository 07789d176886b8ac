"""Search the settings of the demo world once, and keep the best few of each member as the demo's plan.

Run it where models, their portfolios or the demo world have changed:

    python benchmarks/make_demo_plan.py [SECONDS]
"""

import json
import sys
import tempfile
from pathlib import Path

from sensorium.core.shown_progress import as_progress
from sensorium.demo.plan import FILE
from sensorium.demo.world import make_demo_world
from sensorium.fusion.plan import Plan, PlannedTrial
from sensorium.workspace.commands import evaluate_folder

BEST = 3
"""Settings of each member that are tried again, the defaults beside them."""


def main(seconds: float) -> None:
    """Search for so many seconds, and write the plan."""
    with tempfile.TemporaryDirectory() as folder:
        make_demo_world(Path(folder), seed=0)
        found = evaluate_folder(Path(folder), seconds=seconds, progress=as_progress(True)).evaluation.fitted
    trials: dict[str, list[PlannedTrial]] = {}
    for choice in found.choices:
        best = sorted(choice.trials, key=lambda trial: -trial.ndcg)[:BEST]
        kept = [trial for trial in choice.trials if trial in best]
        trials[choice.name] = [PlannedTrial(trial.settings, trial.queries) for trial in kept]
    late = {name: found.left_out[name] for name in found.out_of_time}
    plan = Plan("auto", seconds, 0, trials, late)
    FILE.write_text(json.dumps(plan.to_json(), indent=1) + "\n", encoding="utf-8")
    print(f"{sum(map(len, trials.values()))} settings of {len(trials)} members: {FILE}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
