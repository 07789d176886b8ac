"""What a search has to know beside the features: which words items say, and what similarities mean."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import IntVector
from sensorium.core.component import State
from sensorium.core.errors import SensoriumError
from sensorium.core.roles import Role
from sensorium.encoders.query import encode_readable_queries
from sensorium.serving.calibration import BlockReach
from sensorium.serving.item_features import SEARCHABLE, ItemFeatures
from sensorium.serving.unrelated_queries import unrelated_queries
from sensorium.serving.word_index import WordIndex

_WORDS = "words"
_REACH = "reach"


def queries_beyond_words(item_features: ItemFeatures, name: str) -> tuple[Role, ...]:
    """Return the modalities by which a block can be searched, and find more than the same words.

    What has learnt from the catalogue's texts alone knows no other words, and takes those that look alike for
    the same: of 200 words that MovieLens' films do not say, TF-IDF with LSA found 57 close to some film. Its
    similarities put in order what says the words, and bring in nothing.
    """
    if name not in item_features.encoders:
        return ()
    encoder = item_features.encoders[name]
    read = (modality for modality in SEARCHABLE if modality in encoder.query_modalities)
    return tuple(modality for modality in read if modality is not Role.TEXT or not encoder.traits.learns)


class SearchKnowledge:
    """The words that items say, and what similarities reach by chance; made when it is first asked for.

    A fit makes all of it, and the bundle keeps it. Nothing that is made changes an answer, so that several
    threads may ask at once; at worst two of them make the same.
    """

    def __init__(self, words: WordIndex | None = None, reach: Mapping[str, BlockReach] | None = None) -> None:
        self._words = words
        self._reach: dict[str, BlockReach] = dict(reach or {})
        self._folder: Path | None = None
        self._mapped = False
        self._later: IntVector = np.zeros(0, dtype=np.int64)
        """The items that have other words than `_words` say, or are not among them."""

    @classmethod
    def made(cls, catalog: Catalog, item_features: ItemFeatures) -> Self:
        """Return all that there is to know of the items; what an encoder cannot say now is left for later."""
        knowledge = cls()
        knowledge.words(catalog)
        for name in item_features.blocks:
            knowledge.reach(item_features, name)
            for modality in queries_beyond_words(item_features, name):
                with contextlib.suppress(SensoriumError):
                    knowledge.reach(item_features, name, modality, catalog=catalog)
        return knowledge

    def words(self, catalog: Catalog) -> WordIndex:
        """Return which words the items of `catalog` say; of longer catalogues, the new items are read."""
        self._read()
        later, words = self._later, self._words  # in this order, as they are set below in the other
        if words is None:
            words = WordIndex.of(catalog)
        elif len(later):
            words = words.with_items(catalog.only(later), later)
        if words.n_items < len(catalog):
            words = words.extended(catalog.only(range(words.n_items, len(catalog))))
        self._words, self._later = words, later[:0]
        return words

    def with_items(self, indices: IntVector) -> Self:
        """Return what is known of a catalogue with other items at `indices` [n], or new ones.

        What similarities reach by chance is what it was. This knowledge stays as it is.
        """
        self._read()
        other = type(self)(self._words, self._reach)
        other._later = np.union1d(self._later, indices)
        return other

    def reach(
        self,
        item_features: ItemFeatures,
        name: str,
        modality: Role | None = None,
        *,
        catalog: Catalog | None = None,
    ) -> BlockReach:
        """Return what similarities in the block `name` reach by chance, also to queries of a `modality`."""
        self._read()
        block = item_features.blocks[name]
        reach = self._reach.get(name) or BlockReach.of(block)
        if modality is not None and modality.value not in reach.by_chance:
            words = () if catalog is None else tuple(self.words(catalog).places)
            encoder, scaling = item_features.encoders[name], item_features.scalings[name]
            queries = unrelated_queries(modality, words)
            rows = encode_readable_queries(encoder, scaling, queries, modality)
            reach = reach.with_queries(modality.value, rows, block)
        self._reach[name] = reach
        return reach

    def save(self, folder: Path) -> None:
        """Write what is known."""
        self._read()
        words = State() if self._words is None else self._words.state()
        reach = {name: one.to_json() for name, one in self._reach.items()}
        State(words.arrays, {_WORDS: words.values, _REACH: reach}).save(folder)

    @classmethod
    def load(cls, folder: Path, *, mapped: bool = False) -> Self:
        """Return what `save` wrote, which is read when it is first asked for; nothing of older bundles.

        `mapped` as for `State.load`.
        """
        knowledge = cls()
        knowledge._mapped = mapped
        knowledge._folder = folder if folder.is_dir() else None
        return knowledge

    def _read(self) -> None:
        folder = self._folder
        if folder is None:
            return
        state = State.load(folder, mapped=self._mapped)
        if state.values[_WORDS]:
            self._words = WordIndex.from_state(State(state.arrays, state.values[_WORDS]))
        self._reach = {name: BlockReach.from_json(value) for name, value in state.values[_REACH].items()}
        self._folder = None

    def __getstate__(self) -> dict[str, Any]:
        self._read()
        return vars(self)
