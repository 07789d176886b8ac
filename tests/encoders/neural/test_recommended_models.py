"""Each recommended model can be chosen as it is listed."""

import pytest

from sensorium.core.roles import Role
from sensorium.encoders.choice import encoder_for
from sensorium.encoders.neural.recommended_models import recommended_models
from sensorium.encoders.registry import engine_types

MODELS = list(recommended_models().values())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_recommended_model_is_read_by_its_engine(model):
    engine = engine_types(model.engine)
    readable = [role for role in model.modalities if role in engine]
    assert readable
    for role in readable:
        encoder = encoder_for(role, f"{model.engine}:{model.name}", where="test")
        assert encoder.config.model == model.name


def test_every_medium_has_a_model_to_start_with_and_words_reach_each():
    roles = {role for model in MODELS for role in model.modalities}
    assert roles == {Role.TEXT, Role.IMAGE, Role.AUDIO, Role.VIDEO}
    for role in (Role.IMAGE, Role.AUDIO, Role.VIDEO):
        assert any({Role.TEXT, role} <= set(model.modalities) for model in MODELS)


def test_a_model_is_known_with_and_without_its_owner():
    from sensorium.encoders.neural.recommended_models import recommended_model

    assert recommended_model("sentence-transformers/all-MiniLM-L6-v2") is recommended_model(
        "all-MiniLM-L6-v2"
    )
    assert recommended_model("nobody/nothing") is None
