"""Logs of the service: one JSON object a line on stderr."""

import json
import logging
import re
from datetime import UTC, datetime

USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; anything else was said by whoever logs."""
NAMES = ("sensorium.service", "django")
ROWS = re.compile(r"^(DETAIL|CONTEXT): .*\n?", re.MULTILINE)
"""Where PostgreSQL says in an error which row it was, and so whose."""


class JsonLines(logging.Formatter):
    """Makes of a record one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in USUAL},
        }
        said.pop("request", None)  # Django's, which holds the caller's data
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        said = {
            name: ROWS.sub("", value) if isinstance(value, str) else value for name, value in said.items()
        }
        return json.dumps(said, default=str, ensure_ascii=False)


def log_to_stderr() -> None:
    """Let the service's and Django's logs go to stderr, once."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name in NAMES:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
    # Each error is a line of `RequestLog` already, and Django's would hold the path with its ids.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
