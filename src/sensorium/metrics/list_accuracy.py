"""Accuracy of plain recommendation lists: the formulas of `ranking`, for whoever has lists and no judge.

`recommended` is a mapping of user -> ids in order (or `ItemList`), a list of lists, an array of row numbers
[n_users, k] with -1 where a list ends, or a frame with `user_id`, `item_id` and `rank` or `score`. `relevant`
is a mapping of user -> ids, a list of sets, a SciPy sparse matrix, a frame with `user_id` and `item_id`, or
`Events`, of which the positive ones count. Every user with something relevant counts: without
recommendations, as zero. Items of equal score or rank count by their expected position.
"""

import polars as pl

from sensorium.metrics.metric_names import parse_metrics
from sensorium.metrics.plain_lists import judged_lists
from sensorium.metrics.ranking import METRICS


def ndcg(recommended: object, relevant: object, k: int = 10) -> float:
    """Return the mean over users of DCG / ideal DCG at k, with binary gains and log2 discounts."""
    return _mean("ndcg", recommended, relevant, k)


def precision(recommended: object, relevant: object, k: int = 10) -> float:
    """Return the mean over users of the share of the first k that is relevant; short lists count k too."""
    return _mean("precision", recommended, relevant, k)


def recall(recommended: object, relevant: object, k: int = 10) -> float:
    """Return the mean over users of the share of the relevant items that stand among the first k."""
    return _mean("recall", recommended, relevant, k)


def f1(recommended: object, relevant: object, k: int = 10) -> float:
    """Return the mean over users of the harmonic mean of precision and recall at k."""
    return _mean("f1", recommended, relevant, k)


def hit_rate(recommended: object, relevant: object, k: int = 10) -> float:
    """Return the share of users with at least one relevant item among the first k."""
    return _mean("hit_rate", recommended, relevant, k)


def reciprocal_rank(recommended: object, relevant: object, k: int = 10) -> float:
    """Return the mean over users of 1 / position of the first relevant item among the first k: MRR."""
    return _mean("mrr", recommended, relevant, k)


def average_precision(recommended: object, relevant: object, k: int = 10) -> float:
    """Return the mean over users of the average precision at k, divided by all relevant items: MAP."""
    return _mean("map", recommended, relevant, k)


def per_user(
    recommended: object, relevant: object, metrics: str | list[str] | tuple[str, ...] = ("ndcg@10",)
) -> pl.DataFrame:
    """Return a row for each user with something relevant: `user_id` and a column for each metric.

    Parameters
    ----------
    recommended, relevant
        As for all metrics here.
    metrics
        `precision`, `recall`, `f1`, `hit_rate`, `map`, `mrr` or `ndcg`, each with the length of the list:
        `ndcg@10`.

    Raises
    ------
    ConfigError
        If a metric is unknown or says no length.
    """
    asked = parse_metrics(metrics)
    judged = judged_lists(recommended, relevant, max(metric.k for metric in asked))
    values = {str(metric): METRICS[metric.base](judged.hits, metric.k) for metric in asked}
    return pl.DataFrame({"user_id": pl.Series(judged.keys, strict=False), **values})


def _mean(metric: str, recommended: object, relevant: object, k: int) -> float:
    return float(METRICS[metric](judged_lists(recommended, relevant, k).hits, k).mean())
