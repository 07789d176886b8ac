"""What each source of a fusion stands for: behaviour, popularity, or the content of which column."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sensorium.core.block_name import BlockName
from sensorium.core.source_kind import SourceKind, SourceOrigin
from sensorium.fusion.blend import kind_of
from sensorium.models.base import Recommender


def source_origins(
    members: Mapping[str, Recommender[Any]], sources: Callable[[str], Sequence[str]]
) -> dict[str, SourceOrigin]:
    """Return what every source stands for, by name.

    `sources` returns the sources that a member divides into: itself, then one for each block that it tells
    apart, named `member:block`. What is left of such a member is behaviour.
    """
    found: dict[str, SourceOrigin] = {}
    for name, model in members.items():
        own, *divided = sources(name)
        found[own] = SourceOrigin(SourceKind.BEHAVIOUR) if divided else model_origin(model)
        for source in divided:
            found[source] = SourceOrigin.of_blocks([BlockName(source.removeprefix(f"{name}:"))])
    return found


def model_origin(model: Recommender[Any]) -> SourceOrigin:
    """Return what a model's scores come from.

    Content is what depends on feature blocks alone. A model that learns from events how blocks and events go
    together speaks of behaviour, so that what comes from behaviour is never called content.
    """
    kind = kind_of(model)
    if kind != "content":
        return SourceOrigin(SourceKind(kind))
    blocks = _blocks_named(model)
    if blocks is None and model.traits.learns_from_events:
        return SourceOrigin(SourceKind.BEHAVIOUR)
    return SourceOrigin.of_blocks(blocks or ())


def _blocks_named(model: Recommender[Any]) -> tuple[BlockName, ...] | None:
    """Return the blocks that the settings of a model name; None if it has no setting for them."""
    if model.traits.block:
        return (BlockName(model.config.block),)
    for setting in ("blocks", "weights"):
        if setting in type(model.config).model_fields:
            return tuple(BlockName(name) for name in getattr(model.config, setting))
    return None
