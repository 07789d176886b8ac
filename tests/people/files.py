"""Files as people have them: tables in their country's writing, photos, tracks."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

COLOURS = {"red": (200, 40, 40), "blue": (40, 60, 200), "green": (40, 160, 70), "yellow": (220, 200, 50)}


def write_table(
    file: Path, head: Sequence[str], rows: Iterable[Sequence[object]], *, separator: str = ","
) -> Path:
    """Write a table as a spreadsheet exports it, with a mark of its encoding in front."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator)
        writer.writerow(head)
        writer.writerows(rows)
    return file


def draw(file: Path, colour: str, shape: str, seed: int = 0) -> Path:
    """Draw a photo of one thing: a `shape` (disc or bars) of a colour, somewhere on light ground."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(215, 250, size=(96, 96, 3), dtype=np.uint8))
    pen, ink = ImageDraw.Draw(image), tuple(int(part) for part in rng.normal(COLOURS[colour], 8).clip(0, 255))
    left, top = rng.integers(8, 28, size=2).tolist()
    if shape == "disc":
        pen.ellipse((left, top, left + 56, top + 56), fill=ink)
    else:
        for step in range(4):
            pen.rectangle((left, top + 16 * step, left + 60, top + 16 * step + 7), fill=ink)
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file, quality=90)
    return file
