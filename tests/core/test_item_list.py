"""A ranked answer is a sequence, becomes a frame, prints itself, and shows itself in a notebook."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sensorium.core import item_list, item_list_html
from sensorium.core.item_list import ItemList, ScoredItem


class Pictures:
    """Shows the odd items."""

    def html(self, item: int) -> str:
        return f'<img src="data:,{item}">' if item % 2 else ""


def listed(n: int = 4, *, titles: tuple[str, ...] | None = None) -> ItemList:
    return ItemList(
        item_ids=tuple(f"i{index}" for index in range(n)),
        indices=np.arange(n),
        scores=np.linspace(1, 0.5, n, dtype=np.float32),
        path="fusion",
        paths=("fusion",) * (n - 1) + ("content",),
        titles=tuple(f"Title {index}" for index in range(n)) if titles is None else titles,
        previews=Pictures(),
    )


def test_an_index_gives_a_row_from_either_end():
    answer = listed()
    assert answer[0] == ScoredItem("i0", 1.0)
    assert answer[-1] == ("i3", 0.5)
    assert list(answer) == [answer[index] for index in range(4)]
    with pytest.raises(IndexError):
        answer[4]


def test_a_slice_is_a_list_of_its_own_with_everything_in_place():
    answer = listed()
    some = answer[1:3]
    assert isinstance(some, ItemList)
    assert some.item_ids == ("i1", "i2")
    assert some.titles == ("Title 1", "Title 2")
    assert some.indices.tolist() == [1, 2]
    assert some.paths == ("fusion", "fusion")
    assert answer[:] == answer != some
    assert answer[4:].to_frame().height == 0


def test_a_slice_without_reasons_titles_and_paths_has_none():
    bare = ItemList(("a", "b"), np.arange(2), np.ones(2, dtype=np.float32))
    assert bare[1:].reasons == bare[1:].titles == bare[1:].paths == ()
    assert bare[1:].to_frame()["title"].to_list() == [None]


def test_equal_lists_are_equal_also_where_scores_are_missing():
    missing = np.asarray([1, np.nan], dtype=np.float32)
    one, same = (ItemList(("a", "b"), np.arange(2), missing.copy()) for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert one != ItemList(("a", "b"), np.arange(2), np.ones(2, dtype=np.float32))


def test_the_frame_has_a_row_an_item_in_order():
    frame = listed().to_frame()
    assert frame.columns == ["rank", "item_id", "title", "score", "path"]
    assert frame["rank"].to_list() == [1, 2, 3, 4]
    assert frame["path"].to_list()[-1] == "content"
    assert frame.schema["score"] == pl.Float32


def test_the_pandas_frame_holds_the_same():
    frame, same = listed().to_frame(), listed().to_pandas()
    assert isinstance(same, pd.DataFrame)
    assert list(same.columns) == frame.columns
    assert {name: same[name].tolist() for name in frame.columns} == frame.to_dict(as_series=False)


def test_a_list_prints_as_a_table_cut_where_it_is_long():
    lines = repr(listed(titles=("One\nmore", "x" * 99, "Three", "Four"))).splitlines()
    assert lines[0] == "ItemList(4 items by fusion)"
    assert lines[1] == "  1     1.000  i0  One"
    assert lines[2].endswith("x…")
    assert max(map(len, lines)) < 80
    nameless = repr(listed(titles=tuple(listed().item_ids))).splitlines()
    assert nameless[1] == "  1     1.000  i0", "an id that is the title, too, stands there once"
    long = repr(listed(item_list.MOST_LINES + 3)).splitlines()
    assert long[-1].strip() == "... 3 more"
    assert len(long) == item_list.MOST_LINES + 2


def test_a_notebook_shows_titles_as_text_and_pictures_where_there_are_any():
    page = listed(titles=("<script>alert(1)</script>", "b", "c", "d"))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<img") == 2
    assert page.count("<tr>") == 5


def test_a_notebook_shows_a_list_of_nothing_and_one_without_previews():
    assert "<tbody></tbody>" in listed()[4:]._repr_html_()
    assert "<img" not in ItemList(("a",), np.arange(1), np.ones(1, dtype=np.float32))._repr_html_()


def test_what_a_notebook_shows_stays_small():
    shown: list[int] = []

    def large(item: int) -> str:
        shown.append(item)
        return "x" * (item_list_html.MOST_BYTES // 3)

    many = listed(item_list_html.MOST_ROWS + 2)
    page = item_list_html.html_table(many.to_frame(), many.indices.tolist(), "fusion", large)
    assert len(page) < item_list_html.MOST_BYTES + 100_000
    assert len(shown) <= 4
    assert "2 more items" in page


def test_json_carries_titles_and_ids_as_text():
    items = listed().to_json()["items"]
    assert items[0] == {"item_id": "i0", "title": "Title 0", "score": 1.0, "path": "fusion", "reasons": []}
