"""What corrupted and hostile media cost a run: time, memory, and whether each is accounted for.

    python benchmarks/bench_corrupt.py [--data FOLDER] [--n 1000] [--json]

Makes bad media of good ones (cut, flipped, empty, foreign, headers of 50,000 x 50,000 pixels,
decompression bombs, zip bombs ...), checks and encodes them, and fails if one is neither encoded nor
reported with a reason. With `--data` (or $SENSORIUM_DATA) the good ones are real photos, recordings and
clips, else made ones.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from peak_memory import PeakMemory
from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.media_checks import check_media
from sensorium.core.roles import Role
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.features.store import FeatureStore
from sensorium.testing.damage import Damaged, write_damaged
from sensorium.testing.two_colour_media import red_or_blue_clip, red_or_blue_picture, red_or_blue_sound

MEDIA = (Role.IMAGE, Role.AUDIO, Role.VIDEO)


def good_media(data: Path | None) -> dict[Role, list[bytes]]:
    """Return some good media of each kind."""
    if data is None:
        rng = np.random.default_rng(0)
        makers = (red_or_blue_picture, red_or_blue_sound, red_or_blue_clip)
        return {role: [make(0, rng)] for role, make in zip(MEDIA, makers, strict=True)}
    folders = ("clothing-photos/photos", "esc10/audio", "fight-clips/clips")
    return {
        role: [path.read_bytes() for path in sorted(path for path in (data / folder).rglob("*.*"))[::7][:40]]
        for role, folder in zip(MEDIA, folders, strict=True)
    }


def measured(folder: Path, media: list[Damaged]) -> dict:
    """Check and encode the media; return times, memory and what became of them."""
    columns = {role.value: [m.location if m.role == role else None for m in media] for role in MEDIA}
    frame = pl.DataFrame({"item_id": range(len(media)), **columns})
    read = read_catalog(frame, roles={role.value: role for role in MEDIA}, base=folder)
    with PeakMemory() as memory:
        started = time.perf_counter()
        problems = check_media(read)
        checked = time.perf_counter()
        result = encode_catalog(read.catalog, FeatureStore(folder / "features"))
        encoded = time.perf_counter()
    reasons = {int(failure.item_id): failure.reason for failure in result.report.failures}
    present = {
        int(item) for block in result.blocks.values() for item in np.flatnonzero(np.asarray(block.present))
    }
    lost = set(range(len(media))) - present - set(reasons)
    assert not lost, f"neither encoded nor reported: {[media[item] for item in sorted(lost)]}"
    assert all(reasons.values())
    assert not present & set(reasons)
    assert all(np.isfinite(block.values).all() for block in result.blocks.values())
    kinds = Counter((media[item].role.value, media[item].kind) for item in reasons)
    return {
        "media": len(media),
        "reported": len(reasons),
        "encoded": len(present),
        "check_s": round(checked - started, 1),
        "encode_s": round(encoded - checked, 1),
        "peak_own_MiB": memory.alone_bytes >> 20,
        "peak_with_processes_MiB": memory.all_bytes >> 20,
        "found_by_check": dict(sum((Counter({p.kind: p.count}) for p in problems), Counter())),
        "reasons": dict(Counter(_class(reason) for reason in reasons.values()).most_common()),
        "reported_of_kind": {
            f"{role} {kind}": f"{kinds[role, kind]} of {n}"
            for (role, kind), n in sorted(Counter((m.role.value, m.kind) for m in media).items())
        },
    }


def _class(reason: str) -> str:
    return "".join("9" if letter.isdigit() else letter for letter in reason)


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SENSORIUM_DATA"))
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        media = write_damaged(
            Path(name), good_media(options.data and Path(options.data)), options.n, seed=options.n
        )
        result = measured(Path(name), media)
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for key, value in result.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for inner, number in rows:
            print(f"{key:26} {inner:40} {number}")


if __name__ == "__main__":
    main()
