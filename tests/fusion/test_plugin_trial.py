"""A model of another package that does not keep what it promises costs itself alone."""

import json
import os
import subprocess
import sys

import pytest

SOURCE = """
import numpy as np
from sensorium.models.base import AutoPolicy, Recommender, Traits
from sensorium.core.config import Config


class Steady(Recommender[Config]):
    "The same score for all items."

    n: int

    def _fit(self, data, options):
        self.n = data.n_items

    @property
    def n_items(self):
        return self.n

    def _score(self, queries):
        return np.zeros((len(queries), self.n), dtype=np.float32)


class Renamed(Steady):
    "What was called otherwise."
    former_names = ("named",)


class Forward(Steady):
    "What would like to be asked before all others."
    traits = Traits(needs_history=False)
    auto = AutoPolicy(turn=0, untuned_weight=0.1)


class Signed(Steady):
    "What learns from dislikes, too."

    def _fit(self, data, options):
        self.n = data.signed.shape[1]
        assert data.signed.shape == data.interactions.shape


class Raising(Steady):
    def _fit(self, data, options):
        raise ValueError("cannot count")


class Short(Steady):
    def _score(self, queries):
        return np.zeros((len(queries), 3), dtype=np.float32)


class Endless(Steady):
    def _score(self, queries):
        return super()._score(queries) + np.inf


class Priceless(Steady):
    def fit_cost(self, size, *, again=False):
        return None
"""
SCRIPT = """
import json
from dataclasses import replace
from scipy import sparse
from sensorium.core.errors import ConfigError
from sensorium.fusion.auto import fit_auto
from sensorium.fusion.member_selection import Limits, floor_model, select_members
from sensorium.models.base import FitOptions, TrainingData
from sensorium.testing.two_colour import two_colour
from sensorium.training.fit_model import fit_model

data = two_colour().data
wanted, left_out, _ = select_members(data, Limits(8e9, 25_000, 60))
dated = fit_auto(data, None).fusion.config
plain = fit_auto(replace(data, times=None), None).fusion.config
floors = [floor_model().name, dated.fallback, plain.fallback, "forward" in [m.name for m in plain.members]]
twice = sparse.csr_array(sparse.vstack([data.interactions] * 2, format="csr"))
against = sparse.csr_array(([1.0], ([70], [0])), shape=twice.shape)
among_many, _, _ = select_members(TrainingData(twice, against=against), Limits(8e9, 25_000, 60))
former = list(fit_model("named", data, None, FitOptions()).fusion.weights)
judged = [[member.name for member in members] for members in (wanted, among_many)]
try:
    fit_model("raising", data, None, FitOptions())
except ConfigError as error:
    print(json.dumps([judged[0], left_out, str(error), floors, former, judged[1]]))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory) -> list:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "odd.py").write_text(SOURCE)
    about = folder / "odd-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    names = ("Steady", "Renamed", "Forward", "Signed", "Raising", "Short", "Endless", "Priceless")
    points = "\n".join(f"{name.lower()} = odd:{name}" for name in names)
    (about / "entry_points.txt").write_text(f"[sensorium.models]\n{points}\n")
    paths = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [*json.loads(done.stdout), done.stderr]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("raising", "users: ValueError: cannot count"),
        ("short", "its scores are [40, 3], not [n_queries, n_items], which are [40, 60]"),
        ("endless", "its scores are infinite"),
        ("priceless", "users: TypeError: "),
    ],
)
def test_auto_does_without_a_model_that_fails_and_says_why(tried, name, why):
    wanted, left_out, *_, warned = tried
    assert name not in wanted
    assert why in left_out[name]
    assert f"'{name}' of package odd is left out: {left_out[name]}" in warned


def test_those_beside_it_stay(tried):
    assert {"steady", "ease", "popularity"} <= set(tried[0])


def test_asked_for_by_name_it_is_an_error_that_names_its_package(tried):
    assert "model 'raising' of package odd cannot be used: it fails on" in tried[2]
    assert "Mend or update odd, or take another model" in tried[2]


def test_what_answers_where_nobody_can_is_built_in_whatever_another_package_brings(tried):
    assert tried[3] == ["popularity", "recent-popularity", "popularity", True]


def test_a_former_name_asks_for_the_model_too(tried):
    assert tried[4] == ["renamed", "popularity"]
    assert "model `named` is now called `renamed`; both work" in tried[-1]


def test_one_that_learns_from_dislikes_is_tried_on_those_of_a_few_users_too(tried):
    assert {"steady", "signed"} <= set(tried[5])
