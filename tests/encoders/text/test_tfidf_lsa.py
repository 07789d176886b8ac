"""Text of any language is read, also without spaces, and likeness follows what is said."""

import numpy as np
import pytest

from sensorium.core.component import State
from sensorium.encoders.text.tfidf_lsa import TfidfLSA, TfidfLSAConfig

LANGUAGES = {
    "english": [
        "A space war between fleets", "Starships fight a war in deep space", "Alien fleets invade the stars",
        "A baker falls in love in Paris", "Love and a wedding in Paris", "Two bakers marry for love",
    ],
    "chinese": [
        "星际舰队之间的太空战争", "太空中的飞船展开战争", "外星舰队入侵星际",
        "面包师在巴黎坠入爱河", "巴黎的爱情与婚礼", "两个面包师的爱情婚礼",
    ],
    "japanese": [
        "宇宙艦隊の戦争が始まる", "深い宇宙での艦隊の戦い", "異星人の艦隊が宇宙を侵略",
        "パリのパン屋が恋に落ちる", "パリでの恋と結婚式", "パン屋の二人が恋をして結婚",
    ],
    "thai": [
        "สงครามอวกาศระหว่างกองยาน", "ยานอวกาศทำสงครามในอวกาศ", "กองยานต่างดาวบุกอวกาศ",
        "คนทำขนมปังตกหลุมรักในปารีส", "ความรักและงานแต่งงานในปารีส", "คนทำขนมปังสองคนแต่งงานด้วยความรัก",
    ],
    "russian": [
        "Космическая война звёздных флотов", "Корабли ведут войну в космосе", "Пришельцы и космическая битва",
        "Пекарь влюбился в Париже", "Любовь и свадьба в Париже", "Свадьба двух пекарей, их любовь",
    ],
    "hindi": [
        "अंतरिक्ष में युद्ध और बेड़े", "अंतरिक्ष यान युद्ध करते हैं", "बेड़े अंतरिक्ष पर हमला",
        "पेरिस में प्रेम हुआ", "पेरिस में प्रेम और विवाह", "प्रेम और विवाह की कहानी",
    ],
}  # fmt: skip
QUERIES = {
    "english": ("space war", "paris wedding"),
    "chinese": ("太空战争", "巴黎婚礼"),
    "japanese": ("宇宙の戦争", "パリの結婚"),
    "thai": ("สงครามอวกาศ", "แต่งงานในปารีส"),
    "russian": ("война в космосе", "свадьба в Париже"),
    "hindi": ("अंतरिक्ष युद्ध", "प्रेम विवाह"),
}


def cosines(encoder, queries, texts):
    rows, items = encoder.encode_batch(queries).values, encoder.encode_batch(texts).values
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ (items / np.linalg.norm(items, axis=1, keepdims=True)).T


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_query_finds_texts_about_it_in_a_mixed_catalogue(language, tmp_path):
    every = [text for texts in LANGUAGES.values() for text in texts]
    TfidfLSA().fit(every).state().save(tmp_path)
    encoder = TfidfLSA().restore(State.load(tmp_path))
    found = np.argsort(-cosines(encoder, list(QUERIES[language]), every), axis=1)[:, :2]
    start = list(LANGUAGES).index(language) * 6
    assert set(found[0].tolist()) <= set(range(start, start + 3))
    assert set(found[1].tolist()) <= set(range(start + 3, start + 6))


def test_a_misspelt_word_is_still_near():
    texts = ["photography", "gardening", "cooking", "astronomy"]
    assert cosines(TfidfLSA().fit(texts), ["photograhpy"], texts).argmax() == 0


def test_a_title_of_emoji_alone_has_features_and_finds_its_like():
    texts = ["🚀🌕", "🚀 to the 🌕", "🍕🍷", "pizza 🍕", "plain words"]
    encoder = TfidfLSA().fit(texts)
    found = cosines(encoder, ["👩🏽‍🚀", "❤️🍕"], texts).argsort(axis=1)[:, ::-1][:, :2]
    assert [set(row) for row in found.tolist()] == [{0, 1}, {2, 3}]


def test_the_dimension_adapts_to_small_corpora():
    assert TfidfLSA().fit(["one text"]).dimension == 1
    assert TfidfLSA().fit(["one text", "another one", "a third"]).dimension <= 3
    many = [f"word{i} word{i % 7} thing{i % 5}" for i in range(60)]
    assert TfidfLSA(TfidfLSAConfig(dimension=16)).fit(many).dimension == 16


def test_a_corpus_without_words_gives_zero_rows():
    encoder = TfidfLSA().fit([None, "", "!!!"])
    encoded = encoder.encode_batch(["anything"])
    assert not encoded.values.any()
    assert encoded.failures == {0: "no known words"}


def test_the_sample_of_a_large_corpus_is_the_same_in_every_run():
    texts = [f"item {i} about topic {i % 9}" for i in range(300)]
    config = TfidfLSAConfig(max_documents=50, dimension=8)
    first, second = (TfidfLSA(config).fit(texts).encode_batch(texts).values for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.any(axis=1).all()


def test_fitting_again_forgets_the_past():
    encoder = TfidfLSA().fit(["red apples", "green pears"])
    encoder.encode_batch(["red"])
    encoder.fit(["blue plums", "yellow bananas"])
    np.testing.assert_array_equal(
        encoder.encode_batch(["blue"]).values,
        TfidfLSA().fit(["blue plums", "yellow bananas"]).encode_batch(["blue"]).values,
    )
