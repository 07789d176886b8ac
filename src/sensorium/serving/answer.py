"""What an engine view answers: items, and of what it was said."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeAlias

from sensorium.core.item_list import ItemList
from sensorium.serving.explanations import ItemExplanation

Simpler: TypeAlias = Literal["", "deadline", "no history"]
"""Why an answer is simpler than what a model can say: time was up, or nothing is known of who asks."""


@dataclass(frozen=True)
class Answer:
    """An answer, which belongs to one bundle and one moment."""

    items: ItemList
    """The items, their scores, and how each got its score."""
    bundle: str
    """The version of the bundle that answered."""
    sequence: int
    """The last segment or overlay that was known."""
    simpler: Simpler = ""
    """Why it is simpler than it might be; empty: it is not."""
    ignored: tuple[str, ...] = ()
    """What of the question could not be used, in words."""
    sentences: tuple[str, ...] = ()
    """Why each item is there, in words; empty if that was not asked for."""

    def __len__(self) -> int:
        return len(self.items)

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name as JSON can hold them: `items` and `path` as those of an `ItemList`."""
        return {
            **self.items.to_json(self.sentences),
            "bundle": self.bundle,
            "sequence": self.sequence,
            "simpler": self.simpler or None,
            "ignored": list(self.ignored),
        }

    def ignoring(self, more: tuple[str, ...]) -> Self:
        """Return the answer, which says that `more` of the question could not be used."""
        return replace(self, ignored=(*self.ignored, *more))


@dataclass(frozen=True)
class Explanation:
    """Why an item scores what it scores for who asks."""

    explanation: ItemExplanation
    """Parts that add up, and what would be without some of them."""
    sentence: str
    """The same in words."""
    bundle: str
    """The version of the bundle that answered."""
    sequence: int
    """The last segment or overlay that was known."""
    simpler: Simpler = ""
    """`deadline`: what would be without something was left out; empty: nothing was."""
    ignored: tuple[str, ...] = ()
    """What of the question could not be used, in words."""
