"""A view answers as one model that holds all items, keeps nothing of users, and never changes."""

import numpy as np
import polars as pl
import pytest
from tests.serving.views import asking_of, assert_same, view_of

from sensorium.core.errors import ConfigError, DataError, UnknownIdError
from sensorium.serving.asking import NOBODY, Asking, AskingEvent
from sensorium.serving.engine_view import EngineView
from sensorium.serving.overlay import Overlay
from sensorium.serving.search_parts import SearchPart
from sensorium.serving.segment import Segment, open_segments


@pytest.fixture(scope="module")
def view(model, tmp_path_factory):
    return view_of(model, tmp_path_factory.mktemp("view") / "bundle")


def test_a_user_who_tells_of_the_events_is_answered_as_the_model_answers_who_knows_them(model, view):
    for user in model.users.ids.to_list()[:6]:
        mine, known = view.recommend(asking_of(model, user), k=16), model.recommend(user, k=16)
        assert_same(mine.items, known)
        assert mine.items.path == known.path
        assert (mine.bundle, mine.sequence, mine.simpler) == (view.bundle, 0, "")
