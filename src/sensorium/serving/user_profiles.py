"""What a model knows of users beside their events: attributes as rows of numbers, and whom they follow."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import polars as pl
from scipy import sparse

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.conditions import parse_condition
from sensorium.catalog.events import Events
from sensorium.catalog.people import FOLLOWS, People
from sensorium.catalog.users import Users, unknown_attribute
from sensorium.core.arrays import BoolVector, FloatMatrix, SparseMatrix
from sensorium.core.component import State
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.core.files import write_text
from sensorium.core.hashing import canonical_json
from sensorium.core.roles import Role
from sensorium.core.sparse import csr_from_arrays, csr_to_arrays
from sensorium.core.vocabulary import MISSING, Vocabulary, id_text
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.query import encode_queries
from sensorium.features.store import FeatureStore
from sensorium.serving.item_features import ItemFeatures

WHERE = "attributes"


@dataclass(frozen=True)
class UserProfiles:
    """The table of users, and how attributes become numbers."""

    users: Users
    features: ItemFeatures
    """A block for each attribute, a row for each user of the table."""

    @classmethod
    def of(cls, users: Users) -> Self:
        """Return the profiles of a table of users; attributes are encoded as columns of items would be."""
        with tempfile.TemporaryDirectory(prefix="sensorium-") as folder:
            return cls(
                users, ItemFeatures.of(encode_catalog(users.table, FeatureStore(Path(folder)), workers=1))
            )

    @cached_property
    def people(self) -> People:
        """What is known of each user, as numbers."""
        blocks = [sparse.csr_array(block.values) for block in self.features.blocks.values()]
        attributes = sparse.csr_array(sparse.hstack(blocks, format="csr")) if blocks else None
        return People(self.users.ids, attributes, self.users.follows, self.users.groups())

    def joined(self, events: Events) -> Events:
        """Return `events` that know their users; those of the table without events are users, too."""
        return replace(events, users=events.users.extended(self.users.ids), people=self.people)

    def meets(self, conditions: Sequence[str], ids: pl.Series) -> BoolVector:
        """Return which of the users `ids` [n] meet all conditions on attributes; nobody unknown does."""
        rows = self.users.ids.lookup(ids)
        return (rows != MISSING) & self.users.where(conditions)[rows]

    def stated(self, attributes: Mapping[str, object], known: SparseMatrix | None = None) -> SparseMatrix:
        """Return the row [1, n_attributes] of somebody with these attributes, the rest as `known`.

        Raises
        ------
        ConfigError
            If there is no such attribute, or a number is none.
        UnknownIdError
            If no user has the label.
        """
        if not isinstance(attributes, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - a public door
            raise ConfigError(
                f"{attributes!r} says no attribute",
                where=WHERE,
                remedy="Write for example attributes={'age': 25, 'occupation': 'student'}",
            )
        for column in attributes:
            if column not in self.users.table.roles:
                raise unknown_attribute(self.users.table, str(column))
        width = sum(block.dimension for block in self.features.blocks.values())
        row = np.zeros((1, width), dtype=np.float32) if known is None else known.toarray()
        start = 0
        for name, block in self.features.blocks.items():
            stop = start + block.dimension
            if (given := attributes.get(block.column)) is not None:
                row[:, start:stop] = self._encoded(name, block.column, given)
            start = stop
        return sparse.csr_array(row)

    def _encoded(self, name: str, column: str, given: object) -> FloatMatrix:
        """Return the row [1, d] of one attribute."""
        role, encoder = self.users.table.roles[column], self.features.encoders[name]
        if role is Role.NUMBER:
            value: Any = _number(column, given)
        else:
            listed = list(cast("Iterable[object]", given)) if _is_list(given) else [given]
            value = tuple(id_text(label) for label in listed)
            unknown = [label for label in value if not encoder.encode_batch([(label,)]).values.any()]
            if unknown:
                raise UnknownIdError(
                    f"no user has the {column} {unknown[0]!r}", where=WHERE, remedy=self._labels_like(column)
                )
        return encode_queries(encoder, self.features.scalings[name], [value], where=f"{WHERE} {column}")

    def _labels_like(self, column: str) -> str:
        labels = sorted({each for cell in self.users.table.categories(column) for each in cell or ()})
        return f"There are for example: {', '.join(labels[:8])}"

    def save(self, folder: Path) -> None:
        """Write the table, its roles, the encoders and whom users follow into `folder`."""
        table, follows = self.users.table, self.users.follows
        folder.mkdir(parents=True, exist_ok=True)
        columns = [column for column in table.roles if column in table.frame.columns]
        table.frame.select(columns).write_parquet(folder / "users.parquet")
        table.items.given_ids.alias("id").to_frame().write_parquet(folder / "ids.parquet")
        facts = {"roles": list(table.roles.items()), "separators": dict(table.separators)}
        write_text(folder / "users.json", canonical_json(facts) + "\n")
        self.features.save(folder / "features")
        arrays = {} if follows is None else csr_to_arrays(follows, FOLLOWS)
        State(arrays, {}).save(folder / FOLLOWS)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Read what `save` wrote; None where there is nothing, as in bundles from before users were known."""
        import json

        if not folder.is_dir():
            return None
        facts = json.loads((folder / "users.json").read_text(encoding="utf-8"))
        ids = pl.read_parquet(folder / "ids.parquet", glob=False)["id"]
        frame = pl.read_parquet(folder / "users.parquet", glob=False)
        roles = {column: Role(role) for column, role in facts["roles"]}
        table = Catalog(frame, Vocabulary(ids, name="user"), roles, separators=facts["separators"])
        follows = csr_from_arrays(State.load(folder / FOLLOWS).arrays, FOLLOWS)
        return cls(Users(table, follows), ItemFeatures.load(folder / "features"))


def parse_attributes(texts: Sequence[str], where: str = "--user-attribute") -> dict[str, object]:
    """Return attribute -> value from texts such as `age=25` or `occupation=student,gender=F`.

    Several labels of one attribute stand between `|`; a value that holds a comma stands in quotes.
    """
    import csv

    found: dict[str, object] = {}
    for part in (part for row in csv.reader(texts, skipinitialspace=True) for part in row if part.strip()):
        condition = parse_condition(part, where=where)
        if condition.operator != "=":
            raise ConfigError(f"{part!r} states no attribute", where=where, remedy="Write it as in age=25")
        values = condition.values
        found[condition.column] = values[0] if len(values) == 1 else list(values)
    return found


def _is_list(given: object) -> bool:
    return isinstance(given, Iterable) and not isinstance(given, str | bytes)


def _number(column: str, given: object) -> float:
    try:
        return float(cast("Any", given))
    except (TypeError, ValueError):
        raise ConfigError(
            f"{column} is {given!r}, which is no number", where=WHERE, remedy=f"Write for example {column}=25"
        ) from None
