"""The table of `sensorium encode` fits a terminal of 80 columns."""

from io import StringIO

from rich.console import Console

from sensorium.cli.encoding_tables import encoding_table
from sensorium.workspace.commands import encode_workspace
from sensorium.workspace.workspace import Workspace


def test_names_of_encoders_stay_whole(workspace_copy) -> None:
    result = encode_workspace(Workspace.open(workspace_copy))
    printed = StringIO()
    Console(file=printed, width=80).print(encoding_table(result))
    lines = printed.getvalue().splitlines()
    assert len(lines) == 1 + len(result.report.blocks)
    assert any(" color-texture-shape " in line for line in lines)
