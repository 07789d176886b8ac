"""Guessing what the columns of a catalogue are for."""

import datetime as dt

import polars as pl
import pytest

from sensorium.catalog.guess import guess_column, guess_roles
from sensorium.core.roles import Role

N = 40
WORDS = ("quiet", "river", "storm", "garden", "winter", "engine", "letter", "shadow", "orange", "signal")


def sentence(seed, length):
    return " ".join(WORDS[(seed * 7 + k * (seed + 3)) % len(WORDS)] for k in range(length))


GUESSES = [
    ("poster", [f"posters/{i}.jpg" for i in range(N)], Role.IMAGE),
    ("anything", [f"https://host/{i}.webp?x=1" for i in range(N)], Role.IMAGE),
    ("sound", [f"all.zip/{i}.mp3" for i in range(N)], Role.AUDIO),
    ("trailer", [f"clips/{i}.mp4" for i in range(N)], Role.VIDEO),
    ("cover_url", [f"https://host/picture/{i}" for i in range(N)], Role.IMAGE),
    ("imdb_url", [f"https://host/page/{i}" for i in range(N)], None),
    ("title", [f"{WORDS[i % 10]}{i}" for i in range(N)], Role.TEXT),
    ("description", [sentence(i, 12) for i in range(N)], Role.TEXT),
    ("简介", [f"第{i}个故事讲述了一个漫长的冬天" for i in range(N)], Role.TEXT),
    ("genres", [("Drama|Comedy", "Drama", "War|Drama", "Comedy")[i % 4] for i in range(N)], Role.CATEGORY),
    ("language", [("English, French", "English", "French, Czech")[i % 3] for i in range(N)], Role.CATEGORY),
    ("类型", [("剧情", "喜剧", "战争")[i % 3] for i in range(N)], Role.CATEGORY),
    ("brand", [f"Maker{i}" for i in range(N)], Role.CATEGORY),
    ("tags", [["a", "b"], ["b"]] * (N // 2), Role.CATEGORY),
    ("in_stock", [i % 3 == 0 for i in range(N)], Role.AVAILABLE),
    ("category_id", [i % 5 for i in range(N)], Role.CATEGORY),
    ("year", [1950 + i for i in range(N)], Role.NUMBER),
    ("price", [f"{i * 1.37:.2f}" for i in range(N)], Role.NUMBER),
    ("views", [i * i * 17 for i in range(N)], Role.NUMBER),
    ("rooms", [i % 7 for i in range(N)], Role.NUMBER),
    ("shop_id", [i % 7 for i in range(N)], None),
    ("serial", [1000 + i for i in range(N)], None),
    ("random", [(i * 7919) % 100_003 for i in range(N)], None),
    ("constant", ["same"] * N, None),
    ("one", [1] * N, None),
    ("empty", [None, ""] * (N // 2), None),
    ("code", [f"X{i:04d}" for i in range(N)], None),
    ("hidden", ["yes", "no"] * (N // 2), Role.HIDDEN),
    ("is_deleted", [False] * N, Role.HIDDEN),
    ("published", [f"2024-01-{1 + i % 28:02d}" for i in range(N)], Role.PUBLISHED),
    ("release_date", [f"{1 + i % 28:02d}-Jan-1995" for i in range(N)], Role.PUBLISHED),
    ("created_at", [1_700_000_000 + i for i in range(N)], Role.PUBLISHED),
    ("uploaded", [dt.date(2024, 1, 1 + i % 28) for i in range(N)], Role.PUBLISHED),
    ("birthday", [f"1990-01-{1 + i % 28:02d}" for i in range(N)], None),
]


@pytest.mark.parametrize(("name", "values", "role"), GUESSES, ids=[name for name, _, _ in GUESSES])
def test_a_column_is_recognised_by_name_and_values(name, values, role):
    guess = guess_column(pl.Series(name, values))
    assert guess.role == role, guess.reason
    assert 3 < len(guess.reason) < 100


def test_a_few_odd_values_do_not_change_the_guess():
    assert guess_column(pl.Series("year", ["1995"] * 20 + ["1996"] * 20 + ["unkonwn"])).role == Role.NUMBER
    assert guess_column(pl.Series("poster", ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "n/a"])).role == Role.IMAGE


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["title", "item_id"], "item_id"),
        (["title", "movieId"], "movieId"),
        (["name", "thing_id"], "thing_id"),
        (["同", "异"], "异"),
    ],
)
def test_the_id_is_found(columns, expected):
    frame = pl.DataFrame({name: ["a", "b", "c"] if name == expected else ["x", "x", "y"] for name in columns})
    assert guess_roles(frame).id == expected


def test_the_id_has_no_role_and_what_looks_like_a_title_comes_first():
    frame = pl.DataFrame(
        {
            "item_id": range(N),
            "plot": [sentence(i, 12) for i in range(N)],
            "title": [sentence(i, 3) + str(i) for i in range(N)],
        }
    )
    assert list(guess_roles(frame).roles) == ["title", "plot"]
    assert [guess.column for guess in guess_roles(frame).columns] == ["plot", "title"]


@pytest.mark.parametrize("name", ["description", "Plot", "short_desc_summary", "商品描述"])
def test_a_column_named_as_prose_is_text_although_many_items_share_its_words(name):
    assert guess_column(pl.Series(name, ["White, with a blue rim", "Paper cover"] * 20)).role == Role.TEXT


def test_only_one_column_is_the_date_of_publication():
    dates = [f"2024-01-{1 + i % 28:02d}" for i in range(N)]
    guess = guess_roles(pl.DataFrame({"item_id": range(N), "published": dates, "created": dates}))
    assert guess.roles == {"published": Role.PUBLISHED}
    assert guess.columns[1].reason == "a second column for published"


def test_an_empty_table_has_no_roles():
    frame = pl.DataFrame(schema={"item_id": pl.String, "title": pl.String})
    assert guess_roles(frame).roles == {}


def test_movielens_columns_are_guessed_as_a_person_would(real_data):
    frame = pl.read_csv(real_data / "movielens-100k" / "items.csv", infer_schema=False)
    guess = guess_roles(frame)
    assert guess.id == "item_id"
    assert guess.columns_of(Role.TEXT) == ["title", "plot"]
    assert guess.columns_of(Role.IMAGE) == ["poster"]
    assert guess.columns_of(Role.NUMBER) == ["year"]
    assert set(guess.columns_of(Role.CATEGORY)) == {"genres", "language", "director", "actors"}


def test_one_id_given_twice_makes_no_other_column_the_id():
    films = pl.DataFrame(
        {
            "film": [*range(1, 40), 39],
            "poster": [f"posters/{n}.jpg" for n in range(40)],
            "year": [1990 + n % 7 for n in range(40)],
        }
    )
    assert guess_roles(films).id == "film"
    assert guess_roles(films.select("poster", "year")).id == "poster"


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("price", ["€37.68", "€5.00", "€1,299.00"], Role.NUMBER),
        ("price", ["37,68 €", "5,00 €", "1.299,00 €"], Role.NUMBER),
        ("price", ["9,5", "N/A", "-", "12,25"], Role.NUMBER),
        ("released", ["31.01.24", "01.02.24", "03.02.24"], Role.PUBLISHED),
        ("released", ["31/01/2024", "NaT", "03/02/2024"], Role.PUBLISHED),
    ],
)
def test_numbers_and_dates_as_people_write_them_are_seen(name, values, role):
    assert guess_column(pl.Series(name, values)).role is role
