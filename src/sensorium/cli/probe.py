"""`sensorium probe`: compares encoders, by labelled media or by events."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sensorium.cli.console import OUT, print_done, print_json, terminal_progress
from sensorium.cli.options import AsJson, Language
from sensorium.core.errors import ConfigError, DataError
from sensorium.insight.words import Words, words_in

if TYPE_CHECKING:
    from collections.abc import Sequence

LABELS_FILE = "labels.csv"
Cleaned: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--cleaning", help="Compare media as they are with media cleaned in each way, by the encoder in use."
    ),
]


def command(
    subject: Annotated[
        Path,
        typer.Argument(
            metavar="LABELS|DIR",
            help="A table with the columns file, label and perhaps fold; or a workspace or split folder.",
            show_default=False,
        ),
    ],
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="Compare this encoder, such as sound or sentence-transformers:MODEL; may be repeated. "
            "If left out, all installed ones.",
        ),
    ] = None,
    cleaning: Cleaned = False,
    drawing: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="Also draw a map of labelled media by the best encoder, to this file: .png or .svg.",
        ),
    ] = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Compare encoders: by labelled media, or by what they contribute to a workspace's recommendations."""
    words = words_in(language)
    if not subject.exists():
        raise DataError(
            "there is no such file or folder",
            where=str(subject),
            remedy="Name a labels file, or the folder of a workspace",
        )
    if subject.is_dir():
        _require_events(subject)
        if drawing is not None:
            raise ConfigError("a map needs labels", where="--map", remedy="Name a file of labels")
        _judge_workspace(subject, encoder or (), words, cleaning=cleaning, as_json=as_json)
    else:
        _require_no_cleaning(cleaning)
        _judge_labels(subject, encoder or (), drawing, words, as_json=as_json)


def _require_no_cleaning(cleaning: bool) -> None:
    if cleaning:
        raise ConfigError(
            "labels do not say which encoder is in use",
            where="--cleaning",
            remedy="Name the folder of a workspace, or leave it out",
        )


def _judge_labels(
    file: Path, encoders: "Sequence[str]", drawing: Path | None, words: Words, *, as_json: bool
) -> None:
    from sensorium.cli.probe_tables import show_probe
    from sensorium.experiments.label_probe import probe_labels
    from sensorium.insight.label_map import draw_map, require_drawable

    if drawing is not None:
        require_drawable(drawing)
    found = probe_labels(file, encoders=encoders, progress=terminal_progress())
    if drawing is not None:
        best, media = found.best, found.media
        draw_map(drawing, best.block, media, title=f"{file.parent.resolve().name} as {best.encoder} sees it")
    if as_json:
        print_json(found.to_json())
        return
    show_probe(found, words)
    if drawing is not None:
        OUT.print()
        print_done(words("Drew {encoder} to {file}", encoder=found.best.encoder, file=drawing))


def _judge_workspace(
    folder: Path, encoders: "Sequence[str]", words: Words, *, cleaning: bool, as_json: bool
) -> None:
    from sensorium.cli.probe_tables import show_workspace_probe
    from sensorium.workspace.encoder_probe import probe_workspace

    found = probe_workspace(
        folder, encoders=encoders, cleaning=cleaning, progress=terminal_progress(notes=False)
    )
    if as_json:
        print_json(found.to_json())
    else:
        show_workspace_probe(found, words)


def _require_events(folder: Path) -> None:
    """Raise `DataError` for a folder of labelled media, whose labels file was meant."""
    from sensorium.workspace.workspace import is_split_folder, is_workspace

    judged_by_events = is_workspace(folder) or is_split_folder(folder)
    if not judged_by_events and (folder / LABELS_FILE).is_file():
        raise DataError(
            "this folder is no workspace, but has labels",
            where=str(folder),
            remedy=f"Name the labels: sensorium probe {folder / LABELS_FILE}",
        )
