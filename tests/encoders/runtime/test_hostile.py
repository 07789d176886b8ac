"""Broken and hostile media cost themselves, and nothing else."""

import pytest
from tests.encoders.runtime.damaged_world import (
    ALWAYS_BAD,
    assert_each_is_encoded_or_has_a_reason,
    damaged_world,
    reasons_of,
)

from sensorium.catalog.media_checks import check_media
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.features.store import FeatureStore


@pytest.mark.slow
def test_each_of_sixty_damaged_media_is_encoded_or_has_a_reason(tmp_path):
    media, read = damaged_world(tmp_path, 60)
    problems = check_media(read)
    result = encode_catalog(read.catalog, FeatureStore(tmp_path / "features"))

    assert_each_is_encoded_or_has_a_reason(media, result)
    assert all(len(reason) < 80 for reason in reasons_of(result).values())
    found = sum(p.count for p in problems if p.kind in ("unreadable media", "empty media"))
    assert found >= sum(medium.kind in ALWAYS_BAD for medium in media)
