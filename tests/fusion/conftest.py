import pytest

from sensorium.testing.recommender_contract import world


@pytest.fixture(scope="session")
def known():
    """The two-colour catalogue; its last six items have no events."""
    return world()
