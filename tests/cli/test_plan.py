"""`sensorium fit --plan` repeats what was tried for a bundle."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.models.registry import model_types
from sensorium.serving.persistence import save
from sensorium.workspace.workspace import Workspace


@pytest.fixture
def shop(tmp_path, sensorium):
    rng = np.random.default_rng(2)
    pl.DataFrame({"item_id": range(20), "title": [f"thing {n % 4}" for n in range(20)]}).write_csv(
        tmp_path / "items.csv"
    )
    rows = [
        (user, 2 * int(item) + user % 2, int(1e9) + 100 * n + user)
        for user in range(80)
        for n, item in enumerate(rng.choice(10, 5, replace=False))
    ]
    pl.DataFrame(rows, schema=["user_id", "item_id", "time"], orient="row").write_csv(tmp_path / "events.csv")
    assert sensorium("init", tmp_path / "w", "--from", tmp_path).code == 0
    return tmp_path / "w"


def test_the_last_plan_is_repeated(shop, sensorium):
    first = sensorium("fit", shop, "--model", "item-knn", "--seconds", 1, "--json").json
    again = sensorium("fit", shop, "--plan", "last", "--json").json
    for name in ("model", "seed", "seconds"):
        assert again[name] == first[name]
    tried = [
        [(m["name"], m["settings"], m["trials"], m["weight"]) for m in one["members"]]
        for one in (first, again)
    ]
    assert tried[0] == tried[1]
    contents = {one["bundle"].partition("-")[2] for one in (first, again)}
    assert len(contents) == 1, "the hash of all files of the bundle"
    named = sensorium("fit", shop, "--plan", first["bundle"], "--json").json
    assert named["members"][0]["settings"] == first["members"][0]["settings"]
    elsewhere = sensorium("fit", shop, "--plan", first["path"], "--json").json
    assert elsewhere["members"][0]["settings"] == first["members"][0]["settings"]


def test_what_is_no_bundle_is_a_mistake_that_says_what_to_name(shop, sensorium):
    assert "Run: sensorium fit" in sensorium("fit", shop, "--plan", "last").mistake()
    assert sensorium("fit", shop, "--model", "popularity", "--seconds", 1).code == 0
    assert "there is no bundle 'mine'" in sensorium("fit", shop, "--plan", "mine").mistake()
    both = sensorium("fit", shop, "--plan", "last", "--seconds", 5).mistake()
    assert "a plan says the model and how long it was searched" in both


def test_a_fit_begins_with_the_settings_of_the_newest_bundle(shop, sensorium):
    def begun(model):
        (member,) = sensorium("fit", shop, "--model", model, "--seconds", 1, "--json").json["members"]
        return member["tried"][0]["settings"]

    known = [dict(one.settings) for one in model_types()["rp3"].portfolio]
    assert begun("rp3") in known, "there was no bundle"
    items, events = (pl.read_csv(shop.parent / f"{name}.csv") for name in ("items", "events"))
    model = sn.fit(items, events, model=sn.models.RP3(neighbours=33))
    save(model, Workspace.open(shop).bundles)
    assert begun("rp3") == {"neighbours": 33}
    assert "neighbours" not in begun("pure-svd"), "another model begins as it does"
