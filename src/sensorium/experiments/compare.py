"""`sensorium.compare`: every level of fusion over the same sources, on the same held-back events."""

from collections.abc import Mapping
from pathlib import Path

from sensorium.catalog.read_tables import given_catalog
from sensorium.core.arguments import as_length
from sensorium.core.progress import Progress
from sensorium.core.shown_progress import as_progress
from sensorium.encoders.choice import EncoderChoice
from sensorium.experiments.evaluation_options import EvaluationOptions, Mask
from sensorium.experiments.fusion_levels import FusionLevels, compare_levels
from sensorium.experiments.split_choice import SplitChoice, chosen_splits
from sensorium.features.ready_vectors import Features
from sensorium.models.shared.imputation import Impute
from sensorium.ranking.seen_items import ALL, SeenChoice, parse_seen
from sensorium.training.feature_plan import FeaturePlan
from sensorium.training.fit import require_run


def compare(
    catalog: object,
    events: object = None,
    *,
    split: SplitChoice = "auto",
    features: Features | None = None,
    encoders: Mapping[str, EncoderChoice] | None = None,
    impute: Impute = "no",
    seconds: float | None = None,
    seed: int = 0,
    k: int = 20,
    mask: Mask = "train+validation",
    seen: SeenChoice = ALL,
    store: str | Path | None = None,
    progress: bool | Progress = False,
) -> FusionLevels:
    """Fuse the same tuned sources by features, scores, ranks and learnt weights; return how each way does.

    To compare models with one another: `sensorium.evaluate`.

    Parameters
    ----------
    k
        Length of the judged lists.
    catalog, events, split, features, encoders, impute, seconds, seed, mask, seen, store, progress
        As in `evaluate`; of several splits, the first is taken.

    Raises
    ------
    ConfigError
        If the split is unknown.
    DataError
        If the catalogue has no content to fuse, or the events cannot be divided.
    """
    require_run(seconds, seed, impute, where="compare")
    k = as_length(k)
    catalog, report = given_catalog(catalog), as_progress(progress)
    rule = parse_seen(seen)
    split_of = chosen_splits(split, catalog, events, seed=seed, seen=rule)[0]
    n_events = len(split_of.train)
    seconds, seed = require_run(seconds, seed, impute, where="compare", n_events=n_events)
    options = EvaluationOptions(seconds=seconds, seed=seed, k=k, impute=impute, seen=rule)
    options = EvaluationOptions.checked(options, mask=mask, refit=False, model=None, seconds=None)
    made = FeaturePlan.of(catalog, features, encoders, split_of.parts).make(store, report)
    return compare_levels(made.read_in([split_of])[0], made.items.blocks, options, progress=report)
