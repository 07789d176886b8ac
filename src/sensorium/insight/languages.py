"""Reasons in English and Chinese, for people who liked, asked, searched or compared."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from sensorium.core.source_kind import SourceKind
from sensorium.insight.event_verbs import Verb
from sensorium.insight.profile_phrases import CHINESE_PROFILE
from sensorium.insight.reasons import ENGLISH, Phrases
from sensorium.insight.repeat_phrases import CHINESE_REPEATS
from sensorium.insight.words import words_in


class Situation(StrEnum):
    """What the reasons are for: each situation words the same source in its own way."""

    LIKED = "liked"
    """Somebody met the items in the history: liked, bought, viewed them."""
    ALIKE = "alike"
    """Somebody asked what is like an item."""
    FOUND = "found"
    """Somebody searched."""
    WISHED = "wished"
    """Somebody without a history said what they like."""


def chinese_verb(verb: Verb) -> str:
    """Return what Chinese says after `你`."""
    return verb.chinese


CHINESE = Phrases(
    through_items=MappingProxyType(
        {
            SourceKind.TEXT: "它的文字与{items}相近",
            SourceKind.IMAGE: "它看起来像{items}",
            SourceKind.AUDIO: "它听起来像{items}",
            SourceKind.VIDEO: "它的画面动态像{items}",
            SourceKind.CATEGORY: "它和{items}的{column}相同",
            SourceKind.NUMBER: "它的{column}与{items}接近",
            SourceKind.CONTENT: "它与{items}相似",
            SourceKind.BEHAVIOUR: "你{did}",
            SourceKind.POPULARITY: "它很受欢迎",
            **CHINESE_PROFILE,
        }
    ),
    by_itself=MappingProxyType(
        {
            SourceKind.TEXT: "它的文字合你的口味",
            SourceKind.IMAGE: "它的外观合你的口味",
            SourceKind.AUDIO: "它的声音合你的口味",
            SourceKind.VIDEO: "它的画面动态合你的口味",
            SourceKind.CATEGORY: "它的{column}合你的口味",
            SourceKind.NUMBER: "它的{column}合你的口味",
            SourceKind.CONTENT: "它合你的口味",
            SourceKind.BEHAVIOUR: "与你口味相近的人选择了它",
            SourceKind.POPULARITY: "它很受欢迎",
            **CHINESE_PROFILE,
        }
    ),
    above_all="，尤其是{part}",
    because="因为",
    because_of="因为",
    conjunction="和",
    and_did="，还",
    list_separator="、",
    clause_separator="，而且",
    nothing="没有特别的理由：已知的信息对大多数物品都差不多",
    quoted="《{title}》",
    others="等",
    verb=chinese_verb,
    chose="选择过{items}",
    event="你对{items}有“{event}”行为",
    had_event="对{items}有“{event}”行为",
    nothing_close="没有相近的。",
    nearest="最接近的是：",
    such="类似的内容",
    repeats=CHINESE_REPEATS,
    parts=MappingProxyType(
        {
            "camera": "镜头运动",
            "colours": "色彩",
            "course": "动作过程",
            "cutting": "剪辑",
            "foreground": "前景声",
            "harmony": "和声",
            "jolts": "急动",
            "keywords": "关键词",
            "loudness": "响度",
            "rhythm": "节奏",
            "shape": "形状",
            "sound": "声音",
            "spectrum": "频谱",
            "speeds": "速度",
            "texture": "质感",
            "timbre": "音色",
            "topics": "主题",
            "words": "用词",
        }
    ),
    columns=MappingProxyType({"category": "类别", "number": "数值"}),
)
"""How reasons are worded in Chinese."""


def _english() -> dict[Situation, Phrases]:
    through = {
        **ENGLISH.through_items,
        SourceKind.BEHAVIOUR: "people who chose {items} chose it too",
    }
    found = {
        SourceKind.TEXT: "it matches the words",
        SourceKind.IMAGE: "it looks like the picture",
        SourceKind.AUDIO: "it sounds like the recording",
        SourceKind.VIDEO: "it moves like the clip",
        SourceKind.BEHAVIOUR: "it fits the taste",
    }
    wished = {**found, SourceKind.CATEGORY: "its {column} is what you like"}
    return _situations(ENGLISH, through, found, wished)


def _chinese() -> dict[Situation, Phrases]:
    through = {**CHINESE.through_items, SourceKind.BEHAVIOUR: "选择{items}的人也选择了它"}
    found = {
        SourceKind.TEXT: "它与所搜的文字相符",
        SourceKind.IMAGE: "它看起来像那张图片",
        SourceKind.AUDIO: "它听起来像那段录音",
        SourceKind.VIDEO: "它的画面动态像那段视频",
        SourceKind.BEHAVIOUR: "它合这位用户的口味",
    }
    wished = {
        **found,
        SourceKind.TEXT: "它与你写的文字相符",
        SourceKind.CATEGORY: "它的{column}正是你喜欢的",
    }
    return _situations(CHINESE, through, found, wished)


def _situations(
    plain: Phrases,
    through: Mapping[SourceKind, str],
    found: Mapping[SourceKind, str],
    wished: Mapping[SourceKind, str],
) -> dict[Situation, Phrases]:
    """Return the `plain` phrases with what differs in each situation."""
    return {
        Situation.LIKED: plain,
        Situation.ALIKE: replace(plain, through_items=through),
        Situation.FOUND: replace(plain, by_itself={**plain.by_itself, **found}),
        Situation.WISHED: replace(plain, by_itself={**plain.by_itself, **wished}),
    }


LANGUAGES: Mapping[str, Mapping[Situation, Phrases]] = {"en": _english(), "zh": _chinese()}
"""The language's code (ISO 639-1) -> the phrases of each situation."""


def phrases_in(language: str, situation: Situation = Situation.LIKED) -> Phrases:
    """Return the phrases of a language; `ConfigError` names the languages there are."""
    return LANGUAGES[words_in(language).language][situation]
