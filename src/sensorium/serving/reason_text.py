"""The reasons of one item as a sentence."""

from collections.abc import Callable, Sequence

from sensorium.core.item_list import Reason
from sensorium.core.vocabulary import Id
from sensorium.insight.languages import Situation, phrases_in
from sensorium.insight.reasons import sentence
from sensorium.serving.search import is_search
from sensorium.serving.stated_preferences import WISH


def reason_text(
    reasons: Sequence[Reason], titles: Callable[[list[Id]], list[str]], *, liked: bool, language: str
) -> str:
    """Return the reasons as a sentence in English (`en`) or Chinese (`zh`).

    `titles` returns what to call the items of the given ids; `liked` is false where nobody said to like the
    item that was asked about.
    """
    named = list(dict.fromkeys(reason.item_id for reason in reasons if reason.item_id is not None))
    situation = Situation.LIKED if liked else Situation.ALIKE
    if any(reason.source.startswith(WISH) for reason in reasons):
        situation = Situation.WISHED
    elif not named and all(is_search(reason.source) for reason in reasons):
        situation = Situation.FOUND
    phrases = phrases_in(language, situation)
    return sentence(reasons, dict(zip(named, titles(named), strict=True)), phrases=phrases)
