"""What `check` says of items that are not recommended: how many, and whether that can be meant."""

from sensorium.catalog.availability import AVAILABLE_NAMES, HIDDEN_NAMES
from sensorium.catalog.catalog import Catalog, ReadCatalog
from sensorium.catalog.column_names import plain_name
from sensorium.catalog.problems import Problem, Severity
from sensorium.core.roles import Role


def availability_facts(catalog: Catalog) -> dict[str, str]:
    """Return how many items are hidden, and how many cannot be had, where a column says so."""
    counts = {
        Role.HIDDEN: ("hidden", catalog.hidden()),
        Role.AVAILABLE: ("not available", ~catalog.available()),
    }
    return {
        name: f"{int(mask.sum()):,} of {len(catalog):,} items"
        for role, (name, mask) in counts.items()
        if catalog.columns(role)
    }


def availability_problems(read: ReadCatalog) -> list[Problem]:
    """Return a problem if a column means the contrary by its name, or if no item is left."""
    catalog, where = read.catalog, read.table.where
    found: list[Problem] = []
    contrary = {Role.HIDDEN: (AVAILABLE_NAMES, Role.AVAILABLE), Role.AVAILABLE: (HIDDEN_NAMES, Role.HIDDEN)}
    for role, (names, meant) in contrary.items():
        for column in catalog.columns(role):
            if plain_name(column) in names:
                n = int((catalog.hidden() if role is Role.HIDDEN else ~catalog.available()).sum())
                message = (
                    f"{column!r} is given as `{role}`, so that {n:,} of {len(catalog):,} items are not "
                    "shown; by its name it says the contrary"
                )
                remedy = f'Write {meant} = "{column}" in its place'
                found.append(Problem(Severity.WARNING, "contrary meaning", where, message, remedy, column))
    if not catalog.shown().any() and len(catalog):
        message = "no item is left: all are hidden or cannot be had, so that nothing is recommended"
        remedy = "Check the columns under `hidden` and `available`"
        found.append(Problem(Severity.WARNING, "no item shown", where, message, remedy))
    return found
