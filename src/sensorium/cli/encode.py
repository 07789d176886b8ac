"""`sensorium encode`: media and text become features, only what is new."""

from sensorium.cli.console import OUT, print_json, terminal_progress
from sensorium.cli.options import AsJson, Folder, Language


def command(folder: Folder, language: Language = "en", as_json: AsJson = False) -> None:
    """Turn text, pictures, sound, clips and attributes into features; only what is new.

    Stop it at any time: what was encoded is kept, and the next run goes on from there.
    """
    from sensorium.cli.encoding_tables import encoding_table, failures_table
    from sensorium.insight.words import words_in
    from sensorium.workspace.commands import encode_workspace
    from sensorium.workspace.workspace import Workspace

    words = words_in(language)
    result = encode_workspace(Workspace.open(folder), progress=terminal_progress())
    if as_json:
        print_json(result.to_json())
        return
    OUT.print(encoding_table(result, words))
    if result.report.failures:
        OUT.print(failures_table(result, words))
