"""What a process for an encoder does: batches of media in, rows out; or media one by one, to learn from."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, overload

import numpy as np

from sensorium.core.component import State
from sensorium.encoders.base import Encoder
from sensorium.encoders.runtime.encode_batch import encode_rows
from sensorium.media.worker import Answer, Task


def describe_encoder(encoder: Encoder[Any, bytes], state: Path | None = None) -> dict[str, Any]:
    """Return what `encode_task` makes the same encoder of, in another process.

    `state` is the folder with what it has learned, if it learns.
    """
    cls = type(encoder)
    config = encoder.config.model_dump(mode="json")
    learned = None if state is None else str(state)
    return {"module": cls.__module__, "class": cls.__name__, "config": config, "state": learned}


def encode_task(start: Mapping[str, Any]) -> Task:
    """Return what encodes a batch: the answer's header holds shape and failures, its blob the values."""
    encoder = _make_encoder(start)
    if start["state"] is not None:
        encoder.restore(State.load(Path(start["state"])))

    def encode(_: Mapping[str, Any], contents: list[bytes]) -> Answer:
        encoded = encode_rows(encoder, contents)
        values = np.ascontiguousarray(encoded.values, dtype=np.float32)
        failures = {str(row): reason for row, reason in encoded.failures.items()}
        return {"shape": list(values.shape), "failures": failures}, [values.tobytes()]

    return encode


def learn_task(start: Mapping[str, Any]) -> Task:
    """Return what lets an encoder learn from media that the parent hands over one by one.

    Each answer says which medium is `wanted` next, or that all have been `seen` and learning goes on; the
    request that follows holds the medium, or nothing. `last` says that learning may go on at once. The
    last answer is `done`: what was learned stands in the folder `state`.
    """
    encoder = _make_encoder(start)
    given: SimpleQueue[bytes | None] = SimpleQueue()
    answers: SimpleQueue[Answer | BaseException] = SimpleQueue()

    def learn() -> None:
        try:
            encoder.fit(_RequestedMedia(range(start["n_media"]), given, answers))
            encoder.state().save(Path(start["state"]))
            answers.put(({"done": True}, []))
        except BaseException as error:  # raised in the thread that talks to the parent
            answers.put(error)

    thread = Thread(target=learn, daemon=True)

    def step(_: Mapping[str, Any], contents: list[bytes]) -> Answer:
        if thread.ident is None:
            thread.start()
        else:
            given.put(contents[0] if contents else None)
        answer = answers.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return step


class _RequestedMedia(Sequence[bytes | None]):
    """Media that the parent hands over when they are asked for."""

    def __init__(
        self,
        numbers: range,
        given: "SimpleQueue[bytes | None]",
        answers: "SimpleQueue[Answer | BaseException]",
    ) -> None:
        self._numbers, self._given, self._answers = numbers, given, answers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[bytes | None]:
        for number in self._numbers:
            yield self._request({"wanted": number})
        self._request({"seen": True})

    @overload
    def __getitem__(self, index: int) -> bytes | None: ...
    @overload
    def __getitem__(self, index: slice) -> "_RequestedMedia": ...
    def __getitem__(self, index: int | slice) -> "bytes | _RequestedMedia | None":
        if isinstance(index, slice):
            return _RequestedMedia(self._numbers[index], self._given, self._answers)
        # What follows may be more than looking at this one: only an iteration says when it is over.
        return self._request({"wanted": self._numbers[index], "last": True})

    def _request(self, question: Mapping[str, Any]) -> bytes | None:
        self._answers.put((question, []))
        return self._given.get()


def _make_encoder(start: Mapping[str, Any]) -> Encoder[Any, bytes]:
    """Return the encoder that `start` describes, unfitted."""
    import cv2

    cv2.setNumThreads(1)  # one process a core is enough
    cls = getattr(importlib.import_module(start["module"]), start["class"])
    return cls(cls.config_type.model_validate(start["config"]))
