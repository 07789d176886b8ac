"""Views of fitted models, and who asks them."""

import numpy as np

from sensorium.serving.asking import Asking, AskingEvent
from sensorium.serving.engine_view import EngineView
from sensorium.testing.two_colour_media import red_or_blue_picture, red_or_blue_sound


def view_of(model, folder):
    """Return the view of the bundle that `model` is saved as."""
    return EngineView.open(model.save(folder))


def events_of(model, user):
    """Return what a user of `model` did, with the strengths that were learnt from."""
    row, ids = model.users.index(user), model.catalog.items
    liked, times = model.data.interactions[[row]], model.data.times[[row]]
    strengths = dict(zip(liked.indices.tolist(), liked.data.tolist(), strict=True))
    moments = dict(zip(times.indices.tolist(), times.data.tolist(), strict=True))
    seen = model.seen[[row]].indices.tolist()
    return [AskingEvent(ids.id(i), strength=strengths.get(i, 0.0), timestamp_s=moments.get(i)) for i in seen]


def asking_of(model, user, **more):
    """Return the question of a user of `model`, who tells of all that the model learnt from."""
    return Asking(events=events_of(model, user), **more)


def new_rows(folder, *wanted):
    """Return the rows of new items: `wanted` are ids with 0 (red) or 1 (blue), the last column of words."""
    rows = []
    for number, (item_id, taste) in enumerate(wanted):
        rng = np.random.default_rng((7, number, taste))
        (folder / f"{item_id}.png").write_bytes(red_or_blue_picture(taste, rng))
        (folder / f"{item_id}.wav").write_bytes(red_or_blue_sound(taste, rng))
        words = ("ember brick poppy ruby", "ocean glacier cobalt whale")[taste]
        row = {"item_id": item_id, "words": words, "colour": ("red", "blue")[taste]}
        rows.append(
            row | {"picture": str(folder / f"{item_id}.png"), "sound": str(folder / f"{item_id}.wav")}
        )
    return rows


def assert_same(answer, items, rtol=1e-5):
    """Require that an answer holds these items with these scores."""
    assert answer.item_ids == items.item_ids
    np.testing.assert_allclose(answer.scores, items.scores, rtol=rtol, atol=1e-6)


def asks(item):
    """Return questions by name: what is asked of a model and of a view."""
    return {
        "similar": lambda m: m.similar(item, k=20),
        "similar by behaviour": lambda m: m.similar("i00", by="behaviour", k=20),
        "similar by image": lambda m: m.similar(item, by="image", k=20),
        "filter": lambda m: m.recommend(where=["colour=red"], k=20),
    }
