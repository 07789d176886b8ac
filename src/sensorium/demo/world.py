"""The demo world: a folder with postcards from places that do not exist, and their collectors."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sensorium.core.arrays import BoolVector
from sensorium.core.errors import ConfigError
from sensorium.core.files import write_text
from sensorium.core.progress import SILENT, Progress
from sensorium.core.side_by_side import n_cores
from sensorium.demo.behaviour import DemoEvent, Tastes, draw_tastes, simulate_events, time_of_moment_s
from sensorium.demo.clip import FPS, MOTIONS, render_clip
from sensorium.demo.media_files import jpeg_bytes, mp3_bytes, mp4_bytes
from sensorium.demo.palettes import PALETTES
from sensorium.demo.picture import draw_picture
from sensorium.demo.sound import INSTRUMENTS, SAMPLE_RATE_HZ, render_sound
from sensorium.demo.traits import SENSES, SERIES, ItemTraits, draw_traits
from sensorium.demo.words import SUBJECTS, place_names, user_names, write_words
from sensorium.workspace.settings import CatalogSettings, EvaluationSettings, EventSettings, Settings

MARK = "# A demo world, made by `sensorium demo`; making it again overwrites this folder.\n"

MISSING_SHARES: Mapping[str, float] = {"picture": 0.03, "sound": 0.06, "clip": 0.08}
"""Column -> share of the items without that medium."""
ENDINGS: Mapping[str, str] = {"picture": "jpg", "sound": "mp3", "clip": "mp4"}

FEWEST_ITEMS, FEWEST_USERS = 24, 8

SETTINGS = Settings(
    catalog=CatalogSettings(
        items="items.csv",
        text=("title", "description"),
        image=("picture",),
        audio=("sound",),
        video=("clip",),
        category=("series",),
        number=("price",),
        published="published",
    ),
    events=EventSettings(file=("events.csv",), type="type", time="timestamp", positive=("keep", "send")),
    evaluation=EvaluationSettings(test=0.15, validation=0.15),
)


@dataclass(frozen=True)
class DemoWorld:
    """What was made, and the hidden truth behind it."""

    folder: Path
    item_ids: tuple[str, ...]
    user_ids: tuple[str, ...]
    n_events: int
    traits: ItemTraits
    tastes: Tastes
    flaws: tuple[str, ...]
    """Two paths, relative to `folder`: a clip that breaks off and a picture that is not there."""

    @property
    def settings_file(self) -> Path:
        """The world's `sensorium.toml`."""
        return self.folder / "sensorium.toml"

    def devotee(self, sense: str) -> str:
        """Return the user whose taste lives most in `sense`: text, image, audio or video."""
        return self.user_ids[int(np.argmax(self.tastes.emphasis[:, SENSES.index(sense)]))]


def make_demo_world(
    folder: Path,
    *,
    seed: int = 0,
    n_items: int = 400,
    n_users: int = 800,
    progress: Progress = SILENT,
) -> DemoWorld:
    """Write a workspace with words, pictures, sound, clips and events into `folder`.

    The same arguments give the same bytes. Each item has an independent subject (words), palette
    (picture), instrument (sound) and motion (clip); each user likes some of each, with an emphasis
    of their own, so that no medium can stand in for another.

    Raises
    ------
    ConfigError
        If `folder` holds a workspace that is not a demo world, or the world would be too small.
    """
    _require_room(folder, n_items, n_users)
    write_text(folder / "sensorium.toml", MARK + SETTINGS.toml())
    of_items, of_users, of_words, of_life = np.random.default_rng(seed).spawn(4)
    traits = draw_traits(n_items, of_items)
    has = {column: of_items.uniform(size=n_items) >= share for column, share in MISSING_SHARES.items()}
    tastes = draw_tastes(n_users, len(SERIES), of_users)
    users = user_names(n_users, of_users)
    items = [f"card-{number:03d}" for number in range(1, n_items + 1)]
    _write_items(folder, items, traits, has, of_words)
    happened = simulate_events(traits, tastes, of_life)
    _write_events(folder, items, users, happened)
    _write_media(folder, items, traits, has, seed, progress)
    flaws = _add_flaws(folder, items, has)
    return DemoWorld(folder, tuple(items), tuple(users), len(happened), traits, tastes, flaws)


def _require_room(folder: Path, n_items: int, n_users: int) -> None:
    """Refuse a folder that holds somebody's own workspace, and worlds too small to have tastes."""
    if n_items < FEWEST_ITEMS or n_users < FEWEST_USERS:
        raise ConfigError(
            f"{n_items} items and {n_users} users are too few for a demo world",
            remedy=f"Ask for at least {FEWEST_ITEMS} items and {FEWEST_USERS} users",
        )
    settings = folder / "sensorium.toml"
    is_ours = settings.is_file() and settings.read_text(encoding="utf-8").startswith(MARK)
    taken = [name for name in ("sensorium.toml", "items.csv", "events.csv") if (folder / name).exists()]
    if taken and not is_ours:
        raise ConfigError(
            f"{taken[0]} is there already, and not a demo world's",
            where=str(folder),
            remedy="Name another folder",
        )


def _location(column: str, item_id: str) -> str:
    return f"media/{column}s/{item_id}.{ENDINGS[column]}"


def _write_items(
    folder: Path,
    items: Sequence[str],
    traits: ItemTraits,
    has: dict[str, BoolVector],
    rng: np.random.Generator,
) -> None:
    """Write `items.csv`; the cell of a missing medium is empty."""
    places = place_names(len(items), rng)
    prices = rng.uniform(0.8, 3.2, size=len(items))
    rows: list[list[str]] = []
    for index, item_id in enumerate(items):
        words = write_words(SUBJECTS[traits.kinds["text"][index]], places[index], rng)
        published = datetime.fromtimestamp(time_of_moment_s(float(traits.age[index])), tz=UTC)
        media = [_location(column, item_id) if has[column][index] else "" for column in MISSING_SHARES]
        row = [item_id, words.title, words.description, SERIES[traits.series[index]]]
        rows.append([*row, f"{prices[index]:.1f}0", published.strftime("%Y-%m-%d"), *media])
    header = ["item_id", "title", "description", "series", "price", "published", *MISSING_SHARES]
    _write_table(folder / "items.csv", header, rows)


def _write_events(
    folder: Path, items: Sequence[str], users: Sequence[str], happened: Sequence[DemoEvent]
) -> None:
    rows = [[users[one.user], items[one.item], one.type, str(one.time_s)] for one in happened]
    _write_table(folder / "events.csv", ["user_id", "item_id", "type", "timestamp"], rows)


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, file.getvalue())


def _write_media(
    folder: Path,
    items: Sequence[str],
    traits: ItemTraits,
    has: dict[str, BoolVector],
    seed: int,
    progress: Progress,
) -> None:
    """Draw, play and render every item; threads share the work, since the codecs let go of the lock."""
    for column in MISSING_SHARES:
        (folder / "media" / f"{column}s").mkdir(parents=True, exist_ok=True)

    def make(index: int) -> None:
        for column in MISSING_SHARES:
            if has[column][index]:
                path = folder / _location(column, items[index])
                path.write_bytes(medium_bytes(column, index, traits, seed))

    with (
        ThreadPoolExecutor(max_workers=n_cores()) as pool,
        progress.stage("Drawing, playing and filming postcards", len(items)) as stage,
    ):
        for _ in pool.map(make, range(len(items))):
            stage.advance()


def medium_bytes(column: str, index: int, traits: ItemTraits, seed: int) -> bytes:
    """Return the file of one item: its `picture`, `sound` or `clip`; other media do not affect it."""
    rng = np.random.default_rng((seed, index, list(MISSING_SHARES).index(column)))
    if column == "picture":
        return jpeg_bytes(draw_picture(PALETTES[traits.kinds["image"][index]], rng))
    if column == "sound":
        return mp3_bytes(render_sound(INSTRUMENTS[traits.kinds["audio"][index]], rng), SAMPLE_RATE_HZ)
    return mp4_bytes(render_clip(MOTIONS[traits.kinds["video"][index]], rng), FPS)


def _add_flaws(folder: Path, items: Sequence[str], has: dict[str, BoolVector]) -> tuple[str, ...]:
    """Break what breaks in real catalogues: cut a clip short, lose a picture. Return their paths."""
    clip = _location("clip", items[int(np.flatnonzero(has["clip"])[-1])])
    content = (folder / clip).read_bytes()
    (folder / clip).write_bytes(content[: len(content) // 3])
    picture = _location("picture", items[int(np.flatnonzero(has["picture"])[-2])])
    (folder / picture).unlink()
    return clip, picture
