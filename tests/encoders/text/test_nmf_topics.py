"""NMFTopics are lists of words that people can read, and rows are shares of them."""

import numpy as np
import pytest

from sensorium.core.component import State
from sensorium.encoders.text.nmf_topics import NMFTopics, NMFTopicsConfig

SUBJECTS = (
    ("rocket", "planet", "astronaut", "orbit", "alien", "galaxy"),
    ("bread", "oven", "flour", "dough", "baker", "yeast"),
    ("глава", "закон", "суд", "судья", "адвокат", "улика"),
)


def texts(n_each=40):
    rng = np.random.default_rng(0)
    return [
        "the story of " + " and the ".join(rng.choice(words, 3, replace=False))
        for _ in range(n_each)
        for words in SUBJECTS
    ]


def test_each_subject_becomes_a_topic_named_by_its_words():
    encoder = NMFTopics(NMFTopicsConfig(n_topics=3, max_share=0.5)).fit(texts())
    named = [set(" ".join(words).split()) for words in encoder.topic_words(6)]
    assert all(any(set(words) <= topic for topic in named) for words in SUBJECTS)
    assert not any({"the", "story", "of", "and"} & topic for topic in named)


def test_rows_are_shares_that_add_up_to_one():
    encoder = NMFTopics(NMFTopicsConfig(n_topics=3, max_share=0.5)).fit(texts())
    rows = encoder.encode_batch(
        ["rocket to a planet", "bread from the oven", "rocket bread", "nothing known"]
    ).values
    assert (rows >= 0).all()
    np.testing.assert_allclose(rows.sum(axis=1), [1, 1, 1, 0], atol=1e-5)
    assert rows[0].max() > 0.95
    assert rows[0].argmax() != rows[1].argmax()
    assert set(np.argsort(-rows[2])[:2].tolist()) == {rows[0].argmax(), rows[1].argmax()}


def test_names_survive_saving(tmp_path):
    encoder = NMFTopics(NMFTopicsConfig(n_topics=3)).fit(texts())
    encoder.state().save(tmp_path)
    assert NMFTopics().restore(State.load(tmp_path)).topic_words() == encoder.topic_words()


@pytest.mark.parametrize("given", [[None, "", "!!!"], [], ["a"]])
def test_a_corpus_without_words_gives_zero_rows(given):
    encoder = NMFTopics().fit(given)
    assert encoder.encode_batch(["anything"]).failures == {0: "no known words"}
    assert encoder.topic_words() == [[]]


def test_one_text_is_a_topic_of_its_own():
    encoder = NMFTopics().fit(["red apples 🍎"])
    assert encoder.dimension == 1
    np.testing.assert_allclose(encoder.encode_batch(["🍎"]).values, [[1]], rtol=1e-6)
