"""`sensorium.fit`: from a catalogue and events to a model that answers, in one call."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.encoders.choice import EncoderChoice, chosen_encoders
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.evaluation.splits import known_items
from sensorium.features.store import FeatureStore
from sensorium.fusion.auto import AutoConfig, AutoFit
from sensorium.models.base import FitOptions, Recommender
from sensorium.models.shared.imputation import Impute, impute_missing
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.fold_in_events import reading_rules
from sensorium.serving.item_features import ItemFeatures
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
    _require_kinds(catalog, events)
    AutoConfig.parse({"seconds": seconds}, where="fit")
    if store is not None:
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
    with tempfile.TemporaryDirectory(prefix="sensorium-") as folder:
        return fit(
            catalog,
            events,
            model=model,
            seconds=seconds,
            seed=seed,
            store=folder,
            encoders=encoders,
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
    require_usable(catalog, events)
    options = FitOptions(seed=seed, progress=progress)
    tuned = tuning_split(events, seed=seed)
    if chosen is None:
        if tuned is None:
            whole = impute_missing(training_data(events, item_features.blocks), impute)
            chosen = fit_model(model, whole, None, options, seconds)
        else:
            past = impute_missing(training_data(tuned.train, item_features.blocks), impute)
            chosen = fit_model(model, past, validation_data(past, tuned), options, seconds)
    facts, plan = fit_facts(chosen, model, seed), without_unused_members(chosen.fusion)
    del chosen  # what was fitted to choose by makes room for what is served
    data = training_data(events, item_features.blocks)
    whole = impute_missing(data, impute)
    fusion = refit(plan, whole, options)
    ratings = fit_ratings(whole, tuned, options)
    facts |= {"impute": impute, "ratings": _chosen_for_ratings(ratings)}
    facts |= {"events": reading_rules(events)}
    seen = known_items(events)
    return FittedModel(catalog, events.users, data, item_features, fusion, facts, seen, rating_model=ratings)


def _chosen_for_ratings(model: Recommender[Any] | None) -> dict[str, Any] | None:
    """Return which model predicts ratings, as JSON."""
    if model is None:
        return None
    return {"model": model.name, "settings": model.config.model_dump(mode="json", exclude_defaults=True)}


def fit_facts(chosen: AutoFit, model: str, seed: int) -> dict[str, Any]:
    """Return what was chosen, as JSON."""
    served = without_unused_members(chosen.fusion).weights
    members = [
        {
            "name": choice.name,
            "model": choice.model,
            "settings": dict(choice.settings),
            "weight": chosen.fusion.weights[choice.name],
            "cold_weight": chosen.fusion.cold_weights.get(choice.name, 0.0),
            "serves": choice.name in served,
            "ndcg@20": choice.ndcg,
            "trials": len(choice.trials),
            "seconds": round(choice.seconds, 2),
            "why": choice.why,
        }
        for choice in chosen.choices
    ]
    facts: dict[str, Any] = {"model": model, "seed": seed, "members": members}
    if chosen.tuning is not None:
        learnt = chosen.tuning.learnt
        facts["weights"] = {
            "method": learnt.method,
            "moving_with": list(chosen.tuning.moving_with),
            "ndcg@20": chosen.tuning.ndcg,
            "held_out": dict(learnt.held_out),
        }
    return facts | {"left_out": dict(chosen.left_out)}


def _require_kinds(catalog: object, events: object) -> None:
    """Raise `ConfigError` unless each is what it should be; frames come to mind first."""
    for given, kind, door in ((catalog, Catalog, "Catalog"), (events, Events, "Events")):
        if not isinstance(given, kind):
            raise ConfigError(
                f"{type(given).__name__} is given where {door} belongs",
                where="fit",
                remedy=f"Call fit(catalog, events); make {door} with {door}.from_frame",
            )


def require_usable(catalog: Catalog, events: Events) -> None:
    """Raise `DataError` unless there is something to choose from and something to learn from."""
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
