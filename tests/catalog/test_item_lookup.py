"""Items by their ids; who gives a title instead is told the id."""

import numpy as np
import pandas as pd
import pytest

import sensorium as sn
from sensorium.catalog.item_lookup import as_spelt, item_index, item_indices
from sensorium.core.errors import UnknownIdError

TITLES = ["Heat", "Alien", "Heat", "Brazil ", None, "7"]


@pytest.fixture(scope="module")
def catalog():
    items = pd.DataFrame({"item_id": [f"i{n}" for n in range(6)], "title": TITLES})
    return sn.Catalog.from_frame(items, id="item_id", text=["title"])


def test_items_are_found_by_id_alone(catalog):
    assert item_index(catalog, "i3") == 3
    assert item_indices(catalog, ["i5", "i0"]).tolist() == [5, 0]
    assert item_indices(catalog, []).dtype == np.int64


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Alien", r"^unknown item 'Alien'\. That is the title of item 'i1': ask by the id$"),
        (" brazil", r"^unknown item ' brazil'\. That is the title of item 'i3': ask by the id$"),
        ("Heat", r"That is the title of 2 items, 'i0', 'i2': ask by the id$"),
        (7, r"^unknown item '7'\. That is the title of item 'i5'"),
        ("Alie", r"^unknown item 'Alie'\. Known items are for example: i0, i1, i2$"),
    ],
)
def test_a_title_in_place_of_an_id_says_whose_it_is(catalog, asked, said):
    with pytest.raises(UnknownIdError, match=said):
        item_index(catalog, asked)


def test_every_question_about_an_item_says_whose_title_it_is(catalog):
    log = pd.DataFrame({"user_id": [1, 1, 2], "item_id": ["i0", "i1", "i2"]})
    events = sn.Events.from_frame(log, items=catalog.items)
    model = sn.fit(catalog, events, model=sn.models.Popularity())
    for ask in (
        lambda: model.similar("Alien"),
        lambda: model.recommend(history=["Alien"]),
        lambda: model.recommend(disliked=["Alien"]),
        lambda: model.recommend(1, allow=["Alien"]),
        lambda: model.recommend_batch([1], deny=["Alien"]),
        lambda: model.score([1], ["Alien"]),
        lambda: model.explain(1, "Alien"),
        lambda: model.explain_similarity("Alien", "i0"),
        lambda: model.predict_ratings(1, ["Alien"]),
        lambda: sn.fit(catalog, events, features={"Alien": [1.0], "i0": [2.0]}, model=sn.models.Popularity()),
    ):
        with pytest.raises(UnknownIdError, match="That is the title of item 'i1'"):
            ask()


def test_spaces_around_an_id_belong_to_it_only_where_the_catalogue_knows_it_so():
    items = pd.DataFrame({"item_id": [" lead", "a", "b", " b", "c d "]})
    catalog = sn.Catalog.from_frame(items)
    asked = [" lead", " a", "b ", " b", "c d ", " nothing"]
    assert as_spelt(catalog, asked) == [" lead", "a", "b", " b", "c d ", " nothing"]
