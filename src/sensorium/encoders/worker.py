"""What an encoding process does: batches of media in, rows out."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.catalog.media.worker import Answer, Task
from sensorium.core.component import State
from sensorium.encoders.base import Encoder


def start_of(encoder: Encoder[Any, bytes], state: Path | None = None) -> dict[str, Any]:
    """Return what `encoding` makes the same encoder of, in another process.

    `state` is the folder with what it has learned, if it learns.
    """
    cls = type(encoder)
    config = encoder.config.model_dump(mode="json")
    learned = None if state is None else str(state)
    return {"module": cls.__module__, "class": cls.__name__, "config": config, "state": learned}


def encoding(start: Mapping[str, Any]) -> Task:
    """Return what encodes a batch: the answer's header holds shape and failures, its blob the values."""
    import cv2

    cv2.setNumThreads(1)  # one process a core is enough
    cls = getattr(importlib.import_module(start["module"]), start["class"])
    encoder: Encoder[Any, bytes] = cls(cls.config_type.model_validate(start["config"]))
    if start["state"] is not None:
        encoder.restore(State.load(Path(start["state"])))

    def encode(_: Mapping[str, Any], contents: list[bytes]) -> Answer:
        encoded = encoder.encode(contents)
        values = np.ascontiguousarray(encoded.values, dtype=np.float32)
        failures = {str(row): reason for row, reason in encoded.failures.items()}
        return {"shape": list(values.shape), "failures": failures}, [values.tobytes()]

    return encode
