"""Each score of quality says what it means, what is better and what is noted, in both languages."""

import pytest

from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.insight.quality_words import describe_score
from sensorium.media.quality.measures import MEASURES

EVERY = [(role, measure) for role, measures in MEASURES.items() for measure in measures]


def said(measure, language):
    return describe_score(measure.name, measure.meaning, measure.better, measure.limit, language=language)


@pytest.mark.parametrize(("role", "measure"), EVERY, ids=lambda value: getattr(value, "name", str(value)))
def test_every_score_is_described_in_both_languages(role, measure):
    english, chinese = said(measure, "en"), said(measure, "zh")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    assert measure.meaning not in chinese
    assert measure.meaning in english
    if measure.limit is not None:
        higher_is_a_fault = measure.is_fault(measure.limit + 1)
        assert ("noted above" in english) == ("lower is better" in english) == higher_is_a_fault
        assert ("高于" in chinese) == ("越低越好" in chinese) == higher_is_a_fault
        assert f"{measure.limit:g}" in english
        assert f"{measure.limit:g}" in chinese


def test_a_sentence_as_people_read_it():
    blur = next(measure for measure in MEASURES[Role.IMAGE] if measure.name == "blur")
    assert said(blur, "en") == "sharpness lost, 0 sharp to 1 blurred; lower is better, noted above 0.6"
    assert said(blur, "zh") == "清晰度的损失，0 清晰，1 模糊；越低越好，高于 0.6 时提示"


def test_another_language_is_refused():
    with pytest.raises(ConfigError):
        describe_score("blur", "sharpness", "lower", 0.6, language="xx")
