"""Clips from bytes: frames sampled over the whole length and all scenes, each with the frame after it."""

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.audio import SAMPLE_RATE_HZ, decode_audio
from sensorium.media.limits import MAX_FRAME_PIXELS, MAX_VIDEO_BYTES
from sensorium.media.scenes import even_moments, misses_a_scene, scene_moments
from sensorium.media.sniff import sniff_format
from sensorium.media.video_reader import FrameSample, VideoReader


@dataclass(frozen=True)
class VideoSample:
    """What was sampled from a clip."""

    frames: NDArray[np.uint8]
    """[n, height, width, 3] RGB in the order of time; fewer than asked for in a very short clip."""
    following: NDArray[np.uint8]
    """[n, height, width, 3]: the frame right after each of `frames`, for motion; the same one at the end
    of the clip or of its scene."""
    times_s: FloatVector
    """[n] when each of `frames` is shown."""
    gaps_s: FloatVector
    """[n] time from each frame to its following one; 0 where there is none."""
    later: NDArray[np.uint8]
    """[n, height, width, 3]: the frame after each of `following`, for changes of motion."""
    later_gaps_s: FloatVector
    """[n] time from each of `following` to `later`; 0 where there is none."""
    duration_s: float
    cuts_s: FloatVector
    """[n_cuts] when each scene but the first begins, as far as the clip was watched."""
    watched_s: float
    """How much of the clip was watched for cuts: all of a short one, stretches of a long one."""
    sound: FloatVector | None
    """[n_samples] mono float32, or None without a sound track (or if it was not asked for)."""
    sample_rate_hz: int


def decode_video(
    content: bytes,
    *,
    where: str,
    n_frames: int = 16,
    max_side_px: int | None = None,
    spacing_s: float = 0.0,
    ahead_s: float = 0.0,
    with_sound: bool = True,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    max_sound_s: float | None = None,
) -> VideoSample:
    """Return `n_frames` frames sampled over the clip, their successors, and the sound track.

    Frames lie evenly over the clip, unless that would leave out a scene of a clip that is watched from end
    to end: then each scene has its share of them, and at least one. Successors are of the same scene.

    Parameters
    ----------
    content
        The whole file.
    where
        What to call the file in an error.
    n_frames
        How many frames; a clip with fewer gives what it has.
    max_side_px
        Scale frames down so that the longer side is at most this; None for full size.
    spacing_s
        How long after a frame its following one is taken at the earliest, and the later one after that;
        whatever the frame rate, motion is then measured over the same time.
    ahead_s
        Where frames between samples are skipped by seeking: how long after each sample cuts are watched for.
    with_sound, sample_rate_hz, max_sound_s
        Whether to decode the sound track, at which rate, and how much of it.

    Raises
    ------
    MediaError
        If it is empty, no clip, or not one frame can be decoded. A broken sound track counts as none.
    """
    if not content:
        raise MediaError("empty file", where=where)
    if len(content) > MAX_VIDEO_BYTES:
        raise MediaError(f"larger than {MAX_VIDEO_BYTES >> 20} MiB", where=where)
    kind = sniff_format(content)
    is_moving_picture = kind is not None and kind.name in ("gif", "webp")
    if kind is None or not (Role.VIDEO in kind.roles or is_moving_picture):
        raise MediaError(f"not a clip{f' but {kind.name}' if kind else ''}", where=where)
    taken, reader = _sample_frames(content, where, n_frames, max_side_px, spacing_s, ahead_s)
    sound = _decode_sound_track(content, where, sample_rate_hz, max_sound_s) if with_sound else None
    return VideoSample(
        frames=np.stack([one.frame for one in taken]),
        following=np.stack([one.following for one in taken]),
        times_s=np.array([one.time_s for one in taken], dtype=np.float32),
        gaps_s=np.array([one.gap_s for one in taken], dtype=np.float32),
        later=np.stack([one.later for one in taken]),
        later_gaps_s=np.array([one.later_gap_s for one in taken], dtype=np.float32),
        duration_s=reader.duration_s,
        cuts_s=np.array(reader.watch.cuts_s, dtype=np.float32),
        watched_s=reader.watch.watched_s,
        sound=sound,
        sample_rate_hz=sample_rate_hz,
    )


def _sample_frames(
    content: bytes, where: str, n_frames: int, max_side_px: int | None, spacing_s: float, ahead_s: float
) -> tuple[list[FrameSample], VideoReader]:
    """Return samples spread evenly, or over the scenes if that would leave out one, and who read them."""
    with _open_reader(content, where, max_side_px) as reader:
        taken = reader.sample(even_moments(n_frames, reader.duration_s), spacing_s, ahead_s)
        if n_frames > 1 and reader.watch.is_whole:
            reader.watch_to_the_end()
    cuts_s = reader.watch.cuts_s
    if reader.watch.is_whole and misses_a_scene([one.time_s for one in taken], cuts_s, n_frames):
        moments_s = scene_moments(n_frames, cuts_s, reader.duration_s)
        with _open_reader(content, where, max_side_px) as again:
            taken = again.sample(moments_s, spacing_s, ahead_s=0.0)
    return [one.within(cuts_s) for one in taken], reader


@contextmanager
def _open_reader(content: bytes, where: str, max_side_px: int | None) -> Generator[VideoReader]:
    """Give a reader that stands before the first frame; MediaError if there is none."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(content), mode="r", metadata_errors="ignore") as container:
            if not container.streams.video:
                raise MediaError("no pictures in it", where=where)
            stream = container.streams.video[0]
            codec: Any = stream.codec_context  # None for a codec that this FFmpeg does not know
            if codec is None:
                raise MediaError("unknown video codec", where=where)
            width, height = codec.width, codec.height
            if not 0 < width * height <= MAX_FRAME_PIXELS:
                raise MediaError(f"frames of {width} x {height} pixels", where=where)
            codec.options = {"max_pixels": str(MAX_FRAME_PIXELS)}  # frames may grow on the way
            stream.thread_type = "SLICE"  # frame threads would each hold frames back
            yield VideoReader(container, stream, _scaled_size(width, height, max_side_px))
    except (FFmpegError, ValueError, MemoryError) as error:
        raise MediaError("undecodable clip", where=where) from error


def _scaled_size(width: int, height: int, max_side_px: int | None) -> tuple[int, int]:
    if max_side_px is None or max(width, height) <= max_side_px:
        return width, height
    factor = max_side_px / max(width, height)
    return max(2, round(width * factor)), max(2, round(height * factor))


def _decode_sound_track(
    content: bytes, where: str, sample_rate_hz: int, max_sound_s: float | None
) -> FloatVector | None:
    try:
        return decode_audio(content, where=where, sample_rate_hz=sample_rate_hz, max_duration_s=max_sound_s)[
            0
        ]
    except MediaError:
        return None
