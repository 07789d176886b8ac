import dataclasses
import string

import pytest

from sensorium.core.errors import ConfigError
from sensorium.core.item_list import Part, Reason
from sensorium.core.source_kind import SourceKind
from sensorium.insight.languages import CHINESE, LANGUAGES, Situation, phrases_in
from sensorium.insight.reasons import ENGLISH, sentence

TITLES = {"a": "红高粱", "b": "活着", "c": "英雄"}
REASONS = (
    Reason("ease", SourceKind.BEHAVIOUR, 0.35, "a", event="purchase"),
    Reason("image:poster", SourceKind.IMAGE, 0.4, "b", (Part("colours", 0.35), Part("shape", 0.05))),
    Reason("audio:theme", SourceKind.AUDIO, 0.25, "c"),
)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_sentence_in_chinese_names_items_and_the_part_that_stands_out():
    assert sentence(REASONS, TITLES, phrases=phrases_in("zh")) == (
        "因为它看起来像《活着》，尤其是色彩，而且你购买过《红高粱》"
    )


def test_what_is_said_of_people_who_liked_depends_on_who_asks():
    reasons = (
        Reason("ease", SourceKind.BEHAVIOUR, 1.0, "a"),
        Reason("category", SourceKind.CATEGORY, 1.0, "a"),
    )
    assert sentence(reasons, TITLES, phrases=phrases_in("zh", Situation.ALIKE)) == (
        "因为选择《红高粱》的人也选择了它，而且它和《红高粱》的类别相同"
    )


@pytest.mark.parametrize("situation", list(Situation))
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_says_the_same_things_with_the_same_gaps(language, situation):
    said, english = phrases_in(language, situation), phrases_in("en", situation)
    for kind in set(SourceKind) - {SourceKind.BASELINE, SourceKind.SECOND_LEVEL}:
        assert fields(said.through_items[kind]) == fields(english.through_items[kind])
        assert fields(said.by_itself[kind]) == fields(english.by_itself[kind])
    for name in ("above_all", "quoted", "chose", "event", "had_event"):
        assert fields(getattr(said, name)) == fields(getattr(english, name)), name


def test_every_part_of_the_built_in_senses_has_a_chinese_name():
    from sensorium.encoders.audio.sound import Sound
    from sensorium.encoders.image.color_texture_shape import ColorTextureShape
    from sensorium.encoders.video.clip import Clip

    named = {part for encoder in (ColorTextureShape(), Sound(), Clip()) for part in encoder.parts}
    assert named <= set(CHINESE.parts)


def test_a_part_without_a_name_stands_by_its_own():
    reason = Reason("image", SourceKind.IMAGE, 1.0, "a", (Part("halo", 0.9), Part("shape", 0.1)))
    assert "尤其是halo" in sentence((reason,), TITLES, phrases=CHINESE)
    assert "above all its halo" in sentence((reason,), TITLES, phrases=ENGLISH)


def test_an_unknown_language_names_those_there_are():
    with pytest.raises(ConfigError, match="'fr'.*en, zh"):
        phrases_in("fr")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("view", "因为你浏览过《红高粱》"),
        ("点击", "因为你点击过《红高粱》"),
        ("rating", "因为你给《红高粱》打过分"),
        ("", "因为你选择过《红高粱》"),
        ("ponder", "因为你对《红高粱》有“ponder”行为"),
    ],
)
def test_chinese_says_what_was_done(event, said):
    reason = Reason("ease", SourceKind.BEHAVIOUR, 1.0, "a", event=event)
    assert sentence((reason,), TITLES, phrases=CHINESE) == said


def test_chinese_lists_items_and_what_was_done_with_others():
    reasons = [Reason("ease", SourceKind.BEHAVIOUR, 1.0, item, event="play") for item in "abc"]
    assert sentence(reasons, TITLES, phrases=CHINESE) == "因为你播放过《红高粱》、《活着》和《英雄》"
    reasons[1] = dataclasses.replace(reasons[1], event="like")
    assert sentence(reasons, TITLES, phrases=CHINESE) == "因为你播放过《红高粱》和《英雄》，还喜欢《活着》"
