from sensorium.models.registry import is_built_in, model_types


def test_models_are_listed_with_what_they_declare_and_why_auto_leaves_them_out(sensorium):
    rows = {row["name"]: row for row in sensorium("models", "--json").json["models"]}
    assert {model.name for model in model_types().values() if is_built_in(model)} <= set(rows)
    assert set(rows["ease"]) == {
        "name",
        "summary",
        "kind",
        "reads",
        "traits",
        "auto",
        "why_not",
        "package",
    }
    assert (rows["ease"]["auto"], rows["ease"]["why_not"], rows["ease"]["package"]) == (True, "", "sensorium")
    assert rows["vbpr"]["why_not"].startswith("only if asked for")
    kinds = {name: row["kind"] for name, row in rows.items()}
    assert {kinds[name] for name in ("vbpr", "content-factors", "ease")} == {"behaviour"}
    assert {kinds[name] for name in ("content-knn", "joint-content", "multimodal-knn")} == {"content"}
    assert {kinds[name] for name in ("ease-prior", "smoothed-graph-filter")} == {"behaviour and content"}
    assert kinds["recent-popularity"] == "popularity"
    assert rows["rating-bias"]["reads"] == ["ratings"]
    assert rows["content-knn"]["reads"] == ["one feature block"]


def test_models_for_people_name_what_is_read_and_say_what_to_do_next(sensorium):
    done = sensorium("models", width=200)
    assert "ease  events · behaviour" in done.out
    assert "sensorium fit DIR --model NAME" in done.out
