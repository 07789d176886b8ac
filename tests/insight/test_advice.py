"""The first lines of the page say what to do, and claim no more than intervals allow."""

from dataclasses import replace

import numpy as np
import pytest
from tests.insight.cases import result

from sensorium.insight.advice import LINES, advice
from sensorium.insight.report_data import MediaFacts, ReportData
from sensorium.insight.words import Words

VALUES = np.linspace(0.2, 0.8, 400)
NOISE = np.where(np.arange(400) % 2, 0.3, -0.3)
EN, ZH = Words(), Words("zh")


def data(**changes) -> ReportData:
    own, floor = result("auto", VALUES), result("popularity", VALUES - 0.1)
    return replace(ReportData("shop", own, baselines={"popularity": floor}, folder="shop"), **changes)


def told(found: ReportData, words: Words = EN) -> str:
    lines = advice(found, words)
    assert len(lines) == LINES
    return "\n".join(lines)


def test_a_column_that_costs_is_to_be_dropped_and_one_that_helps_to_be_kept():
    columns = {
        "category:actors": result("x", VALUES + 0.02),
        "category:genres": result("y", VALUES - 0.03),
        "category:language": result("z", VALUES + NOISE),
    }
    lines = advice(data(without_columns=columns, without={"category": result("w", VALUES)}), EN)
    assert lines[0] == "Drop column actors: it costs 0.020 (-0.020 [-0.020, -0.020] with it)."
    assert "Keep column genres: without it 0.030 is lost (+0.030 [0.030, 0.030] with it)." in lines
    assert any(line.startswith("Look for a better encoder of column language, or drop it") for line in lines)
    assert not any("the categories" in line for line in lines), "its columns are known"


def test_the_only_column_of_a_modality_is_called_by_its_name():
    found = data(without={"image": result("x", VALUES - 0.03)}, columns={"image": "photo"})
    assert "Keep column photo:" in told(found)
    assert "Keep the pictures:" in told(data(without={"image": result("x", VALUES - 0.03)}))


def with_cold(model: str, values: np.ndarray, cold: np.ndarray):
    """A result whose users reach `cold` among items without events."""
    made = result(model, values)
    part = replace(made.slices["warm"], per_user={"ndcg@20": cold})
    return replace(made, slices={**made.slices, "cold": part})


def test_what_helps_new_items_is_said():
    own = with_cold("auto", VALUES, VALUES)
    without = {"image": with_cold("x", VALUES + NOISE, VALUES - 0.04)}
    said = told(data(result=own, without=without))
    assert "Fill in what is missing of the pictures: it helps new items, +0.040 [0.040, 0.040]." in said


def test_too_few_users_are_said_first_where_nothing_can_be_told():
    few = slice(0, 400, 20)
    own = result("auto", VALUES[few])
    floor = result("popularity", (VALUES + NOISE)[few] + np.linspace(-0.2, 0.2, 20))
    first = advice(data(result=own, baselines={"popularity": floor}), EN)[0]
    assert first.startswith("20 users are too few to tell differences below 0.")
    many = told(data())
    assert "400 users are enough" in many
    assert "too few" not in many


@pytest.mark.parametrize(("own", "advised"), [(VALUES, True), (VALUES + 0.3, False)])
def test_a_baseline_that_does_as_well_is_advised(own, advised):
    floor = {"popularity": result("popularity", VALUES + NOISE)}
    said = told(data(result=result("auto", own), baselines=floor))
    assert ("Try --model popularity, which is simpler" in said) == advised


def test_media_that_are_missing_or_broken_are_named():
    media = [MediaFacts("image:photo", 60, 40, 3), MediaFacts("text:plot", 100)]
    said = told(data(media=media))
    assert "Fill in column photo: 39% of the items lack it." in said
    assert "Mend 3 files of column photo that cannot be read" in said
    assert "plot" not in said


def test_there_are_five_lines_whatever_is_known_and_in_chinese_they_are_chinese():
    alone = ReportData("shop", result("auto", VALUES))
    assert "sn.fit(catalog, events)" in told(alone)
    assert "sensorium fit shop" in told(data())
    for line in advice(data(without={"image": result("x", VALUES - 0.03)}), ZH):
        assert not line.isascii()
