"""What tables and reports say, in English and Chinese: the English text is the key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sensorium.core.errors import ConfigError

LANGUAGES = ("en", "zh")
"""ISO 639-1."""
FILE = Path(__file__).with_name("chinese.toml")
NESTED = frozenset({"ended", "kind", "role", "what", "why"})
"""Gaps that hold texts of ours rather than data; a message in which one is unknown stays as it is."""
_NAME = re.compile(r"\{(\w*)[^{}]*\}")


@cache
def chinese_texts() -> Mapping[str, Mapping[str, str]]:
    """Return `tables`, `report` and `messages`: English -> Chinese; read when Chinese is first asked for."""
    import tomllib

    return MappingProxyType(tomllib.loads(FILE.read_text(encoding="utf-8")))


@cache
def chinese() -> Mapping[str, str]:
    """Return English -> Chinese, of all parts."""
    return MappingProxyType(dict(pair for part in chinese_texts().values() for pair in part.items()))


@dataclass(frozen=True)
class Words:
    """The words of one language: call it with an English text, and with what stands in its gaps."""

    language: str = "en"

    def __call__(self, english: str, /, **values: object) -> str:
        """Return the text in this language; gaps as in `str.format`."""
        found = chinese().get(english, english) if self.language == "zh" else english
        return found.format(**values) if values else found

    def said(self, message: str) -> str:
        """Return a message whose gaps are filled already, in this language; itself if it is not known."""
        if self.language != "zh" or message in chinese():
            return self(message)
        for pattern, template in _patterns():
            found = pattern.fullmatch(message)
            if found is None:
                continue
            given = found.groupdict()
            parts = {name: self.said(value) if name in NESTED else value for name, value in given.items()}
            if all(parts[name] != given[name] for name in NESTED & parts.keys()):
                return template.format(**parts)
        return message


ENGLISH_WORDS = Words()


def words_in(language: str) -> Words:
    """Return the words of a language; `ConfigError` names the languages there are."""
    if language not in LANGUAGES:
        raise ConfigError(
            f"no words in the language {language!r}",
            where="language",
            remedy=f"Choose one of: {', '.join(LANGUAGES)}",
        )
    return Words(language)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what finds each text with gaps, and its Chinese, the longest first."""
    found: list[tuple[re.Pattern[str], str]] = []
    for english, said in sorted(chinese_texts()["messages"].items(), key=lambda pair: -len(pair[0])):
        if _NAME.search(english) is None:
            continue
        parts = _NAME.split(english)
        seen: set[str] = set()
        pattern = ""
        for place, part in enumerate(parts):
            if place % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += f"(?P={part})" if part in seen else f"(?P<{part}>.+?)"
                seen.add(part)
        found.append((re.compile(pattern, re.DOTALL), _NAME.sub(r"{\1}", said)))
    return tuple(found)
