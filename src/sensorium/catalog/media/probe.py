"""Whether a medium can be used, found out cheaply; for `check`."""

import queue
from collections.abc import Mapping
from typing import Any, Self

from sensorium.catalog.media.audio import decode_audio
from sensorium.catalog.media.image import decode_image
from sensorium.catalog.media.isolated import MEMORY_BYTES, IsolatedProcess, IsolationError
from sensorium.catalog.media.quiet import quiet_decoders
from sensorium.catalog.media.video import decode_video
from sensorium.catalog.media.worker import Answer, Task
from sensorium.catalog.roles import Role
from sensorium.core.errors import MediaError

PROBE_TIMEOUT_S = 30.0


def media_problem(content: bytes, role: Role) -> str | None:
    """Return why `content` cannot serve as `role` in a few words, or None if it can.

    A picture is decoded at an eighth of its size, of a sound the first second, of a clip one frame.
    """
    with quiet_decoders():
        try:
            if role is Role.IMAGE:
                decode_image(content, where="", min_side_px=8)
            elif role is Role.AUDIO:
                decode_audio(content, where="", sample_rate_hz=None, max_duration_s=1.0)
            elif role is Role.VIDEO:
                decode_video(content, where="", n_frames=1, max_side_px=64, with_sound=False)
        except MediaError as error:
            return error.reason
    return None


class IsolatedProbe:
    """`media_problem` in processes of their own: what crashes or hangs them has a problem too."""

    def __init__(self, n_workers: int = 2, *, timeout_s: float = PROBE_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._idle: queue.SimpleQueue[IsolatedProcess] = queue.SimpleQueue()
        task = "sensorium.catalog.media.probe:probing"
        self._workers = [IsolatedProcess(task, {}, memory_bytes=MEMORY_BYTES) for _ in range(n_workers)]
        for worker in self._workers:
            self._idle.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()

    def __call__(self, content: bytes, role: Role) -> str | None:
        """Return why `content` cannot serve as `role`, or None; any thread may ask."""
        worker = self._idle.get()
        try:
            answer, _ = worker.ask({"role": role.value}, [content], within_s=self._timeout_s)
        except IsolationError as error:
            return str(error)
        finally:
            self._idle.put(worker)
        return answer["problem"]


def probing(_: Mapping[str, Any]) -> Task:
    """Return what a process for media does to answer an `IsolatedProbe`."""

    def probe(header: Mapping[str, Any], contents: list[bytes]) -> Answer:
        return {"problem": media_problem(contents[0], Role(header["role"]))}, []

    return probe
