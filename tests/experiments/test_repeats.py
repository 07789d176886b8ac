"""With repeats allowed, an evaluation counts them, by the rule by which answers go."""

import re

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError
from sensorium.evaluation.splits import Split, known_items
from sensorium.ranking.seen_items import left_out_items

N_SONGS = 40


def plays(n: int = 900, n_users: int = 20, seed: int = 0) -> pl.DataFrame:
    """Each user plays three favourites most of the time, the newer ones lately, and others now and then."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        user = number % n_users
        favourites = (user * 3 + np.arange(3) + (number > n / 2) * 7) % N_SONGS
        song = rng.choice(favourites) if rng.random() < 0.8 else rng.integers(N_SONGS)
        rows.append((f"u{user}", f"s{song}", 1.7e9 + 3600.0 * number))
    return pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row")


@pytest.fixture(scope="module")
def library() -> tuple[sn.Catalog, sn.Events]:
    songs = pl.DataFrame({"item_id": [f"s{n}" for n in range(N_SONGS)], "title": ["song"] * N_SONGS})
    catalog = sn.Catalog.from_frame(songs, text="title")
    return catalog, sn.Events.from_frame(plays(), items=catalog.items)


@pytest.fixture(scope="module")
def split(library) -> Split:
    return sn.splits.time(library[1])


@pytest.fixture(scope="module")
def fitted(library, split) -> sn.FittedModel:
    """Learnt from train and validation, with repeats allowed."""
    past = sn.Events.concat(split.train, split.validation)
    return sn.fit(library[0], past, model="personal-top-frequency", seconds=1, seen=[])


def test_repeats_count_and_their_model_is_the_best_where_people_come_back(library, split, fitted):
    models = {"again": sn.models.PersonalTopFrequency(), "easy": sn.models.EASE(), "fitted": fitted}
    found = sn.evaluate(models, library[0], split=split, seen=[])
    relevant, known = split.test.relevant(), known_items(split.train, split.validation)
    result = found.results["again"]
    assert result.n_relevant == relevant.nnz > relevant.multiply(known).nnz > 0
    assert result.slices["repeats"].n_relevant == relevant.multiply(known).nnz
    assert result.slices["first_time"].n_relevant == relevant.nnz - relevant.multiply(known).nnz
    assert result.metrics["ndcg@10"] > 1.2 * found.results["easy"].metrics["ndcg@10"]
    assert found.results["fitted"].metrics["ndcg@10"] > 1.2 * found.results["easy"].metrics["ndcg@10"]


def test_by_default_what_was_seen_is_masked_and_the_two_protocols_differ(library, split):
    model = {"easy": sn.models.EASE()}
    hidden, shown = (
        sn.evaluate(model, library[0], split=split, **asked).results["easy"] for asked in ({}, {"seen": []})
    )
    relevant, known = split.test.relevant(), known_items(split.train, split.validation)
    assert hidden.n_relevant == relevant.nnz - relevant.multiply(known).nnz
    assert "seen" not in hidden.protocol
    assert "repeats" not in hidden.slices
    assert shown.protocol["seen"] == []
    assert shown.protocol["fingerprint"] != hidden.protocol["fingerprint"]
    whole = sn.evaluate(model, library[0], split=split, seen="all").results["easy"]
    assert whole.protocol == hidden.protocol


def test_fitted_models_are_judged_by_the_rule_by_which_they_answer(library, split, fitted):
    result = sn.evaluate({"again": fitted}, library[0], split=split).results["again"]
    assert result.protocol["seen"] == []
    other = sn.fit(library[0], split.train, model="popularity", seconds=1)
    with pytest.raises(ConfigError, match="leave out different seen items"):
        sn.evaluate({"again": fitted, "other": other}, library[0], split=split)
    both = sn.evaluate({"again": fitted, "other": other}, library[0], split=split, seen="all")
    assert "seen" not in both.results["again"].protocol


def test_a_model_that_has_learnt_of_repeats_in_the_test_is_refused(library, split):
    """Even if nothing else of the test is new to it."""
    known = known_items(split.train, split.validation)
    again = np.asarray(known[split.test.user, split.test.item]).ravel() > 0
    repeats = sn.splits.own(split.train, split.validation, split.test.where(again))
    whole = sn.Events.concat(split.train, split.validation, repeats.test)
    model = sn.fit(library[0], whole, model="popularity", seconds=1, seen=[])
    with pytest.raises(DataError, match="has learnt from"):
        sn.evaluate({"it": model}, library[0], split=repeats)


def test_the_report_says_by_which_rule(library, split, tmp_path):
    shown = sn.evaluate("popularity", library[0], split=split, seen=[], seconds=1)
    assert "repeats among them" in repr(shown)
    page = shown.report(tmp_path / "shown.html").read_text(encoding="utf-8")
    assert "What users had seen is ranked, too: repeats count." in page
    assert "items that the user had met before" in page
    hidden = sn.evaluate("popularity", library[0], split=split, seconds=1)
    assert "What users had seen is not ranked." in hidden.report(tmp_path / "hidden.html").read_text("utf-8")


def test_the_report_does_not_give_an_item_as_its_own_cause(library, split, tmp_path):
    judged = sn.evaluate("personal-top-frequency", library[0], split=split, seen=[], seconds=1)
    page = judged.report(tmp_path / "en.html").read_text(encoding="utf-8")
    assert re.search(r"because you \w+ it \d+ times, last on \d+ \w+ \d{4}", page)
    page = judged.report(tmp_path / "zh.html", language="zh").read_text(encoding="utf-8")
    assert re.search(r"因为你\w+它\d+次，最近一次是\d{4}年\d+月\d+日", page)


def test_its_lists_are_those_that_it_is_judged_by(library, split, fitted):
    past = sn.Events.concat(split.train, split.validation)
    assert left_out_items(past, ()).nnz == 0
    for row, user in list(enumerate(past.users.ids))[:5]:
        often = past.frequency()[[row]].toarray()[0]
        best = fitted.recommend(user, k=3)
        assert often[best.indices].min() > 0
        assert "personal-top-frequency" in {
            reason.source for reason in fitted.explain(user, best.item_ids[0])
        }


def test_where_repeats_are_hidden_a_model_of_repeats_is_refused(library, split):
    for model in ("personal-top-frequency", sn.models.PersonalTopFrequency()):
        with pytest.raises(ConfigError, match="seen: personal-top-frequency recommends what a user has met"):
            sn.fit(library[0], split.train, model=model, seconds=1)
        with pytest.raises(ConfigError, match="recommends what a user has met"):
            sn.evaluate(model, library[0], split=split, seconds=1)


def test_auto_takes_the_model_of_repeats_only_where_they_are_allowed(library):
    allowed, hidden = (sn.fit(*library, seconds=2, seen=seen) for seen in ([], "all"))
    weights = {member.name: member.weight for member in allowed.record.members}
    assert weights["personal-top-frequency"] in sorted(weights.values())[-2:]
    assert weights["personal-top-frequency"] > 0.25
    assert "personal-top-frequency" not in {member.name for member in hidden.record.members}
    assert hidden.record.left_out["personal-top-frequency"] == "what was seen is not recommended again"
    assert (allowed.record.seen, hidden.record.seen) == ((), "all")


def test_an_unknown_type_is_refused_before_the_work(library):
    for call in (sn.fit, lambda *tables, **asked: sn.evaluate("ease", *tables, **asked), sn.compare):
        with pytest.raises(ConfigError, match="The events have no column that says their type"):
            call(*library, seen=["purchase"])
        with pytest.raises(ConfigError, match=r"Write seen=\['purchase'\]"):
            call(*library, seen="purchase")


def test_what_is_held_back_at_random_stays_together_where_it_would_be_masked(library):
    _, events = library
    pairs = events.user * N_SONGS + events.item
    split = sn.splits.random(events)
    parts = [set(part.user * N_SONGS + part.item) for part in (split.train, split.validation, split.test)]
    assert set().union(*parts) == set(pairs)
    assert sum(map(len, parts)) == len(set(pairs))
    assert split.protocol["n_drawn"] == len(set(pairs))
    single = sn.splits.random(events, seen=[])
    assert len(single.test) == round(len(events) / 10)
    assert known_items(single.train).multiply(known_items(single.test)).nnz > 0
    for fold in sn.splits.folds(events, 4):
        assert known_items(fold.train, fold.validation).multiply(known_items(fold.test)).nnz == 0


def test_events_of_types_that_take_an_item_off_stay_together(library):
    catalog, events = library
    rng = np.random.default_rng(1)
    log = plays().with_columns(type=pl.Series(rng.choice(["play", "buy"], len(events))))
    typed = sn.Events.from_frame(log, items=catalog.items)
    split = sn.splits.random(typed, seen=["Buy"])
    assert split.protocol["seen"] == ["buy"]
    bought = [left_out_items(part, ("buy",)) for part in (split.train, split.validation, split.test)]
    assert bought[0].multiply(bought[2]).nnz == bought[0].multiply(bought[1]).nnz == 0
    assert known_items(split.train).multiply(known_items(split.test)).nnz > 0


def test_a_log_without_repeats_is_divided_as_ever(library):
    catalog, _ = library
    once = sn.Events.from_frame(
        plays().unique(["user_id", "item_id"], maintain_order=True), items=catalog.items
    )
    one, other = (sn.splits.random(once, seed=3, seen=seen) for seen in ("all", []))
    np.testing.assert_array_equal(one.test.item, other.test.item)
    assert "n_drawn" not in one.protocol
