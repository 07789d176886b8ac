"""Where a workspace's service keeps what it was given: database, media, secrets."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sensorium.core.files import written_aside

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

    @property
    def metrics(self) -> Path:
        """The counters of the processes that run; emptied at each start."""
        return self.folder / "metrics"

    def secret(self) -> str:
        """Return what sessions are signed with; made at the first start, readable by its owner alone."""
        file = self.folder / "secret"
        if not file.exists():
            with written_aside(file) as aside:
                aside.write_text(secrets.token_urlsafe(50), encoding="ascii")
            file.chmod(0o600)
        return file.read_text(encoding="ascii")
