"""The job that makes thumbnails, shapes of sounds and excerpts, in a process of its own."""

import atexit
import json
from functools import cache

from sensorium.core.files import write_text, written_aside
from sensorium.core.hashing import hash_bytes
from sensorium.core.roles import Role
from sensorium.media.isolated_process import IsolationError
from sensorium.media.previews.making import IsolatedPreviews, Previews
from sensorium.media.previews.names import NAMES
from sensorium.service.catalogue.media_files import file_of
from sensorium.service.catalogue.previews import list_file, preview_file
from sensorium.service.jobs.queue import Lease

TRIES = 3
"""After so many attempts that ended the process or its time, nothing is made of a medium."""


class NotMadeError(Exception):
    """The process that makes previews ended; another attempt may go well."""


def make_previews_of(lease: Lease) -> None:
    """Make what is shown of the medium that the job names."""
    sha256, role = lease.job.arguments["sha256"], Role(lease.job.arguments["role"])
    try:
        content = file_of(sha256).read_bytes()
    except FileNotFoundError:  # nobody has it any more
        return
    try:
        found = _maker()(content, role)
    except IsolationError as error:
        if lease.job.attempts < TRIES:
            raise NotMadeError(str(error)) from error
        found = Previews((), dict.fromkeys(NAMES[role], str(error)))
    lease.renew()
    said = {
        "made": {one.name: (one.type, hash_bytes(one.content)) for one in found.made},
        "why_not": dict(found.why_not),
    }
    for one in found.made:
        with written_aside(preview_file(sha256, role, one.name)) as aside:
            aside.write_bytes(one.content)
    write_text(list_file(sha256, role), json.dumps(said))


@cache
def _maker() -> IsolatedPreviews:
    """Return what opens media for this process; it starts with the first one."""
    made = IsolatedPreviews()
    atexit.register(made.__exit__)
    return made
