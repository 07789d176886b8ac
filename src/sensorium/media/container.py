"""Opens files with FFmpeg, and finds out from their packets when what they hold begins and ends."""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import numpy as np

MAX_FRAME_S = 10.0
"""The longest that the last frame is taken to be shown where the file does not say how long."""


class Timeline(NamedTuple):
    """When the frames of a stream are shown or heard, by its packets; what headers promise may be wrong."""

    start_s: float
    """When the first frame is due, on the file's own clock; segments of a longer stream begin late."""
    duration_s: float
    """From then until the last one is over; 0 if there is none."""
    n_packets: int
    is_steady: bool
    """Whether there are times, and they never go back: streams put together begin again, so that no moment
    can be sought."""


@contextmanager
def open_container(content: bytes) -> Generator[Any]:
    """Give the container in `content`, closed afterwards; FFmpeg's errors pass."""
    import av

    with av.open(io.BytesIO(content), mode="r", metadata_errors="ignore") as container:
        yield container


def first_stream(container: Any, kind: Literal["video", "audio"]) -> Any:
    """Return the first stream of a kind, None if there is none; the picture on a cover is no clip."""
    from av.stream import Disposition

    streams = getattr(container.streams, kind)
    return next((one for one in streams if not one.disposition & Disposition.attached_pic), None)


def read_timeline(container: Any, stream: Any) -> Timeline:
    """Return the times of a stream that stands at its beginning, by its packets; nothing is decoded."""
    from av.error import FFmpegError

    times, lengths, order, count = list[int](), list[int](), list[int](), 0
    try:
        for packet in container.demux(stream):
            moment = packet.dts if packet.pts is None else packet.pts
            if not packet.size or packet.is_discard:
                continue
            count += 1
            if moment is not None:
                times.append(moment)
                lengths.append(packet.duration or 0)
                order.append(moment if packet.dts is None else packet.dts)
    except FFmpegError:  # a damaged rest: what came before it counts
        pass
    is_steady = bool(times) and bool((np.diff(order) >= 0).all())
    if stream.type == "video" and not is_steady:
        return Timeline(0.0, count / frame_rate(stream), count, is_steady=False)
    if not times:
        return Timeline(0.0, 0.0, count, is_steady=False)
    due, lasting = np.array(times, dtype=np.int64), np.array(lengths, dtype=np.int64)
    tick_s = float(stream.time_base)
    ends = due + lasting
    last_s = 0.0 if lasting[due.argmax()] else _usual_step_s(due, stream)
    duration_s = float(ends.max() - due.min()) * tick_s + last_s
    if not is_steady and lasting.all():
        duration_s = float(lasting.sum()) * tick_s
    return Timeline(float(due.min()) * tick_s, duration_s, count, is_steady)


def _usual_step_s(due: np.ndarray[Any, np.dtype[np.int64]], stream: Any) -> float:
    """Return how long the last frame is shown, as the others are."""
    steps = np.diff(np.unique(due))
    if len(steps):
        return min(float(np.median(steps)) * float(stream.time_base), MAX_FRAME_S)
    return 1 / frame_rate(stream) if stream.type == "video" else 0.0


def frame_rate(stream: Any) -> float:
    """Return how many frames a second of a clip has, as far as its file says so."""
    return float(stream.average_rate or 25)


def decoded_frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the frames of a stream from where the container stands; broken packets are passed over."""
    from av.error import FFmpegError

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, FFmpegError):  # a damaged rest: what came before it is used
            return
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        yield from frames
