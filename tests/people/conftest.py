"""The command line in one process: what people type, and what they get."""

import contextlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from sensorium.cli.main import exit_code


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    """Type a command; return the object that `--json` prints, all that is printed, or the mistake."""

    def typed(*words: object, text: bool = False, mistake: bool = False) -> Any:
        printed, said = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
            code = exit_code([str(word) for word in words])
        assert code == (2 if mistake else 0), said.getvalue()[-2000:]
        if mistake:
            return said.getvalue()
        return json.loads(printed.getvalue()) if "--json" in words else printed.getvalue() if text else None

    return typed
