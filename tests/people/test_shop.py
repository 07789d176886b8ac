"""A shop in Germany: decimal commas, dates with the day first, stock, events that differ in what they say."""

from pathlib import Path

import numpy as np
import pytest
from tests.people.files import COLOURS, draw, write_table

KINDS = ("Kleid", "Hose", "Schuhe", "Jacke")
N_ITEMS, N_USERS = 48, 200


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """Exports of a shop: people look at anything, and buy what is of their kind and colour."""
    folder, rng = tmp_path_factory.mktemp("laden"), np.random.default_rng(1)
    colours, items = list(COLOURS), []
    for n in range(N_ITEMS):
        kind, colour = KINDS[n % 4], colours[(n // 4) % 4]
        draw(folder / "fotos" / f"{n}.jpg", colour, "disc" if n % 2 else "bars", seed=n)
        price = f"{19 + 7 * n},{n % 10}9 €" if n < 45 else f"1.{n}0,99 €"
        stock = 0 if n % 12 == 5 else n
        items.append((f"A-{n:03}", f"{kind} {colour} Nr. {n}", kind, price, f"fotos/{n}.jpg", stock))
    write_table(
        folder / "artikel.csv",
        ("artikel_id", "name", "kategorie", "preis", "foto", "lagerbestand"),
        items,
        separator=";",
    )
    events = []
    for user in range(N_USERS):
        kind, day = user % 4, 1 + user % 27
        for step in range(12):
            item = int(rng.integers(N_ITEMS))
            when = f"{day + step % 2:02}.{1 + step // 2:02}.2026 {8 + step:02}:{rng.integers(60):02}"
            events.append((f"K{user}", f"A-{item:03}", "view", when))
            if item % 4 == kind:
                events.append((f"K{user}", f"A-{item:03}", "purchase", when))
            elif step % 5 == 4:
                events.append((f"K{user}", f"A-{item:03}", "return", when))
    write_table(folder / "ereignisse.csv", ("kunde", "artikel_id", "aktion", "zeit"), events, separator=";")
    return folder


@pytest.fixture(scope="module")
def workspace(shop, run) -> Path:
    tables = ("--items", shop / "artikel.csv", "--events", shop / "ereignisse.csv")
    run("init", shop, *tables)
    run("fit", shop, "--seconds", 3)
    return shop


def test_init_tells_what_each_type_of_event_says_and_what_is_in_stock(workspace):
    text = (workspace / "sensorium.toml").read_text(encoding="utf-8")
    assert 'available = ["lagerbestand"]' in text
    assert 'number = ["preis"]' in text
    strengths = text.split("[events.strength]")[1]
    assert "view = 0." in strengths
    assert "purchase = 1" in strengths
    assert "return = -" in strengths


def test_check_says_in_words_what_was_understood(workspace, run):
    told = run("check", workspace, "--json")
    assert told["facts"]["from"] == "2026-01-01"
    assert told["facts"]["to"].startswith("2026-06")
    said = " ".join(f"{name} {value}" for name, value in told["facts"].items())
    assert "events count 1.0" in said
    assert not [problem for problem in told["problems"] if problem["severity"] == "error"]
    assert told["facts"]["not available"] == "5 of 48 items"


def test_prices_are_euros_and_cents(workspace, run):
    listed = run("recommend", workspace, "--user", "K0", "-k", 48, "--where", "preis<30", "--json")["items"]
    assert {item["item_id"] for item in listed} <= {"A-000", "A-001"}
    dear = run("recommend", workspace, "--user", "K0", "-k", 48, "--where", "preis>1400", "--json")["items"]
    assert {item["item_id"] for item in dear} <= {"A-045", "A-046", "A-047"}


def test_customers_are_shown_what_they_buy_and_never_what_is_out_of_stock_or_was_sent_back(workspace, run):
    hits = []
    for user in range(0, N_USERS, 7):
        items = run("recommend", workspace, "--user", f"K{user}", "-k", 5, "--json")["items"]
        numbers = [int(item["item_id"][2:]) for item in items]
        assert not [n for n in numbers if n % 12 == 5], "out of stock"
        hits += [n % 4 == user % 4 for n in numbers]
    assert np.mean(hits) > 0.6


def test_reasons_speak_of_what_was_bought(workspace, run):
    printed = run("recommend", workspace, "--user", "K1", "-k", 3, "--explain", text=True)
    assert "bought" in printed or "viewed" in printed
    assert "you liked" not in printed


def test_words_of_the_catalogue_are_found_and_others_are_not(workspace, run):
    found = run("search", workspace, "--text", "Kleid", "-k", 5, "--json")
    assert all("Kleid" in item["title"] for item in found["items"])
    nothing = run("search", workspace, "--text", "Zahnarzttermin", "--json")
    assert nothing["nothing_close"]
    assert len(nothing["items"]) == 3
    assert "Nothing close. The nearest:" in run("search", workspace, "--text", "Zahnarzttermin", text=True)
