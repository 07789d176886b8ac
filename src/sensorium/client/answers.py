"""What a client asks for: recommendations, orders, what is similar, searches, reasons."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack

from sensorium.client.connection import Asker, path_of
from sensorium.client.nouns import Answer, Explanation, SearchPart

Language = Literal["en", "zh"]


class Question(TypedDict, total=False):
    """What may be told of who asks and of the moment; each part may be left out."""

    history: Sequence[str | Mapping[str, Any]]
    """Items that are liked, the latest last, or events such as `{"item_id": "kite/7", "type": "view"}`."""
    disliked: Sequence[str]
    like: Mapping[str, Sequence[str]]
    """Column -> labels that are wished for."""
    dislike: Mapping[str, Sequence[str]]
    text: str
    """What is wished for, in words."""
    steer: float
    """How far wishes decide, from 0 to 1."""
    searches: Sequence[str]
    attributes: Mapping[str, Any]
    context: Mapping[str, str]
    now: float
    """Seconds since 1970."""
    explain: bool
    language: Language
    deadline_s: float
    """Seconds after which a simpler answer comes; its `simpler` says so."""


class Wanted(Question, total=False):
    """A question for items: which may be among them."""

    where: Sequence[str]
    """Conditions that all hold, such as `year>=1990`."""
    allow: Sequence[str]
    deny: Sequence[str]
    seen: bool | Sequence[str]
    """Whether what was met is left out, or the types of events that count as such."""


class Answers(Asker):
    """The questions of a client."""

    def recommend(self, user: str | None = None, *, k: int = 10, **question: Unpack[Wanted]) -> Answer:
        """Return the best `k` items for a user, for a history, or for both; the best first.

        Whoever is not known, or is not named, gets what is popular. Send `request_id` of the answer with the
        events that come of it.
        """
        return self._answer("recommend", {"user_id": user, "k": k, **question})

    def feed(self, user: str | None = None, *, k: int = 10, **question: Unpack[Wanted]) -> Iterator[Answer]:
        """Yield pages of `k` items, in which nothing comes again; events in between take effect."""
        asked = {"user_id": user, "k": k, **question}
        page = self._answer("recommend", {**asked, "feed": True})
        while page.items:
            yield page
            if page.next_cursor is None:
                return
            page = self._answer("recommend", {**asked, "cursor": page.next_cursor})

    def rank(
        self, candidates: Iterable[str], user: str | None = None, **question: Unpack[Question]
    ) -> Answer:
        """Return your own candidates in the order that suits a user; unknown ones are left out and named."""
        return self._answer("rank", {"user_id": user, "candidates": list(candidates), **question})

    def similar(
        self, item_id: str, *, by: str | None = None, k: int = 10, where: Sequence[str] = ()
    ) -> Answer:
        """Return the items most like an item, by all sources or by one, such as `image` or `behaviour`."""
        asked = {"by": by, "k": k, "where": list(where)}
        return Answer.model_validate(self.ask("GET", path_of("items", item_id, "similar"), parameters=asked))

    def search(
        self,
        text: str | None = None,
        *,
        parts: Iterable[SearchPart] = (),
        user: str | None = None,
        k: int = 10,
        where: Sequence[str] = (),
    ) -> Answer:
        """Return the items that match words, or all `parts`, each with a weight; ordered for a user."""
        words = [] if text is None else [SearchPart(kind="words", value=text)]
        told = [part.model_dump(exclude_none=True) for part in (*words, *parts)]
        return self._answer("search", {"parts": told, "user_id": user, "k": k, "where": list(where)})

    def explain(self, item_id: str, user: str | None = None, *, language: Language = "en") -> Explanation:
        """Return why an item scores what it scores for a user."""
        asked = {"item_id": item_id, "user_id": user, "language": language}
        return Explanation.model_validate(self.ask("GET", path_of("explain"), parameters=asked))

    def _answer(self, route: str, question: Mapping[str, Any]) -> Answer:
        said = {name: value for name, value in question.items() if value is not None}
        return Answer.model_validate(self.ask("POST", path_of(route), said))
