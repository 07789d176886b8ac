"""Keywords say what a text is about: no filler, no doubles, in any script, without a list of stop words."""

import time
from pathlib import Path

import numpy as np
import pytest

import sensorium as sn
from sensorium.core.errors import ConfigError, UnknownIdError
from sensorium.encoders.text.keywords import Keywords, KeywordsConfig, catalog_keywords, keywords
from sensorium.workspace.workspace import Workspace

FILMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "movielens-100k" / "items.csv"
SUBJECTS = ["sailor", "baker", "pilot", "nurse", "farmer", "singer"]
SUBJECTS += ["lawyer", "teacher", "painter", "dancer", "waiter", "doctor"]
PLACES = ["Paris", "New York", "Rome", "Los Angeles", "Cairo", "Lima"]
PLACES += ["Oslo", "Delhi", "Quito", "Hong Kong", "Berlin"]
CATALOGUE = [
    f"The {SUBJECTS[n % 12]} goes to {PLACES[n % 11]} with the brother and finds what the others lost."
    for n in range(132)
]
FILLER = {
    "the",
    "and",
    "his",
    "her",
    "with",
    "that",
    "from",
    "this",
    "who",
    "when",
    "are",
    "at",
    "it",
    "after",
}


def shown(text, k=8, among=CATALOGUE):
    return [word.shown for word in keywords([*among, text], k=k)[-1]]


def test_what_everybody_says_is_no_keyword():
    assert set(shown(CATALOGUE[0])) == {"sailor", "Paris"}
    assert set(shown(CATALOGUE[1])) == {"baker", "New York"}


def test_names_of_two_words_stay_together_and_are_written_as_in_the_text():
    found = shown("Today the old pilot meets James Bond in los angeles, and James Bond wins.")
    assert found[0] == "James Bond"
    assert "Los Angeles" in found
    assert not {"James", "Bond", "Angeles", "Los"} & set(found)


def test_a_word_and_its_plural_are_one_keyword():
    found = shown("Detectives everywhere: one detective, two detectives.")
    assert len([word for word in found if word.lower().startswith("detective")]) == 1


def test_numbers_letters_and_markup_are_no_keywords():
    assert shown("<p>A <b>zeppelin</b> &amp; b c 1984 https://a.example/x</p>") == ["zeppelin"]


def test_what_is_said_last_counts_less_than_what_is_said_first():
    text = "zeppelin goes to the brother and finds what the others lost with a gondola"
    weights = {word.shown: word.weight for word in keywords([*CATALOGUE, text], k=8)[-1]}
    place = text.index("gondola") / len(text)
    assert weights["gondola"] == pytest.approx(weights["zeppelin"] * (1 - place / 4))


def test_what_no_other_text_holds_counts_less_than_its_rarity_says():
    text = "zeppelin goes to the brother and finds what others lost with a gondola"
    found = keywords([*CATALOGUE, "gondola", text], k=8)[-1]
    weights = {word.shown: word.weight for word in found}
    n, place = 1 + len(CATALOGUE) + 2, text.index("gondola") / len(text)
    expected = np.log(n / 2) * (1 - place / 4) / (0.75 * np.log(n))
    assert weights["gondola"] / weights["zeppelin"] == pytest.approx(expected)


def test_a_name_counts_a_quarter_more_than_a_word():
    text = "zeppelin goes to the brother and finds what others lost with Gondola"
    weights = {word.shown: word.weight for word in keywords([*CATALOGUE, text], k=8)[-1]}
    place = text.index("Gondola") / len(text)
    assert weights["Gondola"] == pytest.approx(1.25 * weights["zeppelin"] * (1 - place / 4))


def test_weights_fall_and_k_limits():
    (found,) = keywords(["one two three four five six seven"], k=4)
    assert len(found) == 4
    assert sorted((word.weight for word in found), reverse=True) == [word.weight for word in found]


def test_no_text_no_keywords():
    assert keywords([None, "", "...", "a"]) == [[], [], [], []]
    assert keywords([]) == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            ["星际舰队之间的太空战争", "太空中的飞船展开战争", "外星舰队入侵星际", "巴黎婚礼"],
            {"太空", "战争"},
        ),
        (["宇宙艦隊の戦争が始まる", "スター・ウォーズの宇宙", "パリの結婚"], {"宇宙艦隊", "戦争"}),
        (["космическая война", "война и мир", "свадьба в Париже"], {"космическая", "война"}),
        (["अंतरिक्ष युद्ध।", "युद्ध और शांति।", "पेरिस में विवाह।"], {"अंतरिक्ष", "युद्ध"}),
        (["حرب الفضاء؟", "حرب وسلام", "زفاف في باريس"], {"حرب", "الفضاء"}),
        (["👩🏽‍🚀 rocket", "pizza", "bread"], {"👩‍🚀", "rocket"}),
    ],
)
def test_every_script_has_keywords(texts, expected):
    assert expected <= {word.shown for word in keywords(texts)[0]}


def test_thai_words_are_found_whole_in_what_recurs():
    texts = [
        "สงครามอวกาศระหว่างกองยาน", "ยานอวกาศทำสงครามในอวกาศ", "กองยานต่างดาวบุกอวกาศ",
        "คนทำขนมปังตกหลุมรักในปารีส", "ความรักและงานแต่งงานในปารีส", "คนทำขนมปังสองคนแต่งงานด้วยความรัก",
        "星际舰队之间的太空战争", "太空中的飞船展开战争", "外星舰队入侵星际", "面包师在巴黎坠入爱河",
    ]  # fmt: skip
    found = [[word.shown for word in words] for words in keywords(texts)]
    assert set(found[0]) == {"สงคราม", "อวกาศ", "กองยาน"}
    assert found[3][0] == "คนทำขนมปัง"


def test_columns_are_keywords_weighted_by_rarity():
    encoder = Keywords(KeywordsConfig(max_keywords=12)).fit(CATALOGUE)
    assert len(encoder.keywords) == 12
    row = encoder.encode_batch(["The pilot flies to New York"]).values[0]
    assert {encoder.keywords[column] for column in np.flatnonzero(row)} & {"pilot", "New York"}
    np.testing.assert_array_equal(row[row > 0], encoder.weights[row > 0])
    assert not encoder.encode_batch(["nothing of the kind"]).failures


def test_items_are_told_by_all_their_texts():
    items = {"item_id": ["a", "b", "c"], "title": ["Red kite", None, "Ball"], "plot": ["wind", "sea", None]}
    catalog = sn.Catalog.from_frame(items, text=["title", "plot"])
    found = catalog_keywords(catalog)
    assert {item: {word.term for word in words} for item, words in found.items()} == {
        "a": {"red", "kite", "wind"},
        "b": {"sea"},
        "c": {"ball"},
    }
    assert list(catalog_keywords(catalog, items=["c"])) == ["c"]
    with pytest.raises(UnknownIdError):
        catalog_keywords(catalog, items=["d"])
    with pytest.raises(ConfigError, match="no text"):
        catalog_keywords(sn.Catalog.from_frame(items))


@pytest.mark.parametrize("choice", ["keywords", "hashing-lsa", {"encoder": "nmf-topics", "n_topics": 2}])
def test_a_workspace_may_choose_how_its_texts_are_read(tmp_path, choice):
    from sensorium.workspace.commands import encode_workspace

    rows = "".join(f"{n},{SUBJECTS[n % 12]} in {PLACES[n % 11]}\n" for n in range(60))
    (tmp_path / "items.csv").write_text("item_id,title\n" + rows)
    (tmp_path / "events.csv").write_text("user_id,item_id\nu,1\nv,2\n")
    written = f'"{choice}"' if isinstance(choice, str) else '{ encoder = "nmf-topics", n_topics = 2 }'
    (tmp_path / "sensorium.toml").write_text(
        '[catalog]\nitems = "items.csv"\ntext = "title"\n[events]\nfile = "events.csv"\n'
        f"[encoders]\ntext = {written}\n"
    )
    block = encode_workspace(Workspace.open(tmp_path)).blocks["text:title"]
    assert block.present.all()
    assert isinstance(choice, str) or block.dimension == 2


@pytest.mark.skipif(not FILMS.is_file(), reason="needs the film plots")
def test_keywords_of_real_plots_are_no_filler():
    catalog = sn.Catalog.from_file(FILMS, text=["title", "plot"])
    found = catalog_keywords(catalog, k=5)
    filler = sum(word.term in FILLER for words in found.values() for word in words)
    assert filler <= 2, "of five keywords for each of 1,682 films"
    assert {"toy", "cowboy"} <= {word.term for word in found["1"]}
    assert "james bond" in {word.term for word in found["2"]}


@pytest.mark.parametrize("hostile", ["Aa ", "战争", "word ", "<a", "👩\u200d"])
def test_hostile_text_costs_about_what_plain_text_of_its_length_does(hostile):
    bad = hostile * 20_000
    plain = "plain words of many kinds stand here " * (len(bad) // 37 + 1)
    assert spent_s(bad) < 20 * spent_s(plain), "costs grow with the square of the length"


def spent_s(text):
    """Return the time of this process that the keywords of a text take."""
    started_s = time.process_time()
    keywords([text, "x y"])
    return time.process_time() - started_s
