"""Media encoders that learn from the catalogue: from a sample, once, and remembered beside their rows."""

import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

from sensorium.core.component import State
from sensorium.core.errors import DataError, MediaError
from sensorium.core.hashing import hash_json
from sensorium.core.progress import SILENT, LabeledProgress, Progress, Stage
from sensorium.encoders.base import Encoder
from sensorium.encoders.runtime.worker import describe_encoder
from sensorium.encoders.runtime.worker_pool import MEDIUM_TIMEOUT_S, WorkerPool
from sensorium.features.store import FeatureStore
from sensorium.media.isolated_process import MEMORY_BYTES, IsolatedProcess, IsolationError
from sensorium.media.limits import MAX_BYTES_OF
from sensorium.media.reference import MediaRef

MAX_SAMPLE = 1000
"""Media that an encoder learns from; of more, evenly spaced ones."""
LEARNING_TIMEOUT_S = 3600.0
"""How long an encoder may learn once it has seen all media."""
MAX_CULPRITS = 8
"""Media that may each cost a process; if more do, those before the last of them are what is learnt from."""


def learn_from_media(
    name: str,
    encoder: Encoder[Any, Any],
    inputs: Sequence[Any],
    store: FeatureStore,
    progress: Progress = SILENT,
) -> Encoder[Any, Any]:
    """Return an encoder of media, or a recipe of such, that has learned what it learns from media.

    Encoders of other modalities come back as they are: they learn where they encode, from a whole column.
    """
    if not encoder.traits.modality.is_media:
        return encoder
    recipe = encoder.as_recipe
    if recipe is None:
        return _learn_once(name, encoder, inputs, store, progress)
    return recipe.with_members(
        learn_from_media(name, member, inputs, store, LabeledProgress(progress, label))
        for label, member in zip(recipe.labels, recipe.members, strict=True)
    )


def _learn_once(
    name: str,
    encoder: Encoder[Any, bytes],
    refs: Sequence[MediaRef | None],
    store: FeatureStore,
    progress: Progress,
) -> Encoder[Any, bytes]:
    """Return `encoder` ready to encode: as it is, or with what it learned before, or learns now from `refs`.

    What was learnt stays while the catalogue changes, so that old rows go on to compare with new ones; it
    is learnt anew, and all is encoded anew, each time the number of media has doubled, up to 1,024.
    """
    if not encoder.traits.learns or encoder.is_fitted:
        return encoder
    places = [ref for ref in dict.fromkeys(refs) if ref is not None]
    size = min(len(places), MAX_SAMPLE).bit_length()
    folder = store.root / "learnt" / hash_json([name, encoder.spec(), size])
    if not folder.is_dir():
        step = max(1, -(-len(places) // MAX_SAMPLE))
        sample = places[::step]
        with progress.stage(f"{name} learns", total=len(sample)) as stage, _new_folder(folder) as aside:
            _learn(encoder, _Contents(sample, encoder, stage), aside)
    return type(encoder)(encoder.config).restore(State.load(folder))


def _learn(encoder: Encoder[Any, bytes], media: "_Contents", folder: Path) -> None:
    """Learn from `media` and write what was learned into `folder`.

    In another process where that can import the encoder: a medium that crashes it, or takes too long or
    too much memory, is passed over when all is begun again without it.
    """
    if encoder.traits.in_process or not WorkerPool.can_run(encoder):
        type(encoder)(encoder.config).fit(media).state().save(folder)
        return
    failed: str | None = ""
    for n_culprits in range(MAX_CULPRITS + 1):
        failed = _learn_in_process(encoder, media, folder)
        if failed is None:
            return
        media.pass_over_last(rest_too=n_culprits + 1 == MAX_CULPRITS)
    raise _learning_error(encoder, f"{failed}, again and again")


def _learning_error(encoder: Encoder[Any, bytes], reason: str) -> DataError:
    modality = encoder.traits.modality.value
    remedy = f"Choose another encoder for {modality}"
    return DataError(f"{encoder.name} could not learn: {reason}", where=modality, remedy=remedy)


def _learn_in_process(encoder: Encoder[Any, bytes], media: "_Contents", folder: Path) -> str | None:
    """Let a new process learn into `folder`; return what went wrong with the medium asked for last, or None.

    Raises
    ------
    DataError
        If it failed when it had seen all: no medium is to blame.
    """
    start = describe_encoder(encoder, folder) | {"n_media": len(media)}
    process = IsolatedProcess(
        "sensorium.encoders.runtime.worker:learn_task", start, memory_bytes=MEMORY_BYTES
    )
    answer: dict[str, Any] = {}
    try:
        answer, _ = process.ask({}, [], within_s=LEARNING_TIMEOUT_S)
        while "done" not in answer:
            content = media[answer["wanted"]] if "wanted" in answer else None
            is_looking = "wanted" in answer and "last" not in answer
            within_s = MEDIUM_TIMEOUT_S if is_looking else LEARNING_TIMEOUT_S
            answer, _ = process.ask({}, [] if content is None else [content], within_s=within_s)
    except IsolationError as error:
        if "wanted" not in answer:
            raise _learning_error(encoder, str(error)) from error
        return str(error)
    finally:
        process.stop()
    return None


class _Contents(Sequence[bytes | None]):
    """Media read one by one when they are asked for; None for what cannot be read or is passed over."""

    def __init__(self, refs: Sequence[MediaRef], encoder: Encoder[Any, bytes], stage: Stage) -> None:
        self._refs: list[MediaRef | None] = list(refs)
        self._max_bytes = MAX_BYTES_OF[encoder.traits.modality]
        self._stage = stage
        self._n_seen, self._last = 0, 0

    def __len__(self) -> int:
        return len(self._refs)

    @overload
    def __getitem__(self, index: int) -> bytes | None: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequence[bytes | None]": ...
    def __getitem__(self, index: int | slice) -> "bytes | Sequence[bytes | None] | None":
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        ref = self._refs[index]
        self._last = index
        if index >= self._n_seen:
            self._stage.advance(index + 1 - self._n_seen)
            self._n_seen = index + 1
        try:
            return None if ref is None else ref.read(self._max_bytes)
        except MediaError:
            return None

    def pass_over_last(self, *, rest_too: bool) -> None:
        """Hand over the medium that was asked for last no more; nor, with `rest_too`, what comes after it."""
        stop = len(self._refs) if rest_too else self._last + 1
        self._refs[self._last : stop] = [None] * (stop - self._last)


@contextmanager
def _new_folder(folder: Path) -> Generator[Path]:
    """Give a folder to write into that becomes `folder` in one step: a folder that is there is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        yield aside
        aside.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process was faster, with the same state
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
