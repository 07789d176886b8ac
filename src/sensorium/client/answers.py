"""What a client asks for: recommendations, orders, what is similar, searches, reasons."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from sensorium.client.connection import Asker, path_of
from sensorium.client.nouns import NOTHING_MORE, Answer, Asking, Explanation, SearchPart

Language = Literal["en", "zh"]


class Answers(Asker):
    """The questions of a client."""

    def recommend(
        self,
        user: str | None = None,
        *,
        k: int = 10,
        where: Sequence[str] = (),
        history: Sequence[str] = (),
        asking: Asking = NOTHING_MORE,
        explain: bool = False,
        language: Language | None = None,
        deadline_s: float | None = None,
    ) -> Answer:
        """Return the best `k` items for a user, for a history, or for both; the best first.

        Whoever is not known, or is not named, gets what is popular. Send `request_id` of the answer with the
        events that come of it.

        Parameters
        ----------
        user, history
            Who asks: by an id, and by items that are liked, the latest last.
        k
            How many items.
        where
            Conditions that all hold, such as `year>=1990`.
        asking
            What else is told of who asks and of the moment.
        explain, language
            Give the parts of each score; say in words why each item is there.
        deadline_s
            Seconds after which a simpler answer comes; its `simpler` says so.
        """
        told = {
            "k": k,
            "where": list(where),
            "explain": explain,
            "language": language,
            "deadline_s": deadline_s,
        }
        return self._answer("recommend", {**asking.told(user, history), **told})

    def feed(
        self,
        user: str | None = None,
        *,
        k: int = 10,
        where: Sequence[str] = (),
        history: Sequence[str] = (),
        asking: Asking = NOTHING_MORE,
    ) -> Iterator[Answer]:
        """Yield pages of `k` items, in which nothing comes again; events in between take effect."""
        asked = {**asking.told(user, history), "k": k, "where": list(where)}
        page = self._answer("recommend", {**asked, "feed": True})
        while page.items:
            yield page
            if page.next_cursor is None:
                return
            page = self._answer("recommend", {**asked, "cursor": page.next_cursor})

    def rank(
        self,
        candidates: Iterable[str],
        user: str | None = None,
        *,
        history: Sequence[str] = (),
        asking: Asking = NOTHING_MORE,
    ) -> Answer:
        """Return your own candidates in the order that suits a user; unknown ones are left out and named."""
        return self._answer("rank", {**asking.told(user, history), "candidates": list(candidates)})

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
