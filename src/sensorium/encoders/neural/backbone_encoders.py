"""Neural encoders on plain transformers: vision backbones with a choice of pooling, models of whole clips."""

from abc import ABC
from pathlib import Path

from sensorium.core.roles import Role
from sensorium.encoders.base import EncoderTraits, InputT
from sensorium.encoders.neural.config import BackboneConfig
from sensorium.encoders.neural.sentence_encoders import Neural
from sensorium.encoders.neural.shared_model import NeuralModel, Running, shared_model
from sensorium.encoders.neural.vision_model import VisionModel

ENGINE = "transformers"
_FRAMES = 8


class Backbone(Neural[BackboneConfig, InputT], ABC):
    """What the encoders on plain transformers have in common."""

    def _shared_model(self, folder: Path) -> NeuralModel:
        asked = self.config
        running = Running(asked.device, asked.precision, asked.pooling, asked.n_frames or 0)
        return shared_model(VisionModel, folder, running)

    def _frames_of_clip(self) -> int:
        return self._facts.n_frames or self.config.n_frames or _FRAMES


class BackboneImage(Backbone[bytes]):
    """Pictures by how they look to a vision backbone."""

    traits = EncoderTraits(Role.IMAGE, in_process=True, engine=ENGINE)


class BackboneVideo(Backbone[bytes]):
    """Whole clips by what happens in them, or by their frames through a vision backbone."""

    traits = EncoderTraits(Role.VIDEO, in_process=True, engine=ENGINE)
    version = 3
