"""Answers of web servers on disk: one file for each content, and what is needed to ask whether it changed."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sensorium.core.files import write_text, written_aside
from sensorium.core.hashing import hash_bytes

MAX_BYTES = 10_000_000_000
_MARK_BYTES = 1 << 16
"""So many bytes written leave one mark in the file that says when to look at the size of the whole."""
_SWEPT_AFTER = 0.05
"""Share of the limit that may be written before the next look."""
_LEFT = 0.9
"""Share of the limit that stays, so that with what comes until the next look the limit holds."""


@dataclass(frozen=True)
class CachedAnswer:
    """What a URL gave, and when."""

    url: str
    content_hash: str
    fetched_s: float
    """Seconds since 1970."""
    etag: str | None = None
    last_modified: str | None = None

    @property
    def age_s(self) -> float:
        """How long ago it was fetched; infinite where the clock was set back."""
        age = time.time() - self.fetched_s
        return age if age >= 0 else float("inf")

    @property
    def question(self) -> dict[str, str]:
        """The headers that ask for the content only if it has changed; empty if that cannot be asked."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


class WebCache:
    """A folder that may be deleted at any time; safe with several threads and processes.

    Parameters
    ----------
    folder
        Where answers are kept.
    max_bytes
        How much may be kept; what was not used for the longest time is removed first.
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder, self._max_bytes = folder, max_bytes

    def get(self, url: str) -> tuple[CachedAnswer, bytes] | None:
        """Return what is kept for `url`; None if there is nothing, or it is damaged."""
        try:
            known = CachedAnswer(**json.loads(self._note(url).read_text(encoding="utf-8")))
            content = self._content(known.content_hash).read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        if known.url != url or hash_bytes(content) != known.content_hash:
            return None
        self._used(url, known.content_hash)
        return known, content

    def put(self, url: str, content: bytes, *, etag: str | None, last_modified: str | None) -> None:
        """Keep `content`; equal contents of several URLs are kept once. A full disk is no reason to stop."""
        if len(content) > (_LEFT * self._max_bytes):
            return
        content_hash = hash_bytes(content)
        file = self._content(content_hash)
        try:
            with written_aside(file) as aside:
                aside.write_bytes(content)
            known = CachedAnswer(url, content_hash, time.time(), etag, last_modified)
            write_text(self._note(url), json.dumps(asdict(known)))
            self._used(url, content_hash)
            self._mark(len(content))
        except OSError:
            return

    def _used(self, url: str, content_hash: str) -> None:
        """Let the times of both files say that they were used now."""
        now_ns = time.time_ns()
        for file in (self._content(content_hash), self._note(url)):
            with contextlib.suppress(OSError):  # another process removed it
                os.utime(file, ns=(now_ns, now_ns))

    def _mark(self, n_bytes: int) -> None:
        """Remember that so much was written, and look at the whole when enough was: a look costs time."""
        marks = self._folder / "written"
        is_known = marks.exists()
        with marks.open("ab") as file:  # several processes append; nobody reads, only the length counts
            file.write(b"." * max(1, -(-n_bytes // _MARK_BYTES)))
            written = file.tell() * _MARK_BYTES
        if not is_known or written > _SWEPT_AFTER * self._max_bytes:
            marks.write_bytes(b"")
            self._sweep()

    def _sweep(self) -> None:
        """Remove what was not used for the longest time, until what stays is well below the limit."""
        kept = sorted(_files(self._folder / "contents"))
        total, removed_ns = sum(size for _, size, _ in kept), -1
        for used_ns, size, file in kept:
            if total <= _LEFT * self._max_bytes:
                break
            with contextlib.suppress(OSError):
                Path(file).unlink(missing_ok=True)
            total, removed_ns = total - size, used_ns
        for used_ns, _, file in _files(self._folder / "urls"):
            if used_ns <= removed_ns:  # its content was used then for the last time, and is gone
                with contextlib.suppress(OSError):
                    Path(file).unlink(missing_ok=True)

    def _note(self, url: str) -> Path:
        return self._folder / "urls" / f"{hash_bytes(url.encode())}.json"

    def _content(self, content_hash: str) -> Path:
        return self._folder / "contents" / content_hash


def _files(folder: Path) -> Iterator[tuple[int, int, str]]:
    """Yield when each file was used last, in nanoseconds, its size in bytes, and its path."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # removed since
                status = entry.stat()
                yield status.st_mtime_ns, status.st_size, entry.path
