"""A search: similarity to words, a picture, a sound or a clip, and the taste of the user."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sensorium.core.arrays import FloatMatrix, FloatVector, IntVector
from sensorium.core.item_list import Reason
from sensorium.fusion.late_fusion import FusedScores
from sensorium.serving.content_search import TASTE, Medium, search_reasons, search_scores, sum_sources
from sensorium.serving.item_features import ItemFeatures


@dataclass(frozen=True)
class SearchScores:
    """What a search found in every item."""

    sources: Mapping[str, FloatVector]
    """Modality, or `taste` -> its scores [n_items]; NaN where unknown."""
    path: str
    """The sources, joined by `+`."""

    @property
    def scores(self) -> FloatMatrix:
        """The sources, standardised and added [1, n_items]; one alone is the cosine."""
        return sum_sources(self.sources)[None, :]

    def reasons(self, items: IntVector) -> tuple[tuple[Reason, ...], ...]:
        """Return the parts of the scores of `items`; nothing where there is one source."""
        return tuple(search_reasons(self.sources, items)) if len(self.sources) > 1 else ()

    def with_taste(self, taste: FusedScores) -> Self:
        """Return the search with the scores of one user joined in, with the same weight as a modality."""
        sources = {**self.sources, TASTE: taste.scores[0]}
        return type(self)(sources, f"{self.path}+{taste.query_paths[0]}")


def search_items(item_features: ItemFeatures, asked: Mapping[str, Medium]) -> SearchScores:
    """Return what `asked`, by modality, finds."""
    sources = search_scores(item_features, asked)
    return SearchScores(sources, "+".join(sources))
