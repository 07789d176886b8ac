import string

import pytest

from sensorium.core.errors import ConfigError
from sensorium.core.item_list import Part, Reason
from sensorium.core.source_kind import SourceKind
from sensorium.insight.languages import CHINESE, LANGUAGES, Situation, phrases_in
from sensorium.insight.reasons import ENGLISH, sentence

TITLES = {"a": "红高粱", "b": "活着", "c": "英雄"}
REASONS = (
    Reason("ease", SourceKind.BEHAVIOUR, 0.35, "a"),
    Reason("image:poster", SourceKind.IMAGE, 0.4, "b", (Part("colours", 0.35), Part("shape", 0.05))),
    Reason("audio:theme", SourceKind.AUDIO, 0.25, "c"),
)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_sentence_in_chinese_names_items_shares_and_the_part_that_stands_out():
    assert sentence(REASONS, TITLES, phrases=phrases_in("zh")) == (
        "因为它看起来像活着（40%），尤其是色彩（35%）；你喜欢红高粱（35%）；它听起来像英雄（25%）"
    )


def test_what_is_said_of_people_who_liked_depends_on_who_asks():
    reasons = (
        Reason("ease", SourceKind.BEHAVIOUR, 1.0, "a"),
        Reason("category", SourceKind.CATEGORY, 1.0, "a"),
    )
    assert sentence(reasons, TITLES, phrases=phrases_in("zh", Situation.ALIKE)) == (
        "因为它和红高粱的类别相同（50%）；喜欢红高粱的人也喜欢它（50%）"
    )


@pytest.mark.parametrize("situation", list(Situation))
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_says_the_same_things_with_the_same_gaps(language, situation):
    said, english = phrases_in(language, situation), phrases_in("en", situation)
    for kind in set(SourceKind) - {SourceKind.BASELINE}:
        assert fields(said.through_items[kind]) == fields(english.through_items[kind])
        assert fields(said.by_itself[kind]) == fields(english.by_itself[kind])
    assert fields(said.above_all) == fields(english.above_all)


def test_every_part_of_the_built_in_senses_has_a_chinese_name():
    from sensorium.encoders.audio.sound import Sound
    from sensorium.encoders.image.color_texture_shape import ColorTextureShape
    from sensorium.encoders.video.clip import Clip

    named = {part for encoder in (ColorTextureShape(), Sound(), Clip()) for part in encoder.parts}
    assert named <= set(CHINESE.parts)


def test_a_part_without_a_name_stands_by_its_own():
    reason = Reason("image", SourceKind.IMAGE, 1.0, "a", (Part("halo", 0.9), Part("shape", 0.1)))
    assert "尤其是halo（90%）" in sentence((reason,), TITLES, phrases=CHINESE)
    assert "above all its halo" in sentence((reason,), TITLES, phrases=ENGLISH)


def test_an_unknown_language_names_those_there_are():
    with pytest.raises(ConfigError, match="'fr'.*en, zh"):
        phrases_in("fr")
