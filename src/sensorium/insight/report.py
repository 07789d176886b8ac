"""One self-contained HTML page about an evaluation; it loads nothing from the network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from sensorium.core.errors import DataError
from sensorium.core.files import write_text
from sensorium.core.source_kind import SourceKind
from sensorium.evaluation.result import EvaluationResult
from sensorium.insight.ablation import Ablation, leave_one_out
from sensorium.insight.advice import advice
from sensorium.insight.figures import (
    Look,
    history_buckets,
    plot_ablation,
    plot_history,
    plot_popularity,
    plot_sources,
    plot_weights,
    readable,
)
from sensorium.insight.languages import phrases_in
from sensorium.insight.palette import DARK, LIGHT
from sensorium.insight.reasons import Share, sentence, shares
from sensorium.insight.report_data import Example, RecommendedItem, ReportData, ReportItem
from sensorium.insight.robustness import plot_robustness
from sensorium.insight.seen_words import seen_in_words
from sensorium.insight.svg import inline_svg
from sensorium.insight.tables import every_number, number, numbers_table, slices_table
from sensorium.insight.verdict import bracketed, signed, verdict, with_ends
from sensorium.insight.words import Words, words_in
from sensorium.ranking.seen_items import ALL

_PLOTS = ("sources", "ablation", "robustness", "popularity", "history", "weights")
_SOURCES: Mapping[str, tuple[str, str]] = {
    "sources": (
        "{metric} of each source",
        "Each source ranks the whole catalogue; where it cannot score, for want of a history or of features, "
        "popularity fills in. The line is the 95% interval over users.",
    ),
    "models": (
        "{metric} of each model",
        "Each model ranks the whole catalogue; where it cannot score, for want of a history or of features, "
        "popularity fills in. The line is the 95% interval over users.",
    ),
}
"""What the members are -> the title of their plot, and what was done."""
_ROLES: Mapping[str, str] = {"sources": "the best single source", "models": "the best other model"}
MAX_FAILURES = 100
"""More broken media than this are counted, not listed."""


@dataclass(frozen=True)
class Drawing:
    """One plot with the words around it."""

    title: str
    svg: Markup
    narrow: Markup
    """The same for narrow screens."""
    caption: str


def write_report(path: str | Path, data: ReportData) -> Path:
    """Write the report to `path` and return it.

    Raises
    ------
    DataError
        If the result does not hold `data.metric`, or others were judged on other users.
    """
    path = Path(path)
    write_text(path, render_report(data))
    return path


def render_report(data: ReportData) -> str:
    """Return the report as HTML; see `write_report`."""
    if data.metric not in data.result.metrics:
        known = ", ".join(data.result.metrics)
        raise DataError(f"no metric {data.metric!r}", where="report", remedy=f"Measured were: {known}")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sensorium.insight"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "number": number,
        "signed": signed,
        "with_ends": with_ends,
        "bracketed": bracketed,
        "readable": readable,
        "initials": initials,
        "fact": fact,
        "safe_picture": safe_picture,
    }
    environment.filters.update(filters)
    template = environment.get_template("report.html")
    return template.render(_view(data), light=LIGHT, dark=DARK)


def _view(data: ReportData) -> dict[str, Any]:
    """Return what the template shows."""
    words = words_in(data.language)
    judged = verdict(data.result, data.baselines, data.members, data.metric, role=_ROLES[data.rivals])
    compared = {data.result.model: data.result, **data.baselines}
    if judged.best_source is not None:
        compared[judged.best_source] = data.members[judged.best_source]
    ablations = leave_one_out(data.result, data.without, data.metric)
    everything = {data.result.model: data.result, **data.members, **data.baselines}
    examples = [_example(example, data) for example in data.examples]
    named = {part.kind for person in examples for shown in person["shown"] for part in shown.parts}
    return {
        "data": data,
        "verdict": judged,
        "interval": data.result.intervals[data.metric],
        "numbers": numbers_table(data.result, data.baselines, data.members, data.kinds, data.metric, words),
        "slices": slices_table(compared, data.metric, words) if data.result.slices else None,
        "every_number": every_number(list(everything.items())),
        "ablations": ablations,
        "drawings": dict.fromkeys(_PLOTS) | _drawings(data, everything, compared, ablations, words),
        "examples": examples,
        "kinds": [kind for kind in SourceKind if kind in named],
        "failures": list(data.failures)[:MAX_FAILURES],
        "protocol": _flatten({"seen": ALL, **data.result.protocol}, words),
        "w": words,
        "advice": advice(data, words),
    }


def _drawings(
    data: ReportData,
    everything: Mapping[str, EvaluationResult],
    compared: Mapping[str, EvaluationResult],
    ablations: Sequence[Ablation],
    words: Words,
) -> dict[str, Drawing]:
    """Return the plots for which there are data, by name."""
    model, metric = data.result.model, data.metric
    title, caption = _SOURCES[data.rivals]
    sources = _draw(
        "sources",
        words(title, metric=readable(metric)),
        lambda look: plot_sources(everything, data.kinds, metric, fusion=model, look=look),
        words(caption),
        words,
    )
    others = [*_modality_drawings(data, ablations, words), *_user_drawings(data, compared, words)]
    return dict([sources, *others])


def _draw(
    name: str, title: str, plot: Callable[[Look], Figure], caption: str, words: Words
) -> tuple[str, Drawing]:
    """Return a plot for wide and for narrow screens; the page shows one of them."""
    wide = inline_svg(plot(Look(words)), name, title)
    narrow = inline_svg(plot(Look(words, narrow=True)), f"{name}-narrow", title)
    return name, Drawing(title, Markup(wide), Markup(narrow), caption)  # noqa: S704 - made here


def _modality_drawings(
    data: ReportData, ablations: Sequence[Ablation], words: Words
) -> Iterator[tuple[str, Drawing]]:
    """Yield what is drawn of modalities and sources."""
    if ablations:
        yield _draw(
            "ablation",
            words("Ablation of each modality"),
            lambda look: plot_ablation(ablations, data.metric, look=look),
            words("The fusion is trained again without one modality; the difference is paired by user."),
            words,
        )
    robustness = data.robustness
    if robustness is not None:
        yield _draw(
            "robustness",
            words("Robustness to missing media"),
            lambda look: plot_robustness(robustness, look=look),
            words(
                "A share of the items loses the modality at random, before the fit. Solid: weights are "
                "renormalised over what is left, with 95% intervals; dashed: what is missing is filled from "
                "the items that the same users like. Dotted: nothing removed."
            ),
            words,
        )
    if any(data.weights.values()):
        yield _draw(
            "weights",
            words("Weights of the sources"),
            lambda look: plot_weights(data.weights, data.kinds, data.cold_weights or None, look=look),
            words("Shares of the fusion's weights, learnt on the validation events."),
            words,
        )


def _user_drawings(
    data: ReportData, compared: Mapping[str, EvaluationResult], words: Words
) -> Iterator[tuple[str, Drawing]]:
    """Yield what is drawn of items and users."""
    if len(data.popularity) and len(data.popularity) == len(data.result.exposure):
        yield _draw(
            "popularity",
            words("Popular and rare items"),
            lambda look: plot_popularity(data.result.exposure, data.popularity, look=look),
            words(
                "The shares of recommendations and of training events; the more left, the more mainstream."
            ),
            words,
        )
    if len(history_buckets(compared)) > 1:
        yield _draw(
            "history",
            words("Short and long histories"),
            lambda look: plot_history(compared, data.kinds, data.metric, fusion=data.result.model, look=look),
            words("The same users for every model, grouped by the length of their history."),
            words,
        )


@dataclass(frozen=True)
class ShownItem:
    """A recommended item with its reasons in words."""

    recommended: RecommendedItem
    because: str
    parts: tuple[Share, ...]


def _example(example: Example, data: ReportData) -> dict[str, Any]:
    phrases = phrases_in(data.language)
    titles = {**data.titles, **{item.item_id: title_of(item) for item in example.history}}
    shown = [
        ShownItem(item, sentence(item.reasons, titles, phrases=phrases) if item.reasons else "", _parts(item))
        for item in example.recommended
    ]
    return {"example": example, "shown": shown, "n_chosen": sum(item.chosen for item in example.recommended)}


def _parts(item: RecommendedItem) -> tuple[Share, ...]:
    """Return one share for each kind of source, for the coloured bar."""
    sums: dict[str, Share] = {}
    for part in shares(item.reasons):
        before = sums[part.kind].share if part.kind in sums else 0.0
        sums[part.kind] = Share(part.kind, None, before + part.share)
    return tuple(sorted(sums.values(), key=lambda part: -part.share))


def title_of(item: ReportItem) -> str:
    """Return what people call an item, else its id."""
    return item.title or item.item_id


def initials(title: str) -> str:
    """Return up to two letters that stand in for a missing picture."""
    words = [word for word in title.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def safe_picture(picture: str | None) -> str | None:
    """Return a picture if it stands inside the page; anything that would be fetched is dropped."""
    return picture if picture is not None and picture.startswith("data:image/") else None


def fact(value: str | int | float) -> str:
    """Return a fact for reading: thousands separated, floats short."""
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def moment(seconds: float) -> str:
    """Return seconds since 1970 as a UTC date and time; the number itself where that is no date."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{seconds:,g}"


def _flatten(protocol: Mapping[str, Any], words: Words, prefix: str = "") -> list[tuple[str, Any]]:
    """Return nested JSON as (dotted key, value) pairs."""
    pairs: list[tuple[str, Any]] = []
    for key, value in protocol.items():
        if isinstance(value, Mapping):
            pairs += _flatten(value, words, f"{prefix}{key}.")
        else:
            shown = moment(value) if key.endswith("_from") and isinstance(value, float) else value
            shown = seen_in_words(value, words) if key == "seen" else shown
            pairs.append((f"{prefix}{key}", shown))
    return pairs
