"""How models are judged: masks, budgets, the length of lists."""

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from sensorium.core.arguments import as_choice
from sensorium.fusion.plan import Plan
from sensorium.models.shared.imputation import Impute
from sensorium.ranking.seen_items import ALL, Seen

Mask = Literal["train", "train+validation"]


@dataclass(frozen=True)
class EvaluationOptions:
    """How to judge."""

    model: str = "auto"
    seconds: float = 120
    seed: int = 0
    mask: Mask = "train+validation"
    """What users knew before the test moment: the history that they are asked about with, and not ranked.
    `train` is the published protocols' way."""
    seen: Seen = ALL
    """Which events take an item off a user's lists: these are not ranked; other repeats count."""
    refit: bool = False
    """Fold validation into training after tuning, before the test."""
    k: int = 20
    """Length of the judged lists."""
    ratings: bool | None = None
    """Whether predicted ratings are evaluated too, where events have any; None: with `auto` alone, as fits
    learn them."""
    more_ks: tuple[int, ...] = ()
    """Further lengths to judge, beside `k` and 10."""
    impute: Impute = "no"
    """Whether what an item lacks is filled from the items that the same training users like."""
    plan: Plan | None = None
    """What was tried before, to be tried again in the place of a search; None: settings are searched."""

    @property
    def wants_ratings(self) -> bool:
        """Whether predicted ratings are evaluated."""
        return self.model == "auto" if self.ratings is None else self.ratings

    @classmethod
    def checked(cls, base: Self, *, mask: str, refit: bool, model: str | None, seconds: float | None) -> Self:
        """Return `base` with what the command line says; `ConfigError` for an unknown mask."""
        masks: tuple[Mask, ...] = get_args(Mask)
        known = as_choice(mask, masks, "mask")
        seconds = base.seconds if seconds is None else seconds
        return replace(base, mask=known, refit=refit, model=model or base.model, seconds=seconds)


DEFAULT_EVALUATION = EvaluationOptions()
