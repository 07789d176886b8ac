"""Near texts: a few words changed, in any script; other texts and other numbers are not the same."""

import numpy as np
import pytest

from sensorium.duplicates.text import group_near_texts, normalize_letters, text_fingerprint

PLOT = (
    "A retired detective returns to the island of his childhood, where the lighthouse keeper has vanished "
    "and nobody in the village will say a word about the night of the storm."
)
SCRIPTS = [
    PLOT,
    "Отставной детектив возвращается на остров своего детства, где пропал смотритель маяка, и никто в "
    "деревне не хочет говорить о той ночи, когда бушевал шторм.",
    "一位退休的侦探回到了他童年时代的小岛，那里的灯塔看守人已经失踪，村子里没有一个人愿意说起暴风雨那天夜里发生的事情，"
    "直到有一天一个陌生的女孩带着一封旧信出现在码头上，而信上写着他自己的名字。",
    "محقق متقاعد يعود إلى جزيرة طفولته حيث اختفى حارس المنارة ولا أحد في القرية يريد "
    "أن يتحدث عن ليلة العاصفة التي غيرت كل شيء",
    "एक सेवानिवृत्त जासूस अपने बचपन के द्वीप पर लौटता है जहाँ प्रकाशस्तंभ का रखवाला गायब हो गया है "
    "और गाँव में कोई भी तूफान की रात के बारे में बात नहीं करता",
]


def same(*texts):
    return group_near_texts([text_fingerprint(text) for text in texts]).group.tolist()


@pytest.mark.parametrize("text", SCRIPTS)
def test_case_punctuation_and_a_changed_word_keep_a_text_the_same(text):
    tokens = list(text) if " " not in text else text.split(" ")
    changed = (" " if " " in text else "").join([*tokens[:4], *tokens[5:]])
    assert same(text, text.upper().replace(",", " -"), changed, SCRIPTS[(SCRIPTS.index(text) + 1) % 5]) == [
        0,
        0,
        0,
        3,
    ]


def test_texts_with_other_numbers_are_not_the_same():
    screws = "Stainless steel screws with a countersunk head, for wood and chipboard, {} mm long, box of 200"
    assert same(screws.format(30), screws.format(40), screws.format(30).upper()) == [0, 1, 0]


def test_short_texts_have_no_fingerprint_and_are_known_by_their_letters():
    assert text_fingerprint("Rocky II") is None
    assert normalize_letters("Rocky, II!") == normalize_letters("rocky ii") != normalize_letters("Rocky III")
    assert normalize_letters("की") != normalize_letters("का")
    assert normalize_letters(" ... ") == ""


def test_words_in_another_order_or_from_the_same_trade_are_other_texts():
    rng = np.random.default_rng(0)
    words = PLOT.split() * 3
    texts = [" ".join(rng.permutation(words)) for _ in range(50)]
    assert same(*texts) == list(range(50))


@pytest.mark.parametrize(("n_new", "is_same"), [(20, True), (40, True), (140, False)])
def test_texts_are_the_same_while_half_of_their_pieces_are(n_new, is_same):
    rng = np.random.default_rng(0)
    letters = rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 300)
    changed = np.concatenate([letters[: 300 - n_new], rng.choice(list("abcdefghij"), n_new)])
    assert same("".join(letters), "".join(changed)) == ([0, 0] if is_same else [0, 1])


def test_a_text_of_less_than_sixty_letters_has_no_fingerprint():
    assert text_fingerprint("ab" * 29 + "c") is None
    assert text_fingerprint("ab" * 30) is not None
