import json

import numpy as np

from sensorium.core.json_values import without_nan


def test_what_json_does_not_know_is_none_at_any_depth_and_keys_are_text():
    value = {1: float("nan"), "b": [float("inf"), (-np.inf, 1.5)], "c": {"d": np.float64("nan"), "e": "nan"}}
    found = without_nan(value)
    assert found == {"1": None, "b": [None, [None, 1.5]], "c": {"d": None, "e": "nan"}}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
