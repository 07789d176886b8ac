"""New items answer at once by their content, without a refit."""

import numpy as np
import polars as pl
import pytest
from tests.serving.colours import colours

import sensorium as sn
from sensorium.core.errors import DataError
from sensorium.testing.two_colour_media import red_or_blue_picture, red_or_blue_sound


def red_row(folder, item_id="new-red"):
    rng = np.random.default_rng(5)
    (folder / "fresh.png").write_bytes(red_or_blue_picture(0, rng))
    (folder / "fresh.wav").write_bytes(red_or_blue_sound(0, rng))
    return {
        "item_id": item_id,
        "words": "ember brick poppy ruby",
        "colour": "red",
        "picture": str(folder / "fresh.png"),
        "sound": str(folder / "fresh.wav"),
    }


def test_a_new_item_is_recommended_similar_found_and_explained_at_once(own_model, tmp_path):
    before = own_model.recommend("u00", k=20)
    assert own_model.add_items(pl.DataFrame([red_row(tmp_path)])) == ["new-red"]
    answer = own_model.recommend("u00", k=20, explain=True)
    assert set(answer.item_ids) == {*before.item_ids, "new-red"}
    rank = answer.item_ids.index("new-red")
    assert answer.paths[rank] == "content"
    blue = [
        answer.item_ids.index(item) for item in answer.item_ids if item[1:].isdigit() and int(item[1:]) % 2
    ]
    assert rank < min(blue)
    assert sum(r.contribution for r in answer.reasons[rank]) == pytest.approx(answer.scores[rank], abs=1e-4)
    assert set(colours(own_model.similar("new-red", by="image", k=3))) == {0}
    assert set(colours(own_model.similar("new-red", by="audio", k=3))) == {0}
    assert "new-red" in own_model.search(text="ember brick poppy ruby", k=3).item_ids
    assert own_model.titles(np.asarray([16])) == ["ember brick poppy ruby"]
    assert "new-red" in own_model.recommend(k=20, where=["colour=red"]).item_ids


def test_a_new_item_liked_by_somebody_counts_as_history(own_model, tmp_path):
    own_model.add_items(pl.DataFrame([red_row(tmp_path)]))
    answer = own_model.recommend(history=["new-red"], k=4)
    assert answer.path == "content"
    assert set(colours(answer)) == {0}


def test_an_item_with_nothing_but_an_id_ranks_last(own_model):
    own_model.add_items(pl.DataFrame({"item_id": ["bare"]}))
    assert own_model.recommend("u00", k=20).item_ids[-1] == "bare"


def test_a_broken_picture_costs_the_picture_not_the_item(own_model, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG broken")
    row = red_row(tmp_path) | {"picture": str(tmp_path / "broken.png")}
    own_model.add_items(pl.DataFrame([row]))
    assert not own_model.item_features.blocks["image:picture"].present[16]
    assert own_model.item_features.blocks["audio:sound"].present[16]


def test_a_known_or_repeated_id_adds_nothing(own_model):
    for ids in (["i00"], ["x", "x"]):
        with pytest.raises(DataError):
            own_model.add_items(pl.DataFrame({"item_id": ids}))
    assert len(own_model.catalog) == 16
    assert len(own_model.recommend(k=99)) == 16


def test_a_model_with_added_items_is_saved_with_them(own_model, tmp_path):
    own_model.add_items(pl.DataFrame([red_row(tmp_path)]))
    again = sn.load(own_model.save(tmp_path / "bundles"))
    assert again.recommend("u00", k=20).item_ids == own_model.recommend("u00", k=20).item_ids


def test_a_model_without_any_content_says_why_it_takes_no_new_items():
    films = sn.Catalog.from_frame(pl.DataFrame({"item_id": ["a", "b", "c"]}))
    log = pl.DataFrame({"user_id": ["u", "u", "v", "v"], "item_id": ["a", "b", "a", "c"]})
    model = sn.fit(films, sn.Events.from_frame(log, items=films.items), model="popularity")
    with pytest.raises(DataError, match=r"the model knows no content.*Give the catalogue text"):
        model.add_items(pl.DataFrame({"item_id": ["d"]}))
    assert list(model.recommend("u", k=5).item_ids) == ["c"]
