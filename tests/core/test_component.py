"""A component keeps hyperparameters apart from what it learnt, and its state survives a round trip."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Literal

import numpy as np
import pytest
from pydantic import Field, NonNegativeFloat, PositiveInt
from scipy import sparse

from sensorium.core.arrays import FloatMatrix, SparseMatrix
from sensorium.core.component import Component, State, concrete_subclasses, find_by_name, warn_of_former_name
from sensorium.core.config import Config
from sensorium.core.constructor import settings_signature
from sensorium.core.errors import ConfigError, NotReadyError


class HalfConfig(Config):
    factor: float = 0.5
    """What to multiply with."""


class Half(Component[HalfConfig]):
    """Half of something."""

    weights: FloatMatrix
    links: SparseMatrix
    words: list[str]


def fitted() -> Half:
    half = Half()
    half.weights = np.eye(2, dtype=np.float32)
    half.links = sparse.csr_array(np.array([[0, 1.5, 0], [0, 0, 0]], dtype=np.float32))
    half.words = ["a", "雪"]
    return half


def test_state_survives_a_round_trip(tmp_path):
    fitted().state().save(tmp_path)
    again = Half().restore(State.load(tmp_path))
    assert np.array_equal(again.weights, np.eye(2))
    assert again.links.shape == (2, 3)
    assert again.links.toarray()[0, 1] == 1.5
    assert again.words == ["a", "雪"]


def test_the_config_type_and_the_name_come_from_the_class():
    assert Half().config == HalfConfig()
    assert Half.name == "half"
    assert repr(Half(HalfConfig(factor=2))) == "Half(factor=2.0)"


def test_settings_are_keywords_that_the_signature_and_the_docstring_show():
    assert Half(factor=2).config == HalfConfig(factor=2)
    assert str(inspect.signature(Half)) == "(*, factor: float = 0.5)"
    described = "Parameters\n----------\nfactor : float, default 0.5\n    What to multiply with."
    assert inspect.getdoc(Half) == f"Half of something.\n\n{described}"


def test_types_are_shown_without_their_bounds():
    class Bounded(Config):
        weights: Mapping[str, NonNegativeFloat] = {}
        near: PositiveInt | None = None
        kind: Literal["a", "b"]
        pair: tuple[PositiveInt, ...] = (1,)
        made: Mapping[str, int] = Field(default_factory=dict[str, int])

    shown = str(settings_signature(Bounded)).replace("collections.abc.", "")
    assert shown == (
        "(*, weights: Mapping[str, float] = {}, near: int | None = None, kind: Literal['a', 'b'], "
        "pair: tuple[int, ...] = (1,), made: Mapping[str, int] = {})"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Half(facto=2),
            "Half: facto: there is no such setting. Did you mean factor\\? Known",
        ),
        (lambda: Half(factor="much"), "Half: factor: input should be a valid number"),
        (lambda: Half(HalfConfig(), factor=2), "Half: a config and settings are given. Give one of the two"),
        (lambda: Half(2.0), r"Half: 2.0 is no HalfConfig. Name each setting, as in Half\(factor=...\)"),
        (lambda: Component(factor=2), "factor: there is no such setting. There are no settings"),
    ],
)
def test_wrong_settings_in_a_call_are_refused_with_what_is_right(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_an_unfitted_component_refuses_to_be_saved():
    with pytest.raises(NotReadyError, match=r"half has not been fitted. Call fit\(\.\.\.\) first"):
        Half().state()


def test_an_unknown_setting_is_refused_and_the_known_ones_are_named():
    with pytest.raises(ConfigError, match=r"sensorium.toml: factr: .*Known settings: factor"):
        HalfConfig.parse({"factr": 1}, where="sensorium.toml")


class Renamed(Half):
    name = "two-halves"
    former_names = ("whole", "one")


def test_a_component_is_found_by_its_present_and_its_former_names():
    known = [Half, Renamed]
    assert [find_by_name(name, known) for name in ("half", "two-halves", "whole", "one", "none")] == [
        Half,
        Renamed,
        Renamed,
        Renamed,
        None,
    ]
    assert (Half.first_name(), Renamed.first_name()) == ("half", "whole")


def test_a_present_name_counts_more_than_a_former_one():
    class Whole(Half):
        pass

    assert find_by_name("whole", [Renamed, Whole]) is Whole


def test_former_names_are_not_inherited():
    class Successor(Renamed):
        pass

    assert Successor.former_names == ()


def test_whoever_uses_a_former_name_learns_the_present_one():
    with pytest.warns(FutureWarning, match="model `whole` is now called `two-halves`; both work"):
        warn_of_former_name("model", "whole", Renamed)
    warn_of_former_name("model", "two-halves", Renamed)


def test_subclasses_come_after_what_they_derive_from_and_two_of_one_name_are_both_there():
    class Base(Component[Config]):
        pass

    class Half(Base, ABC):
        @abstractmethod
        def finish(self): ...

    class Whole(Half):
        name = "same"

        def finish(self): ...

    class Finer(Whole):
        name = "same"

    assert concrete_subclasses(Base) == [Whole, Finer]


def test_names_are_the_words_of_the_class_name_also_where_it_holds_an_abbreviation():
    classes = ("EASE", "EASEPrior", "ItemKNN", "RP3", "PureSVD", "NMFTopics", "RecentPopularity")
    names = [type(name, (Half,), {}).name for name in classes]
    assert names == ["ease", "ease-prior", "item-knn", "rp3", "pure-svd", "nmf-topics", "recent-popularity"]
