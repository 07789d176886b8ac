"""What kind of medium a name promises, by its extension."""

from sensorium.core.roles import Role
from sensorium.media.reference import MediaRef
from sensorium.media.sniff import FORMATS

MOSTLY_SOUND = (".ogg", ".oga", ".opus", ".spx", ".m4a", ".mka", ".wma")
"""Extensions of containers for both that mostly hold sound; the others mostly hold clips."""


def role_of_name(name: str) -> Role | None:
    """Return the medium that a file name, archive member or URL promises, None if it promises none.

    A column of `.mp4` files that hold sound alone is given its role by hand.
    """
    suffix = MediaRef(name).suffix
    roles = {role for kind in FORMATS.values() if suffix in kind.extensions for role in kind.roles}
    if len(roles) > 1:
        return Role.AUDIO if suffix in MOSTLY_SOUND else Role.VIDEO
    return next(iter(roles), None)
