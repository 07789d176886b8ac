"""Neural encoders: any model that sentence-transformers loads, for words, pictures, sound and clips.

One class a modality, since a class declares what it reads; what they do is the same. Models whose
towers share a space, such as CLIP, also bring questions of the other modalities into it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from sensorium.catalog.media.quiet import quiet_decoders
from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import State
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError, MediaError
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits, InputT
from sensorium.encoders.neural_engine import ModelFacts, NeuralModel, shared_model
from sensorium.encoders.neural_inputs import sound_of, still_of, stills_of, written
from sensorium.encoders.neural_models import find_model, hash_model
from sensorium.encoders.neural_registry import recommended_model

_DECODERS = 4


class NeuralConfig(Config):
    """Which model, and how it is run."""

    model: str
    """A name on the hub such as `all-MiniLM-L6-v2`, or a local folder."""
    revision: str | None = None
    """A branch, tag or commit on the hub."""
    precision: Literal["float32", "float16", "bfloat16"] = "float32"
    """Of weights and computation; half precision is twice as fast on a GPU and changes rows slightly."""
    prompt: str | None = None
    """What stands before each item's text; what the registry or the model's files say if not given."""
    query_prompt: str | None = None
    """The same for what is searched for."""
    n_frames: PositiveInt = 8
    """Frames of a clip that are looked at; their rows are averaged."""
    max_duration_s: PositiveFloat = 30.0
    """Seconds of a recording that are listened to; some models hear less by themselves."""
    device: str = Field(default="auto", exclude=True)
    """`cpu`, `cuda`, `mps`; a GPU if there is one. Not part of what identifies the features."""
    batch_size: PositiveInt = Field(default=32, exclude=True)
    """Inputs at once; halved by itself where memory is short. Not part of what identifies the features."""


class Neural(Encoder[NeuralConfig, InputT], ABC):
    """What the encoders of all modalities have in common; the model is loaded on first use."""

    @abstractmethod
    def encode(self, inputs: Sequence[InputT | None]) -> Encoded:
        """Return one row of unit length for each input [n, d]."""

    def encode_query(self, inputs: Sequence[Any], modality: Role) -> Encoded:
        """Return one row of unit length for each question [n, d]."""
        return self._encoded(inputs, modality, is_query=True)

    @property
    def query_modalities(self) -> frozenset[Role]:
        """The own modality, and whatever else the model takes."""
        return frozenset({self.traits.modality, *_takes(self._facts)})

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part: the columns of a network have no names."""
        return {"all": (0, self._facts.dimension)}

    def spec(self) -> dict[str, Any]:
        """Return what identifies the features: also the content of the model's files and the prompts."""
        prompts = {"prompt": self._prompt(is_query=False), "query_prompt": self._prompt(is_query=True)}
        return super().spec() | {"files": self._files, "prompts": prompts}

    def state(self) -> State:
        """Return what the model says of itself, so that a restored encoder need not load it to answer."""
        dimension, modalities, sample_rate_hz = self._facts
        facts = {"dimension": dimension, "modalities": list(modalities), "sample_rate_hz": sample_rate_hz}
        return State(values={"facts": facts, "files": self._files})

    def restore(self, state: State) -> Self:
        """Take up what the model said of itself, and remember which files that was."""
        facts = state.values["facts"]
        modalities = tuple(Role(name) for name in facts["modalities"])
        self._facts = ModelFacts(facts["dimension"], modalities, facts["sample_rate_hz"])
        self._made_with = str(state.values["files"])
        return self

    @cached_property
    def _model(self) -> NeuralModel:
        folder = find_model(self.config.model, self.config.revision).resolve()
        return shared_model(folder, self.config.device, self.config.precision)

    @cached_property
    def _files(self) -> str:
        """The hash of the model's files; refuses others than those that a restored encoder was made with."""
        found = hash_model(self._model.folder)
        if getattr(self, "_made_with", found) != found:
            raise ConfigError(
                "the files of the model are others than when the items were encoded",
                where=f"model {self.config.model}",
                remedy="Bring the old files back, or run: sensorium fit",
            )
        return found

    @cached_property
    def _facts(self) -> ModelFacts:
        facts, wanted = self._model.facts, self.traits.modality
        if wanted not in _takes(facts):
            raise ConfigError(
                f"this model does not take {wanted.value}",
                where=f"model {self.config.model}",
                remedy=f"It takes: {', '.join(sorted(_takes(facts)))}. See: sensorium encoders",
            )
        return facts

    def _prompt(self, *, is_query: bool) -> str | None:
        given = self.config.query_prompt if is_query else self.config.prompt
        if given is not None:
            return given
        known = recommended_model(self.config.model)
        return None if known is None else (known.query_prompt if is_query else known.prompt) or None

    def _encoded(self, inputs: Sequence[Any], modality: Role, *, is_query: bool) -> Encoded:
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        present = [index for index, given in enumerate(inputs) if given is not None]
        if not present:
            return Encoded(values)
        _ = self._files  # before anything is encoded with other files than the items were
        ready, failures = self._decoded([inputs[index] for index in present], modality)
        failed = {present[row]: reason for row, reason in failures.items()}
        if ready:
            rows = self._rows(list(ready.values()), modality, is_query=is_query)
            for row, made in zip(ready, rows, strict=True):
                if np.isfinite(made).all():
                    values[present[row]] = made
                else:
                    failed[present[row]] = "its features are not finite"
        return Encoded(values, dict(sorted(failed.items())))

    def _decoded(self, inputs: Sequence[Any], modality: Role) -> tuple[dict[int, Any], dict[int, str]]:
        """Return by position what the model takes, and why the others cannot be read."""

        def decode(given: Any) -> Any:
            try:
                return self._input(given, modality)
            except MediaError as error:
                return error

        if modality is Role.TEXT:
            made = [decode(given) for given in inputs]
        else:
            with quiet_decoders(), ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode") as threads:
                made = list(threads.map(decode, inputs))
        failures = {row: one.reason for row, one in enumerate(made) if isinstance(one, MediaError)}
        return {row: one for row, one in enumerate(made) if row not in failures}, failures

    def _input(self, given: Any, modality: Role) -> Any:
        if modality is Role.TEXT:
            return written(given)
        if modality is Role.IMAGE:
            return still_of(given)
        if modality is Role.AUDIO:
            return sound_of(given, self._facts.sample_rate_hz, self.config.max_duration_s)
        return stills_of(given, self.config.n_frames)

    def _rows(self, ready: list[Any], modality: Role, *, is_query: bool) -> FloatMatrix:
        prompt = self._prompt(is_query=is_query) if modality is Role.TEXT else None

        def rows(inputs: Sequence[Any]) -> FloatMatrix:
            return self._model.rows(
                inputs, batch_size=self.config.batch_size, prompt=prompt, is_query=is_query
            )

        if modality is not Role.VIDEO:
            return rows(ready)
        frames = rows([frame for clip in ready for frame in clip])
        ends = np.cumsum([len(clip) for clip in ready])
        means = np.stack([clip.mean(axis=0) for clip in np.split(frames, ends[:-1])])
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


class NeuralText(Neural[str]):
    """Words by what they mean."""

    traits = EncoderTraits(Role.TEXT, in_process=True)

    def encode(self, inputs: Sequence[str | None]) -> Encoded:
        """Return one row of unit length for each text [n, d]."""
        return self._encoded(inputs, Role.TEXT, is_query=False)


class NeuralImage(Neural[bytes]):
    """Pictures by what is in them."""

    traits = EncoderTraits(Role.IMAGE, in_process=True)

    def encode(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row of unit length for each picture [n, d]."""
        return self._encoded(inputs, Role.IMAGE, is_query=False)


class NeuralAudio(Neural[bytes]):
    """Sound by what is heard."""

    traits = EncoderTraits(Role.AUDIO, in_process=True)

    def encode(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row of unit length for each recording [n, d]."""
        return self._encoded(inputs, Role.AUDIO, is_query=False)


class NeuralVideo(Neural[bytes]):
    """Clips by what is in their frames, through a model that takes pictures."""

    traits = EncoderTraits(Role.VIDEO, in_process=True)

    def encode(self, inputs: Sequence[bytes | None]) -> Encoded:
        """Return one row of unit length for each clip, the mean of its frames [n, d]."""
        return self._encoded(inputs, Role.VIDEO, is_query=False)


NEURAL: Mapping[Role, type[Neural[Any]]] = {
    cls.traits.modality: cls for cls in (NeuralText, NeuralImage, NeuralAudio, NeuralVideo)
}
"""The neural encoder of each modality."""


def _takes(facts: ModelFacts) -> set[Role]:
    """Return what the model can be given: clips are given as pictures."""
    direct = set(facts.modalities) - {Role.VIDEO}
    return direct | {Role.VIDEO} if Role.IMAGE in direct else direct
