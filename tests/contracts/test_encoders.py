"""Every encoder passes the contract; each is enrolled by being there."""

import importlib
import pkgutil

import sensorium.encoders
from sensorium.encoders.defaults import DEFAULTS, encoder_types
from sensorium.testing.encoder_contract import MAKERS, EncoderContract

for found in encoder_types():
    # Those that need a model are enrolled with one in tests/encoders/test_neural.py.
    needs_a_choice = any(field.is_required() for field in found.config_type.model_fields.values())
    if found.__module__.startswith("sensorium.") and not needs_a_choice:
        suite = f"Test{found.__name__}"
        globals()[suite] = type(suite, (EncoderContract,), {"encoder": found})


def test_the_registry_knows_every_encoder_in_the_package():
    known = {cls.name for cls in encoder_types()}
    for module in pkgutil.iter_modules(sensorium.encoders.__path__):
        importlib.import_module(f"sensorium.encoders.{module.name}")
    assert {cls.name for cls in encoder_types()} == known
    assert known >= {cls.name for cls in DEFAULTS.values()}


def test_every_role_that_makes_features_has_an_encoder_and_inputs_to_test_it():
    assert set(DEFAULTS) == set(MAKERS)
    assert all(cls.traits.modality is role for role, cls in DEFAULTS.items())
