"""The duplicates of a catalogue: which items are one, and why."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.media_findings import Findings, inspect_media
from sensorium.core.arrays import IntVector
from sensorium.core.files import written_aside
from sensorium.core.progress import SILENT, Progress
from sensorium.core.roles import Role
from sensorium.core.vocabulary import Vocabulary
from sensorium.duplicates.columns import ColumnGroups, group_media, group_texts
from sensorium.duplicates.groups import group_items


@dataclass(frozen=True)
class Duplicates:
    """Which items of a catalogue are one."""

    items: Vocabulary
    group: IntVector
    """[n_items] int64: the first item of the group of each; itself where it is alone."""
    columns: tuple[ColumnGroups, ...]
    """The columns of text and media that were compared."""

    @property
    def groups(self) -> list[IntVector]:
        """The items of each group of two or more, in the order of the catalogue."""
        order = np.argsort(self.group, kind="stable")
        starts = np.flatnonzero(np.diff(self.group[order], prepend=-1))
        return [members for members in np.split(order, starts[1:]) if len(members) > 1]

    def why(self, item: int, members: IntVector) -> str:
        """Return in which columns `item` is like its group, such as "poster the same, plot nearly"."""
        others = members[members != item]
        found: list[str] = []
        for column in self.columns:
            likes = others[column.group[others] == column.group[item]]
            if column.group[item] >= 0 and len(likes):
                same = bool((column.content[likes] == column.content[item]).any())
                found.append(f"{column.column} {'the same' if same else 'nearly'}")
        return ", ".join(found)

    def rows(self) -> Iterator[tuple[int, str, str]]:
        """Yield the number of the group, the item's id and why it is in it, for each item that is in one."""
        for number, members in enumerate(self.groups, 1):
            for item in members.tolist():
                yield number, self.items.id(item), self.why(item, members)

    def to_json(self) -> list[dict[str, str]]:
        """Return each group as item id -> why it is in it."""
        found: list[dict[str, str]] = []
        for number, item, why in self.rows():
            if number > len(found):
                found.append({})
            found[-1][item] = why
        return found

    def write(self, file: Path) -> None:
        """Write the groups as CSV: group, item_id, why."""
        with written_aside(file) as aside, aside.open("w", encoding="utf-8", newline="") as out:
            table = csv.writer(out)
            table.writerow(["group", "item_id", "why"])
            table.writerows(self.rows())


def find_duplicates(
    catalog: Catalog,
    *,
    media_findings: Mapping[str, Findings] | None = None,
    fetch_urls: bool = False,
    progress: Progress = SILENT,
) -> Duplicates:
    """Return which items of `catalog` are the same or nearly the same in every text and medium both have.

    Parameters
    ----------
    catalog
        The items.
    media_findings
        What `inspect_media` found in their media; they are looked into if not given.
    fetch_urls
        Whether to download what is on the web; otherwise such a medium is known by its address.
    progress
        Told of each medium.
    """
    if media_findings is None:
        media_findings = inspect_media(catalog, fetch_urls=fetch_urls, progress=progress)
    columns = [group_texts(catalog, column) for column in catalog.columns(Role.TEXT)]
    columns += [group_media(catalog, column, findings) for column, findings in media_findings.items()]
    if not columns:
        return Duplicates(catalog.items, np.arange(len(catalog), dtype=np.int64), ())
    contents = np.stack([column.group for column in columns], axis=1)
    distinctive = np.stack([column.distinctive for column in columns], axis=1)
    return Duplicates(catalog.items, group_items(contents, distinctive), tuple(columns))
