"""What holds of every component, be it a model or an encoder: how it is made, and that it can be copied."""

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest

from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import Component
from sensorium.core.errors import ConfigError

ComponentT = TypeVar("ComponentT", bound=Component[Any])


def check_constructor(made: Component[Any]) -> None:
    """Assert that each setting is a keyword with its default and docstring, and that others are refused."""
    component, fields = type(made), type(made).config_type.model_fields
    shown = inspect.signature(component).parameters
    assert list(shown) == list(fields)
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in shown.values())
    assert component(**made.config.model_dump()).config == made.config
    documented = inspect.getdoc(component) or ""
    for name, field in fields.items():
        assert f"\n{name} : " in documented
        default = shown[name].default
        assert field.is_required() == (default is inspect.Parameter.empty)
        assert field.is_required() or default == getattr(component.config_type.model_construct(), name)
    with pytest.raises(ConfigError, match="regularisation_of_nothing: there is no such setting"):
        component(regularisation_of_nothing=1)


def check_copies(fitted: ComponentT, answer: Callable[[ComponentT], FloatMatrix]) -> None:
    """Assert that a deep copy, and what is pickled and read again, answer as `fitted` does."""
    expected = answer(fitted)
    for twin in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):  # noqa: S301 - our own
        assert twin is not fitted
        assert twin.config == fitted.config
        np.testing.assert_array_equal(answer(twin), expected)
