"""Recommenders, each usable alone, and what a new one is made of; as `sn.models`.

A model is made of its settings, learns from a SciPy sparse matrix of users and items, and answers rows:

    model = sn.models.EASE(regularization=500).fit(likes)
    items, scores = model.recommend(likes[:10], k=5)
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium.core.config import Config
    from sensorium.models.base import (
        AutoPolicy,
        BlocksConfig,
        FactorScores,
        FitOptions,
        QueryBatch,
        Recommender,
        TrainingData,
        Traits,
    )
    from sensorium.models.bpr import BPR
    from sensorium.models.circumstances import Circumstances
    from sensorium.models.content_factors import ContentFactors
    from sensorium.models.content_knn import ContentKNN
    from sensorium.models.ease import EASE
    from sensorium.models.ease_prior import EASEPrior
    from sensorium.models.followed import Followed
    from sensorium.models.graph_filter import GraphFilter
    from sensorium.models.ials import IALS
    from sensorium.models.ials_ensemble import IALSEnsemble
    from sensorium.models.item_knn import ItemKNN
    from sensorium.models.joint_content import JointContent
    from sensorium.models.multimodal_knn import MultimodalKNN
    from sensorium.models.personal_top_frequency import PersonalTopFrequency
    from sensorium.models.popularity import Popularity, RecentPopularity
    from sensorium.models.pure_svd import PureSVD
    from sensorium.models.rating_als import RatingALS
    from sensorium.models.rating_bias import RatingBias
    from sensorium.models.rating_factors import RatingFactors
    from sensorium.models.rp3 import RP3
    from sensorium.models.search_space import Between, LogBetween, OneOf
    from sensorium.models.shared.item_to_item import ItemToItem
    from sensorium.models.shared.masking import lengthened
    from sensorium.models.shared.recency import RecencyConfig
    from sensorium.models.smoothed_graph_filter import SmoothedGraphFilter
    from sensorium.models.transitions import Transitions
    from sensorium.models.user_attributes import UserAttributes
    from sensorium.models.user_knn import UserKNN
    from sensorium.models.user_searches import UserSearches
    from sensorium.models.vbpr import VBPR

_HOMES: Mapping[str, str] = {
    "AutoPolicy": "sensorium.models.base",
    "BPR": "sensorium.models.bpr",
    "Between": "sensorium.models.search_space",
    "BlocksConfig": "sensorium.models.base",
    "Circumstances": "sensorium.models.circumstances",
    "Config": "sensorium.core.config",
    "ContentFactors": "sensorium.models.content_factors",
    "ContentKNN": "sensorium.models.content_knn",
    "EASE": "sensorium.models.ease",
    "EASEPrior": "sensorium.models.ease_prior",
    "FactorScores": "sensorium.models.base",
    "FitOptions": "sensorium.models.base",
    "Followed": "sensorium.models.followed",
    "GraphFilter": "sensorium.models.graph_filter",
    "IALS": "sensorium.models.ials",
    "IALSEnsemble": "sensorium.models.ials_ensemble",
    "ItemKNN": "sensorium.models.item_knn",
    "ItemToItem": "sensorium.models.shared.item_to_item",
    "JointContent": "sensorium.models.joint_content",
    "LogBetween": "sensorium.models.search_space",
    "MultimodalKNN": "sensorium.models.multimodal_knn",
    "OneOf": "sensorium.models.search_space",
    "PersonalTopFrequency": "sensorium.models.personal_top_frequency",
    "Popularity": "sensorium.models.popularity",
    "PureSVD": "sensorium.models.pure_svd",
    "QueryBatch": "sensorium.models.base",
    "RP3": "sensorium.models.rp3",
    "RatingALS": "sensorium.models.rating_als",
    "RatingBias": "sensorium.models.rating_bias",
    "RatingFactors": "sensorium.models.rating_factors",
    "RecencyConfig": "sensorium.models.shared.recency",
    "RecentPopularity": "sensorium.models.popularity",
    "Recommender": "sensorium.models.base",
    "SmoothedGraphFilter": "sensorium.models.smoothed_graph_filter",
    "TrainingData": "sensorium.models.base",
    "Traits": "sensorium.models.base",
    "Transitions": "sensorium.models.transitions",
    "UserAttributes": "sensorium.models.user_attributes",
    "UserKNN": "sensorium.models.user_knn",
    "UserSearches": "sensorium.models.user_searches",
    "VBPR": "sensorium.models.vbpr",
    "lengthened": "sensorium.models.shared.masking",
}
"""Public name -> where it lives."""

__all__ = [
    "BPR",
    "EASE",
    "IALS",
    "RP3",
    "VBPR",
    "AutoPolicy",
    "Between",
    "BlocksConfig",
    "Circumstances",
    "Config",
    "ContentFactors",
    "ContentKNN",
    "EASEPrior",
    "FactorScores",
    "FitOptions",
    "Followed",
    "GraphFilter",
    "IALSEnsemble",
    "ItemKNN",
    "ItemToItem",
    "JointContent",
    "LogBetween",
    "MultimodalKNN",
    "OneOf",
    "PersonalTopFrequency",
    "Popularity",
    "PureSVD",
    "QueryBatch",
    "RatingALS",
    "RatingBias",
    "RatingFactors",
    "RecencyConfig",
    "RecentPopularity",
    "Recommender",
    "SmoothedGraphFilter",
    "TrainingData",
    "Traits",
    "Transitions",
    "UserAttributes",
    "UserKNN",
    "UserSearches",
    "lengthened",
]

__getattr__, __dir__ = lazy_names("sensorium.models", _HOMES)
