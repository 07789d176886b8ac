"""Clips from bytes: frames sampled over the whole length and all scenes, each with the frame after it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sensorium.core.arrays import FloatVector
from sensorium.core.errors import MediaError
from sensorium.media.audio import SAMPLE_RATE_HZ, decode_audio
from sensorium.media.cleaning import clean_frames, clean_sound
from sensorium.media.cleaning_names import Cleaning
from sensorium.media.frame_source import open_frames
from sensorium.media.scenes import SceneWatch, even_moments, misses_a_scene, scene_moments
from sensorium.media.video_reader import FrameSample, Observer, VideoReader

_ALIKE = 1.5
"""Frames of which one is shown at most so many times as long as another count once each."""


@dataclass(frozen=True)
class VideoSample:
    """What was sampled from a clip."""

    frames: NDArray[np.uint8]
    """[n, height, width, 3] RGB in the order of time, as a player shows them: turned and with square pixels;
    fewer than asked for in a very short clip."""
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
    is_whole: bool
    """Whether no frame of it was skipped."""
    sound: FloatVector | None
    """[n_samples] mono float32, or None without a sound track (or if it was not asked for)."""
    sample_rate_hz: int

    def cleaned(self, cleaning: Sequence[Cleaning]) -> Self:
        """Return the clip with its frames cleaned, all of them in one light, and its sound track."""
        if not cleaning:
            return self
        n = len(self.frames)
        frames = clean_frames(np.concatenate([self.frames, self.following, self.later]), cleaning)
        sound = None if self.sound is None else clean_sound(self.sound, self.sample_rate_hz, cleaning)
        return replace(
            self, frames=frames[:n], following=frames[n : 2 * n], later=frames[2 * n :], sound=sound
        )


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
    observe: Observer | None = None,
) -> VideoSample:
    """Return `n_frames` frames sampled over the clip, their successors, and the sound track.

    Each frame is the one on screen at a moment; moments lie evenly over the clip, unless that would leave out
    a scene of a clip that is watched from end to end: then each scene has its share of them, and at least
    one. Successors are of the same scene.

    Parameters
    ----------
    content
        The whole file.
    where
        What to call the file in an error.
    n_frames
        How many moments; a clip with fewer frames gives all that it has, once each if they are shown about
        equally long, otherwise as often as they last.
    max_side_px
        Scale frames down so that the longer side is at most this; None for full size.
    spacing_s
        How long after a frame its following one is taken at the earliest, and the later one after that;
        whatever the frame rate, motion is then measured over the same time.
    ahead_s
        Where frames between samples are skipped by seeking: how long after each sample cuts are watched for.
    with_sound, sample_rate_hz, max_sound_s
        Whether to decode the sound track, at which rate, and how much of it.
    observe
        Sees each frame that is decoded on the way, and when it is shown: all of them if the sample
        `is_whole`.

    Raises
    ------
    MediaError
        If it is empty, no clip, or not one frame can be decoded. A broken sound track counts as none.
    """
    taken, watch, duration_s = _sample_frames(
        content, where, n_frames, max_side_px, spacing_s, ahead_s, observe
    )
    sound = _decode_sound_track(content, where, sample_rate_hz, max_sound_s) if with_sound else None
    return VideoSample(
        frames=np.stack([one.frame for one in taken]),
        following=np.stack([one.following for one in taken]),
        times_s=np.array([one.time_s for one in taken], dtype=np.float32),
        gaps_s=np.array([one.gap_s for one in taken], dtype=np.float32),
        later=np.stack([one.later for one in taken]),
        later_gaps_s=np.array([one.later_gap_s for one in taken], dtype=np.float32),
        duration_s=duration_s,
        cuts_s=np.array(watch.cuts_s, dtype=np.float32),
        watched_s=watch.watched_s,
        is_whole=watch.is_whole,
        sound=sound,
        sample_rate_hz=sample_rate_hz,
    )


def _sample_frames(
    content: bytes,
    where: str,
    n_frames: int,
    max_side_px: int | None,
    spacing_s: float,
    ahead_s: float,
    observe: Observer | None,
) -> tuple[list[FrameSample], SceneWatch, float]:
    """Return samples spread evenly, or over the scenes if that would leave out one; cuts; and the length."""
    with open_frames(content, where) as source:
        reader, duration_s = VideoReader(source, max_side_px, observe), source.duration_s
        watch = reader.watch
        if source.n_frames <= n_frames:
            taken = reader.every_frame(spacing_s)
        else:
            taken = reader.sample(even_moments(n_frames, duration_s), spacing_s, ahead_s)
            if watch.is_whole and (n_frames > 1 or observe is not None):
                reader.watch_to_the_end()
    if not taken:
        raise MediaError("undecodable clip", where=where)
    if source.n_frames <= n_frames:
        taken = _repeat_lasting(taken, n_frames, duration_s)
    elif watch.is_whole and misses_a_scene([one.time_s for one in taken], watch.cuts_s, n_frames):
        moments_s = scene_moments(n_frames, watch.cuts_s, duration_s)
        with open_frames(content, where) as source:
            taken = VideoReader(source, max_side_px).sample(moments_s, spacing_s, ahead_s=0.0)
    return [one.within(watch.cuts_s) for one in taken], watch, duration_s


def _repeat_lasting(taken: list[FrameSample], n: int, duration_s: float) -> list[FrameSample]:
    """Return the samples of all frames once, or `n` where some of them are shown much longer than others."""
    starts_s = [one.time_s for one in taken]
    lengths_s = np.diff([*starts_s, max(duration_s, starts_s[-1])])
    if len(taken) < 2 or lengths_s.max() <= _ALIKE * lengths_s.min():
        return taken
    moments_s = scene_moments(n, starts_s[1:], duration_s)
    return [taken[index] for index in np.searchsorted(starts_s[1:], moments_s, side="right").tolist()]


def _decode_sound_track(
    content: bytes, where: str, sample_rate_hz: int, max_sound_s: float | None
) -> FloatVector | None:
    try:
        return decode_audio(content, where=where, sample_rate_hz=sample_rate_hz, max_duration_s=max_sound_s)[
            0
        ]
    except MediaError:
        return None
