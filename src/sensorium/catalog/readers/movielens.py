"""The MovieLens layouts: 100K (`u.data`, `u.item`), 1M and 10M (`.dat`), latest to 32M (`.csv`)."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from sensorium.catalog.readers.csv import read_delimited
from sensorium.catalog.readers.table import Table

GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
"""The flags at the end of a `u.item` row, in their order (README of MovieLens 100K)."""
LAYOUTS: Mapping[str, tuple[str, str]] = {
    "MovieLens 100K": ("u.item", "u.data"),
    "MovieLens 1M": ("movies.dat", "ratings.dat"),
    "MovieLens latest": ("movies.csv", "ratings.csv"),
}
"""Layout -> the files with the items and with the events."""
USERS: Mapping[str, str] = {"MovieLens 100K": "u.user", "MovieLens 1M": "users.dat"}
"""Layout -> the file with the users."""
OCCUPATIONS_1M = (
    "other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service",
    "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer",
    "programmer", "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer",
    "tradesman/craftsman", "unemployed", "writer",
)  # fmt: skip
"""What the numbers of `users.dat` stand for, from 0 (README of MovieLens 1M)."""
RATINGS = ("user_id", "item_id", "rating", "timestamp")
NO_GENRES = "(no genres listed)"


def is_movielens(path: Path) -> bool:
    """Return whether a file is, by its name (and header, for a `.csv`), one of MovieLens."""
    if path.name in ("u.data", "u.item", "u.user", "movies.dat", "ratings.dat", "users.dat"):
        return True
    header = {"movies.csv": "movieId,title,genres", "ratings.csv": "userId,movieId,rating,timestamp"}
    if path.name not in header:
        return False
    with path.open("rb") as stream:
        return stream.readline(200).decode("utf-8-sig", "replace").strip() == header[path.name]


def read_movielens(path: Path) -> Table:
    """Return the films (`item_id`, `title`, `year`, `genres`, ...), ratings or users of a MovieLens file."""
    if path.name == "u.data":
        return read_delimited(path, separator="\t", header=RATINGS, quoted=False)
    if path.name == "u.user":
        head = ("user_id", "age", "gender", "occupation", "zip_code")
        return read_delimited(path, separator="|", header=head, quoted=False)
    if path.name == "users.dat":
        return _users_1m(path)
    if path.name == "u.item":
        return _films_100k(path)
    if path.name == "ratings.dat":
        return read_delimited(path, separator="::", header=RATINGS, quoted=False)
    if path.name == "movies.dat":
        return _with_year(
            read_delimited(path, separator="::", header=("item_id", "title", "genres"), quoted=False)
        )
    table = read_delimited(path, separator=",")
    renamed = table.with_frame(table.frame.rename({"userId": "user_id", "movieId": "item_id"}, strict=False))
    return renamed if path.name == "ratings.csv" else _with_year(renamed)


def _films_100k(path: Path) -> Table:
    head = ("item_id", "title", "released", "video_released", "imdb_url")
    table = read_delimited(path, separator="|", header=(*head, *GENRES_100K), quoted=False)
    flags = [pl.when(pl.col(genre) == "1").then(pl.lit(genre)) for genre in GENRES_100K]
    genres = pl.concat_str(flags, separator="|", ignore_nulls=True).alias("genres")
    frame = table.frame.with_columns(genres).select("item_id", "title", "genres", "released", "imdb_url")
    return _with_year(table.with_frame(frame))


def _users_1m(path: Path) -> Table:
    head = ("user_id", "gender", "age", "occupation", "zip_code")
    table = read_delimited(path, separator="::", header=head, quoted=False)
    names = {str(number): name for number, name in enumerate(OCCUPATIONS_1M)}
    return table.with_frame(table.frame.with_columns(pl.col("occupation").cast(pl.String).replace(names)))


def _with_year(table: Table) -> Table:
    """Return the films with the year that stands behind the title in a column of its own."""
    year = pl.col("title").str.extract(r"\((\d{4})\)\s*$").alias("year")
    genres = pl.when(pl.col("genres") != NO_GENRES).then(pl.col("genres")).alias("genres")
    frame = table.frame.with_columns(year, genres)
    front = ["item_id", "title", "year", "genres"]
    return table.with_frame(frame.select(*front, pl.exclude(front)))
