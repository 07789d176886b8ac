"""Reasons in English and Chinese, for people who liked, asked, searched or compared."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from sensorium.core.errors import ConfigError
from sensorium.core.source_kind import SourceKind
from sensorium.insight.reasons import ENGLISH, Phrases


class Situation(StrEnum):
    """What the reasons are for: each situation words the same source in its own way."""

    LIKED = "liked"
    """Somebody liked the items in the history."""
    ALIKE = "alike"
    """Somebody asked what is like an item."""
    FOUND = "found"
    """Somebody searched."""
    WISHED = "wished"
    """Somebody without a history said what they like."""


CHINESE = Phrases(
    through_items=MappingProxyType(
        {
            SourceKind.TEXT: "它的文字与{items}相近（{share}）",
            SourceKind.IMAGE: "它看起来像{items}（{share}）",
            SourceKind.AUDIO: "它听起来像{items}（{share}）",
            SourceKind.VIDEO: "它的画面动态像{items}（{share}）",
            SourceKind.CATEGORY: "它和{items}的{column}相同（{share}）",
            SourceKind.NUMBER: "它的{column}与{items}接近（{share}）",
            SourceKind.CONTENT: "它与{items}相似（{share}）",
            SourceKind.BEHAVIOUR: "你喜欢{items}（{share}）",
            SourceKind.POPULARITY: "它很受欢迎（{share}）",
        }
    ),
    by_itself=MappingProxyType(
        {
            SourceKind.TEXT: "它的文字合你的口味（{share}）",
            SourceKind.IMAGE: "它的外观合你的口味（{share}）",
            SourceKind.AUDIO: "它的声音合你的口味（{share}）",
            SourceKind.VIDEO: "它的画面动态合你的口味（{share}）",
            SourceKind.CATEGORY: "它的{column}合你的口味（{share}）",
            SourceKind.NUMBER: "它的{column}合你的口味（{share}）",
            SourceKind.CONTENT: "它合你的口味（{share}）",
            SourceKind.BEHAVIOUR: "与你口味相近的人选择了它（{share}）",
            SourceKind.POPULARITY: "它很受欢迎（{share}）",
        }
    ),
    above_all="，尤其是{part}（{share}）",
    because="因为",
    conjunction="和",
    list_separator="、",
    clause_separator="；",
    nothing="没有哪一个理由特别突出",
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
        SourceKind.BEHAVIOUR: "people who liked {items} liked it too ({share})",
    }
    found = {
        SourceKind.TEXT: "it matches the words ({share})",
        SourceKind.IMAGE: "it looks like the picture ({share})",
        SourceKind.AUDIO: "it sounds like the recording ({share})",
        SourceKind.VIDEO: "it moves like the clip ({share})",
        SourceKind.BEHAVIOUR: "it fits the taste ({share})",
    }
    wished = {**found, SourceKind.CATEGORY: "its {column} is what you like ({share})"}
    return _situations(ENGLISH, through, found, wished)


def _chinese() -> dict[Situation, Phrases]:
    through = {**CHINESE.through_items, SourceKind.BEHAVIOUR: "喜欢{items}的人也喜欢它（{share}）"}
    found = {
        SourceKind.TEXT: "它与所搜的文字相符（{share}）",
        SourceKind.IMAGE: "它看起来像那张图片（{share}）",
        SourceKind.AUDIO: "它听起来像那段录音（{share}）",
        SourceKind.VIDEO: "它的画面动态像那段视频（{share}）",
        SourceKind.BEHAVIOUR: "它合这位用户的口味（{share}）",
    }
    wished = {
        **found,
        SourceKind.TEXT: "它与你写的文字相符（{share}）",
        SourceKind.CATEGORY: "它的{column}正是你喜欢的（{share}）",
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
    if language not in LANGUAGES:
        raise ConfigError(
            f"no words in the language {language!r}",
            where="language",
            remedy=f"Choose one of: {', '.join(LANGUAGES)}",
        )
    return LANGUAGES[language][situation]
