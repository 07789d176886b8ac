"""Where a workspace's service keeps what it was given: database, media, secrets."""

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SERVICE = ".service"


@dataclass(frozen=True)
class Place:
    """The folder `.service` of a workspace: what is in it cannot be made again, unlike `.sensorium`."""

    workspace: Path

    @property
    def folder(self) -> Path:
        """The folder itself; hidden, so that no reader of media takes its files for items."""
        return self.workspace / SERVICE

    @property
    def database(self) -> Path:
        """The SQLite database, where no DATABASE_URL names another one."""
        return self.folder / "database.sqlite3"

    @property
    def media(self) -> Path:
        """The media that came over HTTP, each named after its content."""
        return self.folder / "media"

    def secret(self) -> str:
        """Return what sessions are signed with; made at the first start, readable by its owner alone."""
        file = self.folder / "secret"
        if not file.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(prefix=".secret.", dir=self.folder)
            try:
                with os.fdopen(number, "w", encoding="ascii") as aside:
                    aside.write(secrets.token_urlsafe(50))
                    aside.flush()
                    os.fsync(number)
                # Of several that start at once, the first one's stays: a link takes the place of nothing.
                with suppress(FileExistsError):
                    os.link(name, file)
            finally:
                os.unlink(name)
        return file.read_text(encoding="ascii")
