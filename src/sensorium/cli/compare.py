"""`sensorium compare`: every level of fusion over the same sources, on the same held-back events."""

from sensorium.cli.console import print_json, terminal_progress
from sensorium.cli.options import AsJson, Language, Mask, Seconds, Seen, WorkspaceOrSplit, seen_choice


def command(
    folder: WorkspaceOrSplit,
    mask: Mask = "train+validation",
    seen: Seen = None,
    seconds: Seconds = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Fuse the same tuned sources by features, scores, ranks and learnt weights, and evaluate them all."""
    from sensorium.cli.level_table import show_levels
    from sensorium.insight.words import words_in
    from sensorium.workspace.commands import compare_folder

    words = words_in(language)
    levels = compare_folder(
        folder,
        mask=mask,
        seen=seen_choice(seen),
        seconds=seconds,
        progress=terminal_progress(notes=as_json, words=words),
    )
    if as_json:
        print_json(levels.to_json())
        return
    show_levels(levels, words)
