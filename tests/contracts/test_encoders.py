"""Every encoder passes the contract; each is enrolled by being installed."""

from sensorium.core.roles import Role
from sensorium.encoders.registry import OWN_PACKAGE, default_type, installed_encoders, package_of
from sensorium.testing.encoder_contract import MAKERS, EncoderContract

for plugin in installed_encoders().values():
    # Those that need a model or members are enrolled with some in tests/encoders.
    if plugin.component.traits.is_complete:
        suite = f"Test{plugin.component.__name__}"
        globals()[suite] = type(suite, (EncoderContract,), {"encoder": plugin.component})


def test_every_encoder_of_the_package_is_installed_with_its_modality_and_engine():
    own = [plugin.component for plugin in installed_encoders().values() if plugin.package == OWN_PACKAGE]
    assert len({(cls.choice(), cls.traits.modality) for cls in own}) == len(own)
    assert all(package_of(cls) == OWN_PACKAGE for cls in own)
    names = [name for cls in own for name in (cls.name, *cls.former_names)]
    assert len(set(names)) == len(names)


def test_every_role_that_makes_features_has_one_default_and_inputs_to_test_it():
    defaults = [default_type(role) for role in MAKERS]
    assert [cls.traits.modality for cls in defaults] == list(MAKERS)
    assert set(MAKERS) == {role for role in Role if role.makes_features}
    declared = [p.component for p in installed_encoders().values() if p.component.traits.is_default]
    assert set(declared) == set(defaults)
