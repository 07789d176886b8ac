"""Fixtures that every layer shares."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)  # what somebody's terminal likes is no part of a test

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Two processes that compile the same function of librosa at once leave a cache that crashes both.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "numba" / worker))


# The same examples everywhere, and a slow machine is no fault. `--hypothesis-profile=search` draws new ones.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("search"), derandomize=True)
settings.load_profile("same")


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
    from sensorium.workspace.commands import fit_workspace
    from sensorium.workspace.workspace import Workspace

    folder = tmp_path_factory.mktemp("two-colour")
    two_colour_media(folder)
    fit_workspace(
        Workspace.open(folder), seconds=60
    )  # more than it needs: a plan that the clock cuts short is another plan
    return folder


@pytest.fixture
def workspace_copy(fitted_workspace, tmp_path) -> Path:
    """The same, to be changed at will."""
    return Path(shutil.copytree(fitted_workspace, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def model(fitted_workspace):
    """The model of `fitted_workspace`. Do not change it."""
    import sensorium as sn

    return sn.load(fitted_workspace)


@pytest.fixture
def own_model(fitted_workspace):
    """The same; a test may add to it."""
    import sensorium as sn

    return sn.load(fitted_workspace)


EVEN_WEIGHTS = {
    "ease": 0.4,
    "image:picture": 0.2,
    "audio:sound": 0.2,
    "popularity": 0.1,
    "recent-popularity": 0.1,
}


@pytest.fixture(scope="session")
def even_workspace(tmp_path_factory) -> Path:
    """A two-colour workspace whose bundle is a fusion of known weights. Do not change it."""
    from sensorium.fusion.late_fusion import LateFusion
    from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
    from sensorium.models.ease import EASE
    from sensorium.models.popularity import Popularity, RecentPopularity
    from sensorium.serving.persistence import save
    from sensorium.testing.two_colour_media import two_colour_media
    from sensorium.workspace.commands import fit_workspace
    from sensorium.workspace.workspace import Workspace

    folder = tmp_path_factory.mktemp("even")
    two_colour_media(folder)
    workspace = Workspace.open(folder)
    model, _ = fit_workspace(workspace, model="popularity")
    members = {
        "ease": EASE().fit(model.data),
        "image:picture": ContentKNN(ContentKNNConfig(block="image:picture")).fit(model.data),
        "audio:sound": ContentKNN(ContentKNNConfig(block="audio:sound")).fit(model.data),
        "popularity": Popularity().fit(model.data),
        "recent-popularity": RecentPopularity().fit(model.data),
    }
    model.fusion = LateFusion.from_members(members, EVEN_WEIGHTS)
    save(model, workspace.bundles)
    return folder


@pytest.fixture
def even_model(even_workspace):
    """The model of `even_workspace`; a test may add to it."""
    import sensorium as sn

    return sn.load(even_workspace)
