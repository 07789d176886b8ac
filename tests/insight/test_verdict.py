from dataclasses import replace

import numpy as np
import pytest
from tests.insight.cases import result

from sensorium.evaluation.intervals import Interval
from sensorium.insight.verdict import Comparison, bracketed, signed, verdict, with_ends

SURE = np.linspace(0.2, 0.8, 40)


def compared(model: float, popularity: float, ease: float | None = None) -> str:
    members = {} if ease is None else {"ease": result("ease", SURE + ease)}
    found = verdict(
        result("fusion", SURE + model),
        {"popularity": result("popularity", SURE + popularity)},
        members,
        "ndcg@20",
    )
    return found.headline


def test_a_clear_win_over_both_is_claimed() -> None:
    assert compared(0.1, 0.0, 0.05) == "Fusion beats popularity and the best single source."


def test_a_loss_is_said_first_hand() -> None:
    assert compared(0.05, 0.0, 0.1) == "Fusion beats popularity, but loses to the best single source."


def test_no_difference_is_not_called_a_win() -> None:
    assert compared(0.0, 0.0) == "No significant difference between fusion and popularity."
    assert (
        compared(0.1, 0.0, 0.1)
        == "Fusion beats popularity, but its difference to the best single source is not significant."
    )


def test_alone_there_is_no_verdict() -> None:
    assert "nothing to compare" in verdict(result("ease", SURE), {}, {}, "ndcg@20").headline


def test_a_baseline_is_not_the_best_source() -> None:
    found = verdict(
        result("fusion", SURE),
        {"popularity": result("popularity", SURE + 0.3)},
        {"popularity": result("popularity", SURE + 0.3), "ease": result("ease", SURE - 0.1)},
        "ndcg@20",
    )
    assert found.best_source == "ease"
    assert [comparison.outcome for comparison in found.comparisons] == ["worse", "better"]


@pytest.mark.parametrize("order", [("rp3", "ease", "image:a"), ("image:a", "ease", "rp3")])
def test_of_several_sources_the_best_is_compared(order: tuple[str, ...]) -> None:
    reached = {"rp3": -0.05, "ease": 0.02, "image:a": -0.2}
    members = {name: result(name, SURE + reached[name]) for name in order}
    found = verdict(result("fusion", SURE), {}, members, "ndcg@20")
    assert found.best_source == "ease"
    (comparison,) = found.comparisons
    assert (comparison.role, comparison.other) == ("the best single source", "ease")
    assert comparison.difference.mean == pytest.approx(-0.02)
    assert comparison.outcome == "worse"


def test_the_best_source_is_the_best_by_the_metric_that_is_asked_for() -> None:
    one, other = result("one", SURE), result("other", SURE)
    one = replace(one, metrics={"ndcg@20": 0.9, "recall@20": 0.1})
    other = replace(other, metrics={"ndcg@20": 0.1, "recall@20": 0.9})
    for metric, best in (("ndcg@20", "one"), ("recall@20", "other")):
        assert verdict(result("fusion", SURE), {}, {"one": one, "other": other}, metric).best_source == best


@pytest.mark.parametrize(("recent", "best"), [(-0.1, "recent-popularity"), (-0.3, "popularity")])
def test_the_baseline_is_the_best_of_the_trivial_ones(recent: float, best: str) -> None:
    reached = {"popularity": -0.2, "recent-popularity": recent}
    floors = {name: result(name, SURE + value) for name, value in reached.items()}
    (comparison,) = verdict(result("fusion", SURE), floors, {}, "ndcg@20").comparisons
    assert comparison.other == best
    assert verdict(result("fusion", SURE), floors, {}, "ndcg@20").headline == f"Fusion beats {best}."


def test_whether_zero_is_excluded_can_be_read() -> None:
    shown = Interval(0.014, 0.0003, 0.027, 9)
    assert Comparison("popularity", "popularity", shown).outcome == "better"
    assert with_ends(shown) == "+0.0140 [0.0003, 0.0270]"
    hidden = Interval(0.014, -0.00004, 0.027, 9)
    assert Comparison("popularity", "popularity", hidden).outcome == "equal"
    assert with_ends(hidden) == "+0.01400 [-0.00004, 0.02700]"


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval(0.012, 0.004, 0.02, 9), "better than popularity by +0.012 [0.004, 0.020]"),
        (Interval(-0.012, -0.02, -0.004, 9), "worse than popularity by -0.012 [-0.020, -0.004]"),
        (Interval(0.0, 0.0, 0.02, 9), "no significant difference to popularity: 0.000 [0.000, 0.020]"),
        (
            Interval(0.0012, -0.0002, 0.002, 9),
            "no significant difference to popularity: +0.0012 [-0.0002, 0.0020]",
        ),
    ],
)
def test_comparisons_in_words(interval: Interval, words: str) -> None:
    assert Comparison("popularity", "popularity", interval).in_words() == words


def test_the_single_source_is_named() -> None:
    told = Comparison("the best single source", "ease", Interval(0.1, 0.05, 0.15, 9)).in_words()
    assert told == "better than the best single source (ease) by +0.100 [0.050, 0.150]"


def test_zero_has_no_sign() -> None:
    assert signed(-1e-9) == signed(0.0) == "0.000"
    assert bracketed(Interval(0.5, -1e-9, 0.6, 3)) == "[0.000, 0.600]"


def test_no_model_is_compared_with_itself() -> None:
    alone = {"ease": result("ease", SURE)}
    found = verdict(result("ease", SURE), {"popularity": result("popularity", SURE - 0.1)}, alone, "ndcg@20")
    assert found.headline == "Ease beats popularity."
    assert found.best_source is None
    floor = {"popularity": result("popularity", SURE)}
    assert verdict(floor["popularity"], floor, {}, "ndcg@20").comparisons == ()
