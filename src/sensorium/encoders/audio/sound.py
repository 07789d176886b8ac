"""Sound as it is heard: from timbre to loudness, without a trained network."""

from collections.abc import Mapping, Sequence

from pydantic import PositiveFloat, PositiveInt

from sensorium.core.arrays import FloatVector
from sensorium.core.roles import Role
from sensorium.encoders.audio.sound_features import sound_parts, sound_row
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.encode_each import encode_each
from sensorium.encoders.media_config import MediaConfig
from sensorium.media.audio_stretches import decode_recording


class SoundConfig(MediaConfig):
    """How much of each recording is heard."""

    n_stretches: PositiveInt = 6
    """Stretches of a long recording that are listened to, spread evenly over it."""
    stretch_s: PositiveFloat = 20.0
    """Seconds of each; what is no longer than all of them together is heard whole."""


class Sound(Encoder[SoundConfig, bytes]):
    """Cepstra with deltas, spectral shape, what stands out, tones and key, tempo, flutter, levels."""

    traits = EncoderTraits(Role.AUDIO, is_default=True)
    version = 3

    def encode_batch(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row for each sound file [n, d]."""
        return encode_each(inputs, self._row, self.dimension)

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Timbre, spectrum, foreground, harmony, rhythm, texture, loudness."""
        return sound_parts()

    def _row(self, content: bytes) -> FloatVector:
        config = self.config
        recording = decode_recording(
            content, where="", n_stretches=config.n_stretches, stretch_s=config.stretch_s
        )
        return sound_row(recording.cleaned(config.cleaning))
