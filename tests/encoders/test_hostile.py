"""Broken and hostile media cost themselves, and nothing else."""

import time

import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.media_checks import check_media
from sensorium.catalog.roles import Role
from sensorium.encoders.run import encode_catalog
from sensorium.features.store import FeatureStore
from sensorium.testing.damage import write_damaged
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_picture, red_or_blue_sound

MAKERS = {Role.IMAGE: red_or_blue_picture, Role.AUDIO: red_or_blue_sound, Role.VIDEO: red_or_blue_clip}
ALWAYS_BAD = {"empty", "zeros", "words", "foreign", "stub", "huge header", "zip bomb"}


@pytest.mark.slow
def test_each_of_sixty_damaged_media_is_encoded_or_has_a_reason(tmp_path):
    rng = np.random.default_rng(0)
    good = {role: [make(0, rng)] for role, make in MAKERS.items()}
    media = write_damaged(tmp_path, good, 60, bomb_bytes=80 << 20)
    for role in MAKERS:
        (tmp_path / f"good-{role.value}").write_bytes(good[role][0])
    columns = {
        role.value: [m.location if m.role == role else None for m in media] + [f"good-{role.value}"]
        for role in MAKERS
    }
    frame = pl.DataFrame({"item_id": range(len(media) + 1), **columns})
    read = read_catalog(frame, roles={role.value: role for role in MAKERS}, base=tmp_path)
    started = time.monotonic()
    problems = check_media(read)
    result = encode_catalog(read.catalog, FeatureStore(tmp_path / "features"))
    assert time.monotonic() - started < 60

    reasons = {
        (failure.block.partition(":")[2], int(failure.item_id)): failure.reason
        for failure in result.report.failures
    }
    for number, medium in enumerate(media):
        block = result.blocks[f"{medium.role.value}:{medium.role.value}"]
        reason = reasons.get((medium.role.value, number))
        assert bool(block.present[number]) != bool(reason), medium
        assert reason or medium.kind not in ALWAYS_BAD, medium
        assert reason is None or len(reason) < 80
    for block in result.blocks.values():
        assert block.present[-1], "the good medium among the bad ones"
        assert np.isfinite(block.values).all()
    found = sum(p.count for p in problems if p.kind in ("unreadable media", "empty media"))
    assert found >= sum(medium.kind in ALWAYS_BAD for medium in media)
