"""Inputs as people hold them (paths, a column of a frame, labels on their own), as encoders take them."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast, overload

from sensorium.core.errors import DataError, MediaError
from sensorium.core.roles import Role
from sensorium.media.reference import MediaRef

SHOWN = 60
"""Characters of an input that an error shows: the first of a text, the last of a path."""


class GivenInputs(Sequence[Any]):
    """Each input as an encoder of `modality` takes it; a file is read when it is asked for, and not kept.

    Parameters
    ----------
    inputs
        Texts, numbers, labels (a text or several), or media: bytes, paths or URLs; None, and NaN, for what is
        missing.
    """

    def __init__(self, inputs: Iterable[object], modality: Role, *, first: int = 0) -> None:
        if isinstance(inputs, (str, bytes, os.PathLike)) or not hasattr(inputs, "__iter__"):
            raise DataError(
                f"a {type(inputs).__name__} is given where several inputs are expected",
                remedy="Give a list: encode([...])",
            )
        self._inputs = cast("Sequence[object]", inputs if isinstance(inputs, Sequence) else list(inputs))
        self._modality, self._first = modality, first

    def __len__(self) -> int:
        return len(self._inputs)

    def __iter__(self) -> Iterator[Any]:
        for index, given in enumerate(self._inputs):
            yield self._taken(given, index)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> "GivenInputs": ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return GivenInputs(self._inputs[index], self._modality, first=self._first + (index.start or 0))
        return self._taken(self._inputs[index], index)

    def called(self, index: int) -> str:
        """Return what to call the input at `index` in an error."""
        given = self._inputs[index]
        place = f"input {self._first + index}"
        if isinstance(given, (bytes, bytearray, memoryview)):
            return place
        text = str(given)
        return f"{place} ({text[-SHOWN:] if self._modality.is_media else text[:SHOWN]})"

    def _taken(self, given: object, index: int) -> Any:
        if given is None or (isinstance(given, float) and math.isnan(given)):
            return None
        modality = self._modality
        if modality.is_media and isinstance(given, (bytes, bytearray, memoryview)):
            return bytes(given)
        if modality.is_media and isinstance(given, (str, os.PathLike)):
            try:
                return MediaRef(os.fspath(cast("str", given))).read()
            except MediaError as error:
                raise MediaError(error.reason, where=self.called(index)) from error
        if modality is Role.TEXT and isinstance(given, str):
            return given
        if modality is Role.CATEGORY and isinstance(given, Iterable):
            labels = (given,) if isinstance(given, str) else tuple(cast("Iterable[object]", given))
            if all(isinstance(label, str) for label in labels):
                return labels
        if modality is Role.NUMBER and hasattr(given, "__float__"):
            return float(cast("float", given))
        raise MediaError(f"is a {type(given).__name__}, not {EXPECTED[modality]}", where=self.called(index))


EXPECTED: Mapping[Role, str] = {
    Role.TEXT: "a text",
    Role.IMAGE: "a picture: a path, or the bytes of the file",
    Role.AUDIO: "a recording: a path, or the bytes of the file",
    Role.VIDEO: "a clip: a path, or the bytes of the file",
    Role.CATEGORY: "a label or several: texts",
    Role.NUMBER: "a number",
}
"""What an encoder of a modality takes, in words."""
