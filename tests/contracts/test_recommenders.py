"""Every recommender passes the contract; one that is not enrolled here fails the last test."""

from typing import ClassVar

from sensorium.fusion.late_fusion import LateFusion
from sensorium.fusion.rank_fusion import RankFusion
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
from sensorium.models.registry import is_built_in, model_types, plugin_packages
from sensorium.models.rp3 import RP3
from sensorium.models.smoothed_graph_filter import SmoothedGraphFilter
from sensorium.models.transitions import Transitions
from sensorium.models.user_attributes import UserAttributes
from sensorium.models.user_knn import UserKNN
from sensorium.models.user_searches import UserSearches
from sensorium.models.vbpr import VBPR
from sensorium.testing.recommender_contract import RecommenderContract


class TestPopularity(RecommenderContract):
    model = Popularity


class TestRecentPopularity(RecommenderContract):
    model = RecentPopularity


class TestPersonalTopFrequency(RecommenderContract):
    model = PersonalTopFrequency


class TestRatingBias(RecommenderContract):
    model = RatingBias


class TestRatingFactors(RecommenderContract):
    model = RatingFactors
    beats = Popularity
    settings: ClassVar = {"factors": 3, "samples": 8}


class TestRatingALS(RecommenderContract):
    model = RatingALS
    beats = Popularity
    settings: ClassVar = {"factors": 3}


class TestItemKNN(RecommenderContract):
    model = ItemKNN
    beats = Popularity


class TestItemKNNByJaccard(RecommenderContract):
    model = ItemKNN
    beats = Popularity
    settings: ClassVar = {"similarity": "jaccard", "neighbours": 5}


class TestItemKNNByDistance(RecommenderContract):
    model = ItemKNN
    beats = Popularity
    settings: ClassVar = {"similarity": "euclidean"}


class TestUserKNN(RecommenderContract):
    model = UserKNN
    beats = Popularity


class TestCircumstances(RecommenderContract):
    model = Circumstances
    beats = Popularity


class TestFollowed(RecommenderContract):
    model = Followed
    beats = Popularity


class TestUserAttributes(RecommenderContract):
    model = UserAttributes
    beats = Popularity


class TestUserSearches(RecommenderContract):
    model = UserSearches
    beats = Popularity


class TestUserKNNByJaccard(RecommenderContract):
    model = UserKNN
    beats = Popularity
    settings: ClassVar = {"similarity": "jaccard", "shrinkage": 0, "neighbours": 7}


class TestUserKNNByDistance(RecommenderContract):
    model = UserKNN
    beats = Popularity
    settings: ClassVar = {"similarity": "euclidean"}


class TestRP3(RecommenderContract):
    model = RP3
    beats = Popularity


class TestEASE(RecommenderContract):
    model = EASE
    beats = Popularity


class TestEASEWithExponents(RecommenderContract):
    model = EASE
    beats = Popularity
    settings: ClassVar = {"user_exponent": 0.5, "item_exponent": 0.3, "regularization": 10}


class TestEASEWithDropout(RecommenderContract):
    model = EASE
    beats = Popularity
    settings: ClassVar = {"dropout": 0.5}


class TestEASEOfThePopular(RecommenderContract):
    model = EASE
    beats = Popularity
    settings: ClassVar = {"max_items": 30, "item_exponent": 0.2}


class TestIALSEnsemble(RecommenderContract):
    model = IALSEnsemble
    settings: ClassVar = {"factors": 8, "fits": 3}
    beats = Popularity


class TestIALS(RecommenderContract):
    model = IALS
    beats = Popularity
    settings: ClassVar = {"factors": 8, "regularization": 1}


class TestBPR(RecommenderContract):
    model = BPR
    beats = Popularity
    settings: ClassVar = {"factors": 8}


class TestEASEPrior(RecommenderContract):
    model = EASEPrior
    beats = Popularity


class TestEASEPriorOfTwoBlocks(RecommenderContract):
    model = EASEPrior
    beats = Popularity
    settings: ClassVar = {
        "blocks": {"image:picture": 2, "audio:sound": 1},
        "item_exponent": 0.4,
        "user_exponent": 0.5,
        "dropout": 0.3,
    }


class TestPureSVD(RecommenderContract):
    model = PureSVD
    beats = Popularity


class TestGraphFilter(RecommenderContract):
    model = GraphFilter
    beats = Popularity


class TestGraphFilterOfOneStep(RecommenderContract):
    model = GraphFilter
    beats = Popularity
    settings: ClassVar = {"second": 0, "third": 0, "score_exponent": -0.3, "history_exponent": 0.6}


class TestGraphFilterOverEdges(RecommenderContract):
    model = GraphFilter
    settings: ClassVar = {"edges": 7}


class TestSmoothedGraphFilterOverEdges(RecommenderContract):
    model = SmoothedGraphFilter
    beats = Popularity
    settings: ClassVar = {"edges": 20}


class TestSmoothedGraphFilter(RecommenderContract):
    model = SmoothedGraphFilter
    beats = Popularity


class TestSmoothedGraphFilterOfTwoBlocks(RecommenderContract):
    model = SmoothedGraphFilter
    beats = Popularity
    settings: ClassVar = {"blocks": {"image:picture": 2, "audio:sound": 1}, "score_exponent": 0.3}


class TestEASEWithFadingHistory(RecommenderContract):
    model = EASE
    beats = Popularity
    settings: ClassVar = {"half_life_items": 5, "half_life_days": 10, "regularization": 10}


class TestTransitions(RecommenderContract):
    model = Transitions
    beats = Popularity


class TestTransitionsToTheVeryNext(RecommenderContract):
    model = Transitions
    beats = Popularity
    settings: ClassVar = {"window": 1, "half_life_items": None, "to_exponent": 0}


class TestContentFactors(RecommenderContract):
    model = ContentFactors
    beats = Popularity
    settings: ClassVar = {"factors": 8, "regularization": 10}


class TestVBPR(RecommenderContract):
    model = VBPR
    beats = Popularity
    settings: ClassVar = {"factors": 4, "content_factors": 4, "batch_size": 128, "learning_rate": 0.01}


class TestContentKNN(RecommenderContract):
    model = ContentKNN
    beats = Popularity


class TestContentKNNWithFewNeighbours(RecommenderContract):
    model = ContentKNN
    beats = Popularity
    settings: ClassVar = {"neighbours": 9}
    new_items_move_others = True


class TestContentKNNByDistance(RecommenderContract):
    model = ContentKNN
    beats = Popularity
    settings: ClassVar = {"similarity": "euclidean"}


class TestMultimodalKNN(RecommenderContract):
    model = MultimodalKNN
    beats = Popularity


class TestWeightedMultimodalKNN(RecommenderContract):
    model = MultimodalKNN
    beats = Popularity
    settings: ClassVar = {
        "blocks": {"image:picture": 2, "audio:sound": 1, "text:words": 0},
        "neighbours": 20,
    }
    new_items_move_others = True


class TestJointContent(RecommenderContract):
    model = JointContent
    beats = Popularity


class TestJointContentSideBySide(RecommenderContract):
    model = JointContent
    beats = Popularity
    settings: ClassVar = {
        "fusion": "concatenation",
        "blocks": {"image:picture": 2, "audio:sound": 1},
        "neighbours": 20,
    }
    new_items_move_others = True


class TestJointContentByCanonicalCorrelation(RecommenderContract):
    model = JointContent
    beats = Popularity
    settings: ClassVar = {"fusion": "cca", "dimensions": 4}


class TestJointContentByContrast(RecommenderContract):
    model = JointContent
    beats = Popularity
    settings: ClassVar = {"fusion": "contrastive", "dimensions": 8}


class TestLateFusion(RecommenderContract):
    model = LateFusion
    new_items_move_others = True
    beats = Popularity
    settings: ClassVar = {
        "members": [
            {"name": "popularity", "model": "popularity", "weight": 0.1},
            {"name": "ease", "model": "ease", "weight": 0.5},
            {"name": "user-knn", "model": "user-knn", "weight": 0.2},
            {"name": "image:picture", "model": "content-knn", "settings": {"block": "image:picture"}},
        ]
    }


RANKED: list[dict[str, object]] = [
    {"name": "popularity", "model": "popularity", "weight": 0.1},
    {"name": "ease", "model": "ease"},
    {"name": "image:picture", "model": "content-knn", "settings": {"block": "image:picture"}},
]


class TestReciprocalRankFusion(RecommenderContract):
    model = RankFusion
    new_items_move_others = True
    beats = Popularity
    settings: ClassVar = {"members": RANKED}


class TestRankAverageFusion(RecommenderContract):
    model = RankFusion
    new_items_move_others = True
    beats = Popularity
    settings: ClassVar = {"members": RANKED, "method": "rank-average"}


for plugin in plugin_packages():
    suite = f"TestPlugin{plugin.__name__}"
    globals()[suite] = type(suite, (RecommenderContract,), {"model": plugin})


def test_every_recommender_is_enrolled():
    enrolled = {
        suite.model
        for suite in globals().values()
        if isinstance(suite, type) and issubclass(suite, RecommenderContract) and hasattr(suite, "model")
    }
    own = {model for model in model_types().values() if is_built_in(model)}
    assert own <= enrolled, f"enrol {own - enrolled}"
