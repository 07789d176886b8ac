"""A generated music library: people play some songs again and again, and find new ones by their taste."""

from typing import NamedTuple

import numpy as np
import polars as pl

DAY_S = 86_400.0
START_S = 1_700_000_000.0


class MusicWorld(NamedTuple):
    """Who played what, and what there is."""

    songs: pl.DataFrame
    """`song`, `title`, `artist`, `genre`."""
    plays: pl.DataFrame
    """`user_id`, `song`, `played_at` in seconds since 1970, in the order of time."""


def music_world(
    n_users: int = 300,
    n_songs: int = 1_200,
    n_days: int = 60,
    *,
    plays_a_day: float = 4.0,
    again: float = 0.7,
    seed: int = 0,
) -> MusicWorld:
    """Return a library and its plays.

    Each user likes a few genres and artists. A play is one of a song played before with the chance `again`:
    drawn by how often it was played and how lately, forgotten by half in a week, and by a liking of the user
    for the song that shows in nothing else. Otherwise it is a new song of the user's taste, likelier if it is
    popular.
    """
    rng = np.random.default_rng(seed)
    n_artists, n_genres = n_songs // 12, 8
    artist = rng.integers(n_artists, size=n_songs)
    genre_of_artist = rng.integers(n_genres, size=n_artists)
    popularity = rng.lognormal(sigma=1.0, size=n_songs)
    rows: list[tuple[int, int, float]] = []
    for user in range(n_users):
        genres = rng.dirichlet(np.full(n_genres, 0.3))
        artists = rng.lognormal(sigma=1.5, size=n_artists)
        taste = popularity * genres[genre_of_artist[artist]] * artists[artist]
        rows += _plays(user, taste, n_days, plays_a_day, again, rng)
    plays = pl.DataFrame(rows, schema=["user", "number", "played_at"], orient="row").sort("played_at")
    songs = pl.DataFrame(
        {
            "song": [f"s{number}" for number in range(n_songs)],
            "title": [f"Song {number}" for number in range(n_songs)],
            "artist": [f"Artist {one}" for one in artist],
            "genre": [f"Genre {genre_of_artist[one]}" for one in artist],
        }
    )
    named = plays.select(
        user_id=pl.format("u{}", "user"), song=pl.format("s{}", "number"), played_at="played_at"
    )
    return MusicWorld(songs, named)


def _plays(
    user: int,
    taste: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    n_days: int,
    plays_a_day: float,
    again: float,
    rng: np.random.Generator,
) -> list[tuple[int, int, float]]:
    """Return the plays of one user: user, song, moment."""
    n_plays = rng.poisson(plays_a_day * n_days * rng.lognormal(-0.3, 0.8))
    moments = np.sort(rng.random(n_plays)) * n_days
    liking = rng.lognormal(sigma=1.0, size=len(taste))
    often, last = np.zeros(len(taste)), np.full(len(taste), -np.inf)
    rows: list[tuple[int, int, float]] = []
    for day in moments:
        weights = taste * (often == 0)
        if often.any() and rng.random() < again:
            weights = often * liking * np.exp2(-np.where(often > 0, day - last, 0) / 7)
        song = int(rng.choice(len(taste), p=weights / weights.sum()))
        often[song] += 1
        last[song] = day
        rows.append((user, song, START_S + DAY_S * day))
    return rows
