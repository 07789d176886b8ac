"""What a user says to like or not (labels, words, a picture, a sound, a clip), beside the model's scores.

With z the model's scores standardised over the items that it knows, 0 for the others; l_p how much an item
has of what stated preference p likes, from 0 to 1, and `CLOSE` or more where it has it (labels:
(1 + cosine) / 2; words and media: the score of a search); d_p the same for dislikes:

    score_i = z_i + a * mean of l_pi over the likes p - b * sum of d_pi over the dislikes p

a is FIRST * steer, or as much more as it takes for a share of `steer` of the answer to have what is liked,
where so many items have; b likewise, for all but a share of 1 - 2 steer to be without what is disliked.
"""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.conditions import parse_condition
from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.block_name import BlockName
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.core.item_list import Reason
from sensorium.core.roles import Role
from sensorium.core.source_kind import SourceKind, SourceOrigin
from sensorium.core.vocabulary import id_text
from sensorium.encoders.query import encode_queries
from sensorium.fusion.late_fusion import FusedScores
from sensorium.index.largest import largest
from sensorium.serving.calibration import CLOSE
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.search import Medium, Searched, search_scores

WISH = "wish:"
"""What the names of their sources begin with."""
STEER = 0.5
"""How far stated preferences decide, from 0, not at all, to 1, wherever something has what is liked."""
FIRST = 3.6
"""What all likes together count at least, times `steer`, beside 1 for a deviation of the model's scores."""
NOT = "not:"
"""What stands after `WISH` in the names of dislikes."""
_DOUBLINGS, _HALVINGS = 12, 6
_ROUNDING = 1e-6


@dataclass(frozen=True)
class StatedPreferences:
    """What a user says they like."""

    labels: Mapping[str, Sequence[str]]
    """Category column -> labels."""
    media: Mapping[str, Medium]
    """`text`, `image`, `audio` or `video` -> words, or a file's path or bytes."""
    disliked: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Category column -> labels that the user does not like."""
    steer: float = STEER
    """How far they decide, from 0 to 1."""

    def __bool__(self) -> bool:
        return bool(self.labels or self.media or self.disliked)

    def __post_init__(self) -> None:
        """Refuse labels without their columns, and shares that are none."""
        for where, labels in (("like", self.labels), ("dislike", self.disliked)):
            if not isinstance(labels, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - a public door
                remedy = f"Write {where}={{'COLUMN': ['LABEL']}}"
                raise ConfigError(f"{labels!r} says no column", where=where, remedy=remedy)
        given: Any = self.steer
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
            raise ConfigError(f"{given!r} is no share", where="steer", remedy="Give a number from 0 to 1")


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


def blend_preferences(
    fused: FusedScores, searched: Searched, stated: StatedPreferences, allowed: BoolVector, k: int
) -> BlendedScores:
    """Return the model's scores of one query, standardised, and what stated preferences add to them.

    Parameters
    ----------
    fused
        The model's scores.
    searched, stated
        Where to look for what is stated.
    allowed
        Which items may be shown [n_items].
    k
        How many will be.
    """
    scores = fused.scores[0]
    known = np.asarray(fused.paths[0] > 0)
    spread = float(scores[known].std()) if known.any() else 0.0
    mean = float(scores[known].mean()) if known.any() else 0.0
    slope = 1 / spread if spread > 0 else 0.0
    standardised = np.where(known, (scores - np.float32(mean)) * np.float32(slope), np.float32(0))
    total: FloatVector = standardised.astype(np.float32)
    likes = _of_labels(searched, stated.labels, "like") | _of_media(searched, stated.media)
    contributions: dict[str, FloatVector] = {}
    for found, sign, share in (
        (_of_labels(searched, stated.disliked, "dislike"), -1, min(1.0, 2 * stated.steer)),
        (likes, 1, stated.steer),
    ):
        if not found:
            continue
        n = len(found) if sign > 0 else 1  # of likes the mean counts, of dislikes each one
        has = np.stack(list(found.values())).sum(axis=0) / n
        wanted: BoolVector = np.asarray(has >= CLOSE if sign > 0 else has < CLOSE)
        required = min(math.ceil(share * k), int(np.count_nonzero(wanted & allowed)))
        push: FloatVector = (has * sign).astype(np.float32)
        strength = _strength(total, push, wanted, allowed, (k, required), FIRST * stated.steer)
        contributions |= {name: values * np.float32(sign * strength / n) for name, values in found.items()}
        total = (total + push * np.float32(strength)).astype(np.float32)
    of_model = [fused.query_paths[0]] if known.any() else []
    path = "+".join([*of_model, *(name.removeprefix(WISH) for name in contributions)])
    return BlendedScores(total[None, :], known, mean, slope, contributions, path)


def _strength(
    scores: FloatVector,
    push: FloatVector,
    wanted: BoolVector,
    allowed: BoolVector,
    of_k: tuple[int, int],
    least: float,
) -> float:
    """Return how many times `push` must be added for enough `wanted` items among the best: `least` or more.

    `of_k` is how many items are shown, and how many of them must be wanted.
    """
    k, required = of_k
    if least <= 0 or not required:
        return least
    scores, push, wanted = scores[allowed], push[allowed], wanted[allowed]

    def is_enough(strength: float) -> bool:
        best = largest((scores + np.float32(strength) * push).astype(np.float32), k)
        return int(np.count_nonzero(wanted[best])) >= required

    high = least
    for _ in range(_DOUBLINGS):
        if is_enough(high):
            break
        high *= 2
    low = high / 2
    for _ in range(_HALVINGS if high > least else 0):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def stated_origin(source: str) -> SourceOrigin:
    """Return what a source of stated preferences stands for: a medium, or the labels of a column."""
    return SourceOrigin.of_blocks([BlockName(source.removeprefix(WISH).removeprefix(NOT))])


def _of_labels(searched: Searched, labels: Mapping[str, Sequence[str]], where: str) -> dict[str, FloatVector]:
    """Return for each column how much of its `labels` each item has [n_items], from 0 to 1."""
    start = WISH if where == "like" else WISH + NOT
    found: dict[str, FloatVector] = {}
    for column, some in labels.items():
        cosines = np.nan_to_num(
            _label_similarity(searched.item_features, searched.catalog, column, some, where)
        )
        has = np.where(np.nan_to_num(cosines) > _ROUNDING, (1 + cosines) / 2, np.float32(0))
        found[start + BlockName.of(Role.CATEGORY.value, column)] = has.astype(np.float32)
    return found


def _of_media(searched: Searched, media: Mapping[str, Medium]) -> dict[str, FloatVector]:
    """Return for each medium how well each item matches it [n_items], from 0 to 1."""
    found = search_scores(searched, media) if media else {}
    return {WISH + name: np.nan_to_num(values) for name, values in found.items()}


def _label_block(column: str) -> BlockName:
    return BlockName.of(Role.CATEGORY.value, column)


def _label_similarity(
    item_features: ItemFeatures, catalog: Catalog, column: str, labels: Sequence[str], where: str
) -> FloatVector:
    name = _label_block(column)
    if name not in item_features.encoders:
        columns = ", ".join(catalog.columns(Role.CATEGORY))
        raise ConfigError(
            f"{column!r} is no column of categories",
            where=where,
            remedy=f"Choose one of: {columns}" if columns else "The catalogue has no column of categories",
        )
    labels = _listed(labels, column, where)
    encoder, scaling, block = (
        item_features.encoders[name],
        item_features.scalings[name],
        item_features.blocks[name],
    )
    for label in labels:
        if not encoder.encode_batch([(label,)]).values.any():
            raise _unknown_label(catalog, column, label, where)
    row = encode_queries(encoder, scaling, [tuple(labels)], where=f"{where} {column}")[0]
    return np.where(block.present, block.values @ row, np.float32(np.nan)).astype(np.float32)


def _listed(labels: object, column: str, where: str) -> list[str]:
    """Return labels as texts: those of a column of numbers may be given as numbers."""
    listed = [] if isinstance(labels, str) or not isinstance(labels, Iterable) else list(labels)
    if not listed:
        label = labels if isinstance(labels, str | int) and labels else "LABEL"
        raise ConfigError(
            f"no list of labels for {column!r}",
            where=where,
            remedy=f"Write {where}={{{column!r}: [{str(label)!r}]}}",
        )
    return [id_text(label) for label in listed]


def _unknown_label(catalog: Catalog, column: str, label: str, where: str) -> UnknownIdError:
    """Return what is wrong with a label that the model has not learnt, and labels that look like it."""
    known = sorted({each for labels in catalog.categories(column) for each in labels or ()})
    folded = {each.casefold(): each for each in known}
    if label.casefold() in folded:
        what = f"the {column} {label!r} came after the fit, and the model knows nothing of it"
        return UnknownIdError(what, where=where, remedy=f"Fit again; or filter by it: {column}={label}")
    near = difflib.get_close_matches(label.casefold(), folded, n=3) or list(folded)[:3]
    remedy = f"There are for example: {', '.join(folded[each] for each in near)}"
    return UnknownIdError(f"no item has the {column} {label!r}", where=where, remedy=remedy)


def parse_labels(likes: Sequence[str], where: str = "like") -> dict[str, list[str]]:
    """Return column -> labels from conditions such as `genres=Comedy` or `genres=Comedy|Drama`."""
    found: dict[str, list[str]] = {}
    for like in likes:
        condition = parse_condition(like, where=where)
        if condition.operator != "=":
            raise ConfigError(
                f"{like!r} says no label to {where}", where=where, remedy="Write it as in genres=Comedy"
            )
        found.setdefault(condition.column, []).extend(condition.values)
    return found
