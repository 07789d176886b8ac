"""What the postcards are like: four hidden traits, drawn independently, one for each sense."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sensorium.core.arrays import FloatVector, IntVector
from sensorium.demo.clip import MOTIONS
from sensorium.demo.palettes import PALETTES
from sensorium.demo.sound import INSTRUMENTS
from sensorium.demo.words import SUBJECTS

SENSES = ("text", "image", "audio", "video")
"""The senses that tastes live in: subject, palette, instrument, motion."""

SERIES = ("Grand Tour", "Small Hours", "Far Corners", "Fair Weather", "Old Friends")
"""The series in which the cards are printed."""

OLD_SHARE = 0.5
"""Share of the items that are there from the start: a shop does not open empty."""

N_KINDS: Mapping[str, int] = {
    "text": len(SUBJECTS),
    "image": len(PALETTES),
    "audio": len(INSTRUMENTS),
    "video": len(MOTIONS),
}
"""The number of kinds that a trait can take, by sense."""


@dataclass(frozen=True)
class ItemTraits:
    """The hidden traits of every item; users choose by them, and only the media tell of them."""

    kinds: dict[str, IntVector]
    """Sense -> [n_items]: which subject, palette, instrument or motion."""
    series: IntVector
    """[n_items]: the series that the card belongs to; the only trait that stands in the table."""
    age: FloatVector
    """[n_items] in [0, 1]: when the item appeared, 0 at the beginning, 1 at the end."""
    appeal: FloatVector
    """[n_items]: how much everybody likes it, standard normal."""


def draw_traits(n_items: int, rng: np.random.Generator) -> ItemTraits:
    """Return independent traits; every kind is as frequent as every other, give or take one item."""
    kinds = {sense: rng.permutation(np.arange(n_items) % n) for sense, n in N_KINDS.items()}
    appeared = np.sort(rng.uniform(size=n_items))
    ages = np.maximum(appeared - OLD_SHARE, 0) / (1 - OLD_SHARE)
    return ItemTraits(
        kinds=kinds,
        series=rng.integers(len(SERIES), size=n_items),
        age=ages.astype(np.float32),
        appeal=rng.normal(size=n_items).astype(np.float32),
    )
