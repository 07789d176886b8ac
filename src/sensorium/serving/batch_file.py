"""A long table in a file, written block by block, whole or absent."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from sensorium.core.aside import remove_remains
from sensorium.core.errors import ConfigError
from sensorium.core.files import ASIDE, written_aside

PARQUET, CSV = (".parquet", ".pq"), (".csv",)


def require_known_format(path: Path) -> None:
    """Refuse a path that is neither a Parquet nor a CSV file, before anything is computed for it."""
    if path.suffix.lower() not in (*PARQUET, *CSV):
        raise ConfigError(
            "neither a Parquet nor a CSV file",
            where=str(path),
            remedy="Name a file that ends in .parquet or .csv",
        )
    if path.is_dir():
        raise ConfigError("this is a folder", where=str(path), remedy="Name a file in it")


def write_frames(frames: Iterable[pl.DataFrame], schema: pl.Schema, path: Path) -> pl.LazyFrame:
    """Write the rows of all `frames` to `path` and return them as a lazy frame over the file.

    One frame is held at a time. The file appears when it is whole; whatever stops it leaves the former one;
    what a killed process left beside it is removed.
    """
    remove_remains(path.parent, path.name, ASIDE)
    with written_aside(path) as aside:
        if path.suffix.lower() in CSV:
            _write_csv(frames, schema, aside)
        else:
            _write_parquet(frames, schema, aside)
    if path.suffix.lower() in CSV:
        return pl.scan_csv(path, schema=schema, glob=False)
    return pl.scan_parquet(path, glob=False)


def _write_csv(frames: Iterable[pl.DataFrame], schema: pl.Schema, aside: Path) -> None:
    with aside.open("wb") as file:
        schema.to_frame().write_csv(file)
        for frame in frames:
            frame.write_csv(file, include_header=False)


def _write_parquet(frames: Iterable[pl.DataFrame], schema: pl.Schema, aside: Path) -> None:
    """Write each frame as a file of its own, then stream them into one: polars appends to no Parquet file."""
    with tempfile.TemporaryDirectory(prefix=f"{aside.name}-", dir=aside.parent) as folder:
        parts: list[Path] = []
        for frame in frames:
            parts.append(Path(folder) / f"{len(parts):06d}.parquet")
            frame.write_parquet(parts[-1])
        if not parts:
            schema.to_frame().write_parquet(aside)
        else:
            pl.scan_parquet(parts, glob=False).sink_parquet(aside)
