"""Tables in other formats: JSON Lines, Parquet, RecBole, MovieLens, folders of media."""

import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.readers.media_folder import read_media_folder
from sensorium.core.errors import DataError


@pytest.fixture
def write(tmp_path):
    def write_text(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    return write_text


def test_json_lines_keep_types_and_lists_and_set_broken_lines_aside(write):
    path = write(
        "items.jsonl",
        '{"item_id": 1, "tags": ["a", "b"], "year": 1999}\nnot json\n\n[1, 2]\n'
        '{"item_id": 2, "title": "二"}\n',
    )
    table = read_table(path)
    assert table.frame.to_dicts() == [
        {"item_id": 1, "tags": ["a", "b"], "year": 1999, "title": None},
        {"item_id": 2, "tags": None, "year": None, "title": "二"},
    ]
    assert table.row_numbers.to_list() == [1, 5]
    assert table.rejected.frame.select("row", "reason").rows() == [(2, "not JSON"), (4, "not a JSON object")]
    catalog = Catalog.from_frame(table.frame, category="tags", number="year")
    assert catalog.categories("tags") == [("a", "b"), None]


def test_a_json_key_of_mixed_types_becomes_text(write):
    path = write("items.jsonl", '{"item_id": 1}\n{"item_id": "x"}\n{"item_id": 2.5}\n')
    assert read_table(path).frame["item_id"].to_list() == ["1", "x", "2.5"]


def test_json_without_an_object_is_refused(write):
    with pytest.raises(DataError, match="no line is a JSON object"):
        read_table(write("items.jsonl", "[1]\n2\n"))


def test_parquet_keeps_its_types_and_reads_chosen_columns(tmp_path):
    frame = pl.DataFrame({"a": [1, 2], "b": [[1.5], None], "c": ["x", "y"]})
    frame.write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").frame.equals(frame)
    assert read_table(tmp_path / "t.parquet", choose=lambda names: names[:1]).frame.columns == ["a"]


def test_a_file_that_only_claims_to_be_parquet_is_refused(write):
    with pytest.raises(DataError, match="no Parquet file"):
        read_table(write("t.parquet", "a,b\n1,2\n"))


def test_recbole_columns_lose_their_types_and_quotes_are_text(write):
    path = write("x.inter", 'user_id:token\titem_id:token\trating:float\n1\t"2\t3.5\n')
    assert read_table(path).frame.to_dicts() == [{"user_id": "1", "item_id": '"2', "rating": "3.5"}]


def test_recbole_sequences_are_labels_where_they_repeat_and_words_where_they_do_not(write):
    rows = ["1\tToy Story\tA B", "2\tHeat Wave\tB A", "3\tFargo\tA", "4\tBig Night\tB  A"]
    path = write("x.item", "item_id:token\tname:token_seq\tclass:token_seq\n" + "\n".join(rows) + "\n")
    frame = read_table(path).frame
    assert frame["name"].to_list() == ["Toy Story", "Heat Wave", "Fargo", "Big Night"]
    assert frame["class"].to_list() == ["A|B", "B|A", "A", "B|A"]


@pytest.mark.parametrize("header", ["user_id\titem_id", "user_id:token\titem_id:word"])
def test_a_recbole_column_without_a_known_type_is_refused(write, header):
    with pytest.raises(DataError, match="has no type.*token_seq"):
        read_table(write("x.inter", header + "\n1\t2\n"))


def test_movielens_100k_files_are_read_by_their_names(write):
    flags = ["0"] * 19
    flags[3] = flags[4] = "1"
    line = "|".join(["1", "Café (1995)", "01-Jan-1995", "", "http://x", *flags])
    films = read_table(write("u.item", line + "\n", "latin-1"))
    assert films.frame.to_dicts() == [
        {
            "item_id": "1",
            "title": "Café (1995)",
            "year": "1995",
            "genres": "Animation|Children's",
            "released": "01-Jan-1995",
            "imdb_url": "http://x",
        }
    ]
    ratings = read_table(write("u.data", "196\t242\t3\t881250949\n186\t302\t3\n"))
    assert ratings.frame.rows() == [("196", "242", "3", "881250949")]
    assert ratings.rejected.frame["row"].to_list() == [2]


def test_movielens_1m_files_are_read_by_their_names(write):
    lines = (
        "1::Toy Story (1995)::Animation|Comedy\n2::Metropolis (1927) (2001)::Drama\n3::(1999) or so::War\n"
    )
    films = read_table(write("movies.dat", lines, "latin-1"))
    assert films.frame.rows() == [
        ("1", "Toy Story (1995)", "1995", "Animation|Comedy"),
        ("2", "Metropolis (1927) (2001)", "2001", "Drama"),
        ("3", "(1999) or so", None, "War"),
    ]
    ratings = read_table(write("ratings.dat", "1::1193::5::978300760\n"))
    assert ratings.frame.columns == ["user_id", "item_id", "rating", "timestamp"]
    assert ratings.frame.rows() == [("1", "1193", "5", "978300760")]


def test_movielens_latest_files_are_known_by_name_and_header(write):
    text = 'movieId,title,genres\n1,"American President, The (1995)",Comedy\n2,Nameless,(no genres listed)\n'
    films = read_table(write("movies.csv", text))
    assert films.frame.rows() == [
        ("1", "American President, The (1995)", "1995", "Comedy"),
        ("2", "Nameless", None, None),
    ]
    ratings = read_table(write("ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n"))
    assert ratings.frame.columns == ["user_id", "item_id", "rating", "timestamp"]


def test_a_file_of_ones_own_called_movies_is_an_ordinary_table(write):
    assert read_table(write("movies.csv", "item_id,title\n1,x\n")).frame.columns == ["item_id", "title"]


def test_a_folder_of_media_is_a_table_with_sub_folders_as_categories(tmp_path):
    for name in (
        "shoes/red/1_big-shoe.JPG",
        "shoes/2.png",
        "hat.webp",
        "hat.mp3",
        "notes.txt",
        ".hidden/x.jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    table = read_table(tmp_path)
    assert table.base == tmp_path
    assert table.frame.to_dicts() == [
        {"item_id": "hat", "title": "hat", "category": None, "image": "hat.webp", "audio": "hat.mp3"},
        {"item_id": "shoes/2", "title": "2", "category": "shoes", "image": "shoes/2.png", "audio": None},
        {
            "item_id": "shoes/red/1_big-shoe",
            "title": "1 big shoe",
            "category": "shoes|red",
            "image": "shoes/red/1_big-shoe.JPG",
            "audio": None,
        },
    ]
    catalog = Catalog.from_file(tmp_path, text="title", image="image", category="category")
    assert catalog.media("image")[1].read() == b"x"
    assert catalog.categories("category")[2] == ("shoes", "red")


def test_two_pictures_of_one_name_are_two_items(tmp_path):
    for name in ("a.jpg", "a.png", "b.jpg"):
        (tmp_path / name).write_bytes(b"x")
    assert read_media_folder(tmp_path).frame["item_id"].to_list() == ["a.jpg", "a.png", "b"]


def test_a_folder_without_media_is_refused(tmp_path):
    with pytest.raises(DataError, match="no pictures, sounds or clips"):
        read_media_folder(tmp_path)
    with pytest.raises(DataError, match="a folder without media is no table"):
        read_table(tmp_path)


def test_a_parquet_file_below_a_folder_with_brackets_is_read(tmp_path):
    folder = tmp_path / "year [2024] *"
    folder.mkdir()
    pl.DataFrame({"item_id": ["a", "b"]}).write_parquet(tmp_path / "plain.parquet")
    (tmp_path / "plain.parquet").rename(folder / "items.parquet")
    assert read_table(folder / "items.parquet").frame.height == 2


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (["red_shoe.jpg", "IMG_0123.jpg"], ["red shoe", None]),
        (["DSC00012.jpg", "blue-hat.jpg", "20240131_120000.jpg"], {"blue hat", None}),
        (["PXL_20240131_1200.jpg", "ab12ab12ab12ab12ff.jpg", "hat.jpg"], {"hat", None}),
        (["1984.jpg", "Alien 3.jpg"], {None, "Alien 3"}),
        (["room 1.jpg", "room 2.jpg"], None),
        (["red 1.jpg", "blue 2.jpg"], {"red 1", "blue 2"}),
        (["one.jpg"], {"one"}),
    ],
)
def test_the_name_of_a_medium_is_a_title_where_it_says_something(tmp_path, names, titles):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    frame = read_media_folder(tmp_path).frame
    found = set(frame["title"].to_list()) if "title" in frame.columns else None
    assert found == (None if titles is None else set(titles))
