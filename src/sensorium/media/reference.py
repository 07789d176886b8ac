"""Where one medium is: a file, a member of a zip archive, or a URL."""

import os
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sensorium.core.errors import MediaError
from sensorium.media.archive import Archives
from sensorium.media.web import PUBLIC_WEB, WebAccess, fetch

MAX_BYTES = 512 * 1024 * 1024
"""The largest medium that is read unless the caller says otherwise."""
_IN_ARCHIVE = re.compile(r"(?<=\.zip)(?:!/?|[/\\])(?=.)", re.IGNORECASE)
"""Between an archive, or a folder called like one, and what is in it."""


@dataclass(frozen=True)
class MediaRef:
    """A medium by its place; nothing is opened until `read`.

    `location` is a path, a member such as `photos.zip/a/1.jpg` (or `photos.zip!a/1.jpg`), or an http(s)
    URL. Relative paths start at `base`. Absolute paths and `..` are followed, since a catalogue is the
    user's own file; whoever takes locations from people they do not trust refuses those with `leaves_base`.
    """

    location: str
    base: Path | None = None
    archives: Archives | None = field(default=None, compare=False, repr=False)
    """Archives held open for many references; None: opened for each read."""
    web: WebAccess = field(default=PUBLIC_WEB, compare=False, repr=False)
    """How a URL is fetched."""

    @property
    def is_url(self) -> bool:
        """Whether the location has a URL scheme, also one that `read` refuses."""
        return re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", self.location) is not None

    @property
    def path(self) -> Path:
        """The path, absolute if `base` is; meaningless for a URL."""
        return Path(self.location) if self.base is None else self.base / self.location

    @property
    def suffix(self) -> str:
        """The extension in lower case with its dot, also of a URL or a member; empty if there is none."""
        path = urlsplit(self.location).path if self.is_url else self.location
        return os.path.splitext(path)[1].lower()

    @property
    def leaves_base(self) -> bool:
        """Whether a path points outside `base`: absolute, or through `..` or a link."""
        if self.is_url:
            return False
        base = (self.base or Path()).resolve()
        return not self.path.resolve().is_relative_to(base)

    def read(self, max_bytes: int = MAX_BYTES) -> bytes:
        """Return the whole content.

        Raises
        ------
        MediaError
            If it is not there, larger than `max_bytes`, or cannot be read; `reason` is short.
        """
        if self.is_url:
            return fetch(self.location, self.web, max_bytes=max_bytes)
        try:
            if not self.path.is_file():
                member = self._member()
                if member is not None:
                    return self._read_member(*member, max_bytes)
                reason = "is a folder" if self.path.is_dir() else "file not found"
                raise MediaError(reason, where=self.location)
            self._check_size(self.path.stat().st_size, max_bytes)
            return self.path.read_bytes()
        except (OSError, ValueError) as error:
            raise MediaError(_reason(error), where=self.location) from error

    def exists(self) -> bool:
        """Return whether there is something to read; a URL is taken at its word until it is read."""
        if self.is_url:
            return self.location.lower().startswith(("http://", "https://"))
        try:
            if self.path.is_file():
                return True
            member = self._member()
            if member is None:
                return False
            return not (self.archives or Archives()).member(*member).is_dir()
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return False

    def _member(self) -> tuple[Path, str] | None:
        """Return the archive and the name within it, if the location names an archive that is there."""
        for place in _IN_ARCHIVE.finditer(self.location):
            archive = (self.base or Path()) / self.location[: place.start()]
            if archive.is_file():
                return archive, self.location[place.end() :].replace("\\", "/")
        return None

    def _read_member(self, path: Path, member: str, max_bytes: int) -> bytes:
        archives = self.archives or Archives()
        try:
            self._check_size(archives.member(path, member).file_size, max_bytes)
            content = archives.read(path, member, max_bytes + 1)
        except KeyError as error:
            raise MediaError("not in the archive", where=self.location) from error
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise MediaError("the archive cannot be read", where=self.location) from error
        self._check_size(len(content), max_bytes)
        return content

    def _check_size(self, size: int, max_bytes: int) -> None:
        if size > max_bytes:
            raise MediaError(f"larger than {max_bytes:,} bytes", where=self.location)


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    cause = getattr(error, "strerror", None) or error
    return f"cannot be read ({cause})"
