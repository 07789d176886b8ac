"""Rows of words are TF-IDF turned by an SVD: with columns enough, every cosine is that of TF-IDF by hand."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from sensorium.encoders.attributes.categories import Labels
from sensorium.encoders.attributes.numbers import Quantity, QuantityConfig
from sensorium.encoders.text.tfidf_lsa import TfidfLSA, TfidfLSAConfig

TEXTS = ["red ball", "red red kite", "blue ball and kite", "green tree", "green green green tree house"]


def words_of(text):
    """Return words, pairs of words, and pieces of three to five characters with the edges marked."""
    found = text.split()
    pairs = [" ".join(pair) for pair in pairwise(found)]
    pieces = [
        f" {word} "[at : at + n] for word in found for n in (3, 4, 5) for at in range(len(word) + 3 - n)
    ]
    return found + pairs, pieces


def tf_idf(texts, asked):
    """Return rows [n_asked, n_terms]: both fields weighted, of unit length each, and over the root of two."""
    fields = []
    for field in (0, 1):
        spread = Counter(term for text in texts for term in set(words_of(text)[field]))
        terms = sorted(spread)
        weights = [1 + math.log((1 + len(texts)) / (1 + spread[term])) for term in terms]
        rows = np.zeros((len(asked), len(terms)))
        for row, text in enumerate(asked):
            counts = Counter(words_of(text)[field])
            for column, (term, weight) in enumerate(zip(terms, weights, strict=True)):
                rows[row, column] = (1 + math.log(counts[term])) * weight if counts[term] else 0
        fields.append(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    return np.concatenate(fields, axis=1) / math.sqrt(2)


def test_products_of_rows_are_those_of_tf_idf_by_hand():
    encoder = TfidfLSA(TfidfLSAConfig(dimension=64)).fit(TEXTS)
    found, expected = encoder.encode_batch(TEXTS).values, tf_idf(TEXTS, TEXTS)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-4)


def test_a_question_is_weighted_like_the_texts():
    encoder = TfidfLSA(TfidfLSAConfig(dimension=64)).fit(TEXTS)
    found = encoder.encode_batch(["red kite", "kite kite tree"]).values @ encoder.encode_batch(TEXTS).values.T
    np.testing.assert_allclose(
        found, tf_idf(TEXTS, ["red kite", "kite kite tree"]) @ tf_idf(TEXTS, TEXTS).T, atol=1e-4
    )


def test_with_many_texts_a_term_of_one_alone_says_nothing_and_with_few_it_does():
    many = [f"common word{n % 5}" for n in range(50)]
    encoder = TfidfLSA().fit([*many[:-1], "common unheard"])
    assert "unheard" not in encoder.words
    assert {"common", "word0"} <= set(encoder.words)
    assert "unheard" in TfidfLSA().fit([*many[:48], "common unheard"]).words


def test_the_most_widespread_terms_are_kept():
    encoder = TfidfLSA(TfidfLSAConfig(max_terms=2)).fit(["a b", "a b", "a c", "d"])
    assert encoder.words == ["a", "a b"]


@pytest.mark.parametrize(("n_with", "n_all"), [(1, 10), (5, 10), (10, 10)])
def test_the_weight_of_a_label_is_its_inverse_document_frequency(n_with, n_all):
    given = [("rare",)] * n_with + [("other",)] * (n_all - n_with) + [None, ()]
    encoder = Labels().fit(given)
    (row,) = encoder.encode_batch([("rare", "rare")]).values
    expected = 1 + math.log((1 + n_all) / (1 + n_with))
    assert row[encoder.labels.index("rare")] == pytest.approx(expected, rel=1e-6)
    assert (row != 0).sum() == 1


def test_labels_of_one_frequency_stand_in_alphabetical_order_each_in_its_column():
    encoder = Labels().fit([("ba", "ab"), ("ba", "ca"), ("ab", "ca"), ("da",)])
    assert encoder.labels == ["ab", "ba", "ca", "da"]
    rows = encoder.encode_batch([("ca",), ("ab", "da")]).values
    assert [np.flatnonzero(row).tolist() for row in rows] == [[2], [0, 3]]


def test_a_number_is_a_bump_at_its_quantile():
    encoder = Quantity(QuantityConfig(bumps=5)).fit([float(n) for n in range(101)])
    centres = np.asarray([0, 0.25, 0.5, 0.75, 1])
    for number in (0, 10, 50, 83, 100):
        expected = np.exp(-0.5 * ((number / 100 - centres) / 0.25) ** 2)
        np.testing.assert_allclose(encoder.encode_batch([float(number)]).values[0], expected, atol=0.01)


def test_what_most_share_stands_in_the_middle_of_its_stretch():
    encoder = Quantity(QuantityConfig(bumps=3)).fit([1.0] * 50 + [2.0] * 50)
    low, high = encoder.encode_batch([1.0, 2.0]).values
    np.testing.assert_allclose(low, np.exp(-0.5 * ((0.25 - np.asarray([0, 0.5, 1])) / 0.5) ** 2), atol=0.01)
    np.testing.assert_allclose(high, low[::-1], atol=0.01)
