"""A catalogue of broken and hostile media with one good medium of each kind, and what must hold for a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from sensorium.catalog.catalog import ReadCatalog, read_catalog
from sensorium.core.roles import Role
from sensorium.encoders.report import EncodeResult
from sensorium.testing.damage import Damaged, write_damaged
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_picture, red_or_blue_sound

MAKERS = {Role.IMAGE: red_or_blue_picture, Role.AUDIO: red_or_blue_sound, Role.VIDEO: red_or_blue_clip}
ALWAYS_BAD = {"empty", "zeros", "words", "foreign", "stub", "huge header", "zip bomb"}


class DamagedWorld(NamedTuple):
    """What was made: item `i` has the medium `i` alone; the last item has a good one of each kind."""

    media: list[Damaged]
    read: ReadCatalog


def damaged_world(folder: Path, n: int) -> DamagedWorld:
    """Write `n` damaged media and the good ones into `folder`."""
    rng = np.random.default_rng(0)
    good = {role: [make(0, rng)] for role, make in MAKERS.items()}
    media = write_damaged(folder, good, n, bomb_bytes=80 << 20)
    for role in MAKERS:
        (folder / f"good-{role.value}").write_bytes(good[role][0])
    columns = {
        role.value: [m.location if m.role == role else None for m in media] + [f"good-{role.value}"]
        for role in MAKERS
    }
    frame = pl.DataFrame({"item_id": range(len(media) + 1), **columns})
    return DamagedWorld(media, read_catalog(frame, roles={role.value: role for role in MAKERS}, base=folder))


def reasons_of(result: EncodeResult) -> Mapping[tuple[str, int], str]:
    """Return why media could not be encoded, by kind and item."""
    return {
        (failure.block.partition(":")[2], int(failure.item_id)): failure.reason
        for failure in result.report.failures
    }


def assert_each_is_encoded_or_has_a_reason(media: list[Damaged], result: EncodeResult) -> None:
    """Every bad medium has a row or a reason, and not both; the good ones have rows; all rows are numbers."""
    reasons = reasons_of(result)
    for number, medium in enumerate(media):
        block = result.blocks[f"{medium.role.value}:{medium.role.value}"]
        reason = reasons.get((medium.role.value, number))
        assert bool(block.present[number]) != bool(reason), medium
        assert reason or medium.kind not in ALWAYS_BAD, medium
    for block in result.blocks.values():
        assert block.present[-1], "the good medium among the bad ones"
        assert np.isfinite(block.values).all()
