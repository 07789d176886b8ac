"""The phrases of the postcards are complete and never show their seams."""

import numpy as np
import pytest

from sensorium.demo.words import PHRASES, SUBJECTS, fill_phrase, place_names, user_names, write_words


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_option_of_every_phrase_makes_a_sentence(subject):
    for phrase in [*PHRASES["subjects"][subject]["sentences"], *PHRASES["anywhere"]]:
        for seed in range(20):
            sentence = fill_phrase(phrase, "Ollenmoor", np.random.default_rng(seed))
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert not set(sentence) & set("[]{}|")


def test_a_choice_takes_each_of_its_options():
    seen = {fill_phrase("[a|b|c] in {place}", "Fennimere", np.random.default_rng(seed)) for seed in range(50)}
    assert seen == {"a in Fennimere", "b in Fennimere", "c in Fennimere"}


def test_names_of_places_and_users_never_repeat():
    rng = np.random.default_rng(0)
    assert len(set(place_names(5000, rng))) == 5000
    assert len(set(user_names(5000, rng))) == 5000


def test_descriptions_of_one_subject_differ():
    rng = np.random.default_rng(0)
    descriptions = {write_words("railway", "Ollenmoor", rng).description for _ in range(40)}
    assert len(descriptions) == 40
