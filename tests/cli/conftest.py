"""The command line without a process for each command: what it prints, and its exit code."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sensorium.cli.console import ERR, OUT
from sensorium.cli.main import exit_code


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        assert self.code == 0, self.err
        assert self.out.count("\n") == 1
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    def mistake(self) -> str:
        """The one line on stderr that says what is wrong."""
        assert self.code == 2, (self.out, self.err)
        assert self.err.startswith("error: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err + self.out
        return self.err.removeprefix("error: ").rstrip()


@pytest.fixture
def sensorium(capfd, monkeypatch) -> Callable[..., Done]:
    def run(*words: object, width: int = 80) -> Done:
        for console in (OUT, ERR):
            monkeypatch.setattr(console, "width", width)
        capfd.readouterr()
        code = exit_code([str(word) for word in words])
        return Done(code, *capfd.readouterr())

    return run
