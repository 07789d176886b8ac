"""The catalogue: columns with roles, from any table."""

import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog, read_catalog
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role
from sensorium.media.reference import MediaRef

FRAME = pl.DataFrame(
    {
        "item_id": ["a", "b", "c"],
        "title": ["霸王别姬", "Heat", None],
        "plot": ["", "Cops and robbers", " "],
        "poster": ["p/a.jpg", None, "zip.zip/c.png"],
        "genres": ["Drama|Music|Drama", "Crime", ""],
        "year": ["1993", "unknown", None],
        "gone": ["no", "yes", ""],
        "released": ["1993-01-01", None, "soon"],
    }
)


def made(**changed):
    roles = {
        "text": ["title", "plot"],
        "image": "poster",
        "category": "genres",
        "number": "year",
        "hidden": "gone",
        "published": "released",
        "base": "media",
    }
    return Catalog.from_frame(FRAME, **{**roles, **changed})


def test_every_role_gives_aligned_values_with_holes_where_nothing_is_known(tmp_path):
    catalog = made(base=tmp_path)
    assert len(catalog) == 3
    assert catalog.texts("plot") == [None, "Cops and robbers", None]
    assert catalog.media("poster") == [
        MediaRef("p/a.jpg", tmp_path),
        None,
        MediaRef("zip.zip/c.png", tmp_path),
    ]
    assert catalog.categories("genres") == [("Drama", "Music"), ("Crime",), None]
    assert np.array_equal(
        catalog.numbers("year"), np.array([1993, np.nan, np.nan], np.float32), equal_nan=True
    )
    assert catalog.numbers("year").dtype == np.float32
    assert catalog.hidden().tolist() == [False, True, False]
    published = catalog.published()
    assert published is not None
    assert published[0] == 725846400.0
    assert np.isnan(published[1:]).all()


def test_columns_of_a_role_keep_the_order_in_which_they_were_given():
    assert made(text=["plot", "title"]).columns(Role.TEXT) == ("plot", "title")
    assert made().columns(Role.AUDIO) == ()
    assert "item_id" not in made().roles


def test_a_title_is_the_first_text_or_the_id():
    assert made().titles() == ["霸王别姬", "Heat", "c"]
    assert Catalog.from_frame(FRAME).titles() == ["a", "b", "c"]


def test_a_part_of_the_catalogue_holds_what_the_whole_says_of_its_items():
    whole = made(text="title")
    part = whole.only([2, 0])
    assert list(part.items) == ["c", "a"]
    assert part.titles() == [whole.titles()[2], whole.titles()[0]]
    assert len(whole.only([])) == 0


def test_without_the_columns_nothing_is_hidden_and_nothing_is_dated():
    catalog = Catalog.from_frame(FRAME)
    assert not catalog.hidden().any()
    assert catalog.published() is None


def test_a_year_is_a_publication_date():
    catalog = Catalog.from_frame(pl.DataFrame({"item_id": [1], "year": [1971]}), published="year")
    assert catalog.published().tolist() == [365 * 86_400.0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["English, French", "English", None], [("English", "French"), ("English",), None]),
        (
            ["Home, Kitchen & Garden", "Home, Kitchen & Garden", "Toys"],
            [("Home, Kitchen & Garden",)] * 2 + [("Toys",)],
        ),
        (["Rock;Pop", "Pop;Jazz", "Rock"], [("Rock", "Pop"), ("Pop", "Jazz"), ("Rock",)]),
        (["剧情、爱情", "爱情、动作", "剧情"], [("剧情", "爱情"), ("爱情", "动作"), ("剧情",)]),
        ([["x", "y"], ["y", None], []], [("x", "y"), ("y",), None]),
        ([3, 4, None], [("3",), ("4",), None]),
        ([True, False, None], [("true",), ("false",), None]),
    ],
)
def test_labels_are_separated_where_the_column_shows_that_they_are(cells, expected):
    frame = pl.DataFrame({"item_id": ["a", "b", "c"], "labels": cells})
    assert Catalog.from_frame(frame, category="labels").categories("labels") == expected


def test_new_rows_are_read_like_the_old_ones():
    frame = pl.DataFrame({"item_id": ["a", "b"], "language": ["English, French", "English"]})
    catalog = Catalog.from_frame(frame, category="language")
    longer = catalog.extended(pl.DataFrame({"item_id": ["c"], "language": ["Czech, Polish"], "ignored": [1]}))
    assert longer.categories("language")[2] == ("Czech", "Polish")
    assert list(longer.items) == ["a", "b", "c"]
    assert longer.frame.columns == catalog.frame.columns
    assert len(catalog) == 2


def test_new_rows_may_lack_columns_and_be_typed_otherwise():
    longer = made().extended(pl.DataFrame({"item_id": [7], "year": [2001]}))
    assert longer.numbers("year")[3] == 2001
    assert longer.titles()[3] == "7"
    assert longer.categories("genres")[3] is None


@pytest.mark.parametrize("ids", [["a"], ["x", "x"], [None]])
def test_new_rows_need_ids_of_their_own(ids):
    with pytest.raises(DataError, match="id of its own"):
        made().extended(pl.DataFrame({"item_id": ids}, schema={"item_id": pl.String}))


def test_a_misspelt_column_of_new_rows_is_refused_with_the_name_meant():
    with pytest.raises(DataError, match="no column 'plto'.*Call it 'plot'"):
        made().extended(pl.DataFrame({"item_id": ["x"], "plto": ["a tale of two cities"]}))


def test_duplicate_and_empty_ids_are_refused_with_their_row():
    with pytest.raises(DataError, match="items, row 2: duplicate item id: 'a'"):
        Catalog.from_frame(pl.DataFrame({"item_id": ["a", "a"]}))
    with pytest.raises(DataError, match="row 1: item id is empty"):
        Catalog.from_frame(pl.DataFrame({"item_id": [" ", "a"]}))


def test_for_a_workspace_the_first_row_of_an_id_is_kept_and_the_others_are_set_aside(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("item_id,title\na,first\n,nameless\na,second\nb,other\na,third\n", encoding="utf-8")
    read = read_catalog(path, roles={"title": Role.TEXT})
    assert read.catalog.texts("title") == ["first", "other"]
    assert read.rows.to_list() == [2, 5]
    assert read.rejected.frame.select("row", "reason", "title").rows() == [
        (3, "item id is empty", "nameless"),
        (4, "duplicate item id: 'a'", "second"),
        (6, "duplicate item id: 'a'", "third"),
    ]


def test_media_paths_start_at_the_folder_of_the_file(tmp_path):
    (tmp_path / "items.csv").write_text("item_id,photo\n1,x.jpg\n", encoding="utf-8")
    assert Catalog.from_file(tmp_path / "items.csv", image="photo").media("photo") == [
        MediaRef("x.jpg", tmp_path)
    ]
    elsewhere = Catalog.from_file(tmp_path / "items.csv", image="photo", base=tmp_path / "pictures")
    assert elsewhere.media("photo")[0].base == tmp_path / "pictures"


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(DataError, match="no column 'name'.*item_id, title, plot"):
        made(text="name")
    with pytest.raises(DataError, match="no column 'sku'"):
        Catalog.from_frame(FRAME, id="sku")
    with pytest.raises(DataError, match="no column 'name'"):
        made().texts("name")


def test_a_column_has_one_role():
    with pytest.raises(ConfigError, match="'title' is given as text and as category"):
        made(category=["genres", "title"])
    with pytest.raises(ConfigError, match="'title' is the id"):
        Catalog.from_frame(FRAME.head(2), id="title", text="title")


def test_ids_of_a_pandas_column_with_holes_are_whole_numbers():
    frame = pl.DataFrame({"item_id": [1.0, 20.0]})
    assert list(Catalog.from_frame(frame).items) == ["1", "20"]


def test_the_catalogue_says_what_it_holds():
    assert repr(Catalog.from_frame(FRAME, text="title")) == "Catalog(3 items; title: text)"
