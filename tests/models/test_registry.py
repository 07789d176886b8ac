"""Models by name: the built-in ones, and those of other packages, broken ones too."""

import os
import subprocess
import sys

import pytest

from sensorium.core.errors import ConfigError
from sensorium.models.registry import block_model, is_built_in, make_model, model_types, package_of

GOOD = """
from sensorium.models.popularity import SameForAll, PopularityConfig
from sensorium.models.ease import EASE as BuiltIn

class Flat(SameForAll[PopularityConfig]):
    "One for all."
    former_names = ("level",)

    def _fit(self, data, options):
        self.popularity = data.seen_items.astype("float32")
"""
SHADOW = """
from sensorium.models.popularity import Popularity

class EASE(Popularity):
    "Bears the name of a built-in model."
"""
DECLARED = """
from sensorium.core.config import Config
from sensorium.models.base import Traits
from sensorium.models.popularity import Popularity, PopularityConfig
from sensorium.models.search_space import LogBetween

class Words(Popularity):
    traits = "all"

class Loose(Popularity):
    traits = {"cold_items": True}

class Policy(Popularity):
    auto = "always"

class Blind(Popularity):
    traits = Traits(block=True, cold_items=True)

class Wide(Popularity):
    space = {"width": LogBetween(0.1, 5.0)}

class Narrow(Popularity):
    space = {"width": 3}

class Auto(Popularity):
    pass
"""
SCRIPT = """
import json, warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    from sensorium.core.errors import PluginWarning
    from sensorium.models.registry import make_model, model_types, package_of
    known = model_types()
    former = make_model("level").name
    told = [one for one in told if one.category is PluginWarning or "level" in str(one.message)]
print(former, *(str(one.message) for one in told if one.category is not PluginWarning))
print(json.dumps([str(one.message) for one in told if one.category is PluginWarning]))
print(known["ease"].__module__, package_of(known["flat"]), len(known))
"""


def test_every_built_in_model_is_known_and_comes_from_no_package():
    known = model_types()
    assert {"ease", "popularity", "vbpr", "recent-popularity"} <= set(known)
    assert not any(package_of(model) for model in known.values() if is_built_in(model))
    assert list(known) == sorted(known)


def test_one_built_in_model_stands_for_the_name_of_a_block():
    declared = [m.name for m in model_types().values() if is_built_in(m) and m.auto.named_by_block]
    assert declared == [block_model().name]


def test_a_model_of_a_package_that_is_missing_says_what_to_install():
    with pytest.raises(ConfigError, match=r"unknown model 'flat'.*pip install sensorium-flat"):
        make_model("flat", package="sensorium-flat")


def packaged(folder, package, point, source):
    """Lay out a package as if it were installed in `folder`."""
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[sensorium.models]\n{point}\n")


def test_a_plugin_that_cannot_be_used_costs_only_itself_and_says_which_package_it_is(tmp_path):
    packaged(tmp_path, "good-models", "flat = good_models:Flat", GOOD)
    packaged(tmp_path, "no-import", "torn = no_import:Torn", "raise ImportError('a library is missing')")
    packaged(tmp_path, "no-model", "number = no_model:NUMBER", "NUMBER = 3")
    packaged(tmp_path, "same-name", "ease = same_name:EASE", SHADOW)
    points = [f"{name.lower()} = declared:{name}" for name in WRONG]
    packaged(tmp_path, "declared", "\n".join(points), DECLARED)
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True
    )
    former, told, found = done.stdout.splitlines()
    assert former == "flat model `level` is now called `flat`; both work"
    assert found == f"sensorium.models.ease good-models {len(_built_in()) + 1}"
    assert "'torn' of package no-import is left out: ImportError: a library is missing" in told
    assert "package no-model is left out: no_model:NUMBER is no subclass of Recommender" in told
    assert "package same-name is left out: a built-in one is called 'ease' already" in told
    assert "uninstall no-import" in told
    assert "good-models" not in told
    for name, why in WRONG.items():
        assert f"'{name.lower()}' of package declared is left out: {why}" in told


WRONG = {
    "Words": "`traits` of Words is a str, not Traits",
    "Loose": "`traits` of Loose is a dict, not Traits",
    "Policy": "`auto` of Policy is a str, not AutoPolicy",
    "Blind": "Blind declares the setting 'block', which its PopularityConfig has not",
    "Wide": "Wide declares the setting 'width', which its PopularityConfig has not",
    "Auto": "a built-in one is called 'auto' already",
}


def _built_in():
    return [model for model in model_types().values() if model.__module__.startswith("sensorium.models.")]
