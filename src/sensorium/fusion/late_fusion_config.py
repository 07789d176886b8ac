"""What a late fusion is made of: its members, and how much each counts where."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, NonNegativeFloat, PositiveFloat, model_validator

from sensorium.core.block_name import BlockName
from sensorium.core.config import Config
from sensorium.fusion.second_level import SecondLevel
from sensorium.models.base import Kind, Recommender, Scorer
from sensorium.models.registry import make_model, model_types, package_of

Factor = Annotated[float, Field(ge=0.001)]
"""Never zero: what can speak is heard at least where nothing else can."""


class Member(Config):
    """One source of a fusion."""

    name: str
    """Its name in weights and reasons: the block for content, else the model."""
    model: str
    """The name of the model."""
    package: str = ""
    """The installed package that brings the model; empty for a built-in one."""
    settings: Mapping[str, JsonValue] = {}
    """The settings of the model that differ from its defaults."""
    weight: NonNegativeFloat = 1.0
    """Its share in the scores of items that behaviour or popularity can speak of."""
    cold_weight: NonNegativeFloat = 1.0
    """Its share where content alone can speak: items without events, histories of such items."""
    weights_by_history: tuple[NonNegativeFloat, ...] = ()
    """Its weight at each of the fusion's `history_lengths`, in place of `weight`; empty: always `weight`."""
    weight_without_history: NonNegativeFloat | None = None
    """Its weight where the query has no history, in place of `weight`; None: the same."""
    factors_by_age: tuple[Factor, ...] = ()
    """What its weight is multiplied with at each of the fusion's `item_ages`; empty: one."""

    def is_heard(self, kind: Kind) -> bool:
        """Return whether its scores, of `kind`, ever count: cold weights are for content alone."""
        cold_weight = self.cold_weight if kind == "content" else 0.0
        return bool(self.weight or any(self.weights_by_history) or self.weight_without_history or cold_weight)


class LateFusionConfig(Config):
    """Which members, and how much each counts."""

    members: tuple[Member, ...] = (Member(name="popularity", model="popularity"),)
    """The sources; names are distinct."""
    fallback: str = "popularity"
    """The member that answers where no other can; it needs no history."""
    cold_scale: NonNegativeFloat = 1.0
    """What the scores of items of which content alone can speak are multiplied with, beside others."""
    cold_offset: float = 0.0
    """What is then added to them, in shares of the sum of all weights."""
    half_warm_events: NonNegativeFloat = 0.0
    """An item with so many events is scored half as a cold one, with n of them to the part
    half_warm_events / (n + half_warm_events); 0: an item with any event is not cold at all."""
    history_lengths: tuple[PositiveFloat, ...] = ()
    """Lengths of histories, growing, for which the members have weights of their own; between two of them
    weights are interpolated in the logarithm of the length."""
    item_ages: tuple[PositiveFloat, ...] = ()
    """Days from an item's first event to the last event of all, growing, for which the members have factors;
    between two of them factors are interpolated in the logarithm of the age."""
    second_level: SecondLevel | None = None
    """What orders the best items of a query anew; None: nothing does."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [member.name for member in self.members]
        if len(set(names)) != len(names):
            raise ValueError("two members have the same name")
        if self.fallback not in names:
            raise ValueError(f"the fallback {self.fallback!r} is not a member")
        if any(len(m.weights_by_history) not in (0, len(self.history_lengths)) for m in self.members):
            raise ValueError("a member's weights_by_history are not as many as the history_lengths")
        if any(len(m.factors_by_age) not in (0, len(self.item_ages)) for m in self.members):
            raise ValueError("a member's factors_by_age are not as many as the item_ages")
        if self.second_level and not set(self.second_level.sources) <= set(names):
            raise ValueError("the second level reads a source that is not a member")
        for name, knots in (("history_lengths", self.history_lengths), ("item_ages", self.item_ages)):
            if any(later <= earlier for earlier, later in pairwise(knots)):
                raise ValueError(f"the {name} do not grow")
        return self


def member_config(
    name: str,
    model: Scorer,
    *,
    weight: float,
    cold_weight: float,
    weights_by_history: tuple[float, ...] = (),
    weight_without_history: float | None = None,
    factors_by_age: tuple[float, ...] = (),
) -> Member:
    """Return the member `name` of a config, for a fitted model."""
    declared, known = model.declaration, model_types()
    return Member(
        name=name,
        model=declared.name,
        package=package_of(known[declared.name]) if declared.name in known else "",
        settings=declared.config.model_dump(mode="json", exclude_defaults=True),
        weight=weight,
        cold_weight=cold_weight,
        weights_by_history=weights_by_history,
        weight_without_history=weight_without_history,
        factors_by_age=factors_by_age,
    )


def fusion_config(
    members: Mapping[str, Scorer],
    weights: Mapping[str, float],
    *,
    cold_weights: Mapping[str, float] | None = None,
    cold_scale: float = 1.0,
    fallback: str = "popularity",
) -> LateFusionConfig:
    """Return the config of a fusion of fitted `members`.

    A missing weight is zero; without cold weights all are one.
    """
    described = tuple(
        member_config(
            name,
            member,
            weight=float(weights.get(name, 0.0)),
            cold_weight=1.0 if cold_weights is None else float(cold_weights.get(name, 0.0)),
        )
        for name, member in members.items()
    )
    return LateFusionConfig(members=described, fallback=fallback, cold_scale=cold_scale)


def unfitted_members(members: Sequence[Member]) -> Iterator[tuple[str, Recommender[Any]]]:
    """Yield the name and the unfitted model of each of `members`."""
    for member in members:
        yield member.name, make_model(member.model, member.settings, package=member.package)


def blocks_read(members: Sequence[Member]) -> tuple[BlockName, ...] | None:
    """Return the blocks that any of `members` reads; None: all that the data holds."""
    read: dict[BlockName, None] = {}
    for _, model in unfitted_members(members):
        blocks = model.reads_blocks()
        if blocks is None:
            return None
        read |= dict.fromkeys(blocks)
    return tuple(read)


def members_without(members: Sequence[Member], names: Collection[str]) -> tuple[Member, ...]:
    """Return those of `members` that can do without the blocks `names`, asking for none of them."""
    kept: list[Member] = []
    for member, (_, model) in zip(members, unfitted_members(members), strict=True):
        fewer = model.without_blocks(names)
        if fewer is not None:
            settings = fewer.config.model_dump(mode="json", exclude_defaults=True)
            kept.append(member.model_copy(update={"settings": settings}))
    return tuple(kept)
