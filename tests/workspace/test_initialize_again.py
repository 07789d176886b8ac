"""`init` in a workspace that is there keeps what was set, comments and all, and adds what is new."""

import pytest

from sensorium.core.errors import ConfigError
from sensorium.workspace.initialize import initialize_workspace
from sensorium.workspace.workspace import Workspace

ITEMS = "item_id,title,price\n" + "".join(f"{n},oak chair {n},{n}.5\n" for n in range(1, 25))
EVENTS = "user_id,item_id,action\n" + "".join(
    f"u{n % 5},{n},{('view', 'buy')[n % 2]}\n" for n in range(1, 25)
)


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "items.csv").write_text(ITEMS)
    (tmp_path / "events.csv").write_text(EVENTS)
    initialize_workspace(tmp_path)
    return tmp_path


def widened(text, name, cells):
    head, *rows = text.splitlines()
    return (
        "\n".join([f"{head},{name}", *(f"{row},{cells[n % len(cells)]}" for n, row in enumerate(rows))])
        + "\n"
    )


def edit(shop, old, new):
    file = shop / "sensorium.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_new_changes_nothing(shop):
    edit(shop, 'name = "auto"', 'name = "auto"  # mine\nseconds = 30')
    before = (shop / "sensorium.toml").read_text(encoding="utf-8")
    assert initialize_workspace(shop).news == ()
    assert (shop / "sensorium.toml").read_text(encoding="utf-8") == before


def test_new_columns_of_items_get_a_role_and_the_rest_stays(shop):
    edit(shop, 'number = ["price"]', "# the price says little\n")
    edit(shop, 'name = "auto"', 'name = "ease"  # mine')
    (shop / "items.csv").write_text(widened(widened(ITEMS, "stock", "012"), "maker", ["Ann", "Ben"]))
    started = initialize_workspace(shop)
    settings = Workspace.open(shop).settings
    assert (settings.catalog.available, settings.catalog.category) == (("stock",), ("maker",))
    assert settings.catalog.number == ()
    assert settings.model.name == "ease"
    assert {guess.column: guess.reason for guess in started.items.columns}["price"] == "was left out before"
    text = (shop / "sensorium.toml").read_text(encoding="utf-8")
    assert "# the price says little" in text
    assert "# mine" in text
    assert started.news is not None
    assert [line.split(":")[0] for line in started.news] == ["maker is category", "stock is available"]
    assert initialize_workspace(shop).news == ()


def test_a_second_column_of_a_role_joins_the_first_and_one_that_is_alone_stays(shop):
    (shop / "items.csv").write_text(widened(widened(ITEMS, "weight", "123"), "blurb", ["soft and warm wool"]))
    edit(shop, 'number = ["price"]', 'published = "price"')
    (shop / "items.csv").write_text(
        widened(widened(ITEMS, "created", ["2024-01-01", "2024-01-02"]), "w", "123")
    )
    settings = initialize_workspace(shop).settings
    assert settings.catalog.published == "price"
    assert settings.catalog.number == ("w",)


def test_new_columns_and_types_of_events_are_added_and_set_strengths_stay(shop):
    edit(shop, "view = 0.2", "view = 0.05")
    more = EVENTS + "u1,1,dislike\n"
    (shop / "events.csv").write_text(widened(more, "quantity", "12"))
    started = initialize_workspace(shop)
    events = Workspace.open(shop).settings.events
    assert events.strength == {"buy": 1.0, "view": 0.05, "dislike": -1.0}
    assert events.count == "quantity"
    assert started.news is not None
    assert any(line.startswith("dislike says -1") for line in started.news)


def test_a_further_table_of_events_is_added_with_its_own_columns(shop):
    (shop / "orders.csv").write_text("customer,item_id,quantity\nu1,1,2\n")
    initialize_workspace(shop, events=[shop / "orders.csv"])
    events = Workspace.open(shop).settings.events
    assert [table.file for table in events.tables] == [("events.csv",), ("orders.csv",)]
    assert (events.tables[1].user, events.tables[1].every, events.tables[1].count) == (
        "customer", "order", "quantity",
    )  # fmt: skip
    assert events.strength["order"] == 1.0
    assert initialize_workspace(shop).news == ()


def test_events_come_to_a_catalogue_alone(tmp_path):
    (tmp_path / "items.csv").write_text(ITEMS)
    initialize_workspace(tmp_path)
    (tmp_path / "log.csv").write_text(EVENTS)
    initialize_workspace(tmp_path, events=tmp_path / "log.csv")
    events = Workspace.open(tmp_path).settings.events
    assert (events.file, events.type) == (("log.csv",), "action")
    assert events.strength == {"buy": 1.0, "view": 0.2}


def test_options_correct_what_is_set(shop):
    from sensorium.core.roles import Role

    initialize_workspace(shop, roles={"price": Role.CATEGORY}, strength={"view": 0.4})
    settings = Workspace.open(shop).settings
    assert (settings.catalog.number, settings.catalog.category) == ((), ("price",))
    assert settings.events.strength == {"buy": 1.0, "view": 0.4}
    initialize_workspace(shop, positive=["buy"])
    events = Workspace.open(shop).settings.events
    assert (events.positive, events.strength) == (("buy",), {})


def test_a_column_that_is_gone_is_said_and_its_setting_stays(shop):
    (shop / "items.csv").write_text("\n".join(row.rpartition(",")[0] for row in ITEMS.splitlines()))
    started = initialize_workspace(shop)
    assert started.news == ("price is set as number, but the table has it no more",)
    assert Workspace.open(shop).settings.catalog.number == ("price",)


USERS = "user_id,age,job\n" + "".join(f"u{n},{20 + n % 30},{('cook', 'nurse')[n % 2]}\n" for n in range(40))


@pytest.fixture
def people(shop):
    (shop / "users.csv").write_text(USERS)
    (shop / "follows.csv").write_text("user_id,followed_id\nu1,u2\n")
    return shop


def test_a_table_of_users_and_whom_they_follow_come_to_a_workspace(people):
    edit(people, 'name = "auto"', 'name = "ease"  # mine')
    news = initialize_workspace(people, users=people / "users.csv").news
    assert [line.split(":")[0] for line in news] == [
        "users are read from users.csv",
        "job is category of users",
        "age is number of users",
    ]
    news = initialize_workspace(people, follows=people / "follows.csv").news
    assert news == ("whom users follow is read from follows.csv",)
    workspace = Workspace.open(people)
    assert workspace.settings.users.model_dump() == {
        "file": "users.csv",
        "id": "user_id",
        "category": ("job",),
        "number": ("age",),
        "follows": "follows.csv",
    }
    assert len(workspace.users_table().ids) == 40
    assert "# mine" in (people / "sensorium.toml").read_text(encoding="utf-8")
    again = {"users": people / "users.csv", "follows": people / "follows.csv"}
    assert initialize_workspace(people, **again).news == ()


@pytest.mark.parametrize(("option", "setting"), [("users", "file"), ("follows", "follows")])
def test_another_table_of_users_is_refused_with_what_to_do(people, option, setting):
    initialize_workspace(people, users=people / "users.csv", follows=people / "follows.csv")
    before = (people / "sensorium.toml").read_text(encoding="utf-8")
    other = people / "others.csv"
    other.write_text(USERS)
    with pytest.raises(ConfigError, match=rf"{option}.csv is set as.*`{setting}` under \[users\].*--force"):
        initialize_workspace(people, **{option: other})
    assert (people / "sensorium.toml").read_text(encoding="utf-8") == before


def test_new_columns_of_users_are_added_and_those_taken_out_stay_out(people):
    initialize_workspace(people, users=people / "users.csv")
    edit(people, 'category = ["job"]\n', "")
    (people / "users.csv").write_text(widened(USERS, "plan", ["free", "paid", "gold"]))
    started = initialize_workspace(people)
    assert [line.split(":")[0] for line in started.news] == ["plan is category of users"]
    users = Workspace.open(people).settings.users
    assert (users.category, users.number) == (("plan",), ("age",))
    reasons = {column.column: column.reason for column in started.people.columns.columns}
    assert (reasons["age"], reasons["job"]) == ("as it was set", "was left out before")


def test_columns_of_users_that_an_init_kept_no_record_of_are_not_new(people):
    initialize_workspace(people, users=people / "users.csv")
    edit(people, 'category = ["job"]\n', "")
    (people / ".sensorium" / "init.json").unlink()
    assert initialize_workspace(people).news == ()


def test_every_option_that_names_a_column_or_a_format_is_heard(shop):
    text = widened(
        widened(ITEMS, "sku", [f"s{n}" for n in range(24)]), "published", ["2020-01-01", "2021-02-03"]
    )
    (shop / "items.csv").write_text(text)
    (shop / "events.csv").write_text(widened(EVENTS, "when", ["03/04/2021", "04/05/2021"]))
    initialize_workspace(shop)
    assert Workspace.open(shop).settings.catalog.published == "published"
    found = initialize_workspace(shop, roles={"published": None, "title": None}, time_format="month-first")
    assert found.news == (
        "title is left out",
        "published is left out",
        "times in events.csv are written as month-first",
    )
    settings = Workspace.open(shop).settings
    assert (settings.catalog.published, settings.catalog.text) == (None, ())
    assert settings.events.time_format == "month-first"
    assert initialize_workspace(shop, id="sku").news == ("sku identifies the item",)
    assert Workspace.open(shop).settings.catalog.id == "sku"


def test_circumstances_that_are_set_stay_beside_new_ones(shop):
    (shop / "events.csv").write_text(widened(EVENTS, "device", ["tv", "phone"]))
    initialize_workspace(shop)
    assert Workspace.open(shop).settings.events.context == ("device",)
    wider = widened(widened(EVENTS, "device", ["tv", "phone"]), "city", ["Rome", "Oslo"])
    (shop / "events.csv").write_text(wider)
    started = initialize_workspace(shop)
    assert [line.split(":")[0] for line in started.news] == ["city is the context of events"]
    assert Workspace.open(shop).settings.events.context == ("device", "city")
    (table,) = started.events.tables
    assert table.guess.reasons["device"] == "as it was set"
    initialize_workspace(shop, event_columns={"type": "device"})
    events = Workspace.open(shop).settings.events
    assert (events.type, events.context) == ("device", ("city",))


def test_tables_that_were_taken_out_come_anew(people):
    file = people / "sensorium.toml"
    before = file.read_text(encoding="utf-8")
    (people / "more.csv").write_text(EVENTS)
    tables = {"events": people / "more.csv", "users": people / "users.csv"}
    news = initialize_workspace(people, **tables).news
    file.write_text(before, encoding="utf-8")
    assert initialize_workspace(people, **tables).news == news


def test_what_tables_of_the_same_settings_gain_is_said_once(shop):
    edit(shop, 'file = "events.csv"', 'file = ["events.csv", "more.csv"]')
    for name in ("events.csv", "more.csv"):
        (shop / name).write_text(widened(widened(EVENTS, "device", ["tv", "pc"]), "time", ["1", "2"]))
    news = initialize_workspace(shop).news
    assert [line.split(":")[0] for line in news] == [
        "device is the context of events",
        "time is the time of events",
    ]
    assert initialize_workspace(shop).news == ()
