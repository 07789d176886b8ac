"""Words of a question stand for their other forms, and for what they are one slip of the pen away from."""

import pytest

from sensorium.serving.word_forms import INFLECTED, MISSPELT, asked_words, other_forms, search_words

SAID = (
    *("comedy", "shoe", "hat", "hate", "dance", "stop", "story", "actor", "direct", "kubrick", "speakers"),
    *("alien", "box", "city", "star", "starring"),
)
KNOWN = {word: place for place, word in enumerate(SAID)}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("comedies", {"comedy"}),
        ("shoes", {"shoe"}),
        ("hats", {"hat"}),
        ("dancing", {"dance"}),
        ("stopped", {"stop"}),
        ("stories", {"story"}),
        ("actors", {"actor"}),
        ("directed", {"direct"}),
        ("director", {"direct"}),
        ("boxes", {"box"}),
        ("cities", {"city"}),
        ("hat", set()),
    ],
)
def test_a_word_stands_for_its_inflections(word, forms):
    assert other_forms(word, KNOWN, LETTERS) == dict.fromkeys(forms, INFLECTED)


@pytest.mark.parametrize("word", ["kubrik", "kubrrick", "kubirck", "kubrjck", "alein"])
def test_one_slip_of_the_pen_is_forgiven(word):
    assert list(other_forms(word, KNOWN, LETTERS).values()) == [MISSPELT]


@pytest.mark.parametrize("word", ["cat", "bat", "slien", "kubr", "alian", "qubrick", "1995"])
def test_short_words_first_letters_and_numbers_are_not_corrected(word):
    assert other_forms(word, KNOWN, LETTERS) == {}


def test_scripts_without_spaces_are_compared_by_pairs_of_characters():
    assert search_words("红色帽子 hat") == [*"红色帽子", "红色", "色帽", "帽子", "hat"]
    assert asked_words("红色帽子 hat Hat") == ["红色", "色帽", "帽子", "hat"]
    assert asked_words("猫") == ["猫"]
    assert asked_words("?! ...") == []
