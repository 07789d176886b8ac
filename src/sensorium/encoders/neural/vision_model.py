"""A model that looks at pictures or at whole clips, by plain transformers."""

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.errors import ConfigError
from sensorium.core.roles import Role
from sensorium.encoders.neural.int8 import quantize_to_int8
from sensorium.encoders.neural.picture_processor import clip_processor, picture_processor, pixels_of, side_of
from sensorium.encoders.neural.pooling import pool, usual_pooling
from sensorium.encoders.neural.shared_model import (
    ModelFacts,
    NeuralModel,
    chosen_device,
    first_line,
    libraries,
    loading,
)

CLIP_TYPES = frozenset({"videomae", "timesformer", "vivit", "vjepa2", "xclip"})
"""Kinds of models, as their config.json says, that take a whole clip at once."""
_WORDS_TOO = "xclip"
_FRAMES = 8


class _Parts(NamedTuple):
    """A loaded model and what belongs to it."""

    network: Any
    processor: Any
    tokenizer: Any
    pooling: str
    device: str
    dtype: Any
    facts: ModelFacts


def model_type(folder: Path) -> str:
    """Return what kind of model its config.json says; nothing if there is none."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(config.get("model_type", "")) if isinstance(config, dict) else ""


class VisionModel(NeuralModel):
    """Runs a vision backbone, or a model of clips."""

    def _load(self) -> _Parts:
        torch, transformers = libraries("torch", "transformers")
        device, kind = chosen_device(self.running), model_type(self.folder)
        in_bytes = self.running.precision == "int8"
        dtype = torch.float32 if in_bytes else getattr(torch, self.running.precision)
        with loading(self.folder, "a model that takes pictures or clips"):
            network, said = transformers.AutoModel.from_pretrained(
                str(self.folder), dtype=dtype, local_files_only=True, output_loading_info=True
            )
            is_tower = kind not in CLIP_TYPES and hasattr(network, "vision_model")
            network = network.vision_model if is_tower else network
            pooling = self.running.pooling
            pooling = usual_pooling(network, is_tower=is_tower) if pooling == "auto" else pooling
            self._check(network, kind, [str(name) for name in said["missing_keys"]], pooling)
            is_clip = kind in CLIP_TYPES
            processor = clip_processor(self.folder, kind) if is_clip else picture_processor(self.folder)
            tokenizer = None
            if kind == _WORDS_TOO:
                tokenizer = transformers.AutoTokenizer.from_pretrained(
                    str(self.folder), local_files_only=True
                )
            network = network.eval().to(device)
            network = quantize_to_int8(network) if in_bytes else network
        parts = _Parts(network, processor, tokenizer, pooling, device, dtype, ModelFacts(0, ()))
        return parts._replace(facts=self._try_model(parts, kind))

    def _check(self, network: Any, kind: str, missing: list[str], pooling: str) -> None:
        """Refuse a model that does not look, or of whose weights some would be random."""
        if kind not in CLIP_TYPES and network.main_input_name != "pixel_values":
            raise ConfigError(
                "this model does not take pictures", where=str(self.folder), remedy="See: sensorium encoders"
            )
        lost = [name for name in missing if "mask_token" not in name]
        lost = [name for name in lost if pooling == "model" or "pooler" not in name]
        if lost:
            raise ConfigError(
                f"the files hold no weights for {lost[0]}{' and others' if len(lost) > 1 else ''}",
                where=str(self.folder),
                remedy="Use another pooling" if all("pooler" in name for name in lost) else "Fetch it again",
            )

    def _try_model(self, parts: _Parts, kind: str) -> ModelFacts:
        """Return what the model says of itself once it has looked at something grey."""
        config = parts.network.config
        sizes = (getattr(config, name, None) for name in ("num_frames", "frames_per_clip"))
        vision = getattr(config, "vision_config", None)
        trained = next((size for size in (*sizes, getattr(vision, "num_frames", None)) if size), _FRAMES)
        is_clip = kind in CLIP_TYPES
        n_frames = int(self.running.n_frames or trained) if is_clip else 0
        grey = import_module("PIL.Image").new("RGB", (64, 64), (128, 128, 128))
        given, role = ([[grey] * n_frames], Role.VIDEO) if is_clip else ([grey], Role.IMAGE)
        try:
            row = self._compute_rows(parts, given, role, 1, None, False)
        except ConfigError:
            raise
        except Exception as error:
            asked = f" with {n_frames} frames" if self.running.n_frames and is_clip else ""
            asked += " in int8" if self.running.precision == "int8" else ""
            raise ConfigError(
                f"the model cannot be run{asked}: {first_line(error)}",
                where=str(self.folder),
                remedy="Leave out n_frames and precision" if asked else "Choose another: sensorium encoders",
            ) from error
        roles = (Role.VIDEO, Role.TEXT) if kind == _WORDS_TOO else (role,)
        return ModelFacts(row.shape[1], roles, side_px=side_of(parts.processor), n_frames=n_frames)

    def _facts_of(self, model: _Parts) -> ModelFacts:
        return model.facts

    def _compute_rows(
        self,
        model: _Parts,
        inputs: Sequence[Any],
        modality: Role,
        at_once: int,
        prompt: str | None,
        is_query: bool,
    ) -> FloatMatrix:
        del prompt, is_query
        torch: Any = import_module("torch")
        rows: list[FloatMatrix] = []
        with torch.inference_mode():
            for start in range(0, len(inputs), at_once):
                batch = inputs[start : start + at_once]
                made = (
                    self._word_rows(model, batch)
                    if modality is Role.TEXT
                    else self._picture_rows(model, batch)
                )
                rows.append(made.float().cpu().numpy())
        return np.concatenate(rows)

    def _picture_rows(self, model: _Parts, batch: Sequence[Any]) -> Any:
        """Return the rows of pictures, or of clips as lists of frames, as a tensor [n, d]."""
        pixels = pixels_of(model.processor, batch).to(model.device, model.dtype)
        network = model.network
        if model.tokenizer is not None:
            return network.get_video_features(pixel_values=pixels)["pooler_output"]
        if network.main_input_name == "pixel_values_videos":
            outputs = network(pixel_values_videos=pixels, skip_predictor=True)
        else:
            outputs = network(pixel_values=pixels)
        return pool(outputs, network, model.pooling)

    def _word_rows(self, model: _Parts, batch: Sequence[Any]) -> Any:
        """Return the rows of words [n, d], in the space of the clips."""
        texts = [given["text"] for given in batch]
        longest = model.network.config.text_config.max_position_embeddings
        tokens = model.tokenizer(
            texts, padding=True, truncation=True, max_length=longest, return_tensors="pt"
        ).to(model.device)
        return model.network.get_text_features(**tokens)["pooler_output"]
