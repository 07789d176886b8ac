"""A model that sentence-transformers loads: words, pictures, sound."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.encoders.neural.int8 import quantize_to_int8
from sensorium.encoders.neural.picture_processor import side_of
from sensorium.encoders.neural.shared_model import (
    ModelFacts,
    NeuralModel,
    chosen_device,
    first_line,
    libraries,
    loading,
)
from sensorium.encoders.neural.vision_model import CLIP_TYPES, model_type

_MEL_STEP_S = 0.01
"""Between two columns of the spectrogram of an audio spectrogram transformer."""


class SentenceModel(NeuralModel):
    """Runs a model by sentence-transformers."""

    def _load(self) -> Any:
        torch, library = libraries("torch", "sentence_transformers")
        if model_type(self.folder) in CLIP_TYPES:
            raise ConfigError(
                "sentence-transformers does not run models of whole clips",
                where=str(self.folder),
                remedy="Write transformers:MODEL",
            )
        device, in_bytes = chosen_device(self.running), self.running.precision == "int8"
        with loading(self.folder, "a model of a kind that sentence-transformers reads"):
            model = library.SentenceTransformer(
                str(self.folder),
                device=device,
                local_files_only=True,
                model_kwargs={"dtype": torch.float32 if in_bytes else getattr(torch, self.running.precision)},
            ).eval()
        if any(getattr(part, "truncation", None) == "fusion" for part in _processors(model)):
            raise ConfigError(
                "this kind of CLAP draws lots over what it hears: no two runs would agree",
                where=str(self.folder),
                remedy="Use one without fusion, such as laion/clap-htsat-unfused",
            )
        return self._try_int8(quantize_to_int8(model)) if in_bytes else model

    def _try_int8(self, model: Any) -> Any:
        """Return a model in int8 that has encoded something: some kinds look into their layers and break."""
        samples: dict[Role, Any] = {
            Role.TEXT: {"text": "a"},
            Role.IMAGE: _grey(),
            Role.AUDIO: {
                "array": np.zeros(16_000, dtype=np.float32),
                "sampling_rate": _sample_rate_hz(model),
            },
        }
        try:
            for role in self._facts_of(model).modalities:
                self._compute_rows(model, [samples[role]], role, 1, None, False)
        except Exception as error:
            raise ConfigError(
                f"this model does not work in int8: {first_line(error)}",
                where=str(self.folder),
                remedy='Use precision = "bfloat16"',
            ) from error
        return model

    def _facts_of(self, model: Any) -> ModelFacts:
        known = {Role.TEXT, Role.IMAGE, Role.AUDIO}
        modalities = tuple(role for role in Role if role in known and role.value in model.modalities)
        return ModelFacts(
            int(model.get_embedding_dimension()),
            modalities,
            _sample_rate_hz(model),
            _hears_s(model),
            _side_px(model),
        )

    def _compute_rows(
        self,
        model: Any,
        inputs: Sequence[Any],
        modality: Role,
        at_once: int,
        prompt: str | None,
        is_query: bool,
    ) -> FloatMatrix:
        del modality
        encode = model.encode_query if is_query else model.encode_document
        rows = encode(
            list(inputs),
            prompt=prompt,
            batch_size=at_once,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(rows, dtype=np.float32)


def _grey() -> Any:
    return import_module("PIL.Image").new("RGB", (64, 64), (128, 128, 128))


def _processors(model: Any) -> list[Any]:
    processor = getattr(model[0], "processor", None)
    parts = (
        getattr(processor, "feature_extractor", None),
        getattr(processor, "image_processor", None),
        processor,
    )
    return [part for part in parts if part is not None]


def _sample_rate_hz(model: Any) -> int:
    return next((int(p.sampling_rate) for p in _processors(model) if getattr(p, "sampling_rate", None)), 0)


def _hears_s(model: Any) -> float:
    """Return how long a recording the model takes at once; 0 for any."""
    for part in _processors(model):
        samples = getattr(part, "nb_max_samples", None) or getattr(part, "n_samples", None)
        if samples:
            return float(samples) / _sample_rate_hz(model)
        if hasattr(part, "num_mel_bins") and getattr(part, "max_length", None):
            return float(part.max_length) * _MEL_STEP_S
    return 0.0


def _side_px(model: Any) -> int:
    return max((side_of(part) for part in _processors(model)), default=0)
