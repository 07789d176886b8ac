"""Settings that did well on other data are such as a search could have drawn."""

import pytest

from sensorium.models.registry import model_types


@pytest.mark.parametrize("name", [name for name, model in model_types().items() if model.portfolio])
def test_a_portfolio_lies_in_the_space_and_names_no_setting_twice(name):
    model = model_types()[name]
    for settings in (one.settings for one in model.portfolio):
        for key, value in settings.items():
            assert value in model.space.get(key, ()) or model.space == {}, key
            assert value != model.config_type.model_fields[key].default
        model.config_type.parse({**settings, **({"block": "a:b"} if model.traits.block else {})}, where=name)
    distinct = {str(sorted(one.settings.items())) for one in model.portfolio}
    assert len(distinct) == len(model.portfolio)
