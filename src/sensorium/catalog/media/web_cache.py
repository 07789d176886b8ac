"""Answers of web servers on disk: one file for each content, and what is needed to ask whether it changed."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sensorium.core.files import write_text, written_aside
from sensorium.core.hashing import hash_bytes


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
    """A folder that may be deleted at any time; safe with several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str) -> tuple[CachedAnswer, bytes] | None:
        """Return what is kept for `url`; None if there is nothing, or it is damaged."""
        try:
            known = CachedAnswer(**json.loads(self._note(url).read_text(encoding="utf-8")))
            content = self._content(known.content_hash).read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        is_sound = known.url == url and hash_bytes(content) == known.content_hash
        return (known, content) if is_sound else None

    def put(self, url: str, content: bytes, *, etag: str | None, last_modified: str | None) -> None:
        """Keep `content`; equal contents of several URLs are kept once. A full disk is no reason to stop."""
        content_hash = hash_bytes(content)
        file = self._content(content_hash)
        try:
            with written_aside(file) as aside:
                aside.write_bytes(content)
            known = CachedAnswer(url, content_hash, time.time(), etag, last_modified)
            write_text(self._note(url), json.dumps(asdict(known)))
        except OSError:
            return

    def _note(self, url: str) -> Path:
        return self._folder / "urls" / f"{hash_bytes(url.encode())}.json"

    def _content(self, content_hash: str) -> Path:
        return self._folder / "contents" / content_hash
