"""What encoders of media are told beside their own settings: how media are cleaned first."""

from typing import Annotated, Any

from pydantic import AfterValidator, SerializerFunctionWrapHandler, model_serializer

from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.media.cleaning_names import CLEANING_OF, Cleaning


def _in_order(cleaning: tuple[Cleaning, ...]) -> tuple[Cleaning, ...]:
    """Return each once, in the order in which they are done: so the same choice has one address."""
    return tuple(name for name in CLEANING_OF[Role.VIDEO] if name in cleaning)


class MediaConfig(Config):
    """The base of the configs of encoders that read media with `sensorium.media`."""

    cleaning: Annotated[tuple[Cleaning, ...], AfterValidator(_in_order)] = ()
    """What is done to media before they are encoded: `denoise`, `white_balance` (pictures and clips),
    `normalise_loudness` (sounds and clips)."""

    @model_serializer(mode="wrap")
    def _without_default(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `cleaning` where there is none: features made before it could be asked for are found."""
        values: dict[str, Any] = serialize(self)
        if not self.cleaning:
            values.pop("cleaning", None)
        return values
