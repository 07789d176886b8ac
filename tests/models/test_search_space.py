"""Search spaces: what lies inside, and which make no sense."""

import pytest

from sensorium.core.errors import ConfigError
from sensorium.models.search_space import Between, LogBetween, OneOf


def test_a_choice_holds_its_values_and_nothing_that_merely_equals_them():
    choice = OneOf((None, 20, "cosine"))
    assert all(value in choice for value in choice.values)
    assert 20.0 not in choice
    assert True not in OneOf((1, 2))


def test_a_range_holds_its_ends_and_what_lies_between():
    assert all(value in Between(-0.5, 1) for value in (-0.5, 0, 0.3, 1))
    assert all(value not in Between(-0.5, 1) for value in (-0.6, 1.1, "0", None, True))


def test_a_range_of_integers_holds_no_fractions_and_ends_in_integers():
    space = LogBetween(1, 1000, whole=True)
    assert 20 in space
    assert 20.5 not in space
    assert [type(end) for end in space.ends] == [int, int]


@pytest.mark.parametrize(
    "senseless",
    [
        lambda: OneOf(()),
        lambda: OneOf((1, 1)),
        lambda: Between(1, 1),
        lambda: Between(0.5, 3, whole=True),
        lambda: LogBetween(0, 10),
    ],
)
def test_a_space_without_room_is_refused(senseless):
    with pytest.raises(ConfigError):
        senseless()
