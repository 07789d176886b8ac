"""`[ranking]`: what may be shown."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from sensorium.core.config import Config
from sensorium.ranking.seen_items import parse_seen


def _seen(value: object) -> object:
    """Return the rule; what is no list is left to be refused with the setting's name."""
    return parse_seen(value) if isinstance(value, str | bool | list | tuple) else value


class RankingSettings(Config):
    """`[ranking]`: what may be shown."""

    seen: Annotated[Literal["all"] | tuple[str, ...], BeforeValidator(_seen)] = "all"
    """Which events take an item off a user's lists, in answers and in evaluation: `all`; types of events, as
    in `["purchase"]`; `[]` lets everything come again, as music and daily goods do."""
