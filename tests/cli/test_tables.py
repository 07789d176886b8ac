"""Every number of a table stands under its own heading, and every word means what it says."""

import re
from types import MappingProxyType

import numpy as np
import pytest
from tests.cli.tables import lines_of, row
from tests.insight.cases import result

from sensorium.cli import level_table, probe_tables, robustness_table
from sensorium.cli.choice_tables import left_out_lines, verbose_choice_table
from sensorium.cli.console import OUT
from sensorium.cli.encoding_tables import encoding_table, failures_table
from sensorium.cli.evaluation_tables import ablations_table, slices_table
from sensorium.core.block_name import BlockName
from sensorium.encoders.report import BlockReport, EncodeFailure, EncodeReport, EncodeResult
from sensorium.encoders.text.nmf_topics import NMFTopics
from sensorium.evaluation.intervals import Interval
from sensorium.experiments.feature_value import FeatureGain
from sensorium.experiments.fusion_levels import TAKEN, FusionLevels, FusionMethod
from sensorium.experiments.probed_column import Candidate, ProbedColumn
from sensorium.features.block import FeatureBlock
from sensorium.insight.ablation import leave_one_out
from sensorium.insight.robustness import Removal, Robustness
from sensorium.serving.fit_record import FitRecord

VALUES = np.linspace(0.3, 0.7, 60)
NOISE = np.where(np.arange(60) % 2, 0.05, -0.05)


@pytest.fixture
def printed(capfd, monkeypatch):
    """Return what a call prints on a wide terminal, line by line."""
    monkeypatch.setattr(OUT, "width", 160)

    def lines(show, *given):
        capfd.readouterr()
        show(*given)
        return [line.rstrip() for line in capfd.readouterr().out.splitlines() if line.strip()]

    return lines


def test_an_ablation_says_whether_the_model_is_worse_or_better_without_a_modality():
    without = {
        "text": result("fusion", VALUES - 0.2),
        "number": result("fusion", VALUES + 0.01),
        "image": result("fusion", VALUES + NOISE),
    }
    table = ablations_table(leave_one_out(result("fusion", VALUES), without), "ndcg@20")
    assert lines_of(table)[1].split()[:6] == ["modality", "ndcg@20", "without", "it", "difference", "95%"]
    assert row(table, "text")[1:3] == ["0.3000", "+0.200"]
    assert row(table, "text")[-2:] == ["worse", "without"]
    assert row(table, "number")[1:3] == ["0.5100", "-0.010"]
    assert row(table, "number")[-2:] == ["better", "without"]
    assert row(table, "image")[-2:] == ["not", "significant"]


def test_an_ablation_shows_its_intervals_whole_on_a_narrow_terminal():
    without = {"text:description": result("fusion", VALUES + NOISE / 200)}
    table = ablations_table(leave_one_out(result("fusion", VALUES), without), "ndcg@20")
    shown = "\n".join(lines_of(table, width=80))
    assert re.search(r"\[-?[0-9.]+, -?[0-9.]+\]", shown)
    assert "…" not in shown


def test_slices_count_users_and_test_interactions():
    table = slices_table(result("fusion", VALUES), "ndcg@20")
    shown = lines_of(table)
    assert shown[1].split()[-5:] == ["among", "users", "test", "interactions", "ndcg@20"]
    assert shown[2].startswith("items with training events")
    assert shown[2].split()[-3:] == ["60", "120", "0.5000"]
    assert not any("items without training events" in line for line in shown), "nobody looked for any"
    assert shown[-1].startswith("users with 1 to 5 items in their history")


def test_what_auto_takes_stands_beside_the_others_and_their_differences(printed):
    methods = (
        FusionMethod("scores", "by z-scores", result("a", VALUES), Interval(-0.02, -0.03, -0.01, 60)),
        FusionMethod("scores", TAKEN, result("b", VALUES + 0.02), None),
    )
    shown = printed(level_table.show_levels, FusionLevels(methods, "ndcg@20", 60, {}, 3.0))
    assert shown[1].split() == ["level", "method", "ndcg@20", "against", "auto"]
    assert shown[2].split() == ["scores", "by", "z-scores", "0.5000", "-0.020", "[-0.030,", "-0.010]"]
    assert shown[3].split() == [*TAKEN.split(), "0.5200"]


def test_what_a_removal_takes_is_shown_below_zero_for_either_treatment(printed):
    def removal(share, lost, *, imputed):
        at = Interval(0.5 - lost, 0.4, 0.5, 9)
        return Removal("text", share, imputed, at, Interval(lost, lost - 0.01, lost + 0.01, 9))

    found = Robustness(
        "ndcg@20",
        Interval(0.5, 0.4, 0.6, 9),
        (
            removal(0.1, 0.02, imputed=False),
            removal(0.5, 0.2, imputed=False),
            removal(0.1, 0.015, imputed=True),
            removal(0.5, 0.1, imputed=True),
        ),
        Interval(0.52, 0.4, 0.6, 9),
    )
    shown = printed(robustness_table.show_robustness, found)
    head = next(number for number, line in enumerate(shown) if line.startswith("removed"))
    assert " ".join(shown[:head]).endswith("ndcg@20 0.5000 with nothing removed, 0.5200 imputed")
    assert [line.split() for line in shown[head : head + 3]] == [
        ["removed", "10%", "50%"],
        ["text", "-0.020", "-0.200"],
        ["text,", "imputed", "-0.015", "-0.100"],
    ]


def test_a_run_of_encoders_counts_what_is_new_known_missing_and_failed():
    block = FeatureBlock(BlockName("text:plot"), np.zeros((1, 7), np.float32), np.zeros(1, np.bool_))
    report = EncodeReport({"text:plot": BlockReport(encoded=4, reused=3, missing=2, failed=1)})
    table = encoding_table(EncodeResult({"text:plot": block}, {"text:plot": NMFTopics()}, report))
    assert lines_of(table)[0].split() == [
        "block", "encoder", "columns", "encoded", "reused", "missing", "failed",
    ]  # fmt: skip
    assert row(table, "text:plot")[1:] == ["nmf-topics", "7", "4", "3", "2", "1"]


def test_each_failure_names_its_item_block_file_and_reason():
    failure = EncodeFailure("image:cover", "i7", "7.png", "not a picture")
    table = failures_table(EncodeResult({}, {}, EncodeReport({}, [failure] * 21)))
    assert "(the first 20 of 21)" in lines_of(table)[0]
    assert lines_of(table)[1].split() == ["item", "block", "file", "reason"]
    assert lines_of(table)[2].split() == ["i7", "image:cover", "7.png", "not", "a", "picture"]
    assert len(lines_of(table)) == 22


MEMBER = MappingProxyType(
    {"weight": 0.0, "cold_weight": 0.0, "settings": {}, "serves": True, "why": "by default"}
)


def test_a_choice_says_what_a_member_without_weight_is_for():
    members = [
        {**MEMBER, "name": "ease", "weight": 0.75, "ndcg@20": 0.25},
        {**MEMBER, "name": "year", "cold_weight": 0.5},
        {**MEMBER, "name": "popularity"},
        {**MEMBER, "name": "idle", "serves": False},
    ]
    weights = {
        "method": "shrunk",
        "moving_with": ["the age of the item"],
        "ndcg@20": 0.3,
        "held_out": {"single": 0.2},
    }
    record = FitRecord.from_json(
        {"members": members, "weights": weights, "left_out": {"bpr": "slow", "vbpr": "slow"}}
    )
    table = verbose_choice_table(record)
    lines = [" ".join(line.split()) for line in lines_of(table, width=80)]
    assert lines == [
        "source weight ndcg@20 tried answers",
        "ease 0.750 0.2500 everybody",
        "defaults: by default",
        "year 0 items without events only",
        "defaults: by default",
        "popularity 0 where no other can score",
        "defaults: by default",
        "idle 0 nobody: it adds no gain",
        "defaults: by default",
        "together 0.3000",
        "weights by shrunk, moving with the age of the item; on unseen queries:",
        "single 0.2000",
    ]
    assert left_out_lines(record) == ["Left out: bpr, vbpr (slow)"]


def test_a_column_shows_what_an_encoder_adds_and_how_it_does_alone_and_with_new_items(printed):
    worth = FeatureGain(
        Interval(0.02, 0.01, 0.03, 60),
        result("both", VALUES),
        result("alone", VALUES - 0.2),
        result("new", VALUES + 0.1),
    )
    candidate = Candidate("tfidf-lsa", True, 64, 50, 1234.0, worth, None)
    shown = printed(
        lambda: OUT.print(probe_tables.column_table(ProbedColumn("text:plot", "text", (candidate,))))
    )
    assert shown[1].split() == ["encoder", "adds", "to", "ndcg@20", "alone", "new", "columns", "items/s"]
    assert shown[2].split() == [
        "tfidf-lsa", "+0.020", "[0.010,", "0.030]", "0.300", "0.600", "64", "1,234", "in", "use",
    ]  # fmt: skip
