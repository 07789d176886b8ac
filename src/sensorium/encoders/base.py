"""What every encoder is: a frozen config, an optional fit on the catalogue, and rows for inputs."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import numpy as np

from sensorium.core.arrays import FloatMatrix
from sensorium.core.component import Component, ConfigT
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.encoders.given_inputs import GivenInputs

if TYPE_CHECKING:
    from sensorium.encoders.recipe import Recipe

InputT = TypeVar("InputT")

MEDIA_AT_ONCE = 16
"""Media files that `encode` holds at once."""


@dataclass(frozen=True)
class EncoderTraits:
    """What an encoder declares; read by the command line, choosing, encoding, probing and the tests."""

    modality: Role
    learns: bool = False
    """Whether `fit` learns from the catalogue. If not, a row depends on its own medium alone."""
    in_process: bool = False
    """Whether media are encoded in this process, since a large model is loaded only once; two threads call
    `encode_batch` with a batch each."""
    is_default: bool = False
    """Whether it reads the columns of its modality where nothing else is chosen."""
    engine: str = ""
    """What stands before the name of the model that has to be chosen, such as `transformers`; the config
    then has a `model`."""
    joins_members: bool = False
    """Whether it joins the rows of several encoders, which have to be chosen; see `Encoder.as_recipe`."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing has to be chosen first: `cls()` can be fitted."""
        return not (self.engine or self.joins_members)


@dataclass(frozen=True)
class Encoded:
    """Rows for a batch of inputs, and why some are missing."""

    values: FloatMatrix
    """[n_inputs, d] float32; zeros where the input failed or was None."""
    failures: Mapping[int, str] = field(default_factory=dict[int, str])
    """Position in the batch -> short reason."""
    retry: frozenset[int] = frozenset()
    """Failures that may pass (memory ran out, a process died): the next run tries them again."""


class Track(NamedTuple):
    """Columns of an encoder's rows that another encoder makes, such as those of a clip's sound track."""

    modality: Role
    columns: tuple[int, int]
    """[start, stop)"""
    encoder: "Encoder[Any, Any]"


class Encoder(Component[ConfigT], Generic[ConfigT, InputT]):
    """Turns inputs of one modality into rows.

    Inputs are `str` for text, `bytes` (a whole media file) for pictures, sound and clips,
    `tuple[str, ...]` for categories and `float` for numbers. Rows come raw; `features.scaling`
    puts columns and parts on one scale before models see them.
    """

    traits: ClassVar[EncoderTraits]
    version: ClassVar[int] = 1
    """Raised by whoever changes what the encoder computes; part of the address of its features."""

    def fit(self, inputs: Iterable[InputT | str | PathLike[str] | None]) -> Self:
        """Learn from `inputs`, which are as for `encode`, and return self; nothing to do unless it learns."""
        if self.traits.learns:
            self._fit(GivenInputs(inputs, self.traits.modality))
        return self

    def encode(self, inputs: Iterable[InputT | str | PathLike[str] | None]) -> FloatMatrix:
        """Return one row for each input [n, d] float32, zeros for None.

        Parameters
        ----------
        inputs
            Texts, numbers, labels (one text, or several), or media: paths, URLs, or the bytes of whole files,
            which are decoded in this process.

        Raises
        ------
        MediaError
            For the first input that cannot be read; it names the input and the reason. `encode_batch` gives
            the reasons beside the rows instead.
        NotReadyError
            If the encoder learns and has not been fitted.
        """
        self.require_fitted()
        given = GivenInputs(inputs, self.traits.modality)
        step = MEDIA_AT_ONCE if self.traits.modality.is_media else max(len(given), 1)
        rows: list[FloatMatrix] = []
        for start in range(0, max(len(given), 1), step):
            made = self.encode_batch(list(given[start : start + step]))
            for position, reason in sorted(made.failures.items()):
                raise MediaError(reason, where=given.called(start + position))
            rows.append(made.values)
        return np.concatenate(rows)

    def _fit(self, inputs: Sequence[InputT | None]) -> None:
        """Set the learned attributes; called only where `traits.learns`.

        Take media one by one, in order: one that ends the process is the one that was taken last, and is
        passed over (None) when learning begins again.
        """
        raise NotImplementedError(f"{self.name} says that it learns, and does not define _fit")

    @abstractmethod
    def encode_batch(self, inputs: Sequence[InputT | None]) -> Encoded:
        """Return one row for each input, zeros for None; media as bytes.

        A broken medium is a failure with its reason, not an exception.
        """

    @classmethod
    def choice(cls) -> str:
        """Return how it is chosen in settings: by its name, or by its engine and a model."""
        return f"{cls.traits.engine}:MODEL" if cls.traits.engine else cls.name

    @property
    def title(self) -> str:
        """What to call it, with this config: as it is chosen in settings."""
        return self.name

    def settings_beside_title(self) -> dict[str, Any]:
        """Return the settings that are not the defaults and that `title` does not show."""
        return self.config.model_dump(exclude_defaults=True)

    def check(self) -> None:
        """Raise `ConfigError` if what was chosen, such as a model, cannot read this modality; may load it."""

    @property
    def as_recipe(self) -> "Recipe[Any] | None":
        """Itself if it `joins_members`, None if not."""
        return None

    @property
    def query_modalities(self) -> frozenset[Role]:
        """What `encode_query` takes; more than the own modality where several share one space."""
        return frozenset({self.traits.modality})

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The columns by which items can be compared with media of another kind: clips with sounds."""
        return ()

    def encode_query(self, inputs: Sequence[Any], modality: Role) -> Encoded:
        """Return rows for questions of one of the `query_modalities`; they compare with `encode_batch`'s."""
        del modality
        return self.encode_batch(inputs)

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, tuple[int, int]]:
        """Named column ranges `[start, stop)` that together cover all columns."""

    @property
    def dimension(self) -> int:
        """The number of columns d."""
        return max(stop for _, stop in self.parts.values())

    def spec(self) -> dict[str, Any]:
        """Return what identifies the features that this encoder makes, as JSON."""
        return {
            "encoder": self.first_name(),
            "version": self.version,
            "modality": self.traits.modality.value,
            "config": self.config.model_dump(mode="json"),
        }
