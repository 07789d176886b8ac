"""What a user says they like (labels, words, a picture, a sound, a clip), blended with the model's scores.

It serves new users, of whom popularity alone knows nothing. Formula, with z standardised
over the items that a part knows, and 0 for the others:

    score_i = z(model)_i + STATED_WEIGHT / n * sum over the n stated preferences of z(similarity to it)_i
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.conditions import parse_condition
from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.core.item_list import Reason
from sensorium.core.linalg import standardize
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind, SourceOrigin
from sensorium.core.vocabulary import id_text
from sensorium.encoders.query import encode_queries
from sensorium.fusion.late_fusion import FusedScores
from sensorium.serving.content_search import Medium, Searched, search_scores
from sensorium.serving.item_features import ItemFeatures

WISH = "wish:"
"""What the names of their sources begin with."""
STATED_WEIGHT = 0.5
"""How much all stated preferences count together, beside 1 for the model without them; see docs/cli.md."""


@dataclass(frozen=True)
class StatedPreferences:
    """What a user says they like."""

    labels: Mapping[str, Sequence[str]]
    """Category column -> labels."""
    media: Mapping[str, Medium]
    """`text`, `image`, `audio` or `video` -> words, or a file's path or bytes."""

    def __bool__(self) -> bool:
        return bool(self.labels or self.media)

    def __post_init__(self) -> None:
        """Refuse labels without their columns."""
        if not isinstance(self.labels, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - a public door
            raise ConfigError(
                f"{self.labels!r} says no column", where="like", remedy="Write like={'COLUMN': ['LABEL']}"
            )


@dataclass(frozen=True)
class BlendedScores:
    """Scores of the model and of stated preferences, added."""

    scores: FloatMatrix
    """[1, n_items] float32."""
    known: BoolVector
    """[n_items]: what the model alone can score."""
    mean: float
    """What is taken from the model's scores, and below what they are then multiplied with."""
    slope: float
    stated: Mapping[str, FloatVector]
    """Source -> what it adds [n_items]."""
    path: str
    """That of the model's scores and the stated preferences, joined by `+`."""

    def reasons(
        self, of_model: Sequence[tuple[Reason, ...]], items: IntVector
    ) -> tuple[tuple[Reason, ...], ...]:
        """Return the parts of the scores of `items`, largest first, given those of the model's scores."""
        return tuple(
            self._reasons(reasons, item) for reasons, item in zip(of_model, items.tolist(), strict=True)
        )

    def _reasons(self, of_model: tuple[Reason, ...], item: int) -> tuple[Reason, ...]:
        found: list[Reason] = []
        for name, values in self.stated.items():
            kind, column = stated_origin(name)
            found.append(Reason(name, kind, float(values[item]), column=column))
        if self.known[item]:
            found += [self._scaled(reason) for reason in of_model]
        return tuple(sorted(found, key=lambda reason: -abs(reason.contribution)))

    def _scaled(self, reason: Reason) -> Reason:
        shift = self.mean if reason.kind is SourceKind.BASELINE else 0.0
        parts = tuple(part._replace(contribution=part.contribution * self.slope) for part in reason.parts)
        return replace(reason, contribution=(reason.contribution - shift) * self.slope, parts=parts)


def blend_preferences(fused: FusedScores, searched: Searched, stated: StatedPreferences) -> BlendedScores:
    """Return the model's scores of one query, standardised, plus the similarity to what the user likes."""
    scores = fused.scores[0]
    known = np.asarray(fused.paths[0] > 0)
    spread = float(scores[known].std()) if known.any() else 0.0
    mean = float(scores[known].mean()) if known.any() else 0.0
    slope = 1 / spread if spread > 0 else 0.0
    similarities = _similarities(searched, stated)
    share = np.float32(STATED_WEIGHT / len(similarities))
    contributions = {
        name: share * np.nan_to_num(standardize(values)) for name, values in similarities.items()
    }
    total = np.where(known, (scores - np.float32(mean)) * np.float32(slope), np.float32(0))
    for values in contributions.values():
        total = total + values
    path = "+".join([fused.query_paths[0], *(name.removeprefix(WISH) for name in contributions)])
    return BlendedScores(total[None, :], known, mean, slope, contributions, path)


def stated_origin(source: str) -> SourceOrigin:
    """Return what a source of stated preferences stands for: a medium, or the labels of a column."""
    return SourceOrigin.of_blocks([BlockName(source.removeprefix(WISH))])


def _similarities(searched: Searched, stated: StatedPreferences) -> dict[str, FloatVector]:
    """Return each source's similarity of every item to a stated preference [n_items]; NaN where unknown."""
    found = {
        WISH + BlockName.of(Role.CATEGORY.value, column): _label_similarity(
            searched.item_features, searched.catalog, column, labels
        )
        for column, labels in stated.labels.items()
    }
    if stated.media:
        found |= {f"{WISH}{name}": values for name, values in search_scores(searched, stated.media).items()}
    return found


def _label_block(column: str) -> BlockName:
    return BlockName.of(Role.CATEGORY.value, column)


def _label_similarity(
    item_features: ItemFeatures, catalog: Catalog, column: str, labels: Sequence[str]
) -> FloatVector:
    name = _label_block(column)
    if name not in item_features.encoders:
        columns = ", ".join(catalog.columns(Role.CATEGORY))
        raise ConfigError(
            f"{column!r} is no column of categories",
            where="like",
            remedy=f"Choose one of: {columns}" if columns else "The catalogue has no column of categories",
        )
    labels = _listed(labels, column)
    encoder, scaling, block = (
        item_features.encoders[name],
        item_features.scalings[name],
        item_features.blocks[name],
    )
    for label in labels:
        if not encoder.encode_batch([(label,)]).values.any():
            raise UnknownIdError(
                f"no item has the {column} {label!r}",
                where="like",
                remedy=_similar_labels(catalog, column, label),
            )
    row = encode_queries(encoder, scaling, [tuple(labels)], where=f"like {column}")[0]
    return np.where(block.present, block.values @ row, np.float32(np.nan)).astype(np.float32)


def _listed(labels: object, column: str) -> list[str]:
    """Return labels as texts: those of a column of numbers may be given as numbers."""
    listed = [] if isinstance(labels, str) or not isinstance(labels, Iterable) else list(labels)
    if not listed:
        label = labels if isinstance(labels, str | int) and labels else "LABEL"
        raise ConfigError(
            f"no list of labels for {column!r}",
            where="like",
            remedy=f"Write like={{{column!r}: [{str(label)!r}]}}",
        )
    return [id_text(label) for label in listed]


def _similar_labels(catalog: Catalog, column: str, label: str) -> str:
    """Return labels that look like `label`, or any that there are."""
    known = sorted({each for labels in catalog.categories(column) for each in labels or ()})
    folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(label.casefold(), folded, n=3) or list(folded)[:3]
    return f"There are for example: {', '.join(folded[each] for each in near)}"


def parse_labels(likes: Sequence[str]) -> dict[str, list[str]]:
    """Return column -> labels from conditions such as `genres=Comedy` or `genres=Comedy|Drama`."""
    found: dict[str, list[str]] = {}
    for like in likes:
        condition = parse_condition(like, where="like")
        if condition.operator != "=":
            raise ConfigError(
                f"{like!r} says no label to like", where="like", remedy="Write it as in genres=Comedy"
            )
        found.setdefault(condition.column, []).extend(condition.values)
    return found
