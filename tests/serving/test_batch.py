"""A batch gives each user what one question gives, in a table or a file, and says who is new."""

import tracemalloc
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError, NewUserWarning, UnknownIdError
from sensorium.serving import batch_answering

COLUMNS = ["user_id", "item_id", "rank", "score", "path"]


def small_world(n_users: int = 60, n_items: int = 40, seed: int = 0) -> tuple[sn.Catalog, sn.Events]:
    """Users of two tastes; the last items have no event, and the last user no liked one."""
    rng = np.random.default_rng(seed)
    items = pl.DataFrame(
        {
            "item_id": range(n_items),
            "title": [f"{('owl', 'fox')[n % 2]} {n}" for n in range(n_items)],
            "price": range(n_items),
        }
    )
    pairs = [
        (user, int(item), 0 if user == n_users - 1 else 1)
        for user in range(n_users)
        for item in rng.choice((n_items - 4) // 2, 8, replace=False) * 2 + user % 2
    ]
    log = pl.DataFrame(pairs, schema=["user_id", "item_id", "rating"], orient="row")
    catalog = sn.Catalog.from_frame(items, text="title", number="price")
    return catalog, sn.Events.from_frame(log, items=catalog.items, positive=["rating >= 1"])


@pytest.fixture(scope="module", params=["ials", "item-knn", "popularity", "auto"])
def fitted(request):
    """One model of vectors alone, one of another kind, one without a history, and a fusion."""
    model = sn.fit(*small_world(), model=request.param, seconds=1)
    model.update(pl.DataFrame({"user_id": [3, 900], "item_id": [20, 21], "rating": [1, 1]}))
    model.add_items(pl.DataFrame({"item_id": [777], "title": ["fox"], "price": [3]}))
    return model


def require_equal_to_single(model: sn.FittedModel, frame: pl.DataFrame, users, k: int, **limits) -> None:
    """Scores are equal, and so are items but where scores are nearly the same; users are in order."""
    asked = frame["user_id"].unique(maintain_order=True).to_list()
    assert asked == [user for user in dict.fromkeys(users) if user in asked]
    for user in users:
        rows = frame.filter(pl.col("user_id") == user)
        alone = model.recommend(user, k=len(model.catalog), **limits)
        of_item = dict(alone)
        assert rows.height == min(k, len(alone))
        assert rows["rank"].to_list() == list(range(1, rows.height + 1))
        np.testing.assert_allclose(rows["score"], alone.scores[: rows.height], rtol=2e-3, atol=2e-4)
        np.testing.assert_allclose(rows["score"], [of_item[i] for i in rows["item_id"]], rtol=2e-3, atol=2e-4)
        path_of = dict(zip(alone.item_ids, alone.paths, strict=True))
        assert rows["path"].to_list() == [path_of[item] for item in rows["item_id"]]


def test_every_known_user_gets_what_one_question_gives(fitted):
    frame = fitted.recommend_batch(k=6)
    assert frame.columns == COLUMNS
    require_equal_to_single(fitted, frame, [*range(60), 900], 6)
    assert frame["user_id"].n_unique() == 61


@settings(max_examples=15)
@given(
    users=st.lists(st.sampled_from([*range(60), 900]), min_size=1, max_size=12),
    k=st.integers(1, 60),
    where=st.sampled_from([(), ("price<20",), ("price<3",)]),
    deny=st.lists(st.integers(0, 39), max_size=5),
)
def test_any_users_any_number_and_any_filter_equal_single_questions(fitted, users, k, where, deny):
    frame = fitted.recommend_batch(users, k, where=where, deny=deny)
    require_equal_to_single(fitted, frame, users, k, where=where, deny=deny)


def test_whom_the_fusion_has_not_learnt_is_asked_about_by_history_alone(fitted):
    rows = np.array([3, fitted.users.index(900), -1])
    alone = [fitted._query(user, None, ()).users[0] for user in (3, 900, None)]
    assert fitted._batch_queries(rows).users.tolist() == alone == [3, -1, -1]


def test_blocks_change_nothing(fitted, monkeypatch):
    whole = fitted.recommend_batch(k=4)
    monkeypatch.setattr(batch_answering, "BLOCK_USERS", 7)
    parts = fitted.recommend_batch(k=4)
    assert parts.select("user_id", "rank", "path").equals(whole.select("user_id", "rank", "path"))
    np.testing.assert_allclose(parts["score"], whole["score"], rtol=1e-3, atol=1e-4)


def test_an_unknown_user_is_answered_as_a_new_one_and_one_warning_says_so(fitted):
    with pytest.warns(NewUserWarning) as said:
        frame = fitted.recommend_batch([5, "nobody", 7, "else", "x", "y"], k=3)
    assert [str(each.message) for each in said] == [
        "4 users are unknown (nobody, else, x, ...), answered as a new user"
    ]
    assert frame["user_id"].unique(maintain_order=True).to_list() == ["5", "nobody", "7", "else", "x", "y"]
    new = frame.filter(pl.col("path") == "new user")
    assert new["user_id"].unique(maintain_order=True).to_list() == ["nobody", "else", "x", "y"]
    assert new["item_id"].head(3).to_list() == list(fitted.recommend(k=3).item_ids)
    known = frame.filter(pl.col("user_id") == "7")
    assert known["item_id"].to_list() == list(fitted.recommend(7, k=3).item_ids)


def test_seen_items_stay_in_on_request(fitted):
    frame = fitted.recommend_batch([3], 60, exclude_seen=False)
    assert frame.height == len(fitted.catalog)
    assert fitted.recommend_batch([3], 60).height < frame.height


@pytest.mark.parametrize(
    "users",
    [
        [4, 2, 4],
        (4, "2"),
        np.asarray([4, 2]),
        np.asarray([4.0, 2.0]),
        pl.Series([4, 2, 4]),
        pd.Series([4.0, 2.0]),
        lambda: (user for user in ("4", 2.0)),
    ],
    ids=["list", "tuple", "array", "floats", "series", "pandas", "generator"],
)
def test_users_come_in_any_form_and_each_is_answered_once(fitted, users):
    frame = fitted.recommend_batch(users() if callable(users) else users, k=2)
    assert frame["user_id"].to_list() == [4, 4, 2, 2]


def test_what_is_no_list_of_users_is_refused(fitted):
    with pytest.raises(ConfigError, match="is one text, no list"):
        fitted.recommend_batch("4")
    with pytest.raises(ConfigError, match="a frame is no list of users. Give its column"):
        fitted.recommend_batch(pl.DataFrame({"user_id": [4]}))
    for users in (pl.Series([4, None]), [4, None], np.array([4, np.nan]), [True], pl.Series([True])):
        with pytest.raises(DataError, match="no id|empty"):
            fitted.recommend_batch(users)
    with pytest.raises(ConfigError, match="k is 0"):
        fitted.recommend_batch(k=0)


def test_nobody_gives_an_empty_table(fitted, tmp_path):
    assert fitted.recommend_batch([]).columns == COLUMNS
    for name in ("none.parquet", "none.csv"):
        assert fitted.recommend_batch([], out=tmp_path / name).collect().shape == (0, 5)


@pytest.mark.parametrize("name", ["recs.parquet", "recs.csv"])
def test_a_file_holds_the_same_table_written_in_blocks(fitted, tmp_path, monkeypatch, name):
    monkeypatch.setattr(batch_answering, "BLOCK_USERS", 9)
    lazy = fitted.recommend_batch(k=3, out=str(tmp_path / "new" / name))
    frame = fitted.recommend_batch(k=3)
    assert lazy.collect().equals(frame)
    assert lazy.collect_schema() == frame.schema
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]


@pytest.mark.parametrize("name", ["recs.parquet", "recs.csv"])
def test_what_stops_in_the_middle_leaves_the_former_file_and_nothing_else(tmp_path, monkeypatch, name):
    model = sn.fit(*small_world(20), model="item-knn", seconds=1)
    file = tmp_path / name
    file.write_text("former")
    monkeypatch.setattr(batch_answering, "BLOCK_USERS", 8)
    tables = []

    def stops(self, user_ids, ranked, made=sn.FittedModel._table):
        tables.append(user_ids)
        if len(tables) == 2:
            raise KeyboardInterrupt
        return made(self, user_ids, ranked)

    monkeypatch.setattr(sn.FittedModel, "_table", stops)
    with pytest.raises(KeyboardInterrupt):
        model.recommend_batch(out=file)
    assert file.read_text() == "former"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_of_another_kind_is_refused_before_any_work(fitted, tmp_path):
    with pytest.raises(ConfigError, match="neither a Parquet nor a CSV file"):
        fitted.recommend_batch(out=tmp_path / "recs.xlsx")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigError, match="this is a folder"):
        fitted.recommend_batch(out=tmp_path / "folder.csv")


def test_scores_are_those_of_the_answers(fitted):
    scores = fitted.score([3, None, 900], [5, 777, "8"])
    assert scores.shape == (3, 3)
    assert scores.dtype == np.float32
    everything = fitted.score([3, None])
    for row, user in enumerate((3, None)):
        of_item = dict(fitted.recommend(user, k=60))
        given = fitted.catalog.items.given_ids.to_list()
        same = [
            (of_item[item], everything[row, column]) for column, item in enumerate(given) if item in of_item
        ]
        np.testing.assert_allclose(*zip(*same, strict=True), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores[:2], everything[:, [5, -1, 8]], rtol=1e-4, atol=1e-5)
    assert fitted.score([]).shape == (0, len(fitted.catalog))


def test_scores_of_what_is_unknown_are_refused(fitted):
    with pytest.raises(UnknownIdError, match="unknown user 'nobody'"):
        fitted.score(["nobody"])
    with pytest.raises(UnknownIdError, match="unknown item '4000'"):
        fitted.score([3], [4000])
    with pytest.raises(ConfigError, match="one text, no list"):
        fitted.score("3")


def test_memory_does_not_grow_with_the_rows_of_a_file(tmp_path, monkeypatch):
    model = sn.fit(*small_world(400), model="popularity", seconds=1)
    monkeypatch.setattr(batch_answering, "BLOCK_USERS", 20)
    peaks: list[int] = []
    for n_users in (40, 40, 400):  # the first time something is loaded
        tracemalloc.start()
        model.recommend_batch(range(n_users), k=30, out=tmp_path / "recs.csv")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.3 * peaks[1]


def test_all_known_users_bring_no_warning(fitted):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.recommend_batch(k=1)
