"""A fitted model: it answers, and takes new items and events; saved as a bundle."""

from sensorium.core.errors import DataError
from sensorium.fusion.counting import counted_anew
from sensorium.models.imputing import filled
from sensorium.ranking.filters import ItemFilter
from sensorium.workflow.answering import Answering
from sensorium.workflow.growing import tail, wide, widened
from sensorium.workflow.updating import Update, events_as_learnt, folded, read_new_events, seen_with


class FittedModel(Answering):
    """What `sensorium.fit` returns and what a bundle holds; it also takes new items and events at once.

    Parameters as for `Answering`.
    """

    def __repr__(self) -> str:
        return f"FittedModel({len(self.catalog):,} items, {len(self.users):,} users; {self.fusion!r})"

    def add_items(self, rows: object) -> list[str]:
        """Make new items recommendable at once, from their content, without a refit; return their ids.

        Parameters
        ----------
        rows
            A polars, pandas or Arrow frame with the catalogue's columns; missing ones are empty.

        Raises
        ------
        DataError
            If an id is known already or stands twice, or the catalogue has no content that could tell what a
            new item is like; nothing is added then.
        """
        if not self.data.blocks:
            raise DataError(
                "a new item cannot be recommended before anybody has used it: the model knows no content",
                where="add_items",
                remedy="Give the catalogue text, media or attributes; or let it be used, and fit again",
            )
        catalog = self.catalog.extended(rows)
        fresh = tail(catalog, len(self.catalog))
        knowledge = self.knowledge.extended(fresh)
        data = widened(self.data, len(catalog), knowledge.blocks)
        blocks = filled(data, self.facts.get("impute", "no")).blocks
        fusion = self.fusion.extend(blocks)
        if self.rating_model is not None:
            self.rating_model = self.rating_model.extend(blocks)
        self.seen = wide(self.seen, len(catalog))
        self.catalog, self.knowledge, self.data, self.fusion = catalog, knowledge, data, fusion
        self._filter, self._titles = ItemFilter(catalog), None
        return fresh.items.ids.to_list()

    def update(self, events: object) -> Update:
        """Fold new events in at once; return what took effect and what waits for the next fit.

        From the next request on, each user's answer reflects them: histories grow, users nobody had seen
        become known, what was met is not recommended again, and popularity counts them. What was learnt
        between items and the weights of the sources wait. Events that are known already change nothing.

        Parameters
        ----------
        events
            `Events`, or a polars, pandas or Arrow frame or a file, with the columns of the events that were
            learnt from and read by the same rules. Value, time and type may be missing; without a time an
            event is the latest.
        """
        columns, rules = events_as_learnt(self.facts)
        new = read_new_events(events, self.catalog.items, self.users, columns, rules)
        data, seen = folded(self.data, new.events), seen_with(self.seen, new.events)
        counted = counted_anew(self.fusion, data)
        update = Update.of(new, len(self.users), counted)
        self.users, self.data, self.seen, self.fusion = new.events.users, data, seen, counted.fusion
        return update
