"""Words without a vocabulary: nothing is unknown, and memory does not grow with the words."""

import numpy as np

from sensorium.encoders.text.hashing_lsa import HashingLSA, HashingLSAConfig

TEXTS = [
    f"story {i} about {'ships and space' if i % 2 else 'bread and love'} number{i % 7}" for i in range(60)
]


def cosine(first, second):
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


def test_words_that_came_after_fitting_still_count():
    encoder = HashingLSA().fit(TEXTS)
    one, same, other = encoder.encode_batch(["zyxwut qponml", "qponml zyxwut", "kjihgf edcbaq"]).values
    assert cosine(one, same) > 0.8
    assert cosine(one, other) < 0.5
    known, mixed = encoder.encode_batch(["bread and love", "bread and love zyxwut"]).values
    assert 0.3 < cosine(known, mixed) < 0.999


def test_what_is_learnt_is_as_large_for_a_hundred_words_as_for_a_hundred_thousand():
    config = HashingLSAConfig(dimension=8, bucket_bits=14)
    few = HashingLSA(config).fit([f"w{i % 100} v{i % 9}" for i in range(300)]).state()
    many = HashingLSA(config).fit([" ".join(f"w{i}x{j}" for j in range(300)) for i in range(300)]).state()
    assert {name: array.shape for name, array in few.arrays.items()} == {
        name: array.shape for name, array in many.arrays.items()
    }
    assert not many.values


def test_weights_come_from_all_texts_and_axes_from_a_sample():
    texts = [*TEXTS, *["rare words once"]]
    config = HashingLSAConfig(max_documents=20, dimension=8)
    first, second = (HashingLSA(config).fit(texts) for _ in range(2))
    np.testing.assert_array_equal(first.components, second.components)
    np.testing.assert_array_equal(first.weights, HashingLSA().fit(texts).weights)


def test_any_script_and_emoji_have_rows_and_no_words_is_a_failure():
    encoder = HashingLSA().fit(TEXTS)
    encoded = encoder.encode_batch(["太空战争", "สงคราม", "अंतरिक्ष", "🚀", "...", None, ""])
    assert encoded.values[:4].any(axis=1).all()
    assert encoded.failures == {4: "no words", 6: "no words"}


def test_a_corpus_without_words_gives_zero_rows():
    encoder = HashingLSA().fit([None, "", "!!!"])
    assert encoder.encode_batch(["anything"]).failures == {0: "no words"}
