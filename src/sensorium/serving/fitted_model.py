"""A fitted model: it answers, and takes new items and events; saved as a bundle."""

import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sensorium.core.errors import FormerNameWarning
from sensorium.core.item_list import Reason
from sensorium.core.vocabulary import Id
from sensorium.features.ready_vectors import Features, ready_blocks
from sensorium.fusion.event_updates import refresh_counts
from sensorium.serving.batch_answering import BatchAnswering
from sensorium.serving.bundle import write_bundle_at
from sensorium.serving.fold_in_events import (
    Update,
    extend_seen,
    fold_in_events,
    read_new_events,
)
from sensorium.serving.found_items import item_finder, later_searches
from sensorium.serving.growing import grown_parts, require_content
from sensorium.serving.one_moment import at_one_moment, one_at_a_time
from sensorium.serving.seen_by_type import extend_by_type
from sensorium.serving.write_model import write_model

if TYPE_CHECKING:
    from sensorium.serving.similarity_explanation import SimilarityExplanation


class FittedModel(BatchAnswering):
    """What `sensorium.fit` returns and what a bundle holds; it also takes new items and events at once.

    Made by `sensorium.fit` and `sensorium.load`; nobody calls the class. Threads may ask while others
    add items or events: each answer is that of the model before a change or after it. Changes wait for one
    another.
    """

    @at_one_moment
    def __repr__(self) -> str:
        weights = sorted(self.fusion.weights.items(), key=lambda source: -source[1])
        sources = ", ".join(f"{name} {weight:.2f}" for name, weight in weights if weight > 0)
        counts = f"{len(self.catalog):,} items, {len(self.users):,} users"
        return f"FittedModel({counts}; {sources})"

    @one_at_a_time
    def add_items(self, rows: object, *, features: Features | None = None) -> list[Id]:
        """Make new items recommendable at once, from their content, without a refit; return their ids.

        Parameters
        ----------
        rows
            A polars, pandas or Arrow frame with the catalogue's columns; missing ones are empty.
        features
            Vectors of the new items, as given to `sensorium.fit`: of blocks that the model knows.

        Raises
        ------
        DataError
            If an id is known already or stands twice, `features` do not fit, or the catalogue has no content
            that could tell what a new item is like; nothing is added then.
        """
        require_content(self.item_features, "add_items")
        catalog = self.catalog.extended(rows)
        indices = np.arange(len(self.catalog), len(catalog))
        fresh = catalog.only(indices)
        made = self.item_features.rows_of(fresh, ready_blocks(fresh, features))
        item_features = self.item_features.with_rows(indices, made)
        changed = grown_parts(self, catalog, item_features)
        self._change(changed)  # all at once: stopped before, the model is what it was
        return catalog.items.given_ids_at(indices)

    @one_at_a_time
    def update(self, events: object) -> Update:
        """Fold new events in at once; return what took effect and what waits for the next fit.

        From the next request on, each user's answer reflects them: histories grow, new users become known,
        seen items are not recommended again, popularity counts them, and searches tell of taste. What was
        learnt between items and the weights of the sources wait. Events that are known already change
        nothing, and an older rating does not replace a later one.

        Parameters
        ----------
        events
            `Events`, or a polars, pandas or Arrow frame or a file, with the columns of the events that were
            learnt from and read by the same rules. Value, time and type may be missing: without a time an
            event happens now, and without what a rule such as `rating >= 4` compares it is not liked by
            that rule, but seen.
        """
        new = read_new_events(events, self.catalog.items, self.users, self.record.events)
        data, rated_at = fold_in_events(self.data, new.events, self.rated_at)
        find = item_finder(self.catalog, self.item_features, self.search_knowledge)
        searches, data = later_searches(self.searches, new.events, find, data)
        seen = extend_seen(self.seen, new.events)
        counted = refresh_counts(self.fusion, data)
        update = Update.of(new, len(self.users), counted)
        changed = {
            "users": new.events.users,
            "data": data,
            "seen": seen,
            "seen_by_type": extend_by_type(self.seen_by_type, new.events),
            "rated_at": rated_at,
            "fusion": counted.fusion,
            "searches": searches,
        }
        self._change(changed)  # all at once: stopped before, the model is what it was
        return update

    @at_one_moment
    def save(self, path: str | Path) -> Path:
        """Write the model as the folder `path`, which `sensorium.load` opens, and return its path.

        A model that was saved there before is replaced once the new one is whole.

        Raises
        ------
        DataError
            If there is a file, or a folder that holds something else than a saved model.
        """
        write_bundle_at(Path(path), partial(write_model, self))
        return Path(path)

    def because(self, reasons: Sequence[Reason], *, liked: bool = True, language: str = "en") -> str:
        """Return what `explain_text` returns; its former name."""
        _warn_renamed("because", "explain_text")
        return self.explain_text(reasons, liked=liked, language=language)

    def alike(self, item: object, other: object, *, by: str | None = None) -> "SimilarityExplanation":
        """Return what `explain_similarity` returns; its former name."""
        _warn_renamed("alike", "explain_similarity")
        return self.explain_similarity(item, other, by=by)


def _warn_renamed(former: str, name: str) -> None:
    warnings.warn(f"`{former}` is now called `{name}`; both work", FormerNameWarning, stacklevel=3)
