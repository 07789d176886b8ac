"""The setting `blocks` of models that called it `weights` before."""

import warnings
from collections.abc import Mapping
from typing import Any, cast

from pydantic import model_validator

from sensorium.core.errors import FormerNameWarning
from sensorium.models.base import BlocksConfig


class FormerlyWeights(BlocksConfig):
    """Which feature blocks count, and how much; the former name works too, and says the new one."""

    @model_validator(mode="before")
    @classmethod
    def _with_new_name(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or "weights" not in values or "blocks" in values:
            return cast("Any", values)
        given = cast("Mapping[str, Any]", values)
        message = "the setting `weights` is now called `blocks`, as in other models; both work"
        warnings.warn(message, FormerNameWarning, stacklevel=2)
        return {("blocks" if name == "weights" else name): value for name, value in given.items()}
