import subprocess
import sys

import numpy as np

from sensorium.core.memory import peak_memory_mb


def test_the_peak_grows_by_what_is_taken():
    before = peak_memory_mb()
    taken = np.ones(int(before * 1e6 / 8) + 5_000_000)  # more than all that was there before
    assert peak_memory_mb() >= taken.nbytes / 1e6 > before > 0


def test_a_system_without_the_resource_module_counts_nothing_and_stops_nothing():
    script = (
        "import sys; sys.modules['resource'] = None\n"
        "from sensorium.core.memory import peak_memory_mb\n"
        "assert peak_memory_mb() == 0.0"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
