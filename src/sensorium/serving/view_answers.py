"""What an engine view answers: recommendations, orders, similar items, searches, reasons, single sources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sensorium.catalog.item_lookup import item_index
from sensorium.core.deadline import OutOfTimeError, deadline, require_time
from sensorium.core.item_list import ItemList
from sensorium.serving.answer import Answer, Explanation, Simpler
from sensorium.serving.asking import NOBODY, AskedPerson, Asking, person_who_asks
from sensorium.serving.overlay import Overlaid
from sensorium.serving.search_parts import SearchPart
from sensorium.serving.seen_by_type import ExcludeSeen
from sensorium.serving.similar_items import quickest_source
from sensorium.serving.viewed_model import POPULAR, ViewedModel

_NAMED = 3


@dataclass(frozen=True)
class ViewAnswers:
    """The part of an engine view that answers."""

    bundle: str
    """The version of the bundle."""
    sequence: int
    """The last segment or overlay that is in it; 0: none."""
    model: ViewedModel = field(repr=False, compare=False)
    """What answers."""
    overlaid: Overlaid = field(repr=False, compare=False)
    """What overlays have made of items."""

    def recommend(
        self,
        asking: Asking = NOBODY,
        *,
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        seen: ExcludeSeen = None,
        explain: bool = False,
        language: str | None = None,
        deadline_s: float | None = None,
    ) -> Answer:
        """Return the best `k` items for who asks.

        Parameters
        ----------
        asking
            Who asks; somebody of whom nothing is known if not given.
        k, where, allow, deny, explain
            As for `FittedModel.recommend`.
        seen
            What is left out of that which they met, as `exclude_seen` of `FittedModel.recommend`.
        language
            `en` or `zh`: also say in words why each item is there.
        deadline_s
            Seconds after which no further source is asked: what is popular answers then, and says so. None:
            however long it takes.
        """
        person, ignored = self._person(asking)
        explained = explain or language is not None
        limits: dict[str, Any] = {"where": where, "allow": allow, "deny": deny, "exclude_seen": seen}
        try:
            with deadline(deadline_s):
                require_time()
                items = self.model.recommend(
                    person,
                    history=self._known(asking.liked),
                    disliked=self._known(asking.disliked),
                    like=asking.like,
                    dislike=asking.dislike,
                    **asking.media,  # type: ignore[arg-type]
                    steer=asking.steer,
                    k=k,
                    explain=explained,
                    **limits,
                )
            simpler: Simpler = "no history" if items.path == POPULAR else ""
        except OutOfTimeError:
            items, simpler = self.model.popular(person, k=k, **limits), "deadline"
        return self._answer(items, simpler, ignored, language)

    def rank(
        self,
        asking: Asking,
        candidates: Iterable[object],
        *,
        explain: bool = False,
        language: str | None = None,
        deadline_s: float | None = None,
    ) -> Answer:
        """Return the caller's own `candidates` in order for who asks, also what they have seen.

        Candidates that are not known or may not be shown are left out, and the answer names some of them.
        """
        listed = list(dict.fromkeys(str(each) for each in candidates))
        known = self._known(listed)
        if known:
            found = self.recommend(
                asking,
                k=len(known),
                allow=known,
                seen=False,
                explain=explain,
                language=language,
                deadline_s=deadline_s,
            )
        else:
            found = Answer(_no_items(), self.bundle, self.sequence)
        ranked = {str(item) for item in found.items.item_ids}
        left_out = [item for item in listed if item not in ranked]
        return found.ignoring(_unranked(left_out))

    def similar(
        self,
        item_id: object,
        *,
        by: str | None = None,
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        explain: bool = False,
        language: str | None = None,
        deadline_s: float | None = None,
    ) -> Answer:
        """Return the `k` items most like an item; parameters as for `FittedModel.similar`.

        Once `deadline_s` seconds are past, what one modality finds answers in place of all sources.

        Raises
        ------
        UnknownIdError
            If there is no such item, or it was deleted.
        """
        self._require_there(item_id)
        explained = explain or language is not None

        def found(by: str | None) -> ItemList:
            return self.model.similar(
                item_id, by=by, k=k, where=where, allow=allow, deny=deny, explain=explained
            )

        simpler: Simpler = ""
        try:
            with deadline(deadline_s if by is None else None):
                items = found(by)
        except OutOfTimeError:
            index = item_index(self.model.catalog, item_id)
            items, simpler = found(quickest_source(self.model.item_features, index)), "deadline"
        return self._answer(items, simpler, (), language, liked=False)

    def search(
        self,
        parts: Sequence[SearchPart],
        asking: Asking | None = None,
        *,
        k: int = 10,
        where: Sequence[str] = (),
        allow: Iterable[object] | None = None,
        deny: Iterable[object] = (),
        language: str | None = None,
        deadline_s: float | None = None,
    ) -> Answer:
        """Return the `k` items that best match all `parts` of a question; see `search_parts`.

        Scores as for `FittedModel.search`. The taste of who asks, if given, reorders what matches. Once
        `deadline_s` seconds are past, taste is left out, or all parts but words; without any, what is popular
        answers.
        """
        for part in parts:
            if part.kind == "item":
                self._require_there(part.value)
        person, ignored = (None, ()) if asking is None else self._person(asking)
        with deadline(deadline_s):
            items, is_late = self.model.search_parts(parts, person, k=k, where=where, allow=allow, deny=deny)
        return self._answer(items, "deadline" if is_late else "", ignored, language, liked=False)

    def explain(
        self,
        asking: Asking,
        item_id: object,
        *,
        n_items: int = 5,
        language: str = "en",
        deadline_s: float | None = None,
    ) -> Explanation:
        """Return why an item scores what it scores for who asks; see `FittedModel.explain`.

        Once `deadline_s` seconds are past, what would be without something is left out.
        """
        self._require_there(item_id)
        person, ignored = self._person(asking)
        liked, disliked = self._known(asking.liked), self._known(asking.disliked)
        with deadline(deadline_s):
            found = self.model.explain(person, item_id, history=liked, disliked=disliked, n_items=n_items)
        sentence = self.model.explain_text(found.reasons, language=language)
        simpler: Simpler = "" if found.is_complete else "deadline"
        return Explanation(found, sentence, self.bundle, self.sequence, simpler, ignored)

    def sources(
        self,
        asking: Asking,
        *,
        k: int = 10,
        where: Sequence[str] = (),
        seen: ExcludeSeen = None,
        deadline_s: float | None = None,
    ) -> dict[str, Answer]:
        """Return what each source alone would say to who asks, by its name; empty where it knows nothing.

        Once `deadline_s` seconds are past, sources but the fallback are not asked, and their answers say so.
        """
        person, ignored = self._person(asking)
        with deadline(deadline_s):
            lists = self.model.source_lists(person, k=k, where=where, exclude_seen=seen)
        answers: dict[str, Answer] = {}
        for name, items in lists.items():
            found, simpler = (_no_items(), "deadline") if items is None else (items, "")
            answers[name] = self._answer(found, simpler, ignored, None)
        return answers

    def _person(self, asking: Asking) -> AskedPerson:
        """Return who asks, and what of the question is ignored."""
        person, ignored = person_who_asks(asking, self.model)
        named = [*asking.liked, *asking.disliked]
        unknown = [item for item in named if item not in self.model.catalog.items]
        return AskedPerson(person, (*ignored, *(f"item {item!r}, which is not known" for item in unknown)))

    def _known(self, items: Iterable[object]) -> list[object]:
        """Return those of `items` that the catalogue holds."""
        return [item for item in items if item in self.model.catalog.items]

    def _require_there(self, item_id: object) -> None:
        self.overlaid.require_there(item_index(self.model.catalog, item_id), item_id)

    def _answer(
        self,
        items: ItemList,
        simpler: Simpler,
        ignored: tuple[str, ...],
        language: str | None,
        *,
        liked: bool = True,
    ) -> Answer:
        sentences: tuple[str, ...] = ()
        if language is not None:
            told = self.model.explain_text
            sentences = tuple(told(reasons, liked=liked, language=language) for reasons in items.reasons)
        return Answer(items, self.bundle, self.sequence, simpler, ignored, sentences)


def _no_items() -> ItemList:
    return ItemList((), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))


def _unranked(items: Sequence[str]) -> tuple[str, ...]:
    if not items:
        return ()
    more = f" and {len(items) - _NAMED:,} more" if len(items) > _NAMED else ""
    named = ", ".join(map(repr, items[:_NAMED]))
    return (f"candidates {named}{more}, which are not known or may not be shown",)
