"""Fixtures that every layer shares."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real development data; see the README of the data folder."""
    folder = Path(os.environ.get("SENSORIUM_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set SENSORIUM_DATA to the folder that holds it")
    return folder
