"""What programs read is JSON, whatever numbers are in it."""

import json

import numpy as np
import pytest

from sensorium.cli.console import counted, print_json


def test_numbers_that_json_does_not_know_are_null(capsys):
    print_json(
        {"a": float("nan"), "b": [float("inf"), (-np.inf, 1.5)], "c": {"d": np.float64("inf"), "e": 0.0}}
    )

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    found = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert found == {"a": None, "b": [None, [None, 1.5]], "c": {"d": None, "e": 0.0}}


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 items"), (1, "1 item"), (2, "2 items"), (1_682, "1,682 items")]
)
def test_one_item_has_no_s(n, said):
    assert counted(n, "item") == said
