"""Everything that is made of a medium for pages, by a process of its own."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import cv2

from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.media.image import decode_image
from sensorium.media.isolated_process import IsolatedProcess
from sensorium.media.previews import clip, sound, thumbnails, waveform
from sensorium.media.previews.names import EXCERPT, NAMES, PEAKS, THUMBNAIL, WIDTHS_PX
from sensorium.media.quiet_decoders import quiet_decoders
from sensorium.media.worker import Answer, Task

TIMEOUT_S = 180.0
NICE = 10


@dataclass(frozen=True)
class Made:
    """One file."""

    name: str
    """One of `NAMES`; of a thumbnail with its width, such as `thumbnail-320`."""
    type: str
    """Its media type."""
    content: bytes


@dataclass(frozen=True)
class Previews:
    """What was made of a medium, and why other things were not."""

    made: tuple[Made, ...]
    why_not: Mapping[str, str]
    """One of `NAMES` -> the reason in a few words."""


def make_previews(content: bytes, role: Role) -> Previews:
    """Return what can be made of a medium that serves as `role`."""
    made, why_not = list[Made](), dict[str, str]()
    with quiet_decoders():
        if THUMBNAIL in NAMES[role]:
            try:
                made += _thumbnails(content, role)
            except MediaError as error:
                why_not[THUMBNAIL] = error.reason
        if PEAKS in NAMES[role]:
            try:
                heard = sound.hear(content, where="")
            except MediaError as error:
                why_not[PEAKS] = error.reason
                if role is Role.AUDIO:
                    why_not[EXCERPT] = error.reason
            else:
                made.append(Made(PEAKS, waveform.TYPE, heard.peaks))
                if role is Role.AUDIO:
                    made.append(Made(EXCERPT, sound.TYPE, heard.excerpt))
        if role is Role.VIDEO:
            try:
                made.append(Made(EXCERPT, clip.TYPE, clip.clip_excerpt(content, where="")))
            except MediaError as error:
                why_not[EXCERPT] = error.reason
    return Previews(tuple(made), why_not)


def _thumbnails(content: bytes, role: Role) -> list[Made]:
    if role is Role.IMAGE:
        picture = decode_image(content, where="", min_side_px=max(WIDTHS_PX))
    else:
        picture = clip.poster(content, where="")
    found = thumbnails.thumbnails(picture)
    return [Made(f"{THUMBNAIL}-{width}", thumbnails.TYPE, small) for width, small in found.items()]


class IsolatedPreviews:
    """`make_previews` in a process of its own, for one medium at a time; what ends that harms nobody else."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s, self._lock = timeout_s, threading.Lock()
        self._process = IsolatedProcess("sensorium.media.previews.making:previews_task", {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    def __call__(self, content: bytes, role: Role) -> Previews:
        """Return what can be made of a medium; any thread may ask.

        Raises
        ------
        IsolationError
            If its process crashed on it, or took longer than it may.
        """
        with self._lock:
            told, contents = self._process.ask({"role": role.value}, [content], within_s=self._timeout_s)
        named = zip(told["made"], contents, strict=True)
        return Previews(tuple(Made(name, kind, one) for (name, kind), one in named), told["why_not"])


def previews_task(_: Mapping[str, Any]) -> Task:
    """Return what a process for media does to answer `IsolatedPreviews`; it gives way to all that runs."""
    cv2.setNumThreads(1)
    if hasattr(os, "nice"):
        os.nice(NICE)

    def make(header: Mapping[str, Any], contents: list[bytes]) -> Answer:
        found = make_previews(contents[0], Role(header["role"]))
        named = [(one.name, one.type) for one in found.made]
        return {"made": named, "why_not": dict(found.why_not)}, [one.content for one in found.made]

    return make
