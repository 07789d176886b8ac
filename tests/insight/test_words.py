"""Chinese says everything that English does, with the same gaps, and nothing that nobody says."""

import re

import pytest
from tests.insight.word_keys import SOURCE, keys

from sensorium.core.errors import ConfigError
from sensorium.insight.words import Words, chinese, chinese_texts, words_in

GAP = re.compile(r"\{(\w*)")
ZH = Words("zh")


def test_every_text_of_tables_and_page_has_its_chinese():
    assert keys() - set(chinese()) == set()


@pytest.mark.parametrize("english", sorted(chinese()))
def test_chinese_has_the_gaps_of_english(english):
    assert set(GAP.findall(chinese()[english])) == set(GAP.findall(english))


def test_no_text_is_in_two_places():
    parts = chinese_texts()
    assert parts.keys() == {"tables", "report", "messages"}
    assert len(chinese()) == sum(map(len, parts.values()))


def test_gaps_are_filled_in_either_language():
    assert Words()("{n:,} users", n=1234) == "1,234 users"
    assert ZH("{n:,} users", n=1234) == "1,234 位用户"
    assert ZH("what nobody translated {x}", x="{y}") == "what nobody translated {y}"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("12 of 1,682 users have a single event, which cannot be held back",
         "1,682 位用户中有 12 位只有一条事件，无法留出"),
        ("best of 15 settings, +0.0123 over the defaults; no time for more",
         "15 组设置中最好，比默认高 +0.0123；没有更多时间"),
        ("3 rows were set aside: unknown item", "搁置了 3 行：未知物品"),
        ("2 of the image files in 'title' are of poor quality", "title 列的图片文件中有 2 个质量较差"),
        ("2 of the image files in 'title' do what nobody translated",
         "2 of the image files in 'title' do what nobody translated"),
        ("text:title", "文字：title"),
        ("something new {with} braces", "something new {with} braces"),
    ],
)  # fmt: skip
def test_messages_that_are_filled_already_are_recognised(message, said):
    assert ZH.said(message) == said
    assert Words().said(message) == message


def test_messages_of_fits_are_those_that_fits_write():
    search = (SOURCE / "fusion" / "hyperparameter_search.py").read_text(encoding="utf-8")
    for said in ("over the defaults; ", "other settings is surely better; ", "by default; "):
        assert said in search
        assert any(said in english for english in chinese_texts()["messages"])


def test_an_unknown_language_is_refused():
    with pytest.raises(ConfigError, match="'fr'.*en, zh"):
        words_in("fr")
