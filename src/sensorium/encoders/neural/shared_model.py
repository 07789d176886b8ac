"""One loaded model, whatever library runs it: on first use, once for all encoders that share it."""

import contextlib
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.errors import ConfigError, UserError
from sensorium.core.linalg import unit_rows
from sensorium.core.roles import Role
from sensorium.encoders.neural.model_files import require_neural

_MODELS_AT_ONCE = 4
_NO_MEMORY = ("can't allocate memory", "out of memory", "not enough memory")
"""How torch says on a CPU, and Metal on a Mac, that memory ran out."""


class ModelFacts(NamedTuple):
    """What a model says of itself once it is loaded."""

    dimension: int
    modalities: tuple[Role, ...]
    """What it takes directly; several share one space."""
    sample_rate_hz: int = 0
    """At which rate it hears; 0 if it does not."""
    hears_s: float = 0.0
    """How many seconds of sound it takes at once; 0 if any number."""
    side_px: int = 0
    """The shorter side of the pictures that it looks at; 0 if it does not say."""
    n_frames: int = 0
    """How many frames of a clip it takes at once; 0 if it takes none."""

    @property
    def takes(self) -> frozenset[Role]:
        """What it can be given: clips also as pictures."""
        direct = frozenset(self.modalities)
        return direct | {Role.VIDEO} if Role.IMAGE in direct else direct


class Running(NamedTuple):
    """How a model is run."""

    device: str = "auto"
    precision: str = "float32"
    pooling: str = "auto"
    n_frames: int = 0
    """Frames of a clip at once; 0: what the model was trained with."""

    @property
    def needs_cpu(self) -> bool:
        """Whether only a CPU can do it."""
        return self.precision == "int8"


class NeuralModel(ABC):
    """A model in `folder` that is loaded when first asked for something.

    Calls from several threads wait for each other: tokenizers do not bear them at once.
    """

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder, self.running = folder, running
        self._lock = threading.RLock()
        self._model: Any = None
        self._facts: ModelFacts | None = None
        self._most_at_once: int | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what finds the model again: copies and pickles leave its weights where they are."""
        return shared_model, (type(self), self.folder, self.running)

    @property
    def is_loaded(self) -> bool:
        """Whether it is in memory."""
        return self._model is not None

    @property
    def facts(self) -> ModelFacts:
        """The model's own account of itself; loads it."""
        with self._lock:
            if self._facts is None:
                self._facts = self._facts_of(self._load_once())
            return self._facts

    def rows(
        self,
        inputs: Sequence[Any],
        modality: Role,
        *,
        batch_size: int,
        prompt: str | None = None,
        is_query: bool = False,
    ) -> FloatMatrix:
        """Return one row of unit length for each input [n, d] float32.

        Where memory is too small for a batch, halves of it are tried, and larger ones not again.

        Parameters
        ----------
        inputs
            What the model takes, all of one modality.
        modality
            Which that is.
        batch_size
            Inputs at once.
        prompt
            What stands before each text; None: what the model's own files say.
        is_query
            Whether they are questions or what is to be found; some models tell them apart.
        """
        with self._lock:
            model = self._load_once()
            at_once = min(batch_size, self._most_at_once or batch_size)
            while True:
                try:
                    made = self._compute_rows(model, inputs, modality, at_once, prompt, is_query)
                    break
                except (RuntimeError, MemoryError) as error:
                    if at_once == 1 or not _is_short_of_memory(error):
                        raise
                at_once = self._most_at_once = max(1, at_once // 2)
                _free_memory()
        return unit_rows(np.asarray(made, dtype=np.float32))

    @abstractmethod
    def _load(self) -> Any:
        """Return the model, ready to compute."""

    @abstractmethod
    def _facts_of(self, model: Any) -> ModelFacts:
        """Return what the loaded model says of itself."""

    @abstractmethod
    def _compute_rows(
        self,
        model: Any,
        inputs: Sequence[Any],
        modality: Role,
        at_once: int,
        prompt: str | None,
        is_query: bool,
    ) -> FloatMatrix:
        """Return one row for each input [n, d], `at_once` of them at a time."""

    def _load_once(self) -> Any:
        with self._lock:
            if self._model is None:
                require_neural(f"the model in {self.folder}")
                with _quiet():
                    self._model = self._load()
            return self._model


@lru_cache(maxsize=_MODELS_AT_ONCE)
def shared_model(kind: type[NeuralModel], folder: Path, running: Running) -> NeuralModel:
    """Return the model in `folder`: the same one for the same question, so that towers are loaded once."""
    return kind(folder, running)


def libraries(*names: str) -> list[Any]:
    """Return imported modules of what [neural] installs; `ConfigError` if they do not fit together."""
    try:
        modules = [import_module(name) for name in names]
        logging: Any = import_module("transformers.utils.logging")
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"the packages of [neural] do not work together: {first_line(error)}",
            remedy="Install them again: pip install --force-reinstall 'sensorium[neural]'",
        ) from error
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    return modules


@contextlib.contextmanager
def loading(folder: Path, kind: str) -> Generator[None]:
    """Turn whatever goes wrong while a model of `kind` is loaded into one line."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise ConfigError(
            f"the model cannot be loaded: {first_line(error)}",
            where=str(folder),
            remedy=f"Check that the folder is whole and holds {kind}",
        ) from error


def chosen_device(running: Running) -> str:
    """Return the device to run on: what was asked for, else a GPU if there is one and it can do it.

    Raises
    ------
    ConfigError
        If there is no such device, or it cannot run the model that way.
    """
    torch: Any = import_module("torch")
    if running.device == "auto":
        found = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        return "cpu" if running.needs_cpu else found
    kind = running.device.partition(":")[0]
    if kind != "cpu" and running.needs_cpu:
        raise ConfigError(
            'precision = "int8" is for the CPU',
            where=f"device {running.device}",
            remedy="Leave one of them out",
        )
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, True):
        raise ConfigError("there is no such device here", where=f"device {running.device}", remedy="Use cpu")
    return running.device


def first_line(error: BaseException) -> str:
    """Return what an error says first, briefly."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


def _is_short_of_memory(error: BaseException) -> bool:
    torch: Any = import_module("torch")
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return any(said in str(error) for said in _NO_MEMORY)


def _free_memory() -> None:
    torch: Any = import_module("torch")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Keep the libraries' advice to programmers from a user who only names a model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
