"""What is nearly the same in a catalogue, as notes for `check`."""

import numpy as np

from sensorium.catalog.catalog import ReadCatalog
from sensorium.catalog.problems import Problem, Severity
from sensorium.core.roles import Role
from sensorium.duplicates.columns import ColumnGroups
from sensorium.duplicates.items import Duplicates

SHOWN = 100


def duplicate_problems(read: ReadCatalog, duplicates: Duplicates) -> list[Problem]:
    """Return a note for each column with near duplicates, and one for the items that are one."""
    found = [problem for column in duplicates.columns for problem in _column_problems(read, column)]
    rows = duplicates.group != np.arange(len(duplicates.group))
    if rows.any():
        ids = read.catalog.items
        samples = [
            f"{ids.id(item)} is {ids.id(members[0])}: {duplicates.why(item, members)}"
            for members in duplicates.groups[:SHOWN]
            for item in members[1:].tolist()
        ]
        found.append(
            Problem.at(
                Severity.NOTE,
                "duplicate items",
                read.table.where,
                f"nearly the same as an earlier item in all that both have: {int(rows.sum()):,}",
                remedy='Keep one of each, or learn them as one with duplicates = "one" under [catalog]',
                rows=read.rows.filter(rows),
                samples=samples,
            )
        )
    return found


def _column_problems(read: ReadCatalog, column: ColumnGroups) -> list[Problem]:
    """Return a note if items have nearly, but not exactly, what an earlier one has."""
    items = np.arange(len(column.group))
    nearly = (column.group >= 0) & (column.group != column.content)
    if not nearly.any():
        return []
    role = read.catalog.roles[column.column]
    name, what = ("text", "texts") if role is Role.TEXT else ("media", f"{role} files")
    shown = read.catalog.items.ids if role is Role.TEXT else read.catalog.frame[column.column]
    samples = [
        f"{shown[item]} is nearly {shown[int(column.group[item])]}" for item in items[nearly][:SHOWN].tolist()
    ]
    return [
        Problem.at(
            Severity.NOTE,
            f"near-duplicate {name}",
            read.table.where,
            f"{int(nearly.sum()):,} of the {what} in {column.column!r} are nearly the same as another item's",
            remedy="Check whether the items are one",
            column=column.column,
            rows=read.rows.filter(nearly),
            samples=samples,
        )
    ]
