"""Which items have the same or nearly the same medium or text in one column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.media_findings import UNFETCHED, MediaFinding
from sensorium.core.arrays import BoolVector, IntVector
from sensorium.core.hashing import hash_bytes
from sensorium.core.roles import Role
from sensorium.duplicates.audio import group_near_sounds
from sensorium.duplicates.image import group_near_pictures
from sensorium.duplicates.text import group_near_texts, normalize_letters, text_fingerprint
from sensorium.duplicates.union_find import UnionFind
from sensorium.duplicates.video import group_near_clips
from sensorium.media.reference import MediaRef

_GROUPING: Mapping[Role, Callable[[Sequence[bytes]], UnionFind]] = {
    Role.TEXT: group_near_texts,
    Role.IMAGE: group_near_pictures,
    Role.AUDIO: group_near_sounds,
    Role.VIDEO: group_near_clips,
}
"""What groups the fingerprints of each modality."""


@dataclass(frozen=True)
class ColumnGroups:
    """The items of a catalogue by what they have in one column."""

    column: str
    group: IntVector
    """[n_items] int64: the first item with nearly the same; -1 for an item that has nothing there."""
    content: IntVector
    """[n_items] int64: the first item with exactly the same; -1 for an item that has nothing there."""
    distinctive: BoolVector
    """[n_items] whether it is enough to know an item by: no short text, no black picture, no silence."""

    @classmethod
    def of_contents(
        cls, column: str, role: Role, contents: Sequence[str | None], prints: Mapping[str, bytes]
    ) -> Self:
        """Return the groups of a column in which item i has `contents[i]`, a hash or nothing.

        `prints` holds the fingerprint of each content that has one.
        """
        first: dict[str, int] = {}
        found = [-1 if each is None else first.setdefault(each, i) for i, each in enumerate(contents)]
        content = np.asarray(found, dtype=np.int64)
        group = content.copy()
        printed = [each for each in first if each in prints]
        rows = np.asarray([first[each] for each in printed], dtype=np.int64)
        nearest = group_near_contents(role, [prints[each] for each in printed]).group
        into = np.arange(len(contents), dtype=np.int64)
        into[rows] = rows[nearest]
        group[content >= 0] = into[content[content >= 0]]
        distinctive = np.asarray([each is not None and each in prints for each in contents], dtype=np.bool_)
        return cls(column, group, content, distinctive)


def group_texts(catalog: Catalog, column: str) -> ColumnGroups:
    """Return the items of `catalog` by their text in `column`."""
    prints: dict[str, bytes] = {}
    contents: list[str | None] = []
    for text in catalog.texts(column):
        letters = normalize_letters(text or "")
        contents.append(hash_bytes(letters.encode()) if letters else None)
        if text and contents[-1] not in prints and (made := text_fingerprint(text)) is not None:
            prints[str(contents[-1])] = made
    return ColumnGroups.of_contents(column, Role.TEXT, contents, prints)


def group_media(catalog: Catalog, column: str, findings: Mapping[MediaRef, MediaFinding]) -> ColumnGroups:
    """Return the items of `catalog` by their medium in `column`.

    One that was not fetched is known by its address alone; one that cannot be read counts as none.
    """
    prints = {
        each.content_hash: each.fingerprint
        for each in findings.values()
        if each.content_hash is not None and each.fingerprint is not None
    }
    contents = [
        None if reference is None else _content(reference, findings[reference])
        for reference in catalog.media(column)
    ]
    return ColumnGroups.of_contents(column, catalog.roles[column], contents, prints)


def _content(reference: MediaRef, finding: MediaFinding) -> str | None:
    return reference.location if finding.kind == UNFETCHED else finding.content_hash


def group_near_contents(role: Role, fingerprints: Sequence[bytes]) -> UnionFind:
    """Return the groups of nearly equal media or texts; equal fingerprints are compared once."""
    distinct = {each: number for number, each in enumerate(dict.fromkeys(fingerprints))}
    found = _GROUPING[role](list(distinct)).group
    number = np.fromiter((distinct[each] for each in fingerprints), dtype=np.int64, count=len(fingerprints))
    _, first = np.unique(number, return_index=True)  # where each distinct one stands first
    forest = UnionFind(len(fingerprints))
    forest.unite(first[number], np.arange(len(fingerprints), dtype=np.int64))
    forest.unite(first[found], first)
    return forest
