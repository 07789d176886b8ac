"""Neural encoders: any model that sentence-transformers loads, for words, pictures, sound and clips.

One class a modality, since a class declares what it reads; what they do is the same. Models whose
towers share a space, such as CLIP, also bring questions of the other modalities into it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, Self, TypeVar

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import State
from sensorium.core.errors import ConfigError, MediaError
from sensorium.core.linalg import unit_rows
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits, InputT
from sensorium.encoders.neural.config import ModelConfig, NeuralConfig
from sensorium.encoders.neural.media_decoder import shared_decoder
from sensorium.encoders.neural.model_files import find_model, hash_model
from sensorium.encoders.neural.model_inputs import SIDE_PX, Reading, mark_as_text, to_model_input
from sensorium.encoders.neural.recommended_models import recommended_model
from sensorium.encoders.neural.sentence_model import SentenceModel
from sensorium.encoders.neural.shared_model import ModelFacts, NeuralModel, Running, shared_model

ModelConfigT = TypeVar("ModelConfigT", bound=ModelConfig)
ENGINE = "sentence-transformers"


class _Prepared(NamedTuple):
    """What the model takes, by position, and why the others cannot be read."""

    inputs: dict[int, Any]
    failures: dict[int, str]
    retry: set[int]


class Neural(Encoder[ModelConfigT, InputT], ABC, Generic[ModelConfigT, InputT]):
    """What the encoders of all engines and modalities have in common; the model is loaded on first use."""

    version = 2

    @property
    def title(self) -> str:
        """The engine and the model."""
        return f"{self.traits.engine}:{self.config.model}"

    def settings_beside_title(self) -> dict[str, Any]:
        """Return the settings other than the model that are not the defaults."""
        return {name: value for name, value in super().settings_beside_title().items() if name != "model"}

    def check(self) -> None:
        """Load the model; raise `ConfigError` if there is none, or it does not take this modality."""
        _ = self._facts

    def encode_batch(self, inputs: Sequence[InputT | None]) -> Encoded:
        """Return one row of unit length for each input [n, d]."""
        return self._encode_inputs(inputs, self.traits.modality, is_query=False)

    def encode_query(self, inputs: Sequence[Any], modality: Role) -> Encoded:
        """Return one row of unit length for each question [n, d]."""
        return self._encode_inputs(inputs, modality, is_query=True)

    @property
    def query_modalities(self) -> frozenset[Role]:
        """The own modality, and whatever else the model takes."""
        return frozenset({self.traits.modality}) | self._facts.takes

    @property
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """One part: the columns of a network have no names."""
        return {"all": (0, self._facts.dimension)}

    def spec(self) -> dict[str, Any]:
        """Return what identifies the features: also the content of the model's files."""
        return super().spec() | {"files": self._files}

    def state(self) -> State:
        """Return what the model says of itself, so that a restored encoder need not load it to answer."""
        facts = self._facts._asdict() | {"modalities": [role.value for role in self._facts.modalities]}
        return State(values={"facts": facts, "files": self._files})

    def restore(self, state: State) -> Self:
        """Take up what the model said of itself, and remember which files that was."""
        facts = dict(state.values["facts"])
        facts["modalities"] = tuple(Role(name) for name in facts["modalities"])
        self._facts = ModelFacts(**facts)
        self._made_with = str(state.values["files"])
        return self

    @abstractmethod
    def _shared_model(self, folder: Path) -> NeuralModel:
        """Return the model in `folder`, run as the config says."""

    @abstractmethod
    def _frames_of_clip(self) -> int:
        """Return how many frames of a clip are looked at."""

    def _prompt(self, *, is_query: bool) -> str | None:
        """Return what stands before each text; None: what the model's own files say."""
        del is_query

    def _longest_s(self) -> float:
        """Return how many seconds of a recording are listened to; 0: all."""
        return 0.0

    @cached_property
    def _model(self) -> NeuralModel:
        return self._shared_model(find_model(self.config.model, self.config.revision).resolve())

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
        if wanted not in facts.takes:
            raise ConfigError(
                f"this model does not take {wanted.value}",
                where=f"model {self.config.model}",
                remedy=f"It takes: {', '.join(sorted(facts.takes))}. See: sensorium encoders",
            )
        return facts

    def _encode_inputs(self, inputs: Sequence[Any], modality: Role, *, is_query: bool) -> Encoded:
        values = np.zeros((len(inputs), self.dimension), dtype=np.float32)
        present = [index for index, given in enumerate(inputs) if given is not None]
        if not present:
            return Encoded(values)
        _ = self._files  # before anything is encoded with other files than the items were
        ready = self._prepare([inputs[index] for index in present], modality)
        failed = {present[row]: reason for row, reason in ready.failures.items()}
        if ready.inputs:
            rows = self._rows(list(ready.inputs.values()), modality, is_query=is_query)
            for row, made in zip(ready.inputs, rows, strict=True):
                if np.isfinite(made).all():
                    values[present[row]] = made
                else:
                    failed[present[row]] = "its features are not finite"
        retry = frozenset(present[row] for row in ready.retry)
        return Encoded(values, dict(sorted(failed.items())), retry)

    def _prepare(self, inputs: Sequence[Any], modality: Role) -> _Prepared:
        ready = _Prepared({}, {}, set())
        if modality is Role.TEXT:
            for row, text in enumerate(inputs):
                try:
                    ready.inputs[row] = mark_as_text(text)
                except MediaError as error:
                    ready.failures[row] = error.reason
            return ready
        facts = self._facts
        side_px, longest_s = max(SIDE_PX, facts.side_px), self._longest_s()
        n_frames, cleaning = self._frames_of_clip(), self.config.cleaning
        reading = Reading(modality, side_px, n_frames, facts.sample_rate_hz, longest_s, cleaning)
        for row, read in enumerate(shared_decoder().read(inputs, reading)):
            if read.reason is None:
                ready.inputs[row] = to_model_input(read.array, read.sample_rate_hz, modality)
                continue
            ready.failures[row] = read.reason
            if read.may_pass:
                ready.retry.add(row)
        return ready

    def _rows(self, ready: list[Any], modality: Role, *, is_query: bool) -> FloatMatrix:
        prompt = self._prompt(is_query=is_query) if modality is Role.TEXT else None

        def rows(inputs: Sequence[Any], role: Role) -> FloatMatrix:
            return self._model.rows(
                inputs, role, batch_size=self.config.batch_size, prompt=prompt, is_query=is_query
            )

        def means(groups: Sequence[Sequence[Any]], role: Role) -> FloatMatrix:
            made = rows([one for group in groups for one in group], role)
            ends = np.cumsum([len(group) for group in groups])
            return unit_rows(np.stack([group.mean(axis=0) for group in np.split(made, ends[:-1])]))

        if modality is Role.AUDIO and self._facts.hears_s:
            return means([_pieces(sound, self._facts.hears_s) for sound in ready], modality)
        if modality is not Role.VIDEO:
            return rows(ready, modality)
        if Role.VIDEO in self._facts.modalities:
            n_frames = self._facts.n_frames
            return rows([_with_frames(clip, n_frames) for clip in ready], modality)
        return means(ready, Role.IMAGE)


class Sentence(Neural[NeuralConfig, InputT], ABC):
    """What the encoders on sentence-transformers have in common."""

    def spec(self) -> dict[str, Any]:
        """Return what identifies the features: also the prompts."""
        prompts = {"prompt": self._prompt(is_query=False), "query_prompt": self._prompt(is_query=True)}
        return super().spec() | {"prompts": prompts}

    def _shared_model(self, folder: Path) -> NeuralModel:
        return shared_model(SentenceModel, folder, Running(self.config.device, self.config.precision))

    def _frames_of_clip(self) -> int:
        return self.config.n_frames

    def _longest_s(self) -> float:
        return self.config.max_duration_s

    def _prompt(self, *, is_query: bool) -> str | None:
        given = self.config.query_prompt if is_query else self.config.prompt
        if given is not None:
            return given
        known = recommended_model(self.config.model)
        return None if known is None else (known.query_prompt if is_query else known.prompt) or None


class NeuralText(Sentence[str]):
    """Words by what they mean."""

    traits = EncoderTraits(Role.TEXT, in_process=True, engine=ENGINE)


class NeuralImage(Sentence[bytes]):
    """Pictures by what is in them."""

    traits = EncoderTraits(Role.IMAGE, in_process=True, engine=ENGINE)


class NeuralAudio(Sentence[bytes]):
    """Sound by what is heard."""

    traits = EncoderTraits(Role.AUDIO, in_process=True, engine=ENGINE)
    version = 3


class NeuralVideo(Sentence[bytes]):
    """Clips by what is in their frames, through a model that takes pictures."""

    traits = EncoderTraits(Role.VIDEO, in_process=True, engine=ENGINE)
    version = 3


def _pieces(sound: dict[str, Any], hears_s: float) -> list[dict[str, Any]]:
    """Return a recording in pieces that the model takes whole; a rest of less than a quarter is left out."""
    samples, rate_hz = sound["array"], sound["sampling_rate"]
    n_samples = int(hears_s * rate_hz)
    starts = range(0, max(1, len(samples) - n_samples // 4), n_samples)
    return [{"array": samples[start : start + n_samples], "sampling_rate": rate_hz} for start in starts]


def _with_frames(clip: list[Any], n_frames: int) -> list[Any]:
    """Return `n_frames` frames of a clip that may have fewer, some of them twice."""
    places = np.linspace(0, len(clip) - 1, n_frames).round().astype(int)
    return [clip[place] for place in places]
