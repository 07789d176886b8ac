"""Public names of a package are imported on first use."""

import importlib
import pkgutil

import pytest

import sensorium as sn
from sensorium.core.lazy_names import lazy_names


def test_names_and_modules_are_found_and_listed_and_nothing_else():
    get, listed = lazy_names("some", {"sqrt": "math"}, {"trees": "xml.etree.ElementTree"})
    assert get("sqrt")(4) == 2
    assert get("trees").__name__ == "xml.etree.ElementTree"
    assert listed() == ["sqrt", "trees"]
    with pytest.raises(AttributeError, match="module 'some' has no attribute 'cbrt'"):
        get("cbrt")


def test_every_package_with_lazy_names_takes_them_from_one_place():
    names = [
        "sensorium",
        *(f"sensorium.{one.name}" for one in pkgutil.iter_modules(sn.__path__) if one.ispkg),
    ]
    found = {
        name: home.__module__
        for name in names
        if (home := vars(importlib.import_module(name)).get("__getattr__"))
    }
    assert set(found.values()) == {"sensorium.core.lazy_names"}
    assert {"sensorium", "sensorium.encoders", "sensorium.metrics", "sensorium.models"} <= set(found)
