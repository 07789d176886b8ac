"""`sensorium.fit`: from a catalogue and events to a model that answers, in one call."""

import contextlib
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.encoders.choice import EncoderChoice, chosen_encoders
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.evaluation.splits import known_items
from sensorium.features.store import FeatureStore
from sensorium.fusion.auto import AutoConfig, AutoFit
from sensorium.models.base import FitOptions
from sensorium.models.shared.imputation import Impute, impute_missing
from sensorium.serving.fit_record import (
    FitRecord,
    MemberRecord,
    RatingsRecord,
    ReadingRules,
    WeightsRecord,
)
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.seen_by_type import split_by_type
from sensorium.training.fit_model import AUTO, fit_model, refit, without_unused_members
from sensorium.training.rating_prediction import fit_ratings
from sensorium.training.training_data import training_data, tuning_split, validation_data

FEWEST_ITEMS = 2


def fit(
    catalog: Catalog,
    events: Events,
    *,
    model: str = AUTO,
    seconds: float = 120,
    seed: int = 0,
    store: str | Path | None = None,
    encoders: Mapping[str, EncoderChoice] | None = None,
    impute: Impute = "no",
    progress: Progress = SILENT,
) -> FittedModel:
    """Encode the catalogue, tune on held-back events, learn from all events; return the model.

    Parameters
    ----------
    catalog
        The items and what their columns are for.
    events
        What users did; made with `items=catalog.items`.
    model
        `auto`; a model such as `ease`; or a block such as `image:poster`.
    seconds
        How long to tune.
    seed
        The same seed gives the same model, unless time runs out.
    store
        A folder to keep features in, so that the next call encodes only what is new.
    encoders
        Modality or block -> what reads it, such as `sentence-transformers:all-MiniLM-L6-v2`; the
        defaults if not given.
    impute
        `neighbours` fills what an item lacks from the items that the same users like.
    progress
        Where to report to; silent if not given.

    Raises
    ------
    DataError
        If there are fewer than two items, no positive event, or events of another catalogue.
    ConfigError
        If what is given is no catalogue, no events, or no time.
    """
    require_usable(catalog, events)
    AutoConfig.parse({"seconds": seconds}, where="fit")
    with contextlib.ExitStack() as stack:
        if store is None:
            store = stack.enter_context(tempfile.TemporaryDirectory(prefix="sensorium-"))
        chosen = chosen_encoders(catalog, encoders or {})
        encoded = encode_catalog(catalog, FeatureStore(Path(store)), encoders=chosen, progress=progress)
        return fit_tables(
            catalog,
            events,
            ItemFeatures.of(encoded),
            model=model,
            seconds=seconds,
            seed=seed,
            impute=impute,
            progress=progress,
        )


def fit_tables(
    catalog: Catalog,
    events: Events,
    item_features: ItemFeatures,
    *,
    model: str = AUTO,
    seconds: float = 120,
    seed: int = 0,
    chosen: AutoFit | None = None,
    impute: Impute = "no",
    progress: Progress = SILENT,
) -> FittedModel:
    """Return the model of items that are encoded already; `chosen` skips the tuning."""
    options = FitOptions(seed=seed, progress=progress)
    tuned = tuning_split(events, seed=seed)
    if chosen is None:
        past = events if tuned is None else tuned.train
        data = impute_missing(training_data(past, item_features.blocks), impute)
        validation = None if tuned is None else validation_data(data, tuned)
        chosen = fit_model(model, data, validation, options, seconds)
        del data, validation
    plan = without_unused_members(chosen.fusion)
    record = fit_record(chosen, model, seed)
    del chosen  # what was fitted to choose by makes room for what is served
    data = training_data(events, item_features.blocks)
    whole = impute_missing(data, impute)
    fusion = refit(plan, whole, options)
    ratings = fit_ratings(whole, tuned, options)
    rated = None if ratings is None else RatingsRecord.of(ratings)
    record = replace(record, impute=impute, ratings=rated, events=ReadingRules.of(events))
    seen = known_items(events)
    return FittedModel(
        catalog,
        events.users,
        data,
        item_features,
        fusion,
        record=record,
        seen=seen,
        rating_model=ratings,
        seen_by_type=split_by_type(events),
    )


def fit_record(chosen: AutoFit, model: str, seed: int) -> FitRecord:
    """Return what was chosen for the asked `model`."""
    served = without_unused_members(chosen.fusion).weights
    members = tuple(
        MemberRecord(
            name=choice.name,
            model=choice.model,
            settings=choice.settings,
            weight=chosen.fusion.weights[choice.name],
            cold_weight=chosen.fusion.cold_weights.get(choice.name, 0.0),
            serves=choice.name in served,
            ndcg=choice.ndcg,
            trials=len(choice.trials),
            seconds=round(choice.seconds, 2),
            why=choice.why,
        )
        for choice in chosen.choices
    )
    tuning, weights = chosen.tuning, None
    if tuning is not None:
        learnt = tuning.learnt
        weights = WeightsRecord(learnt.method, tuning.moving_with, tuning.ndcg, learnt.held_out)
    return FitRecord(model, seed, members, weights, chosen.left_out)


def require_usable(catalog: Catalog, events: Events) -> None:
    """Raise an error unless there is something to choose from and something to learn from."""
    _require_kind(catalog, Catalog)
    _require_kind(events, Events)
    if len(catalog) < FEWEST_ITEMS:
        raise DataError(
            f"{len(catalog)} item in the catalogue: nothing to choose from",
            where="catalogue",
            remedy="Give at least two items",
        )
    if events.items != catalog.items:
        raise DataError(
            "the events refer to the items of another catalogue",
            where="events",
            remedy="Make them with items=catalog.items",
        )
    if not len(events):
        raise DataError(
            "there is no event of an item in the catalogue",
            where="events",
            remedy="Check that both tables spell item ids alike",
        )
    if not events.positive.any():
        raise DataError(
            "no event counts as liked",
            where="events",
            remedy="Change the rules under `positive`",
        )


def _require_kind(given: object, kind: type) -> None:
    """Raise `ConfigError` unless `given` is a `kind`; frames come to mind first."""
    if not isinstance(given, kind):
        raise ConfigError(
            f"{type(given).__name__} is given where {kind.__name__} belongs",
            where="fit",
            remedy=f"Call fit(catalog, events); make {kind.__name__} with {kind.__name__}.from_frame",
        )
