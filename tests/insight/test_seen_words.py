"""Every rule about seen items is said in words, in both languages."""

from sensorium.insight.seen_words import seen_in_words
from sensorium.insight.words import words_in


def test_every_rule_is_said_in_words():
    assert seen_in_words("all") == "What users had seen is not ranked."
    assert seen_in_words([]) == "What users had seen is ranked, too: repeats count."
    assert "purchase, cart is not ranked" in seen_in_words(["purchase", "cart"])


def test_it_is_said_in_chinese_too():
    chinese = words_in("zh")
    assert seen_in_words("all", chinese) == "用户看过的物品不参与排序。"
    assert "purchase" in seen_in_words(["purchase"], chinese)
    assert "重复计入" in seen_in_words([], chinese)
