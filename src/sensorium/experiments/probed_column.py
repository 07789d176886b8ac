"""What was found out about the encoders of one column, and what to do about it."""

from dataclasses import dataclass, field
from typing import Any

from sensorium.core.block_name import BlockName
from sensorium.evaluation.intervals import Interval
from sensorium.experiments.feature_value import NDCG, RECALL, FeatureGain
from sensorium.insight.verdict import signed, with_ends


@dataclass(frozen=True)
class Candidate:
    """One encoder of one column, judged by events."""

    encoder: str
    """As it is written under `[encoders]`."""
    in_use: bool
    dimension: int
    n_items: int
    """Items that have a row."""
    items_per_second: float | None
    """On one core, decoding included; None for rows that somebody brought and for media on the web."""
    worth: FeatureGain = field(repr=False)
    new_gain: Interval | None
    """NDCG@20 among items without events, over a random order; None if it was not measured."""

    @property
    def gain(self) -> Interval:
        """NDCG@20 that it adds to the behaviour."""
        return self.worth.gain

    def to_json(self) -> dict[str, Any]:
        """Return what the command line prints of it."""
        warm = self.worth.alone.slices["warm"].metrics
        new = None if self.worth.new is None else self.worth.new.metrics
        return {
            "encoder": self.encoder,
            "in_use": self.in_use,
            "dimension": self.dimension,
            "items": self.n_items,
            "items_per_second": self.items_per_second,
            "adds": self.gain.to_json(),
            "alone": {name: warm.get(name) for name in (NDCG, RECALL)},
            "new_items": None if new is None else {name: new[name] for name in (NDCG, RECALL)},
            "new_items_over_chance": None if self.new_gain is None else self.new_gain.to_json(),
        }


@dataclass(frozen=True)
class ProbedColumn:
    """The encoders of one column, the most helpful first."""

    block: str
    setting: str
    """What chooses an encoder for it under `[encoders]`: the modality, or the block if it has several."""
    candidates: tuple[Candidate, ...]

    @property
    def verdict(self) -> str:
        """What to do about it, in one sentence; no more is claimed than the intervals allow."""
        best = self.candidates[0]
        if best.gain.low > 0:
            return self._helpful(best)
        new = [c for c in self.candidates if c.new_gain is not None and c.new_gain.low > 0]
        if len(self.candidates) == 1:
            what = f"{best.encoder} does not help clearly beside behaviour"
            return f"{what}, but with items without events" if new else f"{what}, nor without"
        newest = max(new, key=lambda c: c.new_gain.mean if c.new_gain else 0.0, default=None)
        what = "none helps clearly beside behaviour"
        return (
            f"{what}, nor without" if newest is None else f"{what}; with new items {newest.encoder} does best"
        )

    def _helpful(self, best: Candidate) -> str:
        what = f"{best.encoder} helps{' most' if len(self.candidates) > 1 else ''}: {with_ends(best.gain)}"
        used = next((candidate for candidate in self.candidates if candidate.in_use), best)
        if used is best:
            return f"{what}; it is in use"
        if used.gain.low > 0 and best.worth.over(used.worth).low <= 0:
            return f"{what}, not clearly more than {used.encoder} ({signed(used.gain.mean)}), which is in use"
        key = f'"{self.setting}"' if BlockName(self.setting).column else self.setting
        return f'{what}; write {key} = "{best.encoder}" under [encoders]'

    def to_json(self) -> dict[str, Any]:
        """Return the column as JSON."""
        rows = [candidate.to_json() for candidate in self.candidates]
        return {"block": self.block, "verdict": self.verdict, "encoders": rows}
