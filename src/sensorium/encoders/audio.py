"""Sound as it is heard: timbre, spectrum, harmony, rhythm and loudness, without a trained network."""

from collections.abc import Mapping, Sequence

from pydantic import PositiveFloat

from sensorium.catalog.media.audio import SAMPLE_RATE_HZ, decode_audio
from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatVector
from sensorium.core.config import Config
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.batch import encode_each
from sensorium.encoders.sound_features import sound_parts, sound_row


class SoundConfig(Config):
    """How much of each recording is heard."""

    max_duration_s: PositiveFloat = 120.0
    """Seconds from the start that are listened to."""


class Sound(Encoder[SoundConfig, bytes]):
    """Cepstra with deltas, spectral shape, pitch classes, tempo and onsets, levels."""

    traits = EncoderTraits(Role.AUDIO)

    def encode(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each sound file [n, d]."""
        return encode_each(inputs, self._row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Timbre, spectrum, harmony, rhythm, loudness."""
        return sound_parts()

    def _row(self, content: bytes) -> FloatVector:
        samples, rate_hz = decode_audio(
            content, where="", sample_rate_hz=SAMPLE_RATE_HZ, max_duration_s=self.config.max_duration_s
        )
        return sound_row(samples, rate_hz)
