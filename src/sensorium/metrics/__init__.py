"""Metrics of rankings, lists and predicted ratings: one set of formulas for tuning, judging and plain lists.

As `sn.metrics`, the functions on plain lists and ratings: `sn.metrics.ndcg(recommended, relevant, k=10)`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium.metrics.list_accuracy import (
        average_precision,
        f1,
        hit_rate,
        ndcg,
        per_user,
        precision,
        recall,
        reciprocal_rank,
    )
    from sensorium.metrics.list_quality import (
        category_diversity,
        coverage,
        diversity,
        gini,
        novelty,
        self_information,
        unseen_share,
    )
    from sensorium.metrics.ratings import (
        accuracy,
        mae,
        rated,
        rating_f1,
        rating_precision,
        rating_recall,
        rmse,
    )

__all__ = [
    "accuracy",
    "average_precision",
    "category_diversity",
    "coverage",
    "diversity",
    "f1",
    "gini",
    "hit_rate",
    "mae",
    "ndcg",
    "novelty",
    "per_user",
    "precision",
    "rated",
    "rating_f1",
    "rating_precision",
    "rating_recall",
    "recall",
    "reciprocal_rank",
    "rmse",
    "self_information",
    "unseen_share",
]

_HOMES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "average_precision",
            "f1",
            "hit_rate",
            "ndcg",
            "per_user",
            "precision",
            "recall",
            "reciprocal_rank",
        ),
        "sensorium.metrics.list_accuracy",
    ),
    **dict.fromkeys(
        (
            "category_diversity",
            "coverage",
            "diversity",
            "gini",
            "novelty",
            "self_information",
            "unseen_share",
        ),
        "sensorium.metrics.list_quality",
    ),
    **dict.fromkeys(
        ("accuracy", "mae", "rated", "rating_f1", "rating_precision", "rating_recall", "rmse"),
        "sensorium.metrics.ratings",
    ),
}
"""Public name -> the module it lives in, imported on first use."""

__getattr__, __dir__ = lazy_names("sensorium.metrics", _HOMES)
