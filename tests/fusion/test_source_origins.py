from typing import ClassVar

import pytest

from sensorium.core.source_kind import SourceKind
from sensorium.fusion.source_origins import model_origin, source_origins
from sensorium.models.base import Traits
from sensorium.models.item_knn import ItemKNN
from sensorium.models.registry import make_model


class ContentAwareImageWalk(ItemKNN):
    """A behaviour model of somebody else, with the names of modalities in its own."""

    name: ClassVar[str] = "content-aware-image-walk"
    traits: ClassVar[Traits] = Traits(additive=True)


def test_a_behaviour_model_with_content_in_its_name_is_behaviour() -> None:
    assert model_origin(ContentAwareImageWalk()).kind is SourceKind.BEHAVIOUR


@pytest.mark.parametrize(
    ("model", "settings", "origin"),
    [
        ("ease", {}, (SourceKind.BEHAVIOUR, "")),
        ("popularity", {}, (SourceKind.POPULARITY, "")),
        ("recent-popularity", {}, (SourceKind.POPULARITY, "")),
        ("content-knn", {"block": "audio:track"}, (SourceKind.AUDIO, "track")),
        ("multimodal-knn", {}, (SourceKind.CONTENT, "")),
        ("multimodal-knn", {"blocks": {"text:plot": 1.0}}, (SourceKind.TEXT, "plot")),
        ("joint-content", {}, (SourceKind.CONTENT, "")),
        ("vbpr", {}, (SourceKind.BEHAVIOUR, "")),
        ("content-factors", {}, (SourceKind.BEHAVIOUR, "")),
    ],
)
def test_an_origin_follows_from_traits_and_the_blocks_read(model, settings, origin) -> None:
    assert model_origin(make_model(model, settings)) == origin


def test_a_member_that_divides_is_behaviour_and_its_blocks_are_content() -> None:
    members = {"graph": make_model("smoothed-graph-filter", {}), "ease": make_model("ease", {})}
    sources = {"graph": ("graph", "graph:image:poster"), "ease": ("ease",)}
    assert source_origins(members, sources.__getitem__) == {
        "graph": (SourceKind.BEHAVIOUR, ""),
        "graph:image:poster": (SourceKind.IMAGE, "poster"),
        "ease": (SourceKind.BEHAVIOUR, ""),
    }
