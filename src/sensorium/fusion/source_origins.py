"""What each source of a fusion stands for: behaviour, popularity, or the content of which column."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sensorium.core.block_name import BlockName
from sensorium.core.source_kind import SourceKind, SourceOrigin
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
    traits, blocks = model.traits, model.reads_blocks()
    if traits.about:
        return SourceOrigin(SourceKind(traits.about))
    if traits.kind != "content":
        return SourceOrigin(SourceKind(traits.kind))
    if blocks is None and traits.learns_from_events and not traits.weighs_blocks:
        return SourceOrigin(SourceKind.BEHAVIOUR)
    return SourceOrigin.of_blocks(blocks or ())
