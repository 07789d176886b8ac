"""The contest with peers judges alike what it was given alike; nothing is installed here."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

PEERS = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"


@pytest.fixture(autouse=True)
def _import_from_the_contest(monkeypatch):
    for folder in (PEERS.parent, PEERS, PEERS / "contest"):
        monkeypatch.syspath_prepend(str(folder))
    yield
    for name in ("splits", "judging", "showing", "given", "ranking", "tuning", "environments"):
        sys.modules.pop(name, None)


@pytest.fixture
def published(tmp_path):
    """A published split: 40 users, 30 items, no test part."""
    rng = np.random.default_rng(0)
    pairs = pl.DataFrame(
        {
            "user_id": np.repeat(np.arange(40), 8),
            "item_id": np.hstack([rng.permutation(30)[:8] for _ in range(40)]),
        }
    ).with_row_index("place")
    held = pl.col("place") % 8 >= 6
    pairs.filter(~held).drop("place").write_csv(tmp_path / "train.csv")
    pairs.filter(held).drop("place").write_csv(tmp_path / "validation.csv")
    np.save(tmp_path / "image.npy", rng.normal(size=(30, 4)).astype(np.float16))
    return tmp_path


@pytest.fixture
def split(published):
    from splits import halved

    folder = published / "split"
    folder.mkdir()
    halved(published, folder)
    return folder


def part(split, name):
    return pl.read_csv(split / f"{name}.csv")


def test_validation_is_halved_by_users_and_train_stays_as_published(published, split):
    held, tune, test = (
        pl.read_csv(published / "validation.csv"),
        part(split, "validation"),
        part(split, "test"),
    )
    assert not set(tune["user_id"]) & set(test["user_id"])
    assert sorted(pl.concat([tune, test]).rows()) == sorted(held.rows())
    assert tune["user_id"].n_unique() == test["user_id"].n_unique() == 20
    assert part(split, "train").rows() == pl.read_csv(published / "train.csv").rows()
    assert part(split, "asked")["user_id"].to_list() == sorted(set(test["user_id"]))


def test_a_split_is_the_same_twice(published, split, tmp_path):
    from splits import halved

    again = tmp_path / "again"
    again.mkdir()
    halved(published, again)
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {
        p.name: p.read_bytes() for p in split.iterdir()
    }


def test_peers_are_not_given_the_test(split):
    from given import read_given

    whole = read_given(split)
    (split / "test.csv").unlink()
    found = read_given(split)
    assert found.train.shape == (40, 30)
    assert found.train.nnz == 240
    assert (found.train != whole.train).nnz == 0
    assert not found.refits
    np.testing.assert_allclose(np.linalg.norm(found.features["image"], axis=1), 1, rtol=1e-5)
    assert found.content.shape == (30, 4)


def test_the_metric_of_tuning_is_the_judge_s(split):
    from given import read_given
    from judging import judge_of, judged

    from ranking import ndcg, top_items

    found, judge = read_given(split), judge_of(split)
    table = np.random.default_rng(1).normal(size=found.train.shape)
    lists = top_items(lambda users: table[users], found.asked, found.known)
    np.savez(split / "lists.npz", users=found.asked, items=lists)
    result = judged(judge, "random", split / "lists.npz")
    from scipy import sparse

    expected = ndcg(lists, sparse.csr_matrix(judge.relevant)[found.asked])
    np.testing.assert_allclose(result.per_user["ndcg@20"][found.asked], expected)
    assert 0 < result.metrics["recall@20"] < 1


def test_lists_that_know_the_answer_are_perfect(split):
    from given import read_given
    from judging import judge_of, judged

    from ranking import top_items

    found, judge = read_given(split), judge_of(split)
    answers = judge.relevant.toarray()
    lists = top_items(lambda users: answers[users], found.asked, found.known)
    np.savez(split / "lists.npz", users=found.asked, items=lists)
    assert judged(judge, "oracle", split / "lists.npz").metrics["ndcg@20"] == 1


def test_equal_scores_go_by_popularity_and_known_items_are_never_listed(split):
    from given import read_given

    from ranking import NOBODY, top_items

    found = read_given(split)
    lists = top_items(lambda users: np.zeros((len(users), 30)), found.asked, found.known)
    popularity = np.asarray(found.train.sum(axis=0)).ravel()
    for user, items in zip(found.asked, lists, strict=True):
        items = items[items != NOBODY]
        assert not found.known[user].toarray().ravel()[items].any()
        assert (np.diff(popularity[items]) <= 0).all()


def test_an_item_without_a_score_comes_last(split):
    from given import read_given

    from ranking import top_items

    found = read_given(split)
    scores = np.tile(np.arange(30.0), (40, 1))
    scores[:, 29] = np.nan
    lists = top_items(lambda users: scores[users], found.asked, found.known)
    assert not (lists[:, 0] == 29).any()


@pytest.mark.parametrize(
    ("spoil", "message"), [("twice", "an item twice"), ("known", "knew"), ("user", "no list")]
)
def test_lists_against_the_rules_are_refused(split, spoil, message):
    from given import read_given
    from judging import judge_of, judged

    from ranking import top_items
    from sensorium.core.errors import DataError

    found = read_given(split)
    users = found.asked
    lists = top_items(lambda users: np.zeros((len(users), 30)), users, found.known)
    if spoil == "twice":
        lists[0, 1] = lists[0, 0]
    elif spoil == "known":
        lists[0, 0] = found.known[users[0]].indices[0]
    else:
        users, lists = users[1:], lists[1:]
    np.savez(split / "lists.npz", users=users, items=lists)
    with pytest.raises(DataError, match=message):
        judged(judge_of(split), "spoilt", split / "lists.npz")


def test_the_table_tells_ours_paired_with_each_and_what_could_not_run(split, tmp_path):
    from given import read_given
    from judging import table_of
    from showing import section

    from ranking import top_items

    found, runs = read_given(split), tmp_path / "runs"
    runs.mkdir()
    facts = json.loads((split / "facts.json").read_text())
    ran = {"fingerprint": facts["fingerprint"], "tune_seconds": 1.0, "fit_seconds": 0.1, "peak_mib": 100.0}
    ran["budget_seconds"] = 1.0
    for seed, name in enumerate(("sensorium-auto", "implicit-bpr")):
        table = np.random.default_rng(seed).normal(size=found.train.shape)
        lists = top_items(lambda users, table=table: table[users], found.asked, found.known)
        np.savez(runs / f"{name}.npz", users=found.asked, items=lists)
        (runs / f"{name}.json").write_text(json.dumps(ran))
    (runs / "cornac-ease.json").write_text(json.dumps(ran | {"error": "no memory"}))
    (runs / "lenskit-ease.json").write_text(json.dumps(ran | {"fingerprint": "another split"}))
    rows = table_of((split, runs))
    assert [row["name"] for row in rows] == ["implicit-bpr", "sensorium-auto", "cornac-ease"]
    ahead = rows[0]["ours minus this"]["ndcg@20"]
    assert ahead["mean"] == pytest.approx(rows[1]["ndcg@20"] - rows[0]["ndcg@20"])
    shown = section("tiktok", facts | {"rows": rows})
    assert "**sensorium auto**" in shown
    assert "could not run: no memory" in shown
    assert "best of the others (implicit bpr)" in shown


def test_tuning_takes_the_best_round_and_fits_again_on_all_that_is_known(split):
    from given import read_given
    from tuning import Contestant, Tuning

    facts = json.loads((split / "facts.json").read_text())
    (split / "facts.json").write_text(json.dumps(facts | {"known": "train+validation"}))
    found = read_given(split)
    answers = found.validation.toarray()
    fitted = []

    def fit(settings, past):
        fitted.append(past.clicks.nnz)
        for strength in (0.0, 1.0, -1.0):
            yield lambda users, strength=strength: strength * answers[users]

    tuning = Tuning(Contestant({"x": 1}, lambda trial: {"x": trial.suggest_int("x", 1, 1)}, fit), found, 0)
    best = tuning.search()
    assert best.rounds in (1, 2)
    assert fitted == [240]
    tuning.last_fit()
    assert fitted[-1] == 240 + found.validation.nnz


def test_made_events_hold_one_back_of_some_and_tuning_knows_other_users_than_the_test(tmp_path):
    from splits import generated

    generated(300, 20_000, tmp_path)
    tune, test, train = (part(tmp_path, name) for name in ("validation", "test", "train"))
    assert not set(tune["user_id"]) & set(test["user_id"])
    assert len(tune) == tune["user_id"].n_unique()
    assert len(test) == test["user_id"].n_unique()
    assert train.n_unique() == len(train) > 10_000
    assert set(test["user_id"]) <= set(train["user_id"])


def test_the_commit_before_is_no_peer():
    from showing import verdict

    ahead = {"ours minus this": {"ndcg@20": {"mean": 0.01, "low": 0.0, "high": 0.02}}}
    ran = [{"name": "sensorium-auto"}, {"name": "before-auto"} | ahead, {"name": "implicit-ials"} | ahead]
    assert "(implicit ials)" in verdict(ran)
    assert verdict(ran[:2]) == ""


def test_an_unknown_commit_is_an_error_that_names_it(tmp_path):
    from environments import InstallError, sources_at

    with pytest.raises(InstallError, match="nowhere"):
        sources_at("nowhere", tmp_path)
    assert not list(tmp_path.iterdir())


def test_swapped_halves_are_judged_together_on_all_users(published, tmp_path):
    from given import read_given
    from judging import METRICS, table_of
    from splits import halved

    from ranking import top_items

    parts = []
    for is_swapped in (False, True):
        folder = tmp_path / f"half{is_swapped}"
        split, runs = folder / "split", folder / "runs"
        split.mkdir(parents=True)
        runs.mkdir()
        halved(published, split, is_swapped=is_swapped)
        found = read_given(split)
        facts = json.loads((split / "facts.json").read_text())
        ran = {"fingerprint": facts["fingerprint"], "tune_seconds": 1.0, "fit_seconds": 0.1}
        for seed, name in enumerate(("sensorium-auto", "implicit-bpr")):
            table = np.random.default_rng(seed).normal(size=found.train.shape)
            lists = top_items(lambda users, table=table: table[users], found.asked, found.known)
            np.savez(runs / f"{name}.npz", users=found.asked, items=lists)
            (runs / f"{name}.json").write_text(json.dumps(ran))
        parts.append((split, runs))
    assert set(part(parts[0][0], "test")["user_id"]) == set(part(parts[1][0], "validation")["user_id"])
    each, both = [table_of(one) for one in parts], table_of(*parts)
    for position, row in enumerate(both):
        assert row["users"] == sum(one[position]["users"] for one in each) == 40
        for metric in METRICS:
            mean = np.mean([one[position][metric] for one in each])
            assert row[metric] == pytest.approx(mean)
    ahead = both[0]["ours minus this"]["ndcg@20"]
    assert ahead["mean"] == pytest.approx(both[1]["ndcg@20"] - both[0]["ndcg@20"])
