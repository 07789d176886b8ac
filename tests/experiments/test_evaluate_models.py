"""`sn.evaluate`: names, made and fitted models on the same users, with the numbers of their parts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.experiments.judging import BLOCKS, SEED, assert_same, judged_by_hand
from tests.experiments.rated_world import N_ITEMS, rated_events

import sensorium as sn
from sensorium.core.errors import ConfigError, DataError, UnknownIdError
from sensorium.evaluation.pooling import pooled
from sensorium.evaluation.result import paired_difference
from sensorium.experiments.evaluate import evaluate_split
from sensorium.experiments.evaluation_options import EvaluationOptions
from sensorium.experiments.model_choice import AskedForOthers, model_rows
from sensorium.insight.verdict import with_ends
from sensorium.models.base import FitOptions, QueryBatch
from sensorium.models.registry import make_model
from sensorium.training.fit_model import with_fallback
from sensorium.training.training_data import training_data

EVENTS = rated_events()
SPLIT = sn.splits.time(EVENTS, 0.2, 0.2)
CATALOG = sn.Catalog.from_frame(
    pl.DataFrame(
        {"item_id": [f"i{n}" for n in range(N_ITEMS)], "kind": [f"k{n % 5}" for n in range(N_ITEMS)]}
    ),
    category="kind",
)
ITEM_KNN = make_model("item-knn", {"neighbours": 5})
FEW = {"seconds": 0.2, "seed": SEED, "features": BLOCKS}


@pytest.fixture(scope="module")
def fitted():
    """What was fitted on the train part alone."""
    return sn.fit(CATALOG, SPLIT.train, model="item-knn", seconds=0.2)


@pytest.fixture(scope="module")
def several(fitted):
    """A name, a made model and a fitted one."""
    return sn.evaluate(
        {"named": "ease", "made <5>": ITEM_KNN, "fitted": fitted},
        CATALOG,
        split=SPLIT,
        metrics=["coverage@3", "recall@3", "ndcg@10", "category_diversity@5:kind", "diversity@4:image:a"],
        **FEW,
    )


class TestNumbers:
    @pytest.mark.parametrize("model", [pytest.param("auto", marks=pytest.mark.slow), "item-knn", "image:a"])
    def test_of_a_name_they_are_those_of_the_command_line(self, model):
        # the columns of a catalogue are encoded by both alike; here they are brought
        bare = sn.Catalog.from_frame(CATALOG.frame.select("item_id"))
        found = sn.evaluate(model, bare, split=SPLIT, seconds=0, seed=SEED, features=BLOCKS)
        blocks = found.evaluations[model].train.blocks
        assert blocks.keys() == BLOCKS.keys()
        expected = evaluate_split(SPLIT, blocks, EvaluationOptions(model=model, seconds=0, seed=SEED))
        assert_same(found.results[model], expected.result)
        assert found.results[model].protocol == expected.result.protocol
        assert_same(found.baselines["popularity"], expected.baselines["popularity"])

    def test_of_a_made_model_they_are_those_of_a_fit_on_train_with_its_settings(self, several):
        data = training_data(SPLIT.train, BLOCKS)
        options = EvaluationOptions(seed=SEED, k=20)
        fitted = make_model("item-knn", {"neighbours": 5}).fit(data, FitOptions(seed=SEED))
        expected = judged_by_hand(with_fallback("item-knn", fitted, data, FitOptions()), SPLIT, options)
        for metric in ("ndcg@10", "ndcg@20", "mrr@10"):
            found = several.results["made <5>"].per_user[metric]
            np.testing.assert_allclose(found, expected.per_user[metric])
        assert not ITEM_KNN.is_fitted

    def test_of_a_fitted_model_they_are_those_of_its_own_scores(self, several, fitted):
        expected = judged_by_hand(fitted.fusion, SPLIT, EvaluationOptions(seed=SEED, k=20))
        found = several.results["fitted"]
        np.testing.assert_allclose(found.per_user["ndcg@20"], expected.per_user["ndcg@20"])
        assert found.intervals["ndcg@10"] == expected.intervals["ndcg@10"]

    def test_whom_a_fitted_model_numbers_differently_it_still_knows(self):
        log = pl.DataFrame(
            {
                "user_id": EVENTS.users.ids[SPLIT.train.user],
                "item_id": EVENTS.items.ids[SPLIT.train.item],
                "rating": SPLIT.train.value,
                "timestamp": SPLIT.train.time,
            }
        )
        later = EVENTS.users.id(0)
        latest_first = log.filter(pl.col("user_id") != later).reverse()
        learnt = sn.Events.from_frame(latest_first, items=CATALOG.items, positive=["rating >= 4"])
        model = sn.fit(CATALOG, learnt, model="item-knn", seconds=0)
        n_learnt = len(model.users)
        model.update(pl.DataFrame({"user_id": [later], "item_id": ["i0"], "rating": [5.0]}))
        assert model.users.index(later) == n_learnt
        rows = model_rows(model, EVENTS.users)
        assert len(set(rows)) > 30
        for user, row in zip(EVENTS.users, rows, strict=True):
            known = user in model.users and model.users.index(user) < n_learnt
            assert row == (model.users.index(user) if known else -1)
        histories = training_data(sn.Events.concat(SPLIT.train, SPLIT.validation), {})
        asked = QueryBatch.of_users(histories, np.arange(histories.n_users))
        found = AskedForOthers(model, EVENTS.users).score(asked)
        np.testing.assert_array_equal(found, model.fusion.score(replace(asked, users=rows)))

    def test_all_are_judged_on_the_same_users_and_hold_all_that_was_asked(self, several):
        liked = np.unique(np.stack([SPLIT.train.user, SPLIT.train.item])[:, SPLIT.train.positive], axis=1)
        np.testing.assert_array_equal(several.popularity, np.bincount(liked[1], minlength=N_ITEMS))
        for result in (*several.results.values(), *several.baselines.values()):
            assert result.n_users == several.results["named"].n_users
            assert {"recall@3", "ndcg@10"} <= result.metrics.keys()
            beyond = {"coverage@3", "category_diversity@5:kind", "diversity@4:image:a"}
            assert beyond <= result.beyond.keys()

    def test_folds_are_pooled_by_user_for_names_and_made_models_alike(self):
        folds = sn.splits.folds(EVENTS, 3, seed=SEED)
        found = sn.evaluate(["image:a", ITEM_KNN], CATALOG, split=folds, **FEW)
        label = "item-knn(neighbours=5)"
        assert list(found.results) == ["image:a", label]
        each = [sn.evaluate(["image:a", ITEM_KNN], CATALOG, split=fold, **FEW) for fold in folds]
        for name, result in found.results.items():
            expected = pooled([one.results[name] for one in each], seed=SEED)
            assert result.intervals == expected.intervals
            assert result.protocol["folds"] == 3
        assert (
            sn.evaluate(ITEM_KNN, CATALOG, EVENTS, split="folds", seed=1).results[label].protocol["folds"]
            == 5
        )

    def test_mask_refit_and_impute_are_those_of_the_options(self):
        ways = {"mask": "train", "refit": True, "impute": "neighbours"}
        found = sn.evaluate("item-knn", CATALOG, split=SPLIT, **ways, **FEW).evaluations["item-knn"]
        told = found.result.protocol
        assert (told["mask"], told["refit"], told["seed"]) == ("train", True, SEED)
        assert found.train.interactions.nnz > SPLIT.train.interactions().nnz
        assert found.train.blocks["image:a"].present.sum() >= BLOCKS["image:a"].present.sum()

    def test_ratings_are_those_of_the_command_line_where_they_are_asked_for(self, several):
        found = sn.evaluate(["item-knn", ITEM_KNN], CATALOG, split=SPLIT, ratings=True, **FEW)
        options = EvaluationOptions(model="item-knn", seconds=0, seed=SEED, ratings=True)
        evaluation = found.evaluations["item-knn"]
        expected = evaluate_split(SPLIT, evaluation.train.blocks, options).ratings
        assert expected["rating_threshold"] == 4
        assert found.ratings == evaluation.ratings == pytest.approx(expected)
        assert several.ratings == {}


class TestFrame:
    def test_it_has_a_row_a_model_the_best_first_and_the_baselines_last(self, several):
        frame = several.frame
        assert frame["role"].to_list() == ["model"] * 3 + ["baseline"] * 2
        assert several.best == frame["model"][0]
        assert frame["recall@3"][:3].to_list() == sorted(frame["recall@3"][:3], reverse=True)
        assert set(frame["model"]) == {
            "named", "made <5>", "fitted", "popularity", "recent-popularity"
        }  # fmt: skip
        assert several.to_frame() is frame
        assert several.to_pandas().to_dict("list")["model"] == frame["model"].to_list()

    def test_its_numbers_are_those_of_the_results(self, several):
        rows = {row["model"]: row for row in several.frame.to_dicts()}
        assert several.metric == "recall@3"  # the first with a value for each user
        first = several.results["named"]
        for label, result in several.results.items():
            row, interval = rows[label], result.intervals["ndcg@10"]
            assert (row["ndcg@10"], row["ndcg@10_low"], row["ndcg@10_high"]) == (
                interval.mean, interval.low, interval.high
            )  # fmt: skip
            assert row["coverage@3"] == result.beyond["coverage@3"]
            if label != "named":
                expected = paired_difference(result, first, "recall@3")
                assert (row["difference"], row["p_value"]) == (expected.mean, expected.p_value)
                assert several.difference(label, "named") == expected
        assert rows["named"]["difference"] is None
        assert rows["fitted"]["fit_seconds"] is None
        assert rows["made <5>"]["fit_seconds"] > 0

    def test_one_model_is_compared_with_popularity_and_any_other_on_request(self, several):
        alone = sn.evaluate(ITEM_KNN, CATALOG, split=SPLIT, metrics="mrr@4")
        assert alone.against == "popularity"
        assert alone.frame["difference"].null_count() == 1
        other = sn.evaluate(
            ["popularity", ITEM_KNN], CATALOG, split=SPLIT, against="recent-popularity", **FEW
        )
        assert other.against == "recent-popularity"
        assert list(other.baselines) == ["recent-popularity"]  # popularity is a model here
        with pytest.raises(UnknownIdError, match="Evaluated were: popularity"):
            several.difference("named", "nobody")

    def test_it_shows_itself_in_a_terminal_and_in_a_notebook(self, several):
        lines = repr(several).splitlines()
        n = several.results["named"].n_users
        assert lines[0].startswith(f"time split, {n} users with")
        assert lines[1].split() == [
            "model",
            "recall@3",
            "95%",
            "difference",
            *several.metrics[:1],
            *several.metrics[2:],
        ]
        assert lines[2].startswith(several.best)
        for label in {*several.results, *several.baselines} - {several.against}:
            (line,) = (line for line in lines[2:] if line.startswith(f"{label} "))
            assert with_ends(several.difference(label, several.against)) in line
        assert lines[-1].split()[1] == "(baseline)"
        shown = several._repr_html_()
        assert "made &lt;5&gt;" in shown
        assert shown.count("<tr>") == 6


class TestReport:
    def test_of_one_tuned_model_it_is_that_of_the_command_line(self, tmp_path):
        found = sn.evaluate("item-knn", CATALOG, split=SPLIT, **FEW)
        page = found.report(str(tmp_path / "report.html"), title="a <shop>").read_text("utf-8")
        assert "a &lt;shop&gt;" in page
        assert "Recommendations for real users" in page
        assert "the best other model" not in page

    def test_of_several_it_is_of_the_best_beside_the_others(self, several, tmp_path):
        page = several.report(tmp_path / "report.html").read_text("utf-8")
        assert "All models, first 3 recommendations" in page
        assert "the best other model" in page
        for label in ("named", "made &lt;5&gt;", "fitted", "recent-popularity"):
            assert label in page

    def test_it_is_of_the_best_wherever_that_stands(self, several, tmp_path):
        best = {several.best: several.results[several.best]}
        others = {label: found for label, found in several.results.items() if label != several.best}
        pages = [
            replace(several, results=results).report(tmp_path / "report.html").read_text("utf-8")
            for results in (best | others, others | best)
        ]
        assert pages[0] == pages[1]

    def test_of_one_made_model_it_is_written_too(self, tmp_path):
        found = sn.evaluate(ITEM_KNN, CATALOG, split=SPLIT, **FEW)
        assert "item-knn(neighbours=5)" in found.report(tmp_path / "report.html").read_text("utf-8")


class TestInput:
    @pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame])
    def test_events_may_be_a_frame_and_the_split_is_found_by_itself(self, frame):
        items = np.random.default_rng(0).integers(36, size=200)
        log = {"user_id": [f"u{n % 9}" for n in range(200)], "item_id": [f"i{n}" for n in items]}
        assert sn.evaluate(ITEM_KNN, CATALOG, frame(log)).frame["n_users"][0] > 0
        dated = frame(log | {"timestamp": list(range(200))})
        found = sn.evaluate(ITEM_KNN, CATALOG, dated).results["item-knn(neighbours=5)"]
        assert found.protocol["split"] == "time"
        per_user = sn.evaluate(ITEM_KNN, CATALOG, dated, split="per-user").results["item-knn(neighbours=5)"]
        assert per_user.protocol["split"] == "user-time"

    def test_labels_are_names_with_what_is_set(self):
        models = [make_model("item-knn", {}), ITEM_KNN]
        assert list(sn.evaluate(models, CATALOG, split=SPLIT).results) == [
            "item-knn",
            "item-knn(neighbours=5)",
        ]

    @pytest.mark.parametrize(
        ("models", "said"),
        [
            ([], "no model to evaluate"),
            ({}, "no model to evaluate"),
            (["ease", "ease"], "two models are called 'ease'"),
            (7, "a int is no model"),
            (type(ITEM_KNN), "is a class. Make a model of it: "),
            ("eese", "unknown model 'eese'.*Known are: auto.*ease.*image:a"),
            ({"popularity": "ease"}, "'popularity' is a baseline"),
            (make_model("rating-bias", {}), "rating-bias predicts ratings"),
        ],
    )
    def test_what_is_no_model_is_refused(self, models, said):
        with pytest.raises(ConfigError, match=said):
            sn.evaluate(models, CATALOG, split=SPLIT, **FEW)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"metrics": ["ndgc@10"]}, "unknown metric 'ndgc@10'.*Did you mean ndcg.*Known are: precision"),
            ({"metrics": "coverage@10"}, "no metric compares models"),
            ({"metrics": ["ndcg@10", "diversity@10:image:z"]}, "no feature column 'image:z'.*image:a"),
            ({"metrics": ["ndcg@10", "category_diversity@10:x"]}, "no category column 'x'.*kind"),
            ({"metrics": ["ndcg@10", "diversity@10"]}, "Write for example diversity@10:image:poster"),
            ({"split": "tiem"}, "'tiem' is no split. Name one of auto, time"),
            ({"split": []}, "is no split"),
            ({"split": None}, "a NoneType is no split"),
            ({"split": "time"}, "no events to divide"),
            ({"against": "ials"}, "unknown model 'ials'.*Evaluated are: ease, popularity"),
            ({"mask": "all"}, "unknown mask"),
            ({"seconds": -1}, "seconds"),
        ],
    )
    def test_what_cannot_be_done_is_refused_before_anything_is_fitted(self, given, said):
        with pytest.raises(ConfigError, match=said):
            sn.evaluate("ease", CATALOG, **({"split": SPLIT, "features": BLOCKS} | given))

    def test_a_metric_of_an_unknown_block_or_column_is_refused_before_anything_is_encoded(self, tmp_path):
        named = CATALOG.frame.with_columns(pl.lit("thing").alias("title"))
        catalog = sn.Catalog.from_frame(named, text="title")
        for metric, said in (
            ("diversity@7:image:x", "no feature column"),
            ("category_diversity@7:x", "no category"),
        ):
            with pytest.raises(ConfigError, match=said):
                sn.evaluate("ease", catalog, split=SPLIT, metrics=["ndcg@7", metric], store=tmp_path / "kept")
        assert not (tmp_path / "kept").exists()

    def test_a_frame_does_for_a_catalogue_and_a_split_is_of_its_items(self):
        asked = {"split": SPLIT, "features": BLOCKS, "metrics": "ndcg@7"}
        made = make_model("ease", {"regularization": 7.0})
        frames = [
            sn.evaluate(made, given, **asked).to_frame().drop("fit_seconds")
            for given in (CATALOG, CATALOG.frame)
        ]
        assert frames[0].equals(frames[1])
        other = sn.Catalog.from_frame(pl.DataFrame({"item_id": ["x", "y"]}))
        with pytest.raises(DataError, match="items of another catalogue"):
            sn.evaluate("ease", other, split=SPLIT)

    def test_a_model_that_has_learnt_from_test_is_refused_and_told_how_much(self, fitted):
        past = sn.Events.concat(SPLIT.train, SPLIT.validation)
        known = set(zip(past.user.tolist(), past.item.tolist(), strict=True))
        asked = set(zip(SPLIT.test.user.tolist(), SPLIT.test.item.tolist(), strict=True)) - known
        spoilt = sn.fit(CATALOG, EVENTS, model="item-knn", seconds=0)
        with pytest.raises(DataError, match=f"'it' has learnt from {len(asked)} of {len(asked)} test"):
            sn.evaluate({"it": spoilt}, CATALOG, split=SPLIT)
        seen = SPLIT.test.where(np.arange(len(SPLIT.test)) < 1)
        one = sn.fit(CATALOG, sn.Events.concat(past, seen), model="item-knn", seconds=0)
        is_new = (int(seen.user[0]), int(seen.item[0])) in asked
        if is_new:
            with pytest.raises(DataError, match="has learnt from 1 of"):
                sn.evaluate({"it": one}, CATALOG, split=SPLIT)
        assert sn.evaluate(fitted, CATALOG, split=SPLIT).results["item-knn (fitted)"].n_users

    def test_a_model_of_other_items_is_refused(self):
        other = sn.Catalog.from_frame(CATALOG.frame.reverse(), category="kind")
        log = pl.DataFrame({"user_id": ["a", "a", "b", "b"], "item_id": ["i1", "i2", "i1", "i3"]})
        model = sn.fit(other, sn.Events.from_frame(log, items=other.items), model="item-knn", seconds=0)
        with pytest.raises(DataError, match="items of another catalogue"):
            sn.evaluate(model, CATALOG, split=SPLIT)
