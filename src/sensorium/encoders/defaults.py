"""The encoders that there are, which one reads a column by default, and fitted ones on disk."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.core.component import State
from sensorium.core.errors import DataError
from sensorium.core.files import write_text
from sensorium.core.roles import Role
from sensorium.encoders.attributes.categories import Labels
from sensorium.encoders.attributes.numbers import Quantity
from sensorium.encoders.audio.sound import Sound
from sensorium.encoders.base import Encoder
from sensorium.encoders.image.color_texture_shape import ColorTextureShape
from sensorium.encoders.image.fisher_vectors import FisherVectors
from sensorium.encoders.neural.backbone import BACKBONES
from sensorium.encoders.neural.encoders import NEURAL
from sensorium.encoders.recipe import AudioRecipe, ImageRecipe, Recipe, TextRecipe, VideoRecipe
from sensorium.encoders.registry import encoder_types, make_encoder
from sensorium.encoders.text.hashing_lsa import HashingLsa
from sensorium.encoders.text.keywords import Keywords
from sensorium.encoders.text.nmf_topics import NmfTopics
from sensorium.encoders.text.tfidf_lsa import TfidfLsa
from sensorium.encoders.video.clip import Clip
from sensorium.encoders.video.motion import Motion

DEFAULTS: Mapping[Role, type[Encoder[Any, Any]]] = {
    Role.TEXT: TfidfLsa,
    Role.IMAGE: ColorTextureShape,
    Role.AUDIO: Sound,
    Role.VIDEO: Clip,
    Role.CATEGORY: Labels,
    Role.NUMBER: Quantity,
}
"""The encoder of each role unless another is asked for."""

OTHERS: tuple[type[Encoder[Any, Any]], ...] = (HashingLsa, NmfTopics, Keywords, FisherVectors, Motion)
"""Built-in encoders that are used where they are asked for."""


ENGINES: Mapping[str, Mapping[Role, type[Encoder[Any, Any]]]] = {
    "sentence-transformers": NEURAL,
    "transformers": BACKBONES,
}
"""What runs the model of a name in two parts, such as `sentence-transformers:all-MiniLM-L6-v2`, by role."""


RECIPES: Mapping[Role, type[Recipe[Any]]] = {
    cls.traits.modality: cls for cls in (TextRecipe, ImageRecipe, AudioRecipe, VideoRecipe)
}
"""What puts several encoders of one modality into one block."""


def built_in_types() -> list[type[Encoder[Any, Any]]]:
    """Return the encoder classes that need no choice of a model or of parts: `cls()` is ready to fit."""
    return [cls for cls in encoder_types() if not _needs_a_choice(cls)]


def shipped_types(role: Role) -> list[type[Encoder[Any, Any]]]:
    """Return those of the `built_in_types` that this package brings along for `role`, by name."""
    own = [cls for cls in built_in_types() if cls.__module__.startswith("sensorium.")]
    return [cls for cls in own if cls.traits.modality is role]


def _needs_a_choice(cls: type[Encoder[Any, Any]]) -> bool:
    return any(setting.is_required() for setting in cls.config_type.model_fields.values())


def default_encoders(catalog: Catalog) -> dict[str, Encoder[Any, Any]]:
    """Return an unfitted encoder for each column that makes features, by block name (`image:poster`)."""
    return {
        f"{role.value}:{column}": DEFAULTS[role]()
        for role in Role
        if role.makes_features
        for column in catalog.columns(role)
    }


def save_encoder(encoder: Encoder[Any, Any], folder: Path) -> None:
    """Write a fitted encoder as JSON and arrays."""
    encoder.state().save(folder)
    write_text(folder / "encoder.json", json.dumps(encoder.spec(), indent=1, sort_keys=True) + "\n")


def load_encoder(folder: Path) -> Encoder[Any, Any]:
    """Return the encoder that `save_encoder` wrote.

    Raises
    ------
    DataError
        If it was made by another version of the encoder, whose rows would not compare.
    """
    spec = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    encoder = make_encoder(spec["encoder"], spec["config"])
    if encoder.version != spec["version"]:
        raise DataError(
            f"made by version {spec['version']} of encoder {encoder.name}, this is {encoder.version}",
            where=str(folder),
            remedy="Encode and fit again",
        )
    return encoder.restore(State.load(folder))
