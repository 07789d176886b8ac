"""Whether a medium can be used and how good it is, found out cheaply; for `check`."""

import queue
from collections.abc import Mapping
from typing import Any, Self

import cv2

from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.audio import decode_audio
from sensorium.media.fingerprints.audio import sound_fingerprint
from sensorium.media.fingerprints.image import picture_fingerprint
from sensorium.media.fingerprints.video import ClipWatch, clip_fingerprint
from sensorium.media.image import decode_image
from sensorium.media.inspection_result import InspectionResult
from sensorium.media.isolated_process import MEMORY_BYTES, IsolatedProcess, IsolationError
from sensorium.media.quality.audio import sound_quality
from sensorium.media.quality.image import picture_quality
from sensorium.media.quality.stereo import front_pair, stereo_quality
from sensorium.media.quality.video import clip_quality
from sensorium.media.quiet_decoders import quiet_decoders
from sensorium.media.video import decode_video
from sensorium.media.worker import Answer, Task

PROBE_TIMEOUT_S = 30.0
LISTEN_S = 30.0
WATCH_FRAMES, WATCH_SPACING_S = 8, 1 / 15
_MIN_CONTRAST = 0.12
"""A picture with less looks like any other such picture."""


def media_problem(content: bytes, role: Role) -> str | None:
    """Return why `content` cannot serve as `role` in a few words, or None if it can."""
    return inspect_medium(content, role).problem


def inspect_medium(content: bytes, role: Role, *, thorough: bool = False) -> InspectionResult:
    """Return whether `content` can serve as `role`, and how good it is.

    A picture is decoded in full, since compression shows only there; of a sound the first 30 seconds, of a
    clip eight frames and as much sound. Costly scores, those of what was laid over a picture, only if
    `thorough`.
    """
    with quiet_decoders():
        try:
            if role is Role.IMAGE:
                return _inspect_picture(content, thorough)
            if role is Role.AUDIO:
                return _inspect_sound(content)
            if role is Role.VIDEO:
                return _inspect_clip(content)
        except MediaError as error:
            return InspectionResult(problem=error.reason)
    return InspectionResult()


def _inspect_picture(content: bytes, thorough: bool) -> InspectionResult:
    picture = decode_image(content, where="")
    scores = picture_quality(picture, thorough=thorough)
    fingerprint = picture_fingerprint(picture) if scores["contrast"] >= _MIN_CONTRAST else None
    return InspectionResult(scores=scores, fingerprint=fingerprint)


def _inspect_sound(content: bytes) -> InspectionResult:
    samples, rate_hz = decode_audio(content, where="", sample_rate_hz=None, max_duration_s=LISTEN_S)
    scores, pair = sound_quality(samples, rate_hz), front_pair(content, LISTEN_S)
    if pair is not None:
        scores |= stereo_quality(pair)
    return InspectionResult(scores=scores, fingerprint=sound_fingerprint(samples, rate_hz))


def _inspect_clip(content: bytes) -> InspectionResult:
    watch = ClipWatch()
    clip = decode_video(
        content,
        where="",
        n_frames=WATCH_FRAMES,
        max_side_px=256,
        spacing_s=WATCH_SPACING_S,
        with_sound=False,
        observe=watch.add_frame,
    )
    scores, sound = clip_quality(clip), None
    try:
        track = _inspect_sound(content)
    except MediaError:
        scores["has_sound"] = 0.0
    else:
        scores["has_sound"], sound = 1.0, track.fingerprint
        scores |= {f"sound_{name}": score for name, score in track.scores.items()}
    if clip.is_whole:  # every frame was seen already
        return InspectionResult(scores=scores, fingerprint=watch.fingerprint(clip.duration_s, sound))
    return InspectionResult(scores=scores, fingerprint=clip_fingerprint(content, sound, where=""))


class IsolatedInspector:
    """`inspect_medium` in processes of their own: what crashes or hangs them has a problem too."""

    def __init__(
        self, n_workers: int = 2, *, timeout_s: float = PROBE_TIMEOUT_S, thorough: bool = False
    ) -> None:
        self._timeout_s, self._thorough = timeout_s, thorough
        self._idle: queue.SimpleQueue[IsolatedProcess] = queue.SimpleQueue()
        task = "sensorium.media.inspection:inspection_task"
        self._workers = [IsolatedProcess(task, {}, memory_bytes=MEMORY_BYTES) for _ in range(n_workers)]
        for worker in self._workers:
            self._idle.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()

    def __call__(self, content: bytes, role: Role) -> InspectionResult:
        """Return what `inspect_medium` finds; any thread may ask."""
        worker = self._idle.get()
        try:
            answer, _ = worker.ask(
                {"role": role.value, "thorough": self._thorough}, [content], within_s=self._timeout_s
            )
        except IsolationError as error:
            return InspectionResult(problem=str(error), is_lasting=False)
        finally:
            self._idle.put(worker)
        return InspectionResult.from_json(answer)


def inspection_task(_: Mapping[str, Any]) -> Task:
    """Return what a process for media does to answer an `IsolatedInspector`."""
    cv2.setNumThreads(1)  # one process a core is enough

    def inspect(header: Mapping[str, Any], contents: list[bytes]) -> Answer:
        found = inspect_medium(contents[0], Role(header["role"]), thorough=header["thorough"])
        return found.to_json(), []

    return inspect
