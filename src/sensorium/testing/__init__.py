"""What a new model or encoder has to pass, and data whose answers are known.

from sensorium.testing import EncoderContract, RecommenderContract
"""

from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium.testing.encoder_contract import EncoderContract
    from sensorium.testing.recommender_contract import RecommenderContract

__all__ = ["EncoderContract", "RecommenderContract"]

__getattr__, __dir__ = lazy_names(
    "sensorium.testing",
    {
        "EncoderContract": "sensorium.testing.encoder_contract",
        "RecommenderContract": "sensorium.testing.recommender_contract",
    },
)
