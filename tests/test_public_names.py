"""The public names are these, each can be had, and importing the package costs nothing."""

import subprocess
import sys

import sensorium


def test_every_public_name_can_be_had():
    assert sorted([*sensorium._HOMES, *sensorium._MODULES, "__version__"]) == sorted(sensorium.__all__)
    for name in sensorium.__all__:
        assert getattr(sensorium, name) is not None


def test_importing_the_package_imports_no_numerics():
    code = (
        "import sys, sensorium; print([m for m in ('numpy', 'polars', 'cv2', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_answering_loads_nothing_that_only_fits_and_plots_need():
    heavy = (
        "sklearn",
        "pandas",
        "torch",
        "optuna",
        "implicit",
        "matplotlib",
        "scipy.signal",
        "scipy.optimize",
    )
    code = (
        "import sys, sensorium, sensorium.cli.main; sensorium.load, sensorium.fit, sensorium.Workspace; "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
