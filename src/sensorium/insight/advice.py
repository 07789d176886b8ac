"""What to do next, from what an evaluation found: a few lines that one can act upon."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sensorium.core.block_name import BlockName
from sensorium.evaluation.intervals import Interval
from sensorium.insight.ablation import Ablation, leave_one_out
from sensorium.insight.report_data import ReportData
from sensorium.insight.verdict import Verdict, best_of, signed, verdict, with_ends
from sensorium.insight.words import Words

LINES = 5
MOST_ALIKE = 2
"""Lines of one kind, such as columns to keep."""
TOLD_APART = 0.05
"""Of the metric: a difference that an evaluation should be able to show."""
FEWEST_USERS = 100
"""Fewer users are too few, whatever their interval."""
MANY_MISSING = 0.2
"""The share of items without a medium from which on it is worth getting more."""

MODALITIES: Mapping[str, str] = {
    "text": "the texts",
    "image": "the pictures",
    "audio": "the sounds",
    "video": "the clips",
    "category": "the categories",
    "number": "the numbers",
}


@dataclass(frozen=True)
class _Line:
    """One piece of advice; what ranks highest is said first."""

    rank: float
    text: str


def advice(data: ReportData, words: Words) -> list[str]:
    """Return five lines: what to drop, keep and add, whether the data are enough, which command comes next.

    No difference is called one that is not significant (`Interval.excludes_zero`).
    """
    judged = verdict(data.result, data.baselines, data.members, data.metric)
    found = [*_about_users(data, judged, words), *_about_sources(data, words)]
    found += [*_about_models(data, judged, words), *_about_media(data, words), *_next_commands(data, words)]
    ranked = sorted(found, key=lambda line: -line.rank)
    chosen: list[_Line] = []
    for line in ranked:
        if sum(int(other.rank) == int(line.rank) for other in chosen) < MOST_ALIKE or line.rank < 1:
            chosen.append(line)
    return [line.text[:1].upper() + line.text[1:] for line in chosen[:LINES]]


def _about_users(data: ReportData, judged: Verdict, words: Words) -> Iterator[_Line]:
    """Yield whether so many users can tell models apart, and how many could."""
    n = data.result.n_users
    if judged.comparisons:
        interval = max((c.difference for c in judged.comparisons), key=_half)
        smallest, wanted = _half(interval), TOLD_APART * max(data.result.metrics[data.metric], 1e-9)
        unclear = any(not c.difference.excludes_zero for c in judged.comparisons)
        if smallest > wanted or n < FEWEST_USERS:
            enough = max(round(n * (smallest / wanted) ** 2, -2), FEWEST_USERS, n + 1)
            text = words(
                "{n:,} users are too few to tell differences below {smallest}: get more events; about "
                "{enough:,} users would show a difference of {share:.0%}.",
                n=n, smallest=_plain(smallest), enough=int(enough), share=TOLD_APART,
            )  # fmt: skip
            yield _Line(9 if unclear else 6.5, text)
        else:
            text = words(
                "{n:,} users are enough to trust differences from about {smallest} on: change one thing, "
                "evaluate again, and compare.",
                n=n, smallest=_plain(smallest),
            )  # fmt: skip
            yield _Line(2, text)


def _about_sources(data: ReportData, words: Words) -> Iterator[_Line]:
    """Yield which columns to drop or keep, and which help new items."""
    for effect in _effects(data):
        name = _called(effect.modality, data, words)
        size = abs(effect.gain.mean) / max(data.result.metrics[data.metric], 1e-9)
        cost, gain = _plain(abs(effect.gain.mean)), with_ends(effect.gain)
        if effect.harms:
            text = words("Drop {name}: it costs {cost} ({gain} with it).", name=name, cost=cost, gain=gain)
            yield _Line(8 + min(size, 0.9), text)
        elif effect.matters:
            text = words(
                "Keep {name}: without it {cost} is lost ({gain} with it).", name=name, cost=cost, gain=gain
            )
            yield _Line(5 + min(size, 0.9), text)
        elif effect.cold is None or not effect.cold.excludes_zero:
            text = words(
                "Look for a better encoder of {name}, or drop it: no significant difference ({gain}).",
                name=name, gain=gain,
            )  # fmt: skip
            yield _Line(3 + min(size, 0.9), text)
        helps = effect.cold is not None and effect.cold.mean > 0
        if effect.cold is not None and effect.cold.excludes_zero and (helps or not effect.harms):
            yield _about_new_items(effect.cold, name, words)


def _about_new_items(cold: Interval, name: str, words: Words) -> _Line:
    if cold.mean > 0:
        text = words(
            "Fill in what is missing of {name}: it helps new items, {gain}.", name=name, gain=with_ends(cold)
        )
        return _Line(7.5, text)
    text = words("Check {name}: it harms new items, {gain}.", name=name, gain=with_ends(cold))
    return _Line(7, text)


def _about_models(data: ReportData, judged: Verdict, words: Words) -> Iterator[_Line]:
    """Yield whether something simpler does as well, and whether time was short."""
    for comparison in judged.comparisons:
        if comparison.outcome != "better":
            text = words(
                "Try --model {name}, which is simpler: alone it does as well ({gain} for {model}).",
                name=comparison.other, gain=with_ends(comparison.difference), model=data.result.model,
            )  # fmt: skip
            yield _Line(8.9 if comparison.other in data.baselines else 6, text)
    hurried = [name for name, why in data.choices.items() if "time budget used up" in why]
    if hurried:
        text = words(
            "The time budget was used up before {n} sources were tuned: give more with --seconds.",
            n=len(hurried),
        )
        yield _Line(4.5, text)
    cold = data.result.slices.get("cold_users")
    if cold is not None and cold.n_users and cold.n_users < data.result.n_users:
        best = best_of(data.baselines, data.metric) or "popularity"
        text = words(
            "{share:.0%} of the users have no history: ask them what they like (--like, --image), or show "
            "{best}.",
            share=cold.n_users / data.result.n_users, best=best,
        )  # fmt: skip
        yield _Line(4, text)


def _about_media(data: ReportData, words: Words) -> Iterator[_Line]:
    """Yield which media are missing or broken."""
    for block in data.media:
        total = block.n_present + block.n_missing + block.n_failed
        name = BlockName(block.name)
        if block.n_failed:
            text = words(
                "Mend {n:,} files of column {column} that cannot be read; they are listed below.",
                n=block.n_failed, column=name.column or name.modality,
            )  # fmt: skip
            yield _Line(7.8 if block.n_failed > total * MANY_MISSING else 4.2, text)
        if total and block.n_missing / total >= MANY_MISSING:
            text = words(
                "Fill in column {column}: {share:.0%} of the items lack it.",
                column=name.column or name.modality, share=block.n_missing / total,
            )  # fmt: skip
            yield _Line(4.4, text)


def _next_commands(data: ReportData, words: Words) -> Iterator[_Line]:
    """Yield what there is to do in any case."""
    folder = data.folder
    if not folder:
        yield _Line(0.5, words("Learn from all events: sn.fit(catalog, events)."))
        yield _Line(0.4, words("Look at answers and their reasons: model.recommend(user, explain=True)."))
        yield _Line(0.3, words("Try other models beside this one: sn.evaluate([...], catalog, events)."))
        yield _Line(0.2, words("Try another split of the events, such as cold-items."))
        yield _Line(0.1, words("Compare with a model of behaviour alone, such as ease."))
        return
    yield _Line(0.5, words("Learn from all events: sensorium fit {folder}.", folder=folder))
    yield _Line(0.4, words("Look for a better encoder: sensorium probe {folder}.", folder=folder))
    yield _Line(0.3, words("Compare ways to fuse the sources: sensorium compare {folder}.", folder=folder))
    yield _Line(0.2, words("Look for mistakes in the tables: sensorium check {folder}.", folder=folder))
    yield _Line(
        0.1, words("See what missing media cost: sensorium evaluate {folder} --robustness.", folder=folder)
    )


def _effects(data: ReportData) -> list[Ablation]:
    """Return the effects of columns; of a modality where it is not known for its columns."""
    columns = leave_one_out(data.result, data.without_columns, data.metric)
    divided = {BlockName(effect.modality).modality for effect in columns}
    whole = leave_one_out(data.result, data.without, data.metric)
    return [*columns, *(effect for effect in whole if effect.modality not in divided)]


def _called(name: str, data: ReportData, words: Words) -> str:
    """Return what to call a column, or a modality."""
    column = BlockName(name).column or data.columns.get(name, "")
    return words("column {column}", column=column) if column else words(MODALITIES.get(name, name))


def _half(interval: Interval) -> float:
    return (interval.high - interval.low) / 2


def _plain(value: float) -> str:
    return signed(value).lstrip("+")
