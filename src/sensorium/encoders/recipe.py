"""A recipe: several encoders of one modality side by side in one block, each part under its own name.

One class a modality, since a class declares what it reads; what they do is the same.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from pydantic import Field, PositiveInt, SerializeAsAny, field_serializer, field_validator, model_validator

from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import State
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.nested import nested, part_of
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits, InputT, Track
from sensorium.encoders.registry import encoder_type
from sensorium.encoders.whitening import Whitening

Parts = Mapping[str, tuple[int, int]]


class Ingredient(Config):
    """One encoder of a recipe."""

    encoder: str
    """Its name; a former one is replaced by the present one."""
    config: SerializeAsAny[Config]
    """Its own settings."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, values: Any) -> Any:
        """Make the encoder's own config of a table of settings."""
        if isinstance(values, Mapping) and isinstance(values.get("config"), Mapping):
            cls = encoder_type(values["encoder"])
            return {"encoder": cls.name, "config": cls.config_type.model_validate(dict(values["config"]))}
        return values

    @field_serializer("encoder")
    def _first_name(self, name: str) -> str:
        """Write the name that the encoder had first: it is part of the address of the recipe's features."""
        return encoder_type(name).first_name()

    @classmethod
    def of(cls, encoder: Encoder[Any, Any]) -> Self:
        """Return what describes `encoder`."""
        return cls(encoder=encoder.name, config=encoder.config)

    def make(self) -> Encoder[Any, Any]:
        """Return the encoder, unfitted."""
        return encoder_type(self.encoder)(self.config)


class RecipeConfig(Config):
    """Which encoders, and how many columns are kept of each part."""

    recipe: tuple[Ingredient, ...] = Field(min_length=1)
    """The encoders, in the order of their columns; no two alike."""
    columns: PositiveInt | None = None
    """Columns that each part is brought to at most, by whitened principal components; None keeps all."""

    @field_validator("recipe")
    @classmethod
    def _no_two_alike(cls, recipe: tuple[Ingredient, ...]) -> tuple[Ingredient, ...]:
        if any(first == second for n, first in enumerate(recipe) for second in recipe[:n]):
            raise ValueError("it names the same encoder twice")
        return recipe


class Recipe(Encoder[RecipeConfig, InputT], ABC):
    """What the recipes of all modalities have in common: rows of several encoders, one after the other."""

    whitenings: tuple[Whitening, ...] | None
    """What each part is brought to fewer columns by; None where all columns are kept."""

    def __init__(self, config: RecipeConfig | None = None, /, **settings: Any) -> None:
        super().__init__(config, **settings)
        self.members = tuple(ingredient.make() for ingredient in self.config.recipe)
        for member in self.members:
            if member.traits.modality is not self.traits.modality or member.traits.joins_members:
                what = "is a recipe itself" if member.traits.joins_members else "reads something else"
                raise ConfigError(f"{member.name} {what}", where=self.name)
        if self.config.columns is None:
            self.whitenings = None

    @abstractmethod
    def encode_batch(self, inputs: Sequence[InputT | None]) -> Encoded:
        """Return one row for each input [n, d]; what only some members can read has zeros for the others."""

    @property
    def title(self) -> str:
        """The members' names, joined by a plus."""
        names = "+".join(member.title for member in self.members)
        columns = self.config.columns
        return names if columns is None else f"{names} ({columns} columns a part)"

    def settings_beside_title(self) -> dict[str, Any]:
        """Return nothing: which encoders they are is the title."""
        return {}

    def check(self) -> None:
        """Raise `ConfigError` if a member cannot read this modality; may load its model."""
        for member in self.members:
            member.check()

    @property
    def as_recipe(self) -> Self:
        """Itself."""
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """A short name for each member, no two alike."""
        names = [member.title.rpartition(":")[2].rpartition("/")[2] for member in self.members]
        seen = [names[: n + 1].count(name) for n, name in enumerate(names)]
        return tuple(name if n == 1 else f"{name} {n}" for name, n in zip(names, seen, strict=True))

    @property
    def is_fitted(self) -> bool:
        """Whether every member is, and how columns are reduced is known."""
        return hasattr(self, "whitenings") and all(member.is_fitted for member in self.members)

    @property
    def parts(self) -> Parts:
        """The members' parts: under their own names, or with the member's in front where two would clash."""
        self.require_fitted()
        return self.parts_of([member.parts for member in self.members])

    @property
    def query_modalities(self) -> frozenset[Role]:
        """What any of the members takes."""
        return frozenset[Role]().union(*(member.query_modalities for member in self.members))

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Those of the members, unless their columns are reduced."""
        if self.config.columns is not None:
            return ()
        starts = np.cumsum([0, *(member.dimension for member in self.members)]).tolist()
        return tuple(
            track._replace(columns=(start + track.columns[0], start + track.columns[1]))
            for start, member in zip(starts, self.members, strict=False)
            for track in member.tracks
        )

    def _fit(self, inputs: Sequence[InputT | None]) -> None:
        """Let each member learn, then how to reduce their columns."""
        made = self.with_members([member.fit(inputs) for member in self.members])
        if self.config.columns is not None:
            rows = [member.encode_batch(inputs).values for member in made.members]
            made = made.fit_reduction(rows, [member.parts for member in made.members])
        self.members, self.whitenings = made.members, made.whitenings

    def with_members(self, members: Iterable[Encoder[Any, Any]]) -> Self:
        """Return a recipe of the same config with other instances of its members."""
        made = type(self)(self.config)
        made.members = tuple(members)
        if hasattr(self, "whitenings"):
            made.whitenings = self.whitenings
        return made

    def fit_reduction(self, rows: Sequence[FloatMatrix], parts: Sequence[Parts]) -> Self:
        """Return a recipe that has learnt from its members' `rows` how to reduce each of their parts."""
        made = self.with_members(self.members)
        if self.config.columns is not None:
            fitted = (
                Whitening.fit(values[:, start:stop], self.config.columns)
                for values, named in zip(rows, parts, strict=True)
                for start, stop in sorted(named.values())
            )
            made.whitenings = tuple(fitted)
        return made

    def join(
        self, rows: Sequence[FloatMatrix], parts: Sequence[Parts], *, shifted: bool = True
    ) -> FloatMatrix:
        """Return the members' `rows` [n, d_member] side by side [n, d]; `parts` are those of each member."""
        if self.whitenings is None:
            return np.concatenate(rows, axis=1, dtype=np.float32)
        pieces = [
            values[:, start:stop]
            for values, named in zip(rows, parts, strict=True)
            for start, stop in sorted(named.values())
        ]
        reduced = [w.apply(piece, shifted=shifted) for w, piece in zip(self.whitenings, pieces, strict=True)]
        return np.concatenate(reduced, axis=1, dtype=np.float32)

    def parts_of(self, parts: Sequence[Parts]) -> Parts:
        """Return the names and columns of all parts, given those of each member."""
        names = [name for named in parts for name in named]
        found: dict[str, tuple[int, int]] = {}
        start = 0
        for label, named in zip(self.labels, parts, strict=True):
            for name, (first, last) in sorted(named.items(), key=lambda part: part[1]):
                own = label if name == "all" else name
                is_plain = (name == "all" or names.count(name) == 1) and own not in found
                called = own if is_plain else f"{label} {name}"
                width = last - first if self.whitenings is None else self.whitenings[len(found)].dimension
                found[called] = (start, start + width)
                start += width
        return found

    def encode_query(self, inputs: Sequence[Any], modality: Role) -> Encoded:
        """Return rows for questions; only the members that take `modality` speak, the others have zeros."""
        return self._encode_members(inputs, modality, is_query=True)

    def spec(self) -> dict[str, Any]:
        """Return what identifies the features: also the specs of the members."""
        return super().spec() | {"members": [member.spec() for member in self.members]}

    def state(self) -> State:
        """Return what the members and the reduction of columns have learned."""
        self.require_fitted()
        made = nested([*(member.state() for member in self.members), self.reduction()])
        versions = [member.version for member in self.members]
        return State(made.arrays, {**made.values, "versions": versions})

    def reduction(self) -> State:
        """Return how columns are reduced, apart from what the members have learned."""
        made = nested(whitening.state() for whitening in self.whitenings or ())
        return State(made.arrays, {"parts": len(self.whitenings or ())})

    def restore(self, state: State) -> Self:
        """Take up what was learned.

        Raises
        ------
        DataError
            If a member of another version made it, whose rows would not compare.
        """
        for member, version in zip(self.members, state.values["versions"], strict=True):
            if member.version != version:
                raise DataError(
                    f"made by version {version} of encoder {member.name}, this is {member.version}",
                    where=self.title,
                    remedy="Encode and fit again",
                )
        members = [member.restore(part_of(state, n)) for n, member in enumerate(self.members)]
        self.members = tuple(members)
        return self.with_reduction(part_of(state, len(members)))

    def with_reduction(self, state: State) -> Self:
        """Take up how columns are reduced, and return self."""
        if self.config.columns is not None:
            n_parts = int(state.values["parts"])
            self.whitenings = tuple(Whitening.from_state(part_of(state, n)) for n in range(n_parts))
        return self

    def _encode_members(self, inputs: Sequence[Any], modality: Role, *, is_query: bool = False) -> Encoded:
        """Return joined rows; a failure is what no member can read."""
        self.require_fitted()
        made: list[Encoded] = []
        rows: list[FloatMatrix] = []
        for member in self.members:
            if is_query and modality not in member.query_modalities:
                rows.append(np.zeros((len(inputs), member.dimension), dtype=np.float32))
                continue
            made.append(member.encode_query(inputs, modality) if is_query else member.encode_batch(inputs))
            rows.append(made[-1].values)
        is_own = modality is self.traits.modality
        return _combine(self.join(rows, [m.parts for m in self.members], shifted=is_own), made)


def _combine(values: FloatMatrix, made: Sequence[Encoded]) -> Encoded:
    """Return `values` with what none of those that were asked could encode."""
    lost = set(made[0].failures).intersection(*(one.failures for one in made[1:]))
    again = frozenset[int]().union(*(one.retry for one in made)) & lost
    return Encoded(values, {row: made[0].failures[row] for row in sorted(lost)}, again)


class TextRecipe(Recipe[str]):
    """Several readings of words in one block."""

    traits = EncoderTraits(Role.TEXT, learns=True, in_process=True, joins_members=True)

    def encode_batch(self, inputs: Sequence[str | None]) -> Encoded:
        """Return one row for each text [n, d]."""
        return self._encode_members(inputs, Role.TEXT)


class ImageRecipe(Recipe[bytes]):
    """Several looks at pictures in one block."""

    traits = EncoderTraits(Role.IMAGE, learns=True, in_process=True, joins_members=True)

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each picture [n, d]."""
        return self._encode_members(inputs, Role.IMAGE)


class AudioRecipe(Recipe[bytes]):
    """Several ways to hear sound in one block."""

    traits = EncoderTraits(Role.AUDIO, learns=True, in_process=True, joins_members=True)

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each recording [n, d]."""
        return self._encode_members(inputs, Role.AUDIO)


class VideoRecipe(Recipe[bytes]):
    """Several ways to watch clips in one block."""

    traits = EncoderTraits(Role.VIDEO, learns=True, in_process=True, joins_members=True)

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each clip [n, d]."""
        return self._encode_members(inputs, Role.VIDEO)
