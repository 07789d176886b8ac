"""Tables of users: which column is what, who follows whom, and what cannot be used."""

import json

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.catalog.datasets import find_layout
from sensorium.catalog.readers.files import read_table
from sensorium.catalog.users import flattened, given_users, guess_users
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.roles import Role

JOBS = ("student", "writer", "student", "baker", "writer", "student")


def people(n=30):
    return pl.DataFrame(
        {
            "user_id": np.arange(n),
            "age": [20 + 7 * i % 43 for i in range(n)],
            "occupation": [JOBS[i % len(JOBS)] for i in range(n)],
            "zip_code": [f"{i:05}" for i in range(n)],
        }
    )


def test_attributes_are_guessed_and_what_tells_users_apart_is_none():
    guess = guess_users(people())
    assert guess.id == "user_id"
    assert guess.roles == {"age": Role.NUMBER, "occupation": Role.CATEGORY}


@pytest.mark.parametrize("name", ["User ID", "userId", "User-Id", "CUSTOMER ID"])
def test_the_column_of_users_is_known_however_its_words_are_put_together(name):
    frame = people().rename({"user_id": name})
    assert guess_users(frame.select("zip_code", "age", name)).id == name


def test_codes_of_kinds_of_people_are_labels():
    frame = people().with_columns(pl.col("age") % 7 + 1).rename({"age": "occupation_code"})
    assert guess_users(frame).roles["occupation_code"] is Role.CATEGORY


def test_the_users_of_movielens_100k_and_1m_are_read_by_the_names_of_their_files(tmp_path):
    for name in ("u.item", "u.data", "movies.dat", "ratings.dat"):
        (tmp_path / name).touch()
    (tmp_path / "u.user").write_text("1|24|M|technician|85711\n2|53|F|other|94043\n")
    (tmp_path / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072\n")
    assert find_layout(tmp_path).users == tmp_path / "u.user"
    old = read_table(tmp_path / "u.user").frame
    assert old.columns == ["user_id", "age", "gender", "occupation", "zip_code"]
    assert old["occupation"].to_list() == ["technician", "other"]
    assert read_table(tmp_path / "users.dat").frame["occupation"].to_list() == [
        "K-12 student",
        "self-employed",
    ]


def test_users_of_gorse_are_read_from_csv_and_from_objects_with_nested_labels(tmp_path):
    csv = tmp_path / "users.csv"
    csv.write_text("user_id,labels\nbob,student|M\nann,writer|F\nzoe,student|F\n")
    assert given_users(csv).table.categories("labels")[0] == ("student", "M")
    lines = [
        {"UserId": "bob", "Labels": {"gender": "M", "age": 24}},
        {"UserId": "ann", "Labels": {"gender": "F", "age": 53}},
    ]
    file = tmp_path / "users.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    assert flattened(read_table(file)).frame.columns == ["UserId", "Labels.gender", "Labels.age"]
    users = sn.Users.from_file(file, id="UserId", category="Labels.gender", number="Labels.age")
    assert users.table.numbers("Labels.age").tolist() == [24, 53]


def test_bad_rows_name_the_user_table_and_its_ids():
    frame = pl.DataFrame({"user_id": ["a", "a"], "age": [1, 2]})
    with pytest.raises(DataError, match="duplicate user id: 'a'"):
        sn.Users.from_frame(frame, number="age")
    with pytest.raises(DataError, match="no column 'agee'"):
        sn.Users.from_frame(frame, number="agee")


def test_conditions_on_attributes_choose_users():
    users = sn.Users.from_frame(people(), category="occupation", number="age")
    young = users.where(["age<30", "occupation=student"])
    rows = people().with_columns(hit=pl.Series(young))
    assert rows.filter("hit").equals(rows.filter((pl.col("age") < 30) & (pl.col("occupation") == "student")))
    with pytest.raises(ConfigError, match=r"no attribute 'city'.*Attributes are: occupation, age"):
        users.where(["city=Ulm"])


def test_groups_are_the_frequent_labels_and_thirds_of_numbers():
    groups = sn.Users.from_frame(people(), category="occupation", number="age").groups()
    assert int(groups["occupation=student"].sum()) == 15
    thirds = [name for name in groups if "age" in name]
    assert len(thirds) == 3
    assert sum(groups[name].astype(int) for name in thirds).tolist() == [1] * 30


def test_those_who_only_follow_or_are_followed_become_users_and_nobody_follows_himself():
    follows = pl.DataFrame({"user_id": [0, 0, 1, 1, None], "followed_id": [1, 1, 99, 1, 2]})
    users = sn.Users.from_frame(people(3), number="age", follows=follows)
    assert users.ids.ids.to_list() == ["0", "1", "2", "99"]
    assert users.follows is not None
    assert np.argwhere(users.follows.toarray()).tolist() == [[0, 1], [1, 3]]
    assert np.isnan(users.table.numbers("age")[3])
    spaced = follows.rename({"user_id": "User ID", "followed_id": "Followed ID"})
    turned = sn.Users.from_frame(people(3), number="age", follows=spaced.select("Followed ID", "User ID"))
    assert turned.follows is not None
    assert np.argwhere(turned.follows.toarray()).tolist() == [[0, 1], [1, 3]]
    with pytest.raises(DataError, match="one column"):
        sn.Users.from_frame(people(3), follows=pl.DataFrame({"user_id": [1]}))


def test_why_a_column_is_an_attribute_does_not_speak_of_items():
    towns = people().with_columns(pl.Series("town", ["Graz", "Linz", "Wien"] * 10))
    (why,) = (one.reason for one in guess_users(towns).columns if one.column == "town")
    assert why == "3 short labels, and 100% of the rows share one"
