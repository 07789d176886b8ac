"""Encodes one column in the way that suits its encoder: media, texts one by one, or a column as a whole."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.block_name import BlockName
from sensorium.core.hashing import hash_json
from sensorium.core.progress import SILENT, LabeledProgress, Progress
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder
from sensorium.encoders.report import EncodedBlock
from sensorium.encoders.runtime.encode_column import encode_column
from sensorium.encoders.runtime.encode_media import encode_media
from sensorium.encoders.runtime.encode_texts import encode_texts
from sensorium.encoders.runtime.learn_from_media import learn_from_media
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore

if TYPE_CHECKING:
    from sensorium.encoders.recipe import Recipe

_CHUNK = 4096


def encode_block(
    name: str,
    encoder: Encoder[Any, Any],
    inputs: Sequence[Any],
    store: FeatureStore,
    progress: Progress = SILENT,
    workers: int | None = None,
) -> EncodedBlock:
    """Return the block `name` of a column, encoding only what the store does not know.

    `inputs` are what the modality of the encoder takes, references for media; None is missing.
    """
    modality = encoder.traits.modality
    encoder = learn_from_media(name, encoder, inputs, store, progress)
    recipe = encoder.as_recipe
    if recipe is not None:
        return _encode_recipe(name, recipe, inputs, store, progress, workers)
    if modality.is_media:
        return encode_media(name, encoder, inputs, store, progress, workers)
    if modality is Role.TEXT and not encoder.traits.learns:
        return encode_texts(name, encoder, inputs, store, progress)
    return encode_column(name, encoder, inputs, store, progress)


def _encode_recipe(
    name: str,
    recipe: "Recipe[Any]",
    inputs: Sequence[Any],
    store: FeatureStore,
    progress: Progress,
    workers: int | None,
) -> EncodedBlock:
    """Encode with each member by itself, so that a row serves every recipe it stands in; then join."""
    done = [
        encode_block(name, member, inputs, store, LabeledProgress(progress, label), workers)
        for label, member in zip(recipe.labels, recipe.members, strict=True)
    ]
    recipe = recipe.with_members(member.encoder for member in done)
    block, recipe = _join(name, recipe, [member.block for member in done], store)
    fresh = set[int]().union(*(member.fresh for member in done))
    failures: dict[int, str] = {}
    for label, member in zip(recipe.labels, done, strict=True):
        for item, reason in member.failures.items():
            is_partial = bool(block.present[item])
            failures.setdefault(item, f"{label}: {reason}" if is_partial else reason)
    return EncodedBlock(block, recipe, fresh, failures)


def _join(
    name: str, recipe: "Recipe[Any]", made: Sequence[FeatureBlock], store: FeatureStore
) -> "tuple[FeatureBlock, Recipe[Any]]":
    """Return the blocks of the members side by side, and the recipe with how their columns are reduced."""
    spec = recipe.spec() | {"members": [dict(block.spec) for block in made]}
    if recipe.is_fitted and recipe.config.columns is not None:
        spec |= {"reduction": recipe.reduction().content_hash}
    address = hash_json([name, spec, recipe.labels, [block.content_hash for block in made]])
    block, state = store.block(address), store.encoder_state(address)
    if block is None or state is None:
        if not recipe.is_fitted:
            recipe = recipe.fit_reduction([b.values for b in made], [b.parts for b in made])
        block = _write_block(name, recipe, spec, made, address, store)
    elif not recipe.is_fitted:
        recipe = recipe.with_reduction(state)
    store.keep_only(name, address)
    return block, recipe


def _write_block(
    name: str,
    recipe: "Recipe[Any]",
    spec: Mapping[str, Any],
    made: Sequence[FeatureBlock],
    address: str,
    store: FeatureStore,
) -> FeatureBlock:
    parts = recipe.parts_of([block.parts for block in made])
    shape = len(made[0]), max(stop for _, stop in parts.values())
    present = np.any([block.present for block in made], axis=0)
    described = FeatureBlock(BlockName(name), np.broadcast_to(np.float32(0), shape), present, spec, parts)

    def fill(out: FloatMatrix) -> None:
        for start in range(0, len(out), _CHUNK):
            rows = slice(start, start + _CHUNK)
            out[rows] = recipe.join([block.values[rows] for block in made], [b.parts for b in made])

    return store.write_block(address, described, fill, state=recipe.reduction())
