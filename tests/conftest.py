"""Fixtures that every layer shares."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Two processes that compile the same function of librosa at once leave a cache that crashes both.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "numba" / worker))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real development data; see the README of the data folder."""
    folder = Path(os.environ.get("SENSORIUM_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set SENSORIUM_DATA to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def fitted_workspace(tmp_path_factory) -> Path:
    """A two-colour workspace with words, pictures, sounds and clips, encoded and fitted. Do not change it."""
    from sensorium.testing.two_colour_media import two_colour_media
    from sensorium.workflow.steps import fit
    from sensorium.workflow.workspace import Workspace

    folder = tmp_path_factory.mktemp("two-colour")
    two_colour_media(folder)
    fit(Workspace.open(folder), seconds=5)
    return folder


@pytest.fixture
def workspace_copy(fitted_workspace, tmp_path) -> Path:
    """The same, to be changed at will."""
    return Path(shutil.copytree(fitted_workspace, tmp_path / "workspace"))
