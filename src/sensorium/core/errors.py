"""What can go wrong, as types.

SensoriumError
├── UserError              the caller can mend it; the command line prints it and exits with 2
│   ├── DataError          a table, row, column or media file is not as it must be
│   ├── ConfigError        a setting is unknown, out of range or contradicts another
│   ├── UnknownIdError     an id that the catalogue or the events do not hold
│   ├── MissingExtraError  an optional dependency is not installed
│   └── NotReadyError      a step that has to come first has not been done
└── MediaError             one medium cannot be read; recorded with its reason, the run goes on

SensoriumWarning           work goes on; the command line prints one line
├── FormerNameWarning      something was called by the name that it used to have
├── NewUserWarning         somebody whom the model does not know is answered as a new user
└── PluginWarning          something that another package brings cannot be used
"""


class SensoriumError(Exception):
    """Anything that Sensorium raises on purpose."""


class UserError(SensoriumError):
    """A mistake that the caller can mend.

    Parameters
    ----------
    what
        What is wrong, as a clause without a full stop.
    where
        The file, row, column or setting it concerns.
    remedy
        What to do about it, as an imperative sentence.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        place = f"{where}: " if where else ""
        advice = f". {remedy}" if remedy else ""
        super().__init__(f"{place}{what}{advice}")


class DataError(UserError):
    """A table, row, column or media file is not as it must be."""


class ConfigError(UserError):
    """A setting is unknown, out of range or contradicts another."""


class UnknownIdError(UserError):
    """An id that the catalogue or the events do not hold."""


class MissingExtraError(UserError):
    """An optional dependency is not installed."""

    def __init__(self, extra: str, *, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs the optional part [{extra}]",
            remedy=f"Install it with: pip install 'sensorium[{extra}]'",
        )


class NotReadyError(UserError):
    """A step that has to come first has not been done."""


class MediaError(SensoriumError):
    """One medium cannot be read; `reason` is short, for tables and counts."""

    def __init__(self, reason: str, *, where: str) -> None:
        self.reason, self.where = reason, where
        super().__init__(f"{where}: {reason}")


class SensoriumWarning(Warning):
    """Something to know while work goes on."""


class FormerNameWarning(SensoriumWarning, FutureWarning):
    """Something was called by the name that it used to have."""


class NewUserWarning(SensoriumWarning, UserWarning):
    """Somebody whom the model does not know is answered as a new user."""


class PluginWarning(SensoriumWarning, UserWarning):
    """Something that another package brings cannot be used."""
