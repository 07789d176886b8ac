"""Which regions of two pictures, or which moments of two sounds or clips, make two items similar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.core.arrays import FloatMatrix, FloatVector
from sensorium.core.errors import ConfigError, DataError, MediaError
from sensorium.core.roles import Role
from sensorium.core.vocabulary import Id
from sensorium.media.reference import MediaRef
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.occlusion import (
    CELLS,
    MOMENTS,
    RowSimilarity,
    clip_shares,
    picture_shares,
    sound_shares,
)
from sensorium.serving.similar_items import known_of

STANDS_OUT = 1.5
HARDLY = 0.1
"""Below this similarity two items are hardly similar: where it comes from means little."""
MEDIA = (Role.IMAGE, Role.AUDIO, Role.VIDEO)


class Region(NamedTuple):
    """A part of a picture; all but `share` are parts of its width and height, from the top left."""

    x: float
    y: float
    width: float
    height: float
    share: float
    """Of what the picture's regions add to the similarity; those of a picture add up to 1."""


class Moment(NamedTuple):
    """A part of a sound or clip."""

    start_s: float
    stop_s: float
    share: float
    """Of what the moments add to the similarity; those of a medium add up to 1."""


@dataclass(frozen=True)
class SimilarityExplanation:
    """Where in two media their similarity lies, largest share first; empty where no part stands out."""

    items: tuple[Id, Id]
    block: str
    """The features that were compared, such as `image:poster`."""
    likeness: float
    """The cosine of the two items."""
    regions: tuple[tuple[Region, ...], tuple[Region, ...]] = ((), ())
    """Of the first item's picture and of the second's."""
    moments: tuple[tuple[Moment, ...], tuple[Moment, ...]] = ((), ())
    """Of the first item's sound or clip and of the second's."""
    media: tuple[bytes, bytes] = (b"", b"")
    """The two files."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it, without the files."""
        sides = [
            {"item_id": str(item), "regions": _rounded(regions), "moments": _rounded(moments)}
            for item, regions, moments in zip(self.items, self.regions, self.moments, strict=True)
        ]
        return {"block": self.block, "likeness": round(self.likeness, 4), "items": sides}


def _rounded(parts: Sequence[Region] | Sequence[Moment]) -> list[dict[str, float]]:
    return [{name: round(value, 4) for name, value in part._asdict().items()} for part in parts]


PartT = TypeVar("PartT", Region, Moment)


def outstanding_parts(parts: Sequence[PartT]) -> tuple[PartT, ...]:
    """Return the regions or moments of one medium that stand out.

    Their share is `STANDS_OUT` times what it were if all counted the same; none: it is alike all over.
    """
    n_all = {Region: CELLS**2, Moment: MOMENTS}
    return tuple(part for part in parts if part.share >= STANDS_OUT / n_all[type(part)])


def explain_similarity(
    catalog: Catalog, item_features: ItemFeatures, items: tuple[int, int], by: str | None
) -> SimilarityExplanation:
    """Return where the similarity of two items lies, `by` a modality or block of pictures, sounds or clips.

    None is the first modality that both have. With several blocks of the modality, it is the one in which the
    two are most alike.

    Raises
    ------
    ConfigError
        If nothing is known by that name, or it has neither regions nor moments.
    DataError
        If an item lacks the medium, or it cannot be read.
    """
    first, second = items
    by = _first_shared(item_features, items) if by is None else by
    item_features = item_features.asked_by(by)
    ids = (catalog.items.id(first), catalog.items.id(second))
    names = known_of(item_features, first, by, f"item {ids[0]}")
    shared = [name for name in names if item_features.blocks[name].present[second]]
    if not shared:
        raise DataError(f"it has no {by}", where=f"item {ids[1]}", remedy="Choose another item")
    values = {name: item_features.blocks[name].values for name in shared}
    cosines = {name: float(rows[first] @ rows[second]) for name, rows in values.items()}
    block = max(cosines, key=lambda name: cosines[name])
    _require_media(item_features, block)
    refs = catalog.only(items).media(item_features.blocks[block].column)
    media = _read(refs[0], ids[0]), _read(refs[1], ids[1])
    towards = [
        RowSimilarity(
            item_features.encoders[block], item_features.scalings[block], values[block][other], f"item {own}"
        )
        for own, other in zip(ids, (second, first), strict=True)
    ]
    try:
        given = (catalog.items.as_given(ids[0]), catalog.items.as_given(ids[1]))
        return _with_shares(
            SimilarityExplanation(given, block, cosines[block], media=media), towards, item_features
        )
    except MediaError as error:
        raise DataError(error.reason, where=error.where, remedy="Choose another item") from error


def _first_shared(item_features: ItemFeatures, items: tuple[int, int]) -> str:
    """Return the first modality with regions or moments of which both items have a medium."""
    by_modality = item_features.modalities()
    for modality in MEDIA:
        for name in by_modality.get(modality.value, ()):
            if item_features.blocks[name].present[list(items)].all():
                return modality.value
    named = [modality.value for modality in MEDIA if modality.value in by_modality]
    if not named:
        raise ConfigError(
            "the catalogue has no pictures, sounds or clips",
            where="by",
            remedy="Give a column of media a role under [catalog]",
        )
    return named[0]


def _require_media(item_features: ItemFeatures, block: str) -> None:
    if Role(item_features.blocks[block].modality) not in MEDIA:
        raise ConfigError(
            f"{block} has neither regions nor moments",
            where="by",
            remedy="Choose pictures, sounds or clips",
        )
    if block not in item_features.encoders:
        raise ConfigError(
            f"the features of {block} were given without an encoder",
            where="by",
            remedy="Let Sensorium encode the media",
        )


def _with_shares(
    found: SimilarityExplanation, towards: Sequence[RowSimilarity], item_features: ItemFeatures
) -> SimilarityExplanation:
    """Return `found` with its regions or moments."""
    modality = Role(item_features.blocks[found.block].modality)
    pairs = list(zip(found.media, towards, strict=True))
    if modality is Role.IMAGE:
        first, second = (_regions(picture_shares(*pair)) for pair in pairs)
        return SimilarityExplanation(
            found.items, found.block, found.likeness, regions=(first, second), media=found.media
        )
    shares = sound_shares if modality is Role.AUDIO else clip_shares
    early, late = (_moments(*shares(*pair)) for pair in pairs)
    return SimilarityExplanation(
        found.items, found.block, found.likeness, moments=(early, late), media=found.media
    )


def _regions(shares: FloatMatrix) -> tuple[Region, ...]:
    side = 1 / CELLS
    cells = [
        Region(column * side, row * side, side, side, float(shares[row, column]))
        for row, column in np.argwhere(shares > 0).tolist()
    ]
    return tuple(sorted(cells, key=lambda region: -region.share))


def _moments(shares: FloatVector, length_s: float) -> tuple[Moment, ...]:
    cells = [
        Moment(cell * length_s, (cell + 1) * length_s, float(shares[cell]))
        for cell in np.flatnonzero(shares > 0).tolist()
    ]
    return tuple(sorted(cells, key=lambda moment: -moment.share))


def _read(ref: MediaRef | None, item_id: str) -> bytes:
    try:
        if ref is None:
            raise MediaError("it has no medium", where=f"item {item_id}")
        return ref.read()
    except MediaError as error:
        raise DataError(
            error.reason, where=f"item {item_id}: {error.where}", remedy="Put the file back"
        ) from error
