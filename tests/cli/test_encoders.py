"""`sensorium encoders` lists what is installed; former names are one line on stderr."""

import tarfile
from pathlib import Path

from sensorium.core.roles import Role

FORMER_NAMES = Path(__file__).parents[1] / "data" / "former_names.tar.xz"


def test_every_installed_encoder_is_listed_with_what_it_declares(sensorium):
    found = sensorium("encoders", "--json").json["encoders"]
    rows = {(row["name"], *row["modalities"]): row for row in found}
    assert len(rows) == len(found)
    assert {row["package"] for row in found} >= {"sensorium"}
    defaults = [row["modalities"][0] for row in found if row["default"]]
    assert sorted(defaults) == sorted(role.value for role in Role if role.makes_features)
    words = rows["tfidf-lsa", "text"]
    assert (words["default"], words["package"], words["former_names"]) == (True, "sensorium", ["words"])
    assert "weights" in words["learns"]
    assert rows["motion", "video"]["learns"] == []
    assert not rows["transformers:MODEL", "image"]["default"]


def test_the_list_names_encoders_engines_and_models(sensorium):
    done = sensorium("encoders")
    assert done.code == 0
    for said in ("tfidf-lsa  text · the default · learns words", "transformers:MODEL  image", "MiniLM"):
        assert said in done.out


def test_former_names_in_the_settings_are_one_line_each(sensorium, tmp_path):
    with tarfile.open(FORMER_NAMES) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 and later
        archive.extractall(tmp_path)  # noqa: S202 - an archive of our own
    done = sensorium("encode", tmp_path / "shop", "--json")
    assert {counts["encoder"] for counts in done.json["blocks"].values()} == {
        "tfidf-lsa+nmf-topics",
        "color-texture-shape",
    }
    said = [line for line in done.err.splitlines() if "is now called" in line]
    assert said == [
        "encoder `words` is now called `tfidf-lsa`; both work",
        "encoder `topics` is now called `nmf-topics`; both work",
        "encoder `looks` is now called `color-texture-shape`; both work",
    ]
