"""Which model a neural encoder runs, and how."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from sensorium.encoders.media_config import MediaConfig

Precision = Literal["float32", "float16", "bfloat16", "int8"]
Pooling = Literal["auto", "cls", "mean", "max", "gem", "model"]


class ModelConfig(MediaConfig):
    """What all neural encoders are told."""

    model: str
    """A name on the hub such as `all-MiniLM-L6-v2`, or a local folder."""
    revision: str | None = None
    """A branch, tag or commit on the hub."""
    precision: Precision = "float32"
    """Of weights and computation; half precision is faster on a GPU and on recent CPUs, `int8` is for the
    CPU alone. Both change rows: half precision slightly, `int8` visibly."""
    device: str = Field(default="auto", exclude=True)
    """`cpu`, `cuda`, `mps`; a GPU if there is one. Not part of what identifies the features."""
    batch_size: PositiveInt = Field(default=32, exclude=True)
    """Inputs at once; halved by itself where memory is short. Not part of what identifies the features."""


class NeuralConfig(ModelConfig):
    """A model that sentence-transformers loads."""

    prompt: str | None = None
    """What stands before each item's text; what the registry or the model's files say if not given."""
    query_prompt: str | None = None
    """The same for what is searched for."""
    n_frames: PositiveInt = 8
    """Frames of a clip that are looked at; their rows are averaged."""
    max_duration_s: PositiveFloat = 30.0
    """Seconds of a recording that are listened to; some models hear less by themselves."""


class BackboneConfig(ModelConfig):
    """A model that looks, from plain transformers."""

    pooling: Pooling = "auto"
    """How the places of a picture become one row: the summarising token (`cls`), the `mean`, the `max`, the
    generalised mean (`gem`) of all places, or what the `model` itself was trained to do."""
    n_frames: PositiveInt | None = None
    """Frames of a clip that are looked at; as many as the model was trained with if not given, or 8."""
