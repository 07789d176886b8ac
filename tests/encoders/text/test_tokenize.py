"""Mark-up says nothing; words and emoji of every script are found whole."""

import time

import pytest

from sensorium.encoders.text.plain_text import plain_text
from sensorium.encoders.text.tokenize import word_and_character_terms


def words(text):
    return [word for word in word_and_character_terms(text)[0] if " " not in word]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>Fish &amp; <b>chips</b></p><script>var x = 1;</script>", ["fish", "chips"]),
        ("&lt;b&gt;bold&lt;/b&gt; &amp;lt;i&amp;gt;twice&amp;lt;/i&amp;gt;", ["bold", "twice"]),
        ("H<sub>2</sub>O<br>ice", ["h2o", "ice"]),
        ("<![CDATA[said]]> <!DOCTYPE html><!-- hidden -->shown", ["said", "shown"]),
        ("shown<style>p {} and no end", ["shown"]),
        ("[b]bold[/b] [url=https://a.example]link[/url]", ["bold", "link"]),
        ("see https://a.example/b?c=1, 再见https://a.example/b好", ["see", "再见", "好"]),
    ],
)
def test_markup_entities_and_addresses_say_nothing(text, expected):
    assert words(text) == expected


def test_signs_that_are_no_markup_stay():
    assert plain_text("a < b and 3 > 2") == "a < b and 3 > 2"
    assert words("[1984] a[x] <3 you") == ["1984", "a", "x", "3", "you"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CAFÉ Ｆｕｌｌ", "cafe full"),
        ("が", "が"),
        ("किताब", "किताब"),
        ("Йод и ёлка", "йод и елка"),
        ("مُحَمَّدٌ أحـــمد", "محمد احمد"),
        ("מְזוּזָה", "מזוזה"),
        ("Donau\u00addampf", "donaudampf"),
    ],
)
def test_case_accents_points_and_width_do_not_matter_but_marks_of_other_scripts_do(text, expected):
    assert plain_text(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("अंतरिक्ष युद्ध है।", ["अंतरिक्ष", "युद्ध", "है"]),
        ("لماذا؟ نعم؛ لا", ["لماذا", "نعم", "لا"]),
        ("می\u200cخواهم", ["می", "خواهم"]),
        ("ශ්\u200dරී ලංකා", ["ශ්රී", "ලංකා"]),
        ("בית־ספר", ["בית", "ספר"]),
        ("Это ёлка, дом", ["это", "елка", "дом"]),
        ("The boy's and the boys’ room", ["the", "boy", "and", "the", "boys", "room"]),
    ],
)
def test_words_end_at_punctuation_and_are_not_cut_at_vowel_signs(text, expected):
    assert words(text) == expected


def test_runs_without_spaces_are_cut_into_pairs():
    found, pieces = word_and_character_terms("AI画像認識")
    assert found == ["ai", "画像", "像認", "認識"]
    assert {"画", "画像", "画像認", " ai"} <= set(pieces)
    assert words("スター・ウォーズ。") == ["スタ", "ター", "ウォ", "ォー", "ーズ"]
    assert words("บาท฿") == ["บา", "าท"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🎉🎉", ["🎉", "🎉"]),
        ("❤️ ❤ ❤︎", ["❤", "❤", "❤"]),
        ("👍🏽 👍🏿 👍", ["👍", "👍", "👍"]),
        ("👩🏽‍🚀", ["👩‍🚀"]),
        ("🇫🇷🇩🇪", ["🇫🇷", "🇩🇪"]),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", ["🏴󠁧󠁢󠁳󠁣󠁴󠁿"]),
        ("1️⃣", ["1"]),
        ("東京🗼タワー", ["東京", "🗼", "タワ", "ワー"]),
        ("สวย😍มาก", ["สว", "วย", "😍", "มา", "าก"]),
        ("Привет👋мир", ["привет", "👋", "мир"]),
        ("नमस्ते🙏", ["नमस्ते", "🙏"]),
        ("مرحبا😀", ["مرحبا", "😀"]),
    ],
)
def test_emoji_are_words_whatever_their_tone_and_beside_any_script(text, expected):
    assert words(text) == expected


def test_the_emoji_that_one_is_joined_of_are_its_pieces():
    assert word_and_character_terms("👨‍👩‍👧")[1] == ["👨", "👩", "👧"]


@pytest.mark.parametrize(
    "bad", ["<script", "<!--", "<a", "&amp;", "<", "[url=", "http://", "a'", "\u0301", "<b ", "👩\u200d"]
)
def test_hostile_text_costs_about_what_plain_text_of_its_length_does(bad):
    plain = "plain words of many kinds stand here "
    spent_s = []
    for text in (bad, plain):
        started_s = time.process_time()
        word_and_character_terms(text * (200_000 // len(text)))
        spent_s.append(time.process_time() - started_s)
    assert spent_s[0] < 20 * spent_s[1], "costs grow with the square of the length"
