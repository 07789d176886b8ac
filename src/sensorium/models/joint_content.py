"""Joint content: all blocks in one space, and the neighbours in it. Fusion at the level of features."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import NonNegativeFloat, PositiveInt

from sensorium.core.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from sensorium.core.component import State
from sensorium.core.errors import ConfigError
from sensorium.core.nested import nested, part_of
from sensorium.features.block import FeatureBlock
from sensorium.models import cost
from sensorium.models.base import (
    AutoPolicy,
    FitOptions,
    QueryBatch,
    Recommender,
    Size,
    TrainingData,
    Traits,
)
from sensorium.models.content_knn import ContentKNN, ContentKNNConfig
from sensorium.models.search_space import LogBetween, OneOf, Space
from sensorium.models.shared.formerly_weights import FormerlyWeights
from sensorium.models.shared.joint_space import JOINT, Entry, JointSpace, whitened
from sensorium.models.shared.masking import n_new_items
from sensorium.models.shared.shared_space import behaviour_view, canonical_map, contrastive_map
from sensorium.models.short_forms import Entries, ItemVectors, NoScores, Product

Fusion: TypeAlias = Literal["concatenation", "whitened", "cca", "contrastive"]


class JointContentConfig(FormerlyWeights):
    """How blocks become one, and which items are near."""

    fusion: Fusion = "whitened"
    """`concatenation`, `whitened` concatenation, or a shared space by `cca` or `contrastive` learning."""
    dimensions: PositiveInt = 64
    """Directions kept of each block when whitened, and of the shared space."""
    ridge: NonNegativeFloat = 0.1
    """Of whitening, as a share of a block's largest variance; 0 lets all kept directions count alike."""
    neighbours: PositiveInt | None = None
    """Items kept for each item in the history; None keeps all."""


class JointContent(Recommender[JointContentConfig]):
    """Content kNN in one space for all blocks.

    Formula: z_i = A' [sqrt(w_b) unit(x_bi M_b)]_b at unit length, absent blocks zeros;
    score_i = sum_h x_h z_h . z_i. `concatenation`: M and A are identities, so that z_h . z_i is the weighted
    sum of the cosines over the blocks of both, renormalised over those of either. `whitened`: M whitens.
    `cca`: A holds the canonical directions of blocks and behaviour; `contrastive`: A minimises InfoNCE over
    items liked together. Cost: items d^2 for each block; the learnt ones a few seconds more.
    """

    traits: ClassVar[Traits] = Traits(cold_items=True, additive=True, blocks=True, weighs_blocks=True)
    auto: ClassVar[AutoPolicy] = AutoPolicy(left_out="only if asked for: its blocks do as well on their own")
    space: ClassVar[Mapping[str, Space]] = {
        "dimensions": LogBetween(16, 256, whole=True),
        "ridge": OneOf((0.0, 0.01, 0.1, 1.0)),
        "neighbours": OneOf((None, 10, 20, 50, 100, 200), quadratic=True),
    }

    joint: JointSpace
    """How the blocks of an item become one row."""
    knn: ContentKNN
    """The neighbours in the joint space."""

    def _fit(self, data: TrainingData, options: FitOptions) -> None:
        """Find the space and place all items in it."""
        self.joint = self._found(data, options.seed)
        self.knn = self._placed(data.blocks)

    def _found(self, data: TrainingData, seed: int) -> JointSpace:
        config = self.config
        wanted = dict(config.blocks) or dict.fromkeys(data.blocks, 1.0)
        weights = {name: float(weight) for name, weight in wanted.items() if weight > 0}
        unknown = sorted(set(weights) - set(data.blocks))
        if unknown or not weights:
            what = f"unknown feature block {unknown[0]!r}" if unknown else "no feature block has a weight"
            known = ", ".join(sorted(data.blocks)) or "there are none"
            raise ConfigError(what, where=self.name, remedy=f"Known blocks: {known}")
        if config.fusion == "concatenation":
            return JointSpace({name: Entry(weight) for name, weight in weights.items()})
        entries = {
            name: whitened(
                data.blocks[name], weight, dimensions=config.dimensions, ridge=config.ridge, seed=seed
            )
            for name, weight in weights.items()
        }
        joint = JointSpace(entries)
        return joint if config.fusion == "whitened" else self._shared(joint, data, seed)

    def _shared(self, joint: JointSpace, data: TrainingData, seed: int) -> JointSpace:
        columns, d = joint.side_by_side(data.blocks), self.config.dimensions
        present = joint.present(data.blocks)
        if self.config.fusion == "contrastive":
            learnt = contrastive_map(columns, present, data.interactions, d, seed)
            return JointSpace(joint.entries, learnt)
        widths = [matrix.shape[1] for e in joint.entries.values() if (matrix := e.matrix) is not None]
        behaviour = behaviour_view(data.interactions, d, seed)
        seen = present & data.seen_items
        return JointSpace(joint.entries, canonical_map(columns, widths, behaviour, seen, d))

    def _placed(self, blocks: Mapping[str, FeatureBlock]) -> ContentKNN:
        return self._unfitted().over({JOINT: self.joint.joined(blocks)})

    def _unfitted(self) -> ContentKNN:
        return ContentKNN(ContentKNNConfig(block=JOINT, neighbours=self.config.neighbours))

    @property
    def n_items(self) -> int:
        """The number of items that it answers for."""
        return self.knn.n_items

    @property
    def able_items(self) -> BoolVector:
        """The items with any of the media [n_items]."""
        return self.knn.able_items

    def item_vectors(self) -> ItemVectors | None:
        """Return the joint features, where scores are products with a profile."""
        return self.knn.item_vectors()

    def short_form(self, query: QueryBatch) -> Product | Entries | NoScores | None:
        """Return the joint profile of the query, or what its nearest items get."""
        return self.knn.short_form(query)

    def _score(self, queries: QueryBatch) -> FloatMatrix:
        """Return [n_queries, n_items]; NaN for items without any of the media."""
        return self.knn.score(queries)

    def contributions(self, history: FloatVector, history_items: IntVector, items: IntVector) -> FloatMatrix:
        """Return each history value times its similarity to `items` [n_history, n_items_asked]."""
        return self.knn.contributions(history, history_items, items)

    def contributions_by_part(
        self, history: FloatVector, history_items: IntVector, items: IntVector
    ) -> dict[str, FloatMatrix]:
        """Return `contributions` by block where blocks stand side by side; a shared space mixes them."""
        return self.knn.contributions_by_part(history, history_items, items)

    def constants(self, items: IntVector) -> FloatVector:
        """Return zero, or NaN for items without any of the media."""
        return self.knn.constants(items)

    def extend(self, blocks: Mapping[str, FeatureBlock]) -> Self:
        """Return a model that scores the new items by their content; the space stays."""
        n_new_items(blocks, len(self.knn.present))
        longer = type(self)(self.config)
        longer.joint = self.joint
        longer.knn = longer._placed(blocks)
        return longer

    def state(self) -> State:
        """Return the state of the space and of the neighbours in it."""
        self.require_fitted()
        return nested([self.joint.state(), self.knn.state()])

    def restore(self, state: State) -> Self:
        """Set the space and the neighbours from `state` and return self."""
        self.joint = JointSpace.from_state(part_of(state, 0))
        self.knn = self._unfitted().restore(part_of(state, 1))
        return self

    def fit_cost(self, size: Size, *, again: bool = False) -> float:
        """Return the seconds of placing all items and, with a limit of neighbours, of finding these."""
        del again
        found = cost.LEAST + cost.one_pass(size)
        if self.config.neighbours is not None:
            found += cost.nearest_in_content(size, size.n_columns(self.reads_blocks()))
        return found

    def score_cost(self, size: Size) -> float:
        """Return the seconds of comparing all queries with all items."""
        return cost.dense_products(size, size.n_columns(self.reads_blocks()))
