"""What is found without a user: items like one item, and what matches words, a picture, a sound or a clip."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sensorium.catalog.item_lookup import item_index
from sensorium.core.arguments import as_length
from sensorium.core.arrays import BoolVector, FloatVector
from sensorium.core.item_list import ItemList
from sensorium.ranking.top_k import best_items
from sensorium.serving.model_parts import ModelParts
from sensorium.serving.one_moment import at_one_moment
from sensorium.serving.search import (
    NEAREST,
    Medium,
    Searched,
    SearchScores,
    query_media,
    search_items,
)
from sensorium.serving.similar_items import SimilarItems, blocks_of, modality_of, similar_by, similar_by_all

if TYPE_CHECKING:
    from sensorium.serving.similarity_explanation import SimilarityExplanation


class Finding(ModelParts):
    """The part of a fitted model that finds items; it changes nothing.

    Parameters as for `ModelParts`.
    """

    @at_one_moment
    def similar(
        self,
        item: object,
        *,
        by: str | None = None,
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        explain: bool = False,
    ) -> ItemList:
        """Return the `k` items most like `item`; `explain` also gives reasons, which add up to the score.

        `by` is `behaviour`: what the same users chose beyond popularity; or a modality (`image`) or a block
        (`image:poster`): the cosine of the features. Without it, all of them are added, weighted by how well
        they tell which item users choose after another.

        By text, image, audio and video, the nearest item must be more similar than items drawn at random, and
        the others so, too, or a third as similar as it; else `nothing_close` is true, and the three nearest
        are offered, however far they are.
        """
        index = item_index(self.catalog, item)
        known = index, self.catalog.items.id(index)
        eligible = self._eligible(where, allow, deny)
        eligible[index] = False
        if by is not None:
            found = similar_by(self.item_features.asked_by(by), self.data, known, by)
        else:
            found = similar_by_all(self.item_features, self.data, known, self.record.similar)
        if found is None:
            return self._item_list(best_items(np.zeros((1, 0), dtype=np.float32), 0), "", nothing_close=True)
        scores, limit = np.where(eligible, found.scores, np.float32(np.nan)), self._least_similar(found, by)
        nearest = float(np.nan_to_num(scores).max(initial=0.0))
        is_close, least = nearest > 0 and nearest >= limit, min(limit, nearest / 3)
        near = scores > max(least, 0.0) if is_close else _may_be_offered(found, scores)
        shown = np.where(near, scores, np.float32(np.nan))
        best = best_items(shown[None, :], as_length(k) if is_close else min(as_length(k), NEAREST))
        reasons = tuple(found.reasons(best[0])) if explain else ()
        return self._item_list(best, found.path, reasons, nothing_close=not is_close)

    def _least_similar(self, found: SimilarItems, by: str | None) -> float:
        """Return the score that the most similar item must have."""
        features = self.item_features if by is None else self.item_features.asked_by(by)
        if by is None or modality_of(features, by) is None:
            return float(np.finfo(np.float32).tiny)
        blocks = blocks_of(features, found.index, by)
        limits = [self.search_knowledge.reach(features, name).neighbour for name in blocks]
        return float(np.mean(limits))

    @at_one_moment
    def search(
        self,
        *,
        text: str | None = None,
        image: Medium | None = None,
        audio: Medium | None = None,
        video: Medium | None = None,
        user: object | None = None,
        history: Iterable[object] | None = None,
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
    ) -> ItemList:
        """Return the `k` items that best match words, a picture, a sound or a clip, or several of them.

        Scores are from 0 to 1, and 0.5 or more is a match. Nothing else is shown: where nothing matches,
        `nothing_close` is true and the three nearest items are offered, also where their scores are 0: by
        their features, or, of words that no item says, by the spelling. Words are looked for in all texts,
        labels and numbers; of several modalities the mean counts. With `user` or `history`, their taste
        reorders what matches and brings in nothing. Media are paths or the bytes of a file.
        """
        search = search_items(self._searched(), query_media(text, image, audio, video))
        if user is not None or history is not None:
            search = search.with_taste(self.fusion.scored(self._query(user, history, ())))
        return self._shown_of(search, k, where, allow, deny)

    def _shown_of(
        self,
        search: SearchScores,
        k: int,
        where: Sequence[str],
        allow: Iterable[object] | None,
        deny: Iterable[object],
    ) -> ItemList:
        """Return what of a search may be shown."""
        shown = search.found(self._eligible(where, allow, deny))
        found = shown.best(as_length(k))
        reasons = shown.reasons(found[0])
        return self._item_list(found, search.path, reasons, nothing_close=shown.offered is not None)

    def _searched(self) -> Searched:
        return Searched(self.catalog, self.item_features, self.search_knowledge)

    @at_one_moment
    def explain_similarity(
        self, item: object, other: object, *, by: str | None = None
    ) -> "SimilarityExplanation":
        """Return which regions of two pictures, or which moments of sounds or clips, make two items similar.

        `by` is `image`, `audio` or `video`, or a block such as `image:poster`; without it the first of the
        three that both items have. The media are read from where the catalogue says they are.
        """
        from sensorium.serving.similarity_explanation import explain_similarity  # it imports decoders

        pair = item_index(self.catalog, item), item_index(self.catalog, other)
        return explain_similarity(self.catalog, self.item_features, pair, by)


def _may_be_offered(found: SimilarItems, scores: FloatVector) -> BoolVector:
    """Return which items [n_items] may be called nearest although none is close.

    Media that are compared put all items in order; else what has nothing in common is not nearer than others.
    """
    media = any(weight > 0 and modality_of(found.item_features, by) for by, weight in found.weights.items())
    return np.isfinite(scores) & (scores != 0) if media else scores > 0
