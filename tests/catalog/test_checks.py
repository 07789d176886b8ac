"""Every problem of the tables at once, with row numbers."""

import polars as pl
import pytest

from sensorium.catalog.catalog import read_catalog
from sensorium.catalog.checks import check_catalog, check_events
from sensorium.catalog.events import read_events
from sensorium.catalog.problems import Severity
from sensorium.catalog.readers.table import Table
from sensorium.catalog.strength import EventRules
from sensorium.core.roles import Role
from sensorium.core.vocabulary import Vocabulary

ROLES = {
    "title": Role.TEXT,
    "year": Role.NUMBER,
    "empty": Role.CATEGORY,
    "out": Role.PUBLISHED,
    "gone": Role.HIDDEN,
}


def by_kind(problems):
    return {problem.kind: problem for problem in problems}


@pytest.fixture
def bad_items(tmp_path):
    path = tmp_path / "items.csv"
    rows = [
        "item_id,title,year,empty,out,gone",
        "a,Café,1995,,1995-01-01,no",
        "b,,,,,",
        "a,again,1995,,,",
        "c,Heat,unknown,,soon,perhaps",
        "too,few",
        " d,Space,1996,,,",
        ",nameless,1,,,",
    ]
    path.write_bytes("\n".join(rows).encode("cp1252"))
    return path


def test_every_problem_of_the_items_is_reported_at_once_with_its_rows(bad_items):
    problems = by_kind(check_catalog(read_catalog(bad_items, roles=ROLES)))
    found = {kind: (problem.severity, problem.count, problem.rows) for kind, problem in problems.items()}
    assert found == {
        "duplicate item id": (Severity.WARNING, 1, (4,)),
        "item id is empty": (Severity.WARNING, 1, (8,)),
        "wrong number of fields": (Severity.WARNING, 1, (6,)),
        "unreadable value": (Severity.WARNING, 1, (5,)),
        "empty column": (Severity.WARNING, 4, ()),
        "item without content": (Severity.WARNING, 1, (3,)),
        "spaces around id": (Severity.WARNING, 1, (7,)),
        "not UTF-8": (Severity.NOTE, 1, ()),
    }
    assert "cp1252" in problems["not UTF-8"].message
    assert all(problem.where == str(bad_items) for problem in problems.values())


def test_each_column_with_unreadable_values_is_named(bad_items):
    problems = check_catalog(read_catalog(bad_items, roles=ROLES))
    unread = {problem.column: problem.samples for problem in problems if problem.kind == "unreadable value"}
    assert unread == {"year": ("unknown",), "out": ("soon",), "gone": ("perhaps",)}


def test_a_sound_catalogue_has_no_problem():
    frame = pl.DataFrame({"item_id": ["a", "b"], "title": ["x", "y"]})
    assert check_catalog(read_catalog(frame, roles={"title": Role.TEXT})) == []


@pytest.mark.parametrize(("n", "message"), [(0, "there are no items"), (1, "there is only one item")])
def test_too_few_items_are_an_error(n, message):
    frame = pl.DataFrame({"item_id": ["a"], "title": ["x"]}).head(n)
    (problem,) = check_catalog(read_catalog(frame, roles={"title": Role.TEXT}))
    assert problem.severity is Severity.ERROR
    assert problem.message == message


def test_a_catalogue_without_content_is_a_warning():
    frame = pl.DataFrame({"item_id": ["a", "b"]})
    assert [problem.kind for problem in check_catalog(read_catalog(frame, roles={}))] == ["no features"]


def test_every_problem_of_the_events_is_reported_at_once_with_its_rows(tmp_path):
    path = tmp_path / "events.csv"
    rows = ["user_id,item_id,rating,timestamp", "u,a,5,100", "u,a,4,200", "u,zz,5,100", "v,b,good,100"]
    rows += ["v,b,5,never", "w,b,5,9000000", "x,b,1,", "x,b"]
    path.write_text("\n".join(rows), encoding="utf-8")
    read = read_events(path, items=Vocabulary(["a", "b", "c"]), rules=EventRules.parse(["rating >= 4"]))
    problems = check_events(read, now=1000)
    assert {p.kind: (p.severity, p.count, p.rows) for p in problems} == {
        "unknown item": (Severity.WARNING, 1, (4,)),
        "value is not a number": (Severity.WARNING, 1, (5,)),
        "time cannot be read": (Severity.WARNING, 1, (6,)),
        "wrong number of fields": (Severity.WARNING, 1, (9,)),
        "time in the future": (Severity.WARNING, 1, (7,)),
        "no time": (Severity.WARNING, 1, (8,)),
        "user with one event": (Severity.NOTE, 3, ()),
        "item without events": (Severity.NOTE, 1, ()),
        "repeated event": (Severity.NOTE, 1, ()),
    }
    assert [p.severity for p in problems] == sorted((p.severity for p in problems), key=list(Severity).index)
    assert by_kind(problems)["unknown item"].samples == ("unknown item: 'zz'",)


def test_events_that_cannot_be_used_are_an_error():
    log = pl.DataFrame({"user_id": ["u"], "item_id": ["zz"]})
    problems = by_kind(check_events(read_events(log, items=Vocabulary(["a"]))))
    assert problems["no events"].severity is Severity.ERROR
    assert problems["no events"].remedy.endswith("in the catalogue they are for example: a")


def test_rules_that_no_event_satisfies_are_an_error():
    log = pl.DataFrame({"user_id": ["u"], "item_id": ["a"], "rating": [1]})
    problems = by_kind(
        check_events(read_events(log, items=Vocabulary(["a"]), rules=EventRules.parse(["rating >= 4"])))
    )
    assert problems["no positive events"].severity is Severity.ERROR
    assert problems["no times"].severity is Severity.NOTE
    assert "name the column that has it as time under [events]" in str(problems["no times"].remedy)


def test_events_that_came_later_are_judged_with_those_before():
    items = Vocabulary(["a", "b"])
    first = read_events(pl.DataFrame({"user_id": ["u"], "item_id": ["a"], "timestamp": [100]}), items=items)
    log = pl.DataFrame({"user_id": ["u", "u"], "item_id": ["b", "zz"], "timestamp": [9_000_000, 100]})
    later = read_events(Table(log, where="later.csv"), items=items, users=first.events.users)
    log = pl.DataFrame({"user_id": ["u", "u"], "item_id": ["a", "b"], "timestamp": [100, 9_000_000]})
    whole = read_events(log, items=items).events
    found = check_events(first, later=[later], whole=whole, now=1000)
    assert {problem.kind: problem.where for problem in found} == {
        "unknown item": "later.csv",
        "time in the future": "later.csv",
    }
    assert "item without events" in by_kind(check_events(first, now=1000))


def test_one_time_for_all_events_is_noted():
    log = pl.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "a"], "timestamp": [1_700_000_000] * 2})
    problems = by_kind(check_events(read_events(log, items=Vocabulary(["a"]))))
    assert problems["one time"].severity is Severity.NOTE
    assert problems["one time"].column == "timestamp"


def test_a_problem_counts_all_rows_and_shows_the_first():
    log = pl.DataFrame({"user_id": ["u"] * 50, "item_id": ["zz"] * 50})
    problem = by_kind(check_events(read_events(log, items=Vocabulary(["a"]))))["unknown item"]
    assert problem.count == 50
    assert problem.rows == tuple(range(1, 11))
    assert problem.samples == ("unknown item: 'zz'",)


def test_a_problem_is_json():
    import json

    log = pl.DataFrame({"user_id": ["u"], "item_id": ["zz"]})
    for problem in check_events(read_events(log, items=Vocabulary(["a"]))):
        assert json.loads(json.dumps(problem.to_json()))["kind"] == problem.kind


def test_users_without_any_event_are_not_among_those_with_one():
    log = pl.DataFrame({"user_id": ["u", "v", "v"], "item_id": ["a", "a", "a"]})
    read = read_events(log, items=Vocabulary(["a"]), users=Vocabulary(["gone", "u"], name="user"))
    assert by_kind(check_events(read))["user with one event"].count == 1
