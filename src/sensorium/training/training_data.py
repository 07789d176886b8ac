"""From events and features to what models take: training data, and held-back events to tune on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from scipy import sparse

from sensorium.catalog.circumstances import circumstances_of_users
from sensorium.catalog.events import Events
from sensorium.core.crowd import bounded_weights
from sensorium.core.errors import DataError
from sensorium.core.sparse import row_counts
from sensorium.evaluation import splits
from sensorium.evaluation.dividing_moment import dividing_moment
from sensorium.evaluation.splits import Split, TuningView
from sensorium.features.block import FeatureBlock
from sensorium.models.base import QueryBatch, TrainingData, ValidationData
from sensorium.models.circumstances import CIRCUMSTANCES
from sensorium.ranking.seen_items import ALL, Seen, left_out_items
from sensorium.serving.event_data import event_data
from sensorium.training.event_texts import with_event_text_block

FEWEST_MOMENTS = 3
"""With fewer different times, events are divided at random."""
LEAST_DATED = 0.5
"""The share of events that must have a time, where what is tuned on is the last."""
LEAST_HELD, MOST_HELD = 0.25, 0.5
"""What a moment must hold back to tune on, of the share that is asked for, and may of all."""
MOST_OF_ONE = 0.5
"""The part of it that may be one user's."""
SplitKind = Literal["auto", "time", "user-time", "random", "cold-items"]


def training_data(events: Events, blocks: Mapping[str, FeatureBlock], seen: Seen = ALL) -> TrainingData:
    """Return `events` as matrices, with the feature blocks and what the events say in words beside them.

    How often users met items is part of it where `seen`, which says what is not recommended again, lets any
    of them come back.
    """
    return event_data(events, with_event_text_block(blocks, events), seen)


def validation_data(train: TrainingData, tuning: TuningView, seen: Seen = ALL) -> ValidationData:
    """Return the users with something relevant in validation, their training history, and what is left out.

    `seen` says what of that which they knew is not ranked, as in an answer.
    """
    found = tuning.validation.relevant()
    users = np.flatnonzero(row_counts(found)).astype(np.int64)
    masked = left_out_items(tuning.train, seen)
    masks = None if seen == ALL else left_out_items(tuning.validation, seen)[users]
    times = tuning.validation.times(found)
    when = None if times is None else times[users]
    queries = QueryBatch.of_users(train, users)
    if train.conditions:  # whoever asks does so under the circumstances of what is held back
        asked = circumstances_of_users(tuning.validation, train.conditions)
        queries = replace(queries, about={**queries.about, CIRCUMSTANCES: sparse.csr_array(asked[users])})
    return ValidationData(queries, found[users], masked[users], when, masks)


def split_events(
    events: Events,
    kind: SplitKind = "auto",
    *,
    test: float = 0.1,
    validation: float = 0.1,
    seed: int = 0,
    seen: Seen = ALL,
) -> Split:
    """Return `events` divided into train, validation and test.

    `auto` divides at a moment in time if the events have times, else at random: what `seen` takes off a
    user's lists then stays together, see `splits.random`.
    """
    if kind == "auto":
        dated = len(np.unique(events.time[np.isfinite(events.time)])) >= FEWEST_MOMENTS
        kind = "time" if dated else "random"
    if kind == "time":
        return splits.time(events, test, validation)
    if kind == "user-time":
        return splits.per_user(events, test, validation)
    if kind == "cold-items":
        return splits.cold_items(events, test + validation, seed=seed)
    return splits.random(events, test, validation, seed=seed, seen=seen)


def tuning_split(events: Events, *, share: float = 0.1, seed: int = 0, seen: Seen = ALL) -> TuningView | None:
    """Return `events` with the last `share` of them held back to tune on; None if they are too few.

    Nobody's events count for more than those of two average users, or 1% of all, when the moment is found
    that divides them: see `bounded_weights`. So one user's thousand late events do not make up what others
    are tuned on. Events are drawn at random where half of them are undated, or no moment divides off such a
    share of several users.
    """
    moment = _late_moment(events, share)
    if moment is not None:
        return TuningView(*events.divided(moment))
    try:
        split = splits.random(events, share, share, seed=seed, seen=seen)
    except DataError:
        return None
    return TuningView(Events.concat(split.train, split.validation), split.test)


def _late_moment(events: Events, share: float) -> float | None:
    """Return from when on events are the last `share`; None where no moment divides them so."""
    dated = np.isfinite(events.time)
    if len(np.unique(events.time[dated])) < FEWEST_MOMENTS:
        return None
    weights = bounded_weights(events.user, len(events.users))
    known = float(weights[dated].sum())
    if known < LEAST_DATED * weights.sum():
        return None
    moment = dividing_moment(events.time[dated], share, weights[dated])
    late = dated & (events.time >= moment)
    held = np.bincount(events.user[late], weights[late])
    is_enough = LEAST_HELD * share * known <= held.sum() <= MOST_HELD * known
    return moment if is_enough and held.max() <= MOST_OF_ONE * held.sum() else None
