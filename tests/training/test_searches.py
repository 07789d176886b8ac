"""Searches as events: evidence of taste through the words of the catalogue."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.catalog.searches import FADES, MOST_OF_USER, SEARCHES, is_search
from sensorium.core.source_kind import SourceKind
from sensorium.training.training_data import training_data, tuning_split

KINDS = ("shoe", "hat", "coat", "scarf", "glove", "belt", "shirt", "sock")
COLOURS = ("red", "blue", "green", "yellow", "black", "white")
N_USERS, N_DAYS = 240, 6
DAY_S = 86_400.0


def catalog() -> sn.Catalog:
    """Clothes of every kind and colour, of which only the title says what they are."""
    titles = [f"{colour} {kind}" for kind in KINDS for colour in COLOURS]
    frame = pl.DataFrame({"item_id": [f"i{n}" for n in range(len(titles))], "title": titles})
    return sn.Catalog.from_frame(frame, text="title")


def log(seed: int = 0) -> pl.DataFrame:
    """Users who want another kind of clothes every day, and search for it on the two days before."""
    rng, rows = np.random.default_rng(seed), []
    for user in range(N_USERS):
        start = 1.6e9 + rng.integers(0, 20) * DAY_S
        wanted = rng.permutation(len(KINDS))
        for day in range(N_DAYS):
            now = start + day * DAY_S
            rows += [
                (f"u{user}", None, "search", f" {KINDS[searched].upper()}s ", now + searched)
                for searched in wanted[day + 1 : day + 3]
            ]
            item = f"i{wanted[day] * len(COLOURS) + rng.integers(len(COLOURS))}"
            rows.append((f"u{user}", item, "purchase", None, now + 60))
    return pl.DataFrame(rows, schema=["user_id", "item_id", "type", "query", "timestamp"], orient="row")


def events(frame: pl.DataFrame | None = None) -> sn.Events:
    return sn.Events.from_frame(log() if frame is None else frame, items=catalog().items, text="query")


def ndcg(said: sn.Events) -> float:
    split = sn.splits.time(said, 0.2, 0.2)
    found = sn.evaluate("auto", catalog(), split=split, seconds=0, metrics=["ndcg@10"])
    return found.results["auto"].metrics["ndcg@10"]


def test_rows_that_say_a_search_and_no_item_are_searches():
    said = events()
    assert len(said) == N_USERS * N_DAYS
    assert said.searches is not None
    assert len(said.searches) == 2 * N_USERS * N_DAYS
    assert said.searches.text[0] == log()["query"][0].strip()
    assert said.users.id(int(said.searches.user[0])) == "u0"


def test_what_was_searched_for_ranks_what_is_chosen_next():
    with_searches, without = ndcg(events()), ndcg(events(log().filter(pl.col("item_id").is_not_null())))
    assert with_searches > 1.4 * without


def test_a_search_made_after_the_test_moment_changes_nothing():
    frame = log()
    last = frame.filter(pl.col("item_id").is_not_null()).group_by("user_id").agg(pl.col("timestamp").max())
    spied = last.select(
        "user_id",
        pl.lit(None, pl.String).alias("item_id"),
        pl.lit("search").alias("type"),
        pl.lit("red scarf").alias("query"),
        pl.col("timestamp") + 1,
    )
    assert ndcg(events(pl.concat([frame, spied]))) == pytest.approx(ndcg(events()), abs=1e-9)


@pytest.mark.parametrize("split", [sn.splits.time, sn.splits.per_user])
def test_parts_in_time_hold_the_searches_of_their_time(split):
    divided = split(events())
    parts = [divided.train, divided.validation, divided.test]
    assert sum(len(part.searches) for part in parts) == 2 * N_USERS * N_DAYS
    for earlier, later in ((0, 1), (1, 2)):
        begins = np.full(N_USERS, np.inf)
        np.minimum.at(begins, parts[later].user, parts[later].time)
        assert (parts[earlier].searches.time < begins[parts[earlier].searches.user]).all()
    assert len(parts[1].searches) > 0


def test_searches_that_differ_give_another_fingerprint():
    other = log().with_columns(pl.col("query").str.replace("HAT", "COAT"))
    prints = {sn.splits.time(events(frame)).protocol["fingerprint"] for frame in (log(), other)}
    assert len(prints) == 2


@pytest.fixture(scope="module")
def model() -> sn.FittedModel:
    return sn.fit(catalog(), events(), model="user-searches", seconds=0.1)


def kinds_of(answer: sn.ItemList) -> list[str]:
    titles = catalog().titles()
    return [titles[int(item.item_id[1:])].split()[1] for item in answer]


def test_auto_gives_searches_the_weight_that_they_earn():
    weights = {
        member.model: member.weight for member in sn.fit(catalog(), events(), seconds=1).record.members
    }
    assert weights["user-searches"] > 0.1


def test_reasons_quote_the_words(model):
    answer = model.recommend(searches=["belts"], k=3, explain=True)
    assert kinds_of(answer) == ["belt"] * 3
    assert model.explain_text(answer.reasons[0]) == "because you searched for “belts”"
    assert model.explain_text(answer.reasons[0], language="zh") == "因为你搜索过“belts”"
    found = [reason for reason in answer.reasons[0] if reason.kind is SourceKind.SEARCHES]
    assert found[0].to_json()["words"] == "belts"


def test_the_latest_search_counts_most_and_the_words_that_found_an_item_are_named(model):
    answer = model.recommend(searches=["belts", "hats"], k=12, explain=True)
    assert kinds_of(answer)[:6] == ["hat"] * 6
    assert set(kinds_of(answer)[6:]) == {"belt"}
    assert "“belts”" in model.explain_text(answer.reasons[8])


def test_update_takes_searches_in_and_a_saved_model_knows_them(model, tmp_path):
    mine = sn.load(model.save(tmp_path / "model"))
    before = mine.recommend("u0", k=3)
    assert before.item_ids == model.recommend("u0", k=3).item_ids
    rows = [("new", None, "search", "socks", 1.7e9), ("u0", None, "search", "white glove", None)]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "type", "query", "timestamp"], orient="row")
    done = mine.update(frame)
    assert (done.events, done.searches, done.new_users) == (0, 2, ("new",))
    assert kinds_of(mine.recommend("new", k=3)) == ["sock"] * 3
    assert mine.recommend("u0", k=3).item_ids != before.item_ids
    assert "“white glove”" in mine.explain("u0", "i29").sentence()
    again = sn.load(mine.save(tmp_path / "again"))
    assert again.recommend("u0", k=5).item_ids == mine.recommend("u0", k=5).item_ids
    assert again.update(frame.head(1)).searches == 1
    assert again.searches is not None
    assert mine.searches is not None
    assert len(again.searches) == len(mine.searches), "what is known changes nothing"


def test_words_that_find_nothing_say_nothing(model):
    answer = model.recommend(searches=["zeppelin"], k=5)
    assert answer.item_ids == model.recommend(k=5).item_ids


def test_a_model_without_searches_says_what_to_do():
    plain = sn.fit(catalog(), events(log().filter(pl.col("item_id").is_not_null())), seconds=0.2)
    with pytest.raises(sn.ConfigError, match=r"has not learnt from searches.*type search"):
        plain.recommend(searches=["hat"])
    with pytest.raises(sn.ConfigError, match="one text, no list"):
        plain.recommend(searches="hat")


def test_a_thousand_searches_of_one_user_count_as_the_last_few():
    rows = [("u", None, "search", "hat", float(n)) for n in range(1000)]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "type", "query", "timestamp"], orient="row")
    said = events(pl.concat([log(), frame]))
    find = {"hat": (np.asarray([6]), np.asarray([1.0], dtype=np.float32))}
    searches = said.searches.finding(
        lambda text: find.get(text, (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))),
        len(said.items),
    )
    row = searches.about(len(said.users))[[said.users.index("u")]]
    assert row.sum() == pytest.approx((1 - FADES**MOST_OF_USER) / (1 - FADES), rel=1e-5)
    kept = searches.latest().of_user(said.users.index("u"))
    assert kept.time.tolist() == [float(n) for n in range(999, 999 - MOST_OF_USER, -1)]


def test_a_table_of_searches_alone_needs_no_items():
    rows = {"user_id": ["u0", "x"], "type": ["search"] * 2, "query": ["hat", " "]}
    said = events(pl.DataFrame(rows).head(1))
    assert len(said) == 0
    assert said.searches.text.to_list() == ["hat"]
    with pytest.raises(sn.DataError, match="there is no column 'item_id'"):
        events(pl.DataFrame(rows | {"type": ["search", "view"]}))
    with pytest.raises(sn.DataError, match="item id is empty"):
        events(pl.DataFrame(rows | {"item_id": [None, None]}, schema_overrides={"item_id": pl.String}))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Search", True),
        ("site search", True),
        ("user_search", True),
        ("搜索", True),
        ("purchase", False),
        (None, False),
    ],
)
def test_types_that_are_searches_are_known_by_name(kind, expected):
    assert is_search(kind) == expected


def test_a_search_that_names_an_item_is_an_event_with_it():
    rows = {"user_id": ["u"], "item_id": ["i1"], "type": ["search"], "query": ["blue"], "timestamp": [1.0]}
    said = events(pl.DataFrame(rows))
    assert len(said) == 1
    assert said.searches is None


def test_training_data_says_nothing_of_searches_that_nobody_looked_up():
    assert SEARCHES not in training_data(events(), {}).about


def test_a_fit_tunes_on_searches_from_before_the_moment_that_divides():
    view = tuning_split(events())
    assert view is not None
    assert view.train.searches.time.max() < view.validation.time.min()
    assert view.validation.searches.time.min() >= view.validation.time.min()
    assert len(view.train.searches) + len(view.validation.searches) == 2 * N_USERS * N_DAYS
