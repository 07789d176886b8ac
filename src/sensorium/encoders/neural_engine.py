"""One loaded sentence-transformers model: on first use, once for all encoders that share it."""

import contextlib
import threading
import warnings
from collections.abc import Generator, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sensorium.catalog.roles import Role
from sensorium.core.arrays import FloatMatrix
from sensorium.core.errors import ConfigError
from sensorium.encoders.neural_models import require_neural

_MODELS_AT_ONCE = 4


class ModelFacts(NamedTuple):
    """What a model says of itself once it is loaded."""

    dimension: int
    modalities: tuple[Role, ...]
    """What it takes directly."""
    sample_rate_hz: int
    """At which rate it hears; 0 if it does not."""


class NeuralModel:
    """A model in `folder` that is loaded when first asked for something.

    Calls from several threads wait for each other: tokenizers do not bear them at once.
    """

    def __init__(self, folder: Path, device: str, precision: str) -> None:
        self.folder, self.device, self.precision = folder, device, precision
        self._lock = threading.RLock()
        self._model: Any = None

    @property
    def facts(self) -> ModelFacts:
        """The model's own account of itself; loads it."""
        model = self._loaded()
        known = {role.value for role in Role}
        modalities = tuple(Role(name) for name in model.modalities if name in known)
        return ModelFacts(int(model.get_embedding_dimension()), modalities, _sample_rate_hz(model))

    def rows(
        self, inputs: Sequence[Any], *, batch_size: int, prompt: str | None, is_query: bool
    ) -> FloatMatrix:
        """Return one row of unit length for each input [n, d] float32.

        Where the accelerator's memory is too small for a batch, smaller ones are tried.

        Parameters
        ----------
        inputs
            What sentence-transformers takes, all of one modality.
        batch_size
            Inputs at once.
        prompt
            What stands before each text; None: what the model's own files say.
        is_query
            Whether they are questions or what is to be found; some models tell them apart.
        """
        with self._lock:
            model = self._loaded()
            encode = model.encode_query if is_query else model.encode_document
            while True:
                try:
                    rows = encode(
                        list(inputs),
                        prompt=prompt,
                        batch_size=batch_size,
                        show_progress_bar=False,
                        convert_to_numpy=True,
                        normalize_embeddings=True,
                    )
                    return np.asarray(rows, dtype=np.float32)
                except import_module("torch").OutOfMemoryError:
                    if batch_size == 1:
                        raise
                    batch_size //= 2

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                self._model = _load(self.folder, self.device, self.precision)
            return self._model


@lru_cache(maxsize=_MODELS_AT_ONCE)
def shared_model(folder: Path, device: str, precision: str) -> NeuralModel:
    """Return the model in `folder`: the same one for the same question, so that towers are loaded once."""
    return NeuralModel(folder, device, precision)


def _load(folder: Path, device: str, precision: str) -> Any:
    require_neural(f"the model in {folder}")
    with _quiet():
        try:
            torch, library = import_module("torch"), import_module("sentence_transformers")
        except (ImportError, OSError) as error:
            raise ConfigError(
                f"the packages of [neural] do not work together: {_first_line(error)}",
                remedy="Install them again: pip install --force-reinstall 'sensorium[neural]'",
            ) from error
        _without_bars()
        try:
            model = library.SentenceTransformer(
                str(folder),
                device=None if device == "auto" else device,
                local_files_only=True,
                model_kwargs={"dtype": getattr(torch, precision)},
            )
        except Exception as error:
            raise ConfigError(
                f"the model cannot be loaded: {_first_line(error)}",
                where=str(folder),
                remedy="Check that the folder is whole and of a kind that sentence-transformers reads",
            ) from error
    return model.eval()


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Keep the libraries' advice to programmers from a user who only names a model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _without_bars() -> None:
    logging: Any = import_module("transformers.utils.logging")
    logging.disable_progress_bar()
    logging.set_verbosity_error()


def _sample_rate_hz(model: Any) -> int:
    processor = getattr(model[0], "processor", None)
    for part in (getattr(processor, "feature_extractor", None), processor):
        if rate := getattr(part, "sampling_rate", None):
            return int(rate)
    return 0


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
