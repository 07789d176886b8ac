"""Views of fitted models, and who asks them."""

import numpy as np

from sensorium.serving.asking import Asking, AskingEvent
from sensorium.serving.engine_view import EngineView


def view_of(model, folder):
    """Return the view of the bundle that `model` is saved as."""
    return EngineView.open(model.save(folder))


def asking_of(model, user, **more):
    """Return the question of a user of `model`, who tells of all that the model learnt from."""
    row = model.users.index(user)
    liked, times = model.data.interactions[[row]], model.data.times[[row]]
    said = dict(zip(liked.indices.tolist(), zip(liked.data, times.data, strict=True), strict=True))
    seen = model.seen[[row]].indices.tolist()
    ids = model.catalog.items
    events = [
        AskingEvent(
            ids.id(item), strength=float(said[item][0]) if item in said else 0.0, timestamp_s=float(said[item][1]) if item in said else None
        )
        for item in seen
    ]
    return Asking(events=events, **more)


def assert_same(answer, items, rtol=1e-5):
    """Require that an answer holds these items with these scores."""
    assert answer.item_ids == items.item_ids
    np.testing.assert_allclose(answer.scores, items.scores, rtol=rtol, atol=1e-6)
