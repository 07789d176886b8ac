"""Views that several files ask."""

import polars as pl
import pytest
from tests.serving.views import new_rows, view_of


@pytest.fixture(scope="module")
def view(model, tmp_path_factory):
    return view_of(model, tmp_path_factory.mktemp("view") / "bundle")


@pytest.fixture(scope="module")
def grown(view, tmp_path_factory):
    """A view with two segments, and the rows that are in them."""
    folder = tmp_path_factory.mktemp("grown")
    rows = new_rows(folder, ("r1", 0), ("b1", 1), ("r2", 0))
    rows[1] |= {"picture": None}
    later = view.with_segments([view.segment(pl.DataFrame(rows[:2]))])
    return later.with_segments([later.segment(pl.DataFrame(rows[2:]))]), rows
