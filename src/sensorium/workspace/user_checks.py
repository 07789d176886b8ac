"""What is wrong with the table of users."""

from sensorium.catalog.events import Events
from sensorium.catalog.problems import Problem, Severity, rejected_problems
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import MISSING
from sensorium.workspace.workspace import Workspace


def user_problems(workspace: Workspace, events: Events) -> list[Problem]:
    """Return what is wrong with the table of users; nothing where the settings name none."""
    try:
        read = workspace.read_users_table()
    except DataError as error:
        where = error.where or str(workspace.settings.users.file)
        return [Problem(Severity.ERROR, "unreadable users", where, error.what, error.remedy or "")]
    if read is None:
        return []
    found, where = rejected_problems(read.rejected), str(workspace.settings.users.file)
    if len(events) and (events.users.lookup(read.users.ids.ids) == MISSING).all():
        message = "no user of the table has events" if len(read.users) else "there are no users"
        remedy = "Write the ids of users as in the events, or leave [users] out"
        found.append(
            Problem(
                Severity.WARNING, "unknown users", where, message, remedy, column=read.users.table.id_column
            )
        )
    return found
