"""Every model by its name."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from sensorium.core.component import concrete_subclasses
from sensorium.core.errors import ConfigError
from sensorium.models.base import Recommender

BUILT_IN = tuple(
    import_module(f"sensorium.models.{name}")
    for name in (
        "bpr",
        "content_factors",
        "content_knn",
        "ease",
        "ease_prior",
        "graph_filter",
        "ials",
        "item_knn",
        "joint_content",
        "multimodal_knn",
        "popularity",
        "pure_svd",
        "rating_bias",
        "rating_factors",
        "rp3",
        "smoothed_graph_filter",
        "transitions",
        "user_knn",
        "vbpr",
    )
)
"""The modules whose import defines the built-in models."""


def model_types() -> dict[str, type[Recommender[Any]]]:
    """Return every concrete `Recommender` that has been defined, by name."""
    return {model.name: model for model in concrete_subclasses(Recommender)}


def make_model(name: str, settings: Mapping[str, Any] | None = None) -> Recommender[Any]:
    """Return an unfitted model; `ConfigError` names what is unknown and what is known."""
    known = model_types()
    if name not in known:
        raise ConfigError(f"unknown model {name!r}", remedy=f"Known models: {', '.join(sorted(known))}")
    config = known[name].config_type.parse(dict(settings or {}), where=f"model {name!r}")
    return known[name](config)
