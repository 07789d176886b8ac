"""How the places that a vision network describes become one row."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from sensorium.core.errors import ConfigError

GEM_POWER = 3.0
"""Radenovic et al. 2019, arXiv 1711.02512."""
_SUMMARISING = ("cls_token", "class_embedding", "distillation_token", "dist_token", "register_tokens")
_FIRST = ("cls_token", "class_embedding")


def usual_pooling(model: Any, *, is_tower: bool) -> str:
    """Return how a model is meant to be read if nobody says.

    A tower of a model of words and pictures has a trained summary (`model`). Transformers with a summarising
    token put the picture into it (`cls`); networks without one are read everywhere (`mean`).
    """
    if is_tower:
        return "model"
    return "cls" if any(_tokens(model, name) for name in _FIRST) else "mean"


def pool(outputs: Any, model: Any, pooling: str) -> Any:
    """Return one row for each picture or clip [n, d] of a model's outputs.

    Raises
    ------
    ConfigError
        If the model has nothing to read in that way.
    """
    if pooling == "model":
        row = outputs.get("pooler_output")
        if row is None:
            raise _impossible(pooling, "has no pooling of its own")
        return row.flatten(1)
    places = outputs["last_hidden_state"]
    if places.ndim == 4:  # a convolutional map [n, d, height, width]
        if pooling == "cls":
            raise _impossible(pooling, "has no summarising token")
        return _OVER[pooling](places.flatten(2).transpose(1, 2))
    n_first = sum(_tokens(model, name) for name in _SUMMARISING)
    if pooling == "cls":
        if not any(_tokens(model, name) for name in _FIRST):
            raise _impossible(pooling, "has no summarising token")
        return places[:, 0]
    return _OVER[pooling](places[:, n_first:])


def _generalised_mean(places: Any) -> Any:
    return places.float().clamp(min=1e-6).pow(GEM_POWER).mean(1).pow(1 / GEM_POWER)


_OVER: Mapping[str, Callable[[Any], Any]] = {
    "mean": lambda places: places.mean(1),
    "max": lambda places: places.amax(1),
    "gem": _generalised_mean,
}


def _tokens(model: Any, name: str) -> int:
    """Return how many tokens called `name` stand before the places of the picture."""
    parameter: Any = import_module("torch").nn.Parameter
    embeddings = getattr(model, "embeddings", None)
    found: Any = getattr(embeddings, name, None)
    if not isinstance(found, parameter):
        return 0
    return int(found.shape[-2]) if found.ndim > 1 else 1


def _impossible(pooling: str, why: str) -> ConfigError:
    return ConfigError(
        f"the model {why}", where=f'pooling = "{pooling}"', remedy="Use another pooling, such as mean"
    )
