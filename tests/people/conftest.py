"""The command line in one process: what people type, and what they get."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sensorium.cli.main import exit_code


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    """Type a command; return the object that `--json` prints, all that is printed, or the mistake."""
    import contextlib
    import io

    def typed(*words: object, text: bool = False, mistake: bool = False) -> Any:
        from sensorium.cli.console import ERR, OUT

        printed, said = io.StringIO(), io.StringIO()
        former = OUT.file, ERR.file
        OUT.file, ERR.file = printed, said
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
                code = exit_code([str(word) for word in words])
        finally:
            OUT.file, ERR.file = former
        assert code == (2 if mistake else 0), said.getvalue()[-2000:]
        if mistake:
            return said.getvalue()
        return json.loads(printed.getvalue()) if "--json" in words else printed.getvalue() if text else None

    return typed
