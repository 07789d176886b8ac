"""`sensorium.fit`: from a catalogue and events to a model that answers, in one call."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from sensorium.catalog.catalog import Catalog
from sensorium.catalog.events import Events
from sensorium.catalog.read_tables import CatalogAndEvents, read_tables
from sensorium.catalog.users import given_users
from sensorium.core.arguments import as_choice, as_seed
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.progress import SILENT, Progress
from sensorium.core.shown_progress import as_progress
from sensorium.core.stopwatch import Stopwatch
from sensorium.encoders.choice import EncoderChoice
from sensorium.evaluation.splits import TuningView
from sensorium.features.ready_vectors import Features
from sensorium.fusion.auto import AutoConfig, AutoFit
from sensorium.fusion.member_selection import require_settings
from sensorium.fusion.outlook import late_gain
from sensorium.fusion.plan import Effort, Plan, PlannedTrial, as_effort
from sensorium.models.base import FitOptions, Recommender, TrainingData
from sensorium.models.shared.imputation import Impute, impute_missing
from sensorium.ranking.seen_items import (
    ALL,
    Seen,
    SeenChoice,
    known_items,
    require_seen,
    split_by_type,
)
from sensorium.serving.fit_record import (
    FitRecord,
    MemberRecord,
    RatingsRecord,
    ReadingRules,
    WeightingRecord,
    WeightsRecord,
)
from sensorium.serving.fitted_model import FittedModel
from sensorium.serving.item_features import ItemFeatures
from sensorium.serving.search_knowledge import SearchKnowledge
from sensorium.serving.user_profiles import UserProfiles
from sensorium.training.default_seconds import default_seconds
from sensorium.training.event_texts import with_event_texts
from sensorium.training.event_weighting import choose_weighting, weighed, weighed_tuning
from sensorium.training.feature_plan import FeaturePlan
from sensorium.training.fit_model import (
    AUTO,
    NO_SETTINGS,
    ModelChoice,
    Settings,
    fit_model,
    plan_as_given,
    refit,
    require_model,
    without_unused_members,
)
from sensorium.training.rating_prediction import fit_ratings
from sensorium.training.similarity_weights import similarity_weights
from sensorium.training.training_data import training_data, tuning_split, validation_data

FEWEST_ITEMS = 2


def fit(
    catalog: object,
    events: object = None,
    *,
    users: object | None = None,
    features: Features | None = None,
    model: ModelChoice = AUTO,
    settings: Settings | None = None,
    seconds: float | None = None,
    seed: int = 0,
    plan: "FittedModel | FitRecord | Plan | None" = None,
    store: str | Path | None = None,
    encoders: Mapping[str, EncoderChoice] | None = None,
    impute: Impute = "no",
    ratings: bool | None = None,
    seen: SeenChoice = ALL,
    progress: bool | Progress = False,
) -> FittedModel:
    """Encode the catalogue, tune on held-back events, learn from all events; return the model.

    Ctrl-C (in a notebook, interrupting the kernel) while settings are searched ends the search, and the best
    so far are fitted; once more, or at any other moment, it raises `KeyboardInterrupt`. What was encoded into
    `store` is kept, and the same call goes on there.

    Parameters
    ----------
    catalog
        A `Catalog`; or a frame, file or folder of items, as `read_tables` takes them: columns are guessed.
    events
        `Events` made with `items=catalog.items`; or a frame or file, whose columns are guessed. Without them
        the model compares items by their content: it answers `similar` and `search`, and recommends to those
        who give a history or say what they like.
    users
        Who the users are, if known: `sn.Users`; or a frame or file, whose columns are guessed. What people
        with the same attributes choose, and those whom a user follows, then speaks for users of whom little
        else is known, as far as held-back events show that it helps.
    features
        Vectors that are there already, as feature blocks: block name -> array [n_items, d] in the order of
        the catalogue, mapping from id to vector, `.npy` file or frame. The name of a column's block, such as
        `image:poster`, or of a modality, such as `image`, stands instead of encoding it; any other beside.
    model
        `auto`; a model such as `ease`; a block such as `image:poster`; or an unfitted model such as
        `sensorium.models.EASE(regularization=500)`, of which nothing is tuned.
    settings
        Model -> its settings, such as `{"ease": {"regularization": 500}}`; the others are tuned.
    seconds
        How long to wait for the model, once features are there: settings, weights and all fits. If not
        given, 120, and more where there are over four million events, as `default_seconds` says.
    seed
        Of all that is drawn at random. How many settings are tried is a matter of time, so that two fits
        with one seed may differ; `plan` repeats a fit.
    plan
        A model that was fitted before, or its `record`: the same settings are tried as for that one, in the
        place of `model`, `seconds` and `seed`. On the same data, on one machine, that gives the same model
        bit for bit; on newer data it takes about as long.
    store
        A folder to keep features in, so that the next call encodes only what is new.
    encoders
        Modality or block -> what reads it, such as `sentence-transformers:all-MiniLM-L6-v2`; the
        defaults if not given. What events say in words is a block, too, such as `text:review`.
    impute
        `neighbours` fills what an item lacks from the items that the same users like.
    ratings
        Whether to learn what `predict_ratings` needs, where events have ratings: beside a single model that
        takes longer than the model itself. If not given, with `auto` alone.
    seen
        Which events take an item off a user's lists: `"all"`; a list of types such as `["purchase"]`, where
        what was only viewed may come again; `[]` for music or daily goods, where everything may. What the
        user is against stays off in any case. Models are tuned by the same rule, and `recommend` follows it.
    progress
        True draws bars in the terminal or the notebook; False logs stages and choices to `sensorium`.

    Raises
    ------
    DataError
        If there are fewer than two items, no event that counts as liked, events of another catalogue,
        `features` that do not fit the items, or neither events nor content.
    ConfigError
        If a model, an encoder, a setting or another argument is not of those that there are.
    """
    require_run(seconds, seed, impute, where="fit")
    report = as_progress(progress)
    catalog, events = given_tables(catalog, events)
    told = report if plan is None else SILENT
    seconds, seed = require_run(seconds, seed, impute, where="fit", n_events=len(events), progress=told)
    require_fittable(catalog, events)
    rule = require_seen(seen, events)
    planned = FeaturePlan.of(catalog, features, encoders, [events])
    repeated = None if plan is None else given_plan(plan)
    if repeated is not None:
        model, seed = repeated.model, repeated.seed
    require_settings(settings or NO_SETTINGS, planned.sources)
    require_model(model, planned.sources)
    made = planned.make(store, report)
    return fit_tables(
        catalog,
        made.read(events),
        made.items,
        profiles=None if users is None else UserProfiles.of(given_users(users)),
        model=model,
        settings=settings or NO_SETTINGS,
        effort=Effort(seconds if repeated is None else repeated.seconds, plan=repeated, is_kept_by_hand=True),
        seed=seed,
        impute=impute,
        ratings=ratings,
        seen=rule,
        progress=report,
    )


def given_plan(given: object) -> Plan:
    """Return the plan of a fitted model or its record, or `given` itself."""
    if isinstance(given, FittedModel):
        given = given.record
    if isinstance(given, FitRecord):
        return given.plan
    if isinstance(given, Plan):
        return given
    raise ConfigError(
        f"a {type(given).__name__} is no plan of a fit",
        where="plan",
        remedy="Give a fitted model, such as sn.load(folder), or its record",
    )


def require_run(
    seconds: float | None,
    seed: int,
    impute: str,
    *,
    where: str,
    n_events: int = 0,
    progress: Progress = SILENT,
) -> tuple[float, int]:
    """Return `seconds`, by default those for `n_events`, and `seed`; many seconds are told to `progress`.

    `ConfigError` unless these and `impute` are such.
    """
    as_choice(impute, get_args(Impute), "impute")
    seconds = default_seconds(n_events, progress) if seconds is None else seconds
    return AutoConfig.parse({"seconds": seconds}, where=where).seconds, as_seed(seed)


def given_tables(catalog: object, events: object) -> CatalogAndEvents:
    """Return catalogue and events, made of tables where tables are given."""
    for kind, other, given in ((Catalog, Events, catalog), (Events, Catalog, events)):
        if isinstance(given, other):
            raise ConfigError(
                f"{type(given).__name__} is given where {kind.__name__} belongs",
                where="fit",
                remedy="Call fit(catalog, events)",
            )
    return read_tables(catalog, events)


def fit_tables(
    catalog: Catalog,
    events: Events,
    item_features: ItemFeatures,
    *,
    profiles: UserProfiles | None = None,
    model: ModelChoice = AUTO,
    settings: Settings = NO_SETTINGS,
    effort: Effort | float = 120,
    seed: int = 0,
    chosen: AutoFit | None = None,
    impute: Impute = "no",
    ratings: bool | None = None,
    seen: Seen = ALL,
    progress: Progress = SILENT,
) -> FittedModel:
    """Return the model of encoded items; `chosen` skips the tuning, the rest is as in `fit`.

    All of it is done within the seconds of the `effort`: what is learnt beside the model comes first, so that
    the search knows what is left, and ends when the rest is needed for the weights and the last fit.
    """
    options, watch, effort = FitOptions(seed=seed, progress=progress), Stopwatch(), as_effort(effort)
    events = events if profiles is None else profiles.joined(events)
    tuned = tuning_split(events, seed=seed, seen=seen)
    learnt = choose_weighting(tuned, options, seen) if isinstance(model, str) else None
    events, tuned = weighed(events, learnt), weighed_tuning(tuned, learnt)
    similar = similarity_weights(tuned, item_features.blocks, seed=seed)
    served_features = with_event_texts(item_features, events)
    data = training_data(events, served_features.blocks, seen)
    whole = impute_missing(data, impute)
    rating_model = fit_ratings(whole, tuned, options) if _learns_ratings(model, ratings) else None
    watch.lap("preparing")
    if chosen is None:
        past = training_data(events if tuned is None else tuned.train, item_features.blocks, seen)
        left = replace(effort.less(watch.total), refits=data.interactions.nnz / max(past.interactions.nnz, 1))
        chosen = _tuned(model, impute_missing(past, impute), (tuned, seen), options, left, settings)
        del past
    watch.lap("settings")
    served, record = without_unused_members(chosen.fusion), fit_record(chosen, model, seed, effort)
    del chosen  # what was fitted to choose by makes room for what is served
    fusion = refit(served, whole, options)
    watch.lap("fitting")
    record = replace(record, similar=similar, taken=watch.divided("settings", record.taken))
    return FittedModel(
        catalog,
        events.users,
        data,
        served_features,
        fusion,
        record=_with_facts(record, events, rating_model, learnt, impute, seen),
        rating_model=rating_model,
        profiles=profiles,
        search_knowledge=SearchKnowledge.made(catalog, served_features),
        **_known_from(events, seen),
    )


def _known_from(events: Events, seen: Seen) -> dict[str, Any]:
    """Return what a fitted model knows of the events beside what was learnt from them."""
    return {
        "seen": known_items(events),
        "seen_by_type": split_by_type(events, () if seen == ALL else seen),
        "rated_at": events.rating_times(),
        "searches": events.searches and events.searches.latest(),
    }


def _tuned(
    model: ModelChoice,
    data: TrainingData,
    held_back: tuple[TuningView | None, Seen],
    options: FitOptions,
    effort: Effort,
    settings: Settings,
) -> AutoFit:
    """Return `model` tuned on what is `held_back`; an unfitted one as it was given."""
    if isinstance(model, str):
        tuned, seen = held_back
        validation = None if tuned is None else validation_data(data, tuned, seen)
        return fit_model(model, data, validation, options, effort, settings=settings)
    return plan_as_given(model, data)


def _with_facts(
    record: FitRecord,
    events: Events,
    rating_model: Recommender[Any] | None,
    learnt: WeightingRecord | None,
    impute: Impute,
    seen: Seen,
) -> FitRecord:
    """Return `record` with how events were read and weighed, what was filled, and what predicts ratings."""
    rated = None if rating_model is None else RatingsRecord.of(rating_model)
    facts = {"ratings": rated, "events": ReadingRules.of(events), "weighting": learnt, "seen": seen}
    return replace(record, impute=impute, **facts)


def _learns_ratings(model: ModelChoice, asked: bool | None) -> bool:
    """Return whether to learn to predict ratings: as asked for, else with `auto` alone."""
    return asked if asked is not None else isinstance(model, str) and model == AUTO


def fit_record(chosen: AutoFit, model: ModelChoice, seed: int, effort: Effort | None = None) -> FitRecord:
    """Return what was chosen for the asked `model`, and in which time if that is given."""
    served = without_unused_members(chosen.fusion).weights
    chosen_members = {member.name: member for member in chosen.fusion.config.members}
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
            weights_by_history=chosen_members[choice.name].weights_by_history,
            weight_without_history=chosen_members[choice.name].weight_without_history,
            tried=tuple(PlannedTrial(trial.settings, trial.queries) for trial in choice.trials),
        )
        for choice in chosen.choices
    )
    tuning, weights = chosen.tuning, None
    if tuning is not None:
        learnt = tuning.learnt
        weights = WeightsRecord(learnt.method, tuning.moving_with, tuning.ndcg, learnt.held_out)
    asked = model if isinstance(model, str) else model.name
    return FitRecord(
        asked,
        seed,
        members,
        weights,
        chosen.left_out,
        seconds=None if effort is None else effort.seconds,
        taken=chosen.taken,
        late_gain=late_gain(chosen),
        out_of_time=tuple(sorted(chosen.out_of_time)),
    )


def require_fittable(catalog: Catalog, events: Events) -> None:
    """Raise an error unless there is something to choose from, and any events say what is liked."""
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
    if len(events) and not events.positive.any():
        raise DataError(
            "no event counts as liked",
            where="events",
            remedy="Change the rules under `positive`, or the strengths",
        )


def require_usable(catalog: Catalog, events: Events) -> None:
    """Raise an error unless a model can be fitted, and judged by events."""
    require_fittable(catalog, events)
    if not len(events):
        raise DataError(
            "there are no events, so that nothing says whether a recommendation is good",
            where="events",
            remedy="Give a table of events: who did something with which item",
        )
