"""Threads ask while others add items and events: they are told what was before a change or is after it."""

import copy
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.arrays import shortest_decimal
from sensorium.fusion.late_fusion import LateFusion
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.ease import EASE
from sensorium.models.popularity import Popularity, RecentPopularity

ASKED = 4
CHANGES = 20
READERS = 2
WRITERS = 4
N_ITEMS, N_USERS = 24, 30
WORDS = ("ember brick ruby", "ocean whale glacier")


@pytest.fixture(autouse=True)
def frequent_turns():
    """Threads take turns so often that what is not done in one step is seen half done."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(2e-4)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture(scope="module")
def fitted():
    """A fusion of behaviour, words and counts; even users like even items. Do not change it."""
    rng = np.random.default_rng(0)
    items = pl.DataFrame({"item_id": [f"i{n}" for n in range(N_ITEMS)]}).with_columns(
        words=pl.Series([WORDS[n % 2] for n in range(N_ITEMS)])
    )
    users, liked = np.nonzero(rng.random((N_USERS, N_ITEMS)) < 0.4)
    alike = users % 2 == liked % 2
    log = pl.DataFrame(
        {
            "user_id": [f"u{n}" for n in users[alike]],
            "item_id": [f"i{n}" for n in liked[alike]],
            "timestamp": 1.7e9 + rng.permutation(int(alike.sum())) * 3600.0,
        }
    )
    model = sn.fit(sn.Catalog.from_frame(items, text="words"), log, model="popularity")
    block = next(iter(model.item_features.blocks))
    members = {
        "ease": EASE(regularization=1.0),
        block: ContentKNN(ContentKNNConfig(block=block)),
        "popularity": Popularity(),
        "recent-popularity": RecentPopularity(),
    }
    model.fusion = LateFusion.from_members(
        {name: member.fit(model.data) for name, member in members.items()}, dict.fromkeys(members, 0.25)
    )
    return model


@pytest.fixture
def own_model(fitted):
    """The same; a test may add to it."""
    return copy.deepcopy(fitted)


def listed(found):
    return found.item_ids, tuple(map(shortest_decimal, found.scores))


def explained(told):
    return told.item_id, shortest_decimal(told.score), told.rank, told.n_ranked, told.path


def questions(model):
    """Return name -> what asks the model something and returns the whole answer as something to compare."""
    users, item = [*model.users][:ASKED], model.catalog.items.given_ids[0]
    return {
        "recommend": lambda: listed(model.recommend(users[0], k=1000, explain=True)),
        "search": lambda: listed(model.search(text="ember whale", k=1000)),
        "search for a user": lambda: listed(model.search(text="ember whale", user=users[1], k=1000)),
        "similar": lambda: listed(model.similar(item, k=1000)),
        "explain": lambda: explained(model.explain(users[2], item)),
        "recommend_batch": lambda: tuple(model.recommend_batch(k=1000).drop("path").rows()),
        "score": lambda: model.score(users).tobytes(),
    }


def new_item(model, number, name="new"):
    """Return a row like that of an item that there is."""
    like = model.catalog.frame[number % 8]
    return like.with_columns(pl.lit(f"{name}-{number}").alias(model.catalog.id_column))


def new_event(model, number, name="new"):
    item = model.catalog.items.given_ids[number % 8]
    return pl.DataFrame({"user_id": [f"{name}-{number}"], "item_id": [item]})


def change(model, number):
    if number % 2:
        model.add_items(new_item(model, number))
    else:
        model.update(new_event(model, number))


@pytest.mark.parametrize("asked", ["recommend", "search", "search for a user", "similar", "explain",
                                   "recommend_batch", "score"])  # fmt: skip
def test_who_asks_while_others_change_the_model_is_told_the_old_or_the_new(own_model, asked):
    ask = questions(own_model)[asked]
    right, done = [ask()], threading.Event()

    def reads():
        found = [ask()]
        while not done.is_set():
            found.append(ask())
        return found

    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(reads) for _ in range(READERS)]
        try:
            for number in range(CHANGES):
                change(own_model, number)
                right.append(ask())
        finally:
            done.set()
        told = [reader.result() for reader in readers]
    for answers in told:
        versions = [right.index(answer) for answer in answers]  # ValueError: neither the old nor the new
        last = [len(right) - 1 - right[::-1].index(answer) for answer in answers]
        assert all(earlier <= later for earlier, later in zip(versions, last[1:], strict=False))


def test_changes_of_many_threads_all_take_effect(own_model):
    def writes(writer):
        for number in range(3):
            own_model.add_items(new_item(own_model, number, f"item{writer}"))
            own_model.update(new_event(own_model, number, f"user{writer}"))

    n_items, n_users = len(own_model.catalog), len(own_model.users)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(writes, range(WRITERS)))
    assert len(own_model.catalog) == n_items + 3 * WRITERS
    assert len(own_model.users) == n_users + 3 * WRITERS
    for writer in range(WRITERS):
        assert len(own_model.recommend(f"user{writer}-2", k=1000)) == n_items + 3 * WRITERS - 1


def test_what_is_saved_while_others_change_the_model_is_one_moment_of_it(own_model, tmp_path):
    n_items, n_users, done = len(own_model.catalog), len(own_model.users), threading.Event()

    def saves():
        places = []
        while not done.is_set():
            places.append(own_model.save(tmp_path / str(len(places))))
        return places

    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(saves)
        for number in range(CHANGES):
            change(own_model, number)
        done.set()
    assert saved.result()
    for place in saved.result():
        model = sn.load(place)
        changes = len(model.catalog) - n_items + len(model.users) - n_users
        assert len(model.users) - n_users == (changes + 1) // 2
        assert model.data.interactions.shape == (len(model.users), len(model.catalog))
        assert len(model.recommend_batch(k=1)) == len(model.users)
