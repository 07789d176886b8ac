"""Which models to evaluate: by their names, made with settings, or fitted already; each with a label."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, TypeGuard, TypeVar, cast

import numpy as np

from sensorium.catalog.events import Events
from sensorium.core.arrays import FloatMatrix, IntVector
from sensorium.core.errors import ConfigError, DataError
from sensorium.core.sparse import entry_rows, is_stored, keep_entries
from sensorium.core.vocabulary import MISSING, Vocabulary
from sensorium.evaluation.splits import Split
from sensorium.models.base import Declaration, FitOptions, QueryBatch, Recommender, Scorer, TrainingData
from sensorium.ranking.seen_items import ALL, Seen, SeenChoice, known_items, parse_seen
from sensorium.serving.fitted_model import FittedModel
from sensorium.training.fit_model import require_recommender, require_repeats, with_fallback

ModelChoice: TypeAlias = str | Recommender[Any] | FittedModel
"""A name, tuned on validation; a recommender with settings of its own; what `fit` or `load` returned."""

SomeT = TypeVar("SomeT", bound=Collection[Any])


def labelled(
    models: ModelChoice | Iterable[ModelChoice] | Mapping[str, ModelChoice],
) -> dict[str, ModelChoice]:
    """Return the models by label, in their order; a label is given, or the name with what is set.

    Raises
    ------
    ConfigError
        If there is none, one is no model, or two have one label.
    """
    if isinstance(models, Mapping):
        return {str(label): _checked(model) for label, model in _some(dict(models)).items()}
    listed: list[Any] = list(models) if _is_list(models) else [models]
    found: dict[str, ModelChoice] = {}
    for model in _some(listed):
        label = _label(_checked(model))
        if label in found:
            raise ConfigError(
                f"two models are called {label!r}",
                where="models",
                remedy="Give labels of your own: a mapping of label to model",
            )
        found[label] = model
    return found


def _is_list(models: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(models, Iterable) and not isinstance(models, str)


def _some(models: SomeT) -> SomeT:
    if not models:
        raise ConfigError("there is no model to evaluate", where="models", remedy='Name one, such as "auto"')
    return models


def _checked(model: object) -> ModelChoice:
    if not isinstance(model, str | FittedModel):
        require_recommender(model, "models")
    if isinstance(model, Recommender) and model.traits.needs_ratings:
        raise ConfigError(
            f"{model.name} predicts ratings and ranks nothing", where="models", remedy="Leave it out"
        )
    return cast("ModelChoice", model)


def _label(model: ModelChoice) -> str:
    if isinstance(model, str):
        return model
    if isinstance(model, FittedModel):
        return f"{model.record.model or 'model'} (fitted)"
    changed = model.config.model_dump(exclude_defaults=True)
    settings = ", ".join(f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"
                         for key, value in changed.items())  # fmt: skip
    return f"{model.name}({settings})" if settings else model.name


def fit_as_made(model: Recommender[Any], train: TrainingData, options: FitOptions) -> Scorer:
    """Return a copy fitted on `train` with its own settings; popularity answers where it cannot."""
    require_repeats(model, train)
    fitted = type(model)(model.config).fit(train, options)
    return fitted if model.traits.fuses else with_fallback(model.name, fitted, train, options)


class AskedForOthers:
    """A fitted model that is asked about the users of a split, who have other rows there.

    Parameters
    ----------
    model
        What answers, as it is.
    users
        The users of the split.
    """

    def __init__(self, model: FittedModel, users: Vocabulary) -> None:
        self._model = model
        self._rows = model_rows(model, users)

    @property
    def declaration(self) -> Declaration:
        """What the model is."""
        return self._model.fusion.declaration

    def score(self, queries: QueryBatch) -> FloatMatrix:
        """Return the scores of `queries`; whom the model does not know is a new user with a history."""
        return self._model.fusion.score(replace(queries, users=self._rows[queries.users]))


def chosen_seen(seen: SeenChoice | None, models: Mapping[str, ModelChoice]) -> Seen:
    """Return the rule that all models are judged by: `seen`, or else that of the fitted ones.

    `ConfigError` if fitted models answer by different rules and none is given.
    """
    if seen is not None:
        return parse_seen(seen)
    rules: dict[str, Seen] = {}
    for label, model in models.items():
        if isinstance(model, FittedModel):
            rules[label] = model.record.seen
    if len(set(rules.values())) > 1:
        said = ", ".join(f"{label}: {rule if rule == ALL else list(rule)}" for label, rule in rules.items())
        raise ConfigError(
            f"the models leave out different seen items ({said})",
            where="seen",
            remedy="Say by which rule all of them are judged, such as seen=[]",
        )
    for rule in rules.values():
        return rule
    return ALL


def model_rows(model: FittedModel, users: Vocabulary) -> IntVector:
    """Return the row of each of `users` among those that the model was fitted on, -1 for all others."""
    rows = model.users.lookup(users.ids)
    return np.where(rows < model.n_learnt, rows, MISSING)


def require_unseen_test(label: str, model: FittedModel, splits: Sequence[Split]) -> None:
    """Raise `DataError` if the model has other items, or has learnt from test interactions of any split."""
    if model.catalog.items != splits[0].test.items:
        raise DataError(
            f"{label!r} was fitted on the items of another catalogue",
            where="models",
            remedy="Evaluate it with the catalogue that it was fitted on: model.catalog",
        )
    for split in splits:
        n_learnt, n_asked = _learnt_of_test(model, split)
        if n_learnt:
            raise DataError(
                f"{label!r} has learnt from {n_learnt:,} of {n_asked:,} test interactions",
                where="models",
                remedy="Fit it on split.train, and evaluate it with the same split",
            )


def _learnt_of_test(model: FittedModel, split: Split) -> tuple[int, int]:
    """Return how many pairs of user and item that are new in test the model knows, and how many there are.

    If there is none, the same of pairs that were met before, too: the times that the model knows tell.
    """
    past = Events.concat(split.train, split.validation)
    before, test = known_items(past), known_items(split.test)
    width = test.shape[1]
    asked = np.setdiff1d(entry_rows(test) * width + test.indices, entry_rows(before) * width + before.indices)
    rows = model.users.lookup(split.test.users.ids)[asked // width]
    learnt = entry_rows(model.seen) * width + model.seen.indices
    n_new = int(np.isin(rows * width + asked % width, learnt)[rows >= 0].sum())
    return (n_new, len(asked)) if n_new else _learnt_again(model, past, split.test)


def _learnt_again(model: FittedModel, past: Events, test: Events) -> tuple[int, int]:
    """Return of how many repeats in `test` the model knows, and how many there are; none without times."""
    known, again = past.times(), test.times()
    if known is None or again is None or model.data.times is None:
        return 0, 0
    again = keep_entries(again, is_stored(again, known))
    rows = model.users.lookup(test.users.ids)[entry_rows(again)]
    asked = np.flatnonzero(rows >= 0)
    if not len(asked):
        return 0, again.nnz
    items = again.indices[asked]
    learnt = np.asarray(model.data.times[rows[asked], items]).ravel()
    last = np.asarray(known[entry_rows(again)[asked], items]).ravel()
    return int(((learnt > last) & (learnt != 0)).sum()), again.nnz
