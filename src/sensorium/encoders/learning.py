"""Media encoders that learn from the catalogue: from a sample, once, and remembered beside their rows."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from sensorium.catalog.media.reference import MediaRef
from sensorium.core.component import State
from sensorium.core.errors import MediaError
from sensorium.core.hashing import hash_json
from sensorium.core.progress import SILENT, Progress, Stage
from sensorium.encoders.base import Encoder
from sensorium.features.store import FeatureStore

MAX_SAMPLE = 1000
"""Media that an encoder learns from; of more, evenly spaced ones."""


def learnt(
    name: str,
    encoder: Encoder[Any, bytes],
    refs: Sequence[MediaRef | None],
    store: FeatureStore,
    progress: Progress = SILENT,
) -> Encoder[Any, bytes]:
    """Return `encoder` ready to encode: as it is, or as it was learnt before, or learnt now from `refs`.

    What was learnt stays while the catalogue changes, so that old rows go on to compare with new ones; it
    is learnt anew, and all is encoded anew, each time the number of media has doubled, up to 1,024.
    """
    if not encoder.traits.learns or encoder.is_fitted:
        return encoder
    places = [ref for ref in dict.fromkeys(refs) if ref is not None]
    size = min(len(places), MAX_SAMPLE).bit_length()
    folder = store.root / "learnt" / hash_json([name, encoder.spec(), size])
    fresh = type(encoder)(encoder.config)
    if folder.is_dir():
        return fresh.restore(State.load(folder))
    step = max(1, -(-len(places) // MAX_SAMPLE))
    sample = places[::step]
    with progress.stage(f"{name} learns", total=len(sample)) as stage:
        fresh.fit(_Contents(sample, stage))
    _keep(fresh.state(), folder)
    return fresh


class _Contents(Sequence[bytes | None]):
    """Media read one by one when they are asked for; None for what cannot be read."""

    def __init__(self, refs: Sequence[MediaRef], stage: Stage) -> None:
        self._refs, self._stage = refs, stage

    def __len__(self) -> int:
        return len(self._refs)

    @overload
    def __getitem__(self, index: int) -> bytes | None: ...
    @overload
    def __getitem__(self, index: slice) -> "_Contents": ...
    def __getitem__(self, index: int | slice) -> "bytes | _Contents | None":
        if isinstance(index, slice):
            return _Contents(self._refs[index], self._stage)
        ref = self._refs[index]
        self._stage.advance()
        try:
            return ref.read()
        except MediaError:
            return None


def _keep(state: State, folder: Path) -> None:
    """Write the state in one step: a folder that is there is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        state.save(aside)
        aside.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process was faster, with the same state
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
