"""Encodes one column in the way that suits its encoder: media, texts one by one, or a column as a whole."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.hashing import hash_json
from sensorium.core.progress import SILENT, Progress, Stage
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoder
from sensorium.encoders.recipe import Recipe
from sensorium.encoders.runtime.encode_column import encode_column, hash_state
from sensorium.encoders.runtime.encode_media import encode_media
from sensorium.encoders.runtime.encode_texts import encode_texts
from sensorium.encoders.runtime.learn_from_media import learnt
from sensorium.features.block import FeatureBlock
from sensorium.features.store import FeatureStore
from sensorium.media.reference import MediaRef

_CHUNK = 4096


class EncodedBlock(NamedTuple):
    """One block, the encoder that is ready for more, and how items came by their rows."""

    block: FeatureBlock
    encoder: Encoder[Any, Any]
    fresh: set[int]
    """Items encoded in this run."""
    failures: Mapping[int, str]
    """Item -> reason; of a recipe, also where other members could read it."""


class _Labelled:
    """Progress whose stages also name a member of a recipe."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress, self._label = progress, label

    def stage(
        self, name: str, total: int | None = None, *, unit: str = "items"
    ) -> AbstractContextManager[Stage]:
        return self._progress.stage(f"{name} {self._label}", total, unit=unit)

    def say(self, line: str) -> None:
        self._progress.say(line)


def ready(
    name: str,
    encoder: Encoder[Any, Any],
    inputs: Sequence[Any],
    store: FeatureStore,
    progress: Progress = SILENT,
) -> Encoder[Any, Any]:
    """Return an encoder of media, or a recipe of such, that has learnt what it learns from media."""
    if not encoder.traits.modality.is_media:
        return encoder
    if isinstance(encoder, Recipe):
        pairs = zip(encoder.labels, encoder.members, strict=True)
        return encoder.with_members(
            ready(name, member, inputs, store, _Labelled(progress, label)) for label, member in pairs
        )
    return learnt(name, encoder, inputs, store, progress)


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
    encoder = ready(name, encoder, inputs, store, progress)
    if isinstance(encoder, Recipe):
        return _encode_recipe(name, encoder, inputs, store, progress, workers)
    if modality.is_media:
        refs: Sequence[MediaRef | None] = inputs
        return _of(encoder, *encode_media(name, encoder, refs, store, progress, workers))
    if modality is Role.TEXT and not encoder.traits.learns:
        return _of(encoder, *encode_texts(name, encoder, inputs, store, progress))
    done = encode_column(name, encoder, inputs, store, progress)
    fresh = set(np.flatnonzero(done.block.present).tolist()) if done.is_fresh else set[int]()
    return EncodedBlock(done.block, done.encoder, fresh, done.failures)


def _of(
    encoder: Encoder[Any, Any], block: FeatureBlock, fresh: set[int], failures: dict[int, str]
) -> EncodedBlock:
    return EncodedBlock(block, encoder, fresh - failures.keys(), failures)


def _encode_recipe(
    name: str,
    recipe: Recipe[Any],
    inputs: Sequence[Any],
    store: FeatureStore,
    progress: Progress,
    workers: int | None,
) -> EncodedBlock:
    """Encode with each member by itself, so that a row serves every recipe it stands in; then join."""
    done = [
        encode_block(name, member, inputs, store, _Labelled(progress, label), workers)
        for label, member in zip(recipe.labels, recipe.members, strict=True)
    ]
    recipe = recipe.with_members(member.encoder for member in done)
    block, recipe = _joined(name, recipe, [member.block for member in done], store)
    fresh = set[int]().union(*(member.fresh for member in done))
    failures: dict[int, str] = {}
    for label, member in zip(recipe.labels, done, strict=True):
        for item, reason in member.failures.items():
            told = f"{label}: {reason}" if block.present[item] else reason
            failures.setdefault(item, told)
    return EncodedBlock(block, recipe, fresh, failures)


def _joined(
    name: str, recipe: Recipe[Any], made: Sequence[FeatureBlock], store: FeatureStore
) -> tuple[FeatureBlock, Recipe[Any]]:
    """Return the blocks of the members side by side, and the recipe with how their columns are reduced."""
    spec = recipe.spec() | {"members": [dict(block.spec) for block in made]}
    if recipe.is_fitted and recipe.config.columns is not None:
        spec |= {"reduction": hash_state(recipe.reduction())}
    address = hash_json([name, spec, [block.content_hash for block in made]])
    block, state = store.block(address), store.encoder_state(address)
    if block is None or state is None:
        if not recipe.is_fitted:
            recipe = recipe.reduced([b.values for b in made], [b.parts for b in made])
        block = _written(name, recipe, spec, made, address, store)
    elif not recipe.is_fitted:
        recipe = recipe.with_reduction(state)
    store.keep_only(name, address)
    return block, recipe


def _written(
    name: str,
    recipe: Recipe[Any],
    spec: Mapping[str, Any],
    made: Sequence[FeatureBlock],
    address: str,
    store: FeatureStore,
) -> FeatureBlock:
    parts = recipe.parts_of([block.parts for block in made])
    shape = len(made[0]), max(stop for _, stop in parts.values())
    present = np.any([block.present for block in made], axis=0)
    described = FeatureBlock(name, np.broadcast_to(np.float32(0), shape), present, spec, parts)

    def fill(out: FloatMatrix) -> None:
        for start in range(0, len(out), _CHUNK):
            rows = slice(start, start + _CHUNK)
            out[rows] = recipe.joined([block.values[rows] for block in made], [b.parts for b in made])

    return store.write_block(address, described, fill, state=recipe.reduction())
