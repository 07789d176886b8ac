"""Users whose attributes are known: fitted, recommended to, saved, filtered and evaluated."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.fusion.new_user_weights import learn_for_new_users
from sensorium.models.popularity import Popularity
from sensorium.models.user_attributes import UserAttributes
from sensorium.training.training_data import training_data, tuning_split, validation_data

N_USERS, N_ITEMS = 240, 40
KINDS = ("cook", "pilot")


def tables(*, told=True, seed=0):
    """Two kinds of people who choose from two halves of the items; without `told`, their kinds say
    nothing."""
    rng = np.random.default_rng(seed)
    kind = np.arange(N_USERS) % 2
    rows = []
    for user in range(N_USERS):
        chosen = rng.choice(N_ITEMS // 2, size=6, replace=False) + kind[user] * (N_ITEMS // 2)
        rows += [(f"u{user}", f"i{item}", 1e9 + 1e5 * user + n) for n, item in enumerate(chosen)]
    events = pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row")
    named = kind if told else rng.permutation(kind)
    users = pl.DataFrame(
        {
            "user_id": [f"u{user}" for user in range(N_USERS)] + ["newcomer"],
            "job": [KINDS[one] for one in named] + ["pilot"],
            "age": [*(20 + 30 * named + rng.integers(0, 9, N_USERS)).tolist(), 55],
        }
    )
    items = pl.DataFrame({"item_id": [f"i{item}" for item in range(N_ITEMS)]})
    catalog = sn.Catalog.from_frame(items)
    return catalog, sn.Events.from_frame(events, items=catalog.items), users


@pytest.fixture(scope="module")
def model():
    catalog, events, users = tables()
    return sn.fit(catalog, events, users=users, seconds=0.5)


def halves(answer):
    return {int(item.item_id[1:]) >= N_ITEMS // 2 for item in answer}


def test_a_new_user_gets_what_people_with_the_same_attributes_choose(model):
    for attributes, half in (
        ({"job": "cook"}, False),
        ({"job": "pilot", "age": 52}, True),
        ({"age": 24}, False),
    ):
        answer = model.recommend(attributes=attributes, k=8)
        assert halves(answer) == {half}, attributes
        assert answer.path == "profile"
    assert model.recommend(k=8).path == "popularity"


def test_a_user_of_the_table_without_events_is_answered_alone_and_in_batches(model):
    alone = model.recommend("newcomer", k=5)
    assert halves(alone) == {True}
    batch = model.recommend_batch(["newcomer"], 5)
    assert batch["item_id"].to_list() == list(alone.item_ids)
    assert set(batch["path"]) == {"profile"}


def test_what_is_said_counts_instead_of_what_the_table_says_and_the_rest_stays(model):
    assert halves(model.recommend("newcomer", attributes={"job": "cook", "age": 22}, k=5)) == {False}
    same = model.recommend("newcomer", attributes={"job": "pilot"}, k=5)
    assert same.item_ids == model.recommend("newcomer", k=5).item_ids


def test_reasons_add_up_and_say_that_people_like_these_chose_it(model):
    answer = model.recommend(attributes={"job": "cook"}, k=3, explain=True)
    for item, reasons in zip(answer, answer.reasons, strict=True):
        assert sum(reason.contribution for reason in reasons) == pytest.approx(item.score, abs=1e-4)
        assert "people like you chose it" in model.explain_text(reasons)
        assert "与你相似的人选择了它" in model.explain_text(reasons, language="zh")


def test_a_saved_model_knows_the_same_of_users(model, tmp_path):
    again = sn.load(model.save(tmp_path / "model"))
    for asked in ({"user": "newcomer"}, {"attributes": {"job": "cook"}}, {"user": "u3"}):
        assert again.recommend(**asked, k=6) == model.recommend(**asked, k=6)


def test_batches_are_for_users_who_meet_conditions(model):
    found = model.recommend_batch(k=1, users_where=["job=pilot", "age>=50"])
    expected = tables()[2].filter((pl.col("job") == "pilot") & (pl.col("age") >= 50))["user_id"]
    assert sorted(found["user_id"]) == sorted(expected)


def test_what_nobody_can_be_is_refused_with_what_there_is(model):
    with pytest.raises(ConfigError, match=r"no attribute 'town'.*Attributes are: job, age"):
        model.recommend(attributes={"town": "Ulm"})
    with pytest.raises(UnknownIdError, match=r"no user has the job 'king'.*cook, pilot"):
        model.recommend(attributes={"job": "king"})
    with pytest.raises(ConfigError, match="age is 'old', which is no number"):
        model.recommend(attributes={"age": "old"})
    catalog, events, _ = tables()
    plain = sn.fit(catalog, events, model="popularity", seconds=0.1)
    for asked in (
        lambda: plain.recommend(attributes={"age": 3}),
        lambda: plain.recommend_batch(users_where=["age<3"]),
    ):
        with pytest.raises(ConfigError, match="knows no attributes of users"):
            asked()


def test_users_who_come_by_an_update_and_new_items_leave_what_is_known(model):
    catalog, events, users = tables()
    fresh = sn.fit(catalog, events, users=users, model=sn.models.UserAttributes(popularity=2))
    before = fresh.recommend("newcomer", k=4)
    fresh.update(pl.DataFrame({"user_id": ["stranger", "u1"], "item_id": ["i3", "i39"]}))
    assert fresh.recommend("newcomer", k=4).item_ids == before.item_ids
    assert fresh.recommend("stranger", k=4).path in ("popularity", "fusion")


@pytest.mark.parametrize("told", [True, False])
def test_attributes_weigh_for_new_users_only_where_they_tell_something(told):
    catalog, events, users = tables(told=told)
    people = sn.fit(catalog, events, users=users, model="popularity", seconds=0.1).profiles.people
    known = sn.splits.own(events, events, events).knowing(people).train
    tuning = tuning_split(known)
    data = training_data(tuning.train, {})
    members = {name: one.fit(data) for name, one in (("popularity", Popularity()), ("who", UserAttributes()))}
    found = learn_for_new_users(members, data, validation_data(data, tuning), {}, fallback="popularity")
    assert found["popularity"] + found["who"] == pytest.approx(1)
    assert (found["who"] > 0.3) if told else (found["who"] == 0)


def test_without_attributes_there_is_nothing_to_weigh_and_the_model_says_what_it_needs():
    catalog, events, _ = tables()
    data = training_data(events, {})
    assert (
        learn_for_new_users({"popularity": Popularity().fit(data)}, data, None, {}, fallback="popularity")
        is None
    )
    with pytest.raises(sn.NotReadyError, match="needs the attributes of users"):
        sn.fit(catalog, events, model="user-attributes", seconds=0.1)


def test_evaluation_has_a_slice_for_each_group_and_models_read_attributes():
    catalog, events, users = tables()
    found = sn.evaluate(["user-attributes", "popularity"], catalog, events, users=users, seconds=0.2)
    slices = found.results["user-attributes"].slices
    assert (
        slices["user:job=cook"].n_users + slices["user:job=pilot"].n_users
        == found.results["popularity"].n_users
    )
    gain = found.difference("user-attributes", "popularity")
    assert gain.low > 0.05


FRIENDS = 4


def followed_tables(*, told=True, seed=1):
    """Users follow others of their own kind, or anybody where nothing is `told`; attributes say nothing."""
    catalog, events, _ = tables(seed=seed)
    rng = np.random.default_rng(seed)
    pairs = []
    for user in range(N_USERS):
        pool = np.arange(user % 2, N_USERS, 2) if told else np.arange(N_USERS)
        pairs += [(f"u{user}", f"u{other}") for other in rng.choice(pool, FRIENDS, replace=False)]
    pairs += [("newcomer", "u1"), ("newcomer", "u3"), ("newcomer", "u5")]
    follows = pl.DataFrame(pairs, schema=["user_id", "followed_id"], orient="row")
    ids = pl.DataFrame({"user_id": [f"u{user}" for user in range(N_USERS)]})
    return catalog, events, sn.Users.from_frame(ids, follows=follows)


def test_who_follows_somebody_gets_what_those_choose_and_a_saved_model_knows_it(tmp_path):
    catalog, events, users = followed_tables()
    model = sn.fit(catalog, events, users=users, seconds=0.5)
    answer = model.recommend("newcomer", k=6, explain=True)
    assert halves(answer) == {True}
    assert answer.path == "profile"
    assert "people you follow chose it" in model.explain_text(answer.reasons[0])
    assert sn.load(model.save(tmp_path / "model")).recommend("newcomer", k=6).item_ids == answer.item_ids


def test_followed_adds_up_what_the_followed_chose():
    catalog, events, users = followed_tables()
    model = sn.fit(
        catalog, events, users=users, model=sn.models.Followed(activity_exponent=0, popularity_exponent=0)
    )
    chosen = events.interactions().toarray()
    rows = events.users.indices(["u1", "u3", "u5"])
    scores = model.fusion.members["followed"].score(
        sn.models.QueryBatch.of_users(model.data, model.users.indices(["newcomer"]))
    )
    np.testing.assert_allclose(scores[0], chosen[rows].sum(axis=0))


@pytest.mark.parametrize("told", [True, False])
def test_whom_users_follow_weighs_only_where_it_tells_something(told):
    catalog, events, users = followed_tables(told=told)
    model = sn.fit(catalog, events, users=users, seconds=0.5)
    weights = {member.name: member.weight_without_history for member in model.fusion.config.members}
    assert (weights.get("followed") or 0) > 0.1 if told else not weights.get("followed")
