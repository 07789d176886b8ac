"""A fit as a process: `python -m sensorium.service.engine.fit_process FOLDER OPTIONS`, in the background.

It gives way to whatever else runs and leaves one core free. It prints the facts of the new bundle as one line
of JSON; what cannot be fitted ends with code 2 and the reason on stderr.
"""

import json
import os
import sys
import time

from sensorium.core.errors import SensoriumError
from sensorium.demo.plan import demo_plan
from sensorium.service.running.parent import end_with_parent
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.workspace import Workspace

NICE = 10
CANNOT = 2


def main() -> None:
    """Fit the workspace that the first argument names; the second has its options as JSON.

    They are `model`, `seconds` and `plan`; any plan is that of the demo world.
    """
    end_with_parent()
    os.nice(NICE)
    _leave_a_core()
    begun_s = time.monotonic()
    try:
        options = json.loads(sys.argv[2])
        plan = None if options.pop("plan") is None else demo_plan()
        model, bundle = fit_workspace(Workspace.open(sys.argv[1]), plan=plan, **options)
    except SensoriumError as error:
        sys.stderr.write(str(error))
        sys.exit(CANNOT)
    facts = {
        "version": bundle.name,
        "n_items": len(model.catalog),
        "n_users": len(model.users),
        "seconds": round(time.monotonic() - begun_s, 3),
    }
    sys.stdout.write(json.dumps(facts) + "\n")


def _leave_a_core() -> None:
    """Let the answers have one core to themselves, where there are several and the system can do so."""
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[1:] or cores)


if __name__ == "__main__":
    main()
