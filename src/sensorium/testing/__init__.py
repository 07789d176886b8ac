"""What a new model or encoder has to pass, and data whose answers are known.

from sensorium.testing import EncoderContract, RecommenderContract
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sensorium.testing.encoder_contract import EncoderContract
    from sensorium.testing.recommender_contract import RecommenderContract

__all__ = ["EncoderContract", "RecommenderContract"]


def __getattr__(name: str) -> Any:
    if name == "EncoderContract":
        from sensorium.testing.encoder_contract import EncoderContract

        return EncoderContract
    if name == "RecommenderContract":
        from sensorium.testing.recommender_contract import RecommenderContract

        return RecommenderContract
    raise AttributeError(f"module 'sensorium.testing' has no attribute {name!r}")
