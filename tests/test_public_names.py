"""The public names are these, each can be had, and importing the package costs nothing."""

import subprocess
import sys

import pytest

import sensorium
from sensorium.encoders.registry import OWN_PACKAGE, installed_encoders
from sensorium.models.registry import model_types
from sensorium.testing.two_colour_media import two_colour_media
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.workspace import Workspace


def test_every_public_name_can_be_had():
    assert sorted([*sensorium._HOMES, *sensorium._MODULES, "__version__"]) == sorted(sensorium.__all__)
    for name in sensorium.__all__:
        assert getattr(sensorium, name) is not None


def test_all_built_in_models_and_encoders_are_public_names():
    own = [model for model in model_types().values() if model.__module__.startswith("sensorium.models.")]
    assert len(own) == 27
    assert all(getattr(sensorium.models, model.__name__) is model for model in own)
    encoders = [found.component for found in installed_encoders().values() if found.package == OWN_PACKAGE]
    assert len(encoders) == 21
    assert all(getattr(sensorium.encoders, encoder.__name__) is encoder for encoder in encoders)


@pytest.mark.parametrize("module", [sensorium.models, sensorium.encoders])
def test_the_names_of_a_public_module_are_listed_and_can_be_had(module):
    assert dir(module) == sorted(module.__all__)
    assert all(callable(getattr(module, name)) for name in module.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Perceptron'"):
        module.Perceptron  # noqa: B018


def test_importing_the_package_and_its_public_modules_imports_no_numerics():
    code = (
        "import sys, sensorium; sensorium.models, sensorium.encoders; "
        "print([m for m in ('numpy', 'polars', 'cv2', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_imports_no_numerics_and_reads_no_translations():
    code = (
        "import sys; from sensorium.cli.main import exit_code; exit_code(['--help']); "
        "print([m for m in ('numpy', 'polars', 'scipy', 'pydantic', 'tomllib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_answering_loads_nothing_that_only_fits_plots_and_media_need(tmp_path):
    two_colour_media(tmp_path)
    fit_workspace(Workspace.open(tmp_path), model="ease", seconds=0.1)
    heavy = (
        "sklearn",
        "pandas",
        "torch",
        "implicit",
        "matplotlib",
        "scipy.signal",
        "scipy.optimize",
        "cv2",
        "soundfile",
        "PIL",
        "av",
        "sensorium.encoders.image.color_texture_shape",
    )
    code = (
        "import sys; from sensorium.cli.main import exit_code; "
        f"assert exit_code(['recommend', {str(tmp_path)!r}]) == 0; "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
