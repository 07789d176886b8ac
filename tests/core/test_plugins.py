"""What other packages bring is found by entry points; what is broken costs itself alone."""

import sys
import warnings
from pathlib import Path

import pytest

from sensorium.core.component import Component
from sensorium.core.config import Config
from sensorium.core.errors import PluginWarning
from sensorium.core.plugins import import_modules, load_plugins


class Shape(Component[Config]):
    """What the plugins below are subclasses of."""


class Round(Shape):
    """A plugin as it should be."""


class Square(Shape):
    """Another."""


class OtherRound(Shape):
    """One that is called like another."""

    name = "round"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Make the metadata of an installed package with entry points `NAME = MODULE:CLASS`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "shapes", sys.modules[__name__])

    def write(package: str, **points: str) -> Path:
        folder = tmp_path / f"{package}-1.2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        lines = "\n".join(f"{name} = {value}" for name, value in points.items())
        (folder / "entry_points.txt").write_text(f"[test.shapes]\n{lines}\n")
        return folder

    return write


def test_plugins_come_with_the_package_that_brings_them(install):
    install("geometry", square="shapes:Square", round="shapes:Round")
    found = load_plugins("test.shapes", Shape).usable
    assert [(p.component, p.package, p.version) for p in found] == [
        (Round, "geometry", "1.2"),
        (Square, "geometry", "1.2"),
    ]


def test_a_plugin_that_breaks_costs_itself_alone_and_is_named(install):
    install("broken", gone="no_such_module:Thing", wrong="shapes:Config")
    install("sound", round="shapes:Round")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert [plugin.component for plugin in load_plugins("test.shapes", Shape).usable] == [Round]
    assert {w.category for w in told} == {PluginWarning}
    assert [str(w.message) for w in told] == [
        "'gone' of package broken is left out: ModuleNotFoundError: No module named 'no_such_module'. "
        "Mend, update or uninstall broken",
        "'wrong' of package broken is left out: shapes:Config is no subclass of Shape. "
        "Mend, update or uninstall broken",
    ]


def test_of_two_with_one_name_the_first_stays(install):
    install("alpha", round="shapes:Round")
    install("beta", other="shapes:OtherRound")
    with pytest.warns(PluginWarning, match="'other' of.*one of package alpha is called 'round' already"):
        assert [plugin.component for plugin in load_plugins("test.shapes", Shape).usable] == [Round]


def test_a_built_in_component_stays_what_its_name_means(install):
    install("beta", other="shapes:OtherRound")
    with pytest.warns(PluginWarning, match="'other' of package beta.*a built-in one is called 'round'"):
        found = load_plugins("test.shapes", Shape, taken={"round"})
    assert (found.usable, found.refused) == ((), {OtherRound})


def test_every_module_beneath_a_package_is_imported_those_of_folders_too(tmp_path, monkeypatch):
    for place in ("above/__init__.py", "above/one.py", "above/inner/__init__.py", "above/inner/two.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("MADE = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    names = import_modules("above")
    assert sorted(names) == ["above.inner", "above.inner.two", "above.one"]
    assert all(sys.modules[name].MADE for name in names)


def test_a_module_that_ends_the_process_costs_itself_alone(install, tmp_path):
    (tmp_path / "leaving.py").write_text("raise SystemExit(3)\n")
    install("alpha", gone="leaving:Thing", round="shapes:Round")
    with pytest.warns(PluginWarning, match="'gone' of package alpha is left out: SystemExit: 3"):
        assert [plugin.component for plugin in load_plugins("test.shapes", Shape).usable] == [Round]


@pytest.mark.parametrize("name", ["a+b", "image:cover", "two words", "+"])
def test_nothing_has_a_name_that_means_more_than_itself(install, monkeypatch, name):
    monkeypatch.setattr(Square, "name", name)
    install("alpha", square="shapes:Square")
    with pytest.warns(PluginWarning, match="nothing can be called"):
        assert load_plugins("test.shapes", Shape).refused == {Square}


def test_what_speaks_against_a_class_is_said_and_it_is_refused(install):
    install("alpha", square="shapes:Square", round="shapes:Round")
    with pytest.warns(PluginWarning, match="'square' of package alpha is left out: it has corners. Mend"):
        found = load_plugins(
            "test.shapes", Shape, reason_against=lambda cls: "it has corners" if cls is Square else ""
        )
    assert ([plugin.component for plugin in found.usable], found.refused) == ([Round], {Square})


def test_a_class_that_two_packages_name_is_that_of_the_first(install):
    install("beta", again="shapes:Round")
    install("alpha", round="shapes:Round")
    (plugin,) = load_plugins("test.shapes", Shape).usable
    assert plugin.package == "alpha"
