"""A process that encodes what it is sent: `python -m sensorium.encoders.worker`, spoken to over pipes.

A process of its own, and not `multiprocessing`, because then a script needs no `__main__` guard, a
decoder that crashes takes only this process with it, and what it writes to stderr goes nowhere.
"""

import importlib
import os
import signal
import sys
from typing import Any, BinaryIO

import numpy as np

from sensorium.encoders.base import Encoder
from sensorium.encoders.wire import receive, send


def main() -> None:
    """Answer batches until the other side closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it closes the pipe
    requests, answers = sys.stdin.buffer, _private_stdout()
    try:
        header, _ = receive(requests)
        try:
            encoder = _encoder(header)
        except Exception as error:  # told to the parent, which has the user's ear
            send(answers, {"error": f"{type(error).__name__}: {error}"})
            return
        send(answers, {"ready": True})
        while True:
            _, contents = receive(requests)
            _answer(encoder, contents, answers)
    except (EOFError, BrokenPipeError):
        return


def _private_stdout() -> BinaryIO:
    """Return the pipe to the parent, and point the usual descriptors at nothing."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _encoder(header: dict[str, Any]) -> Encoder[Any, bytes]:
    import cv2

    cv2.setNumThreads(1)  # one process a core is enough
    cls = getattr(importlib.import_module(header["module"]), header["class"])
    return cls(cls.config_type.model_validate(header["config"]))


def _answer(encoder: Encoder[Any, bytes], contents: list[bytes], answers: BinaryIO) -> None:
    try:
        encoded = encoder.encode(contents)
    except Exception as error:  # one batch must not end the worker; the parent finds the culprit
        send(answers, {"error": f"{type(error).__name__}: {error}"})
        return
    values = np.ascontiguousarray(encoded.values, dtype=np.float32)
    failures = {str(row): reason for row, reason in encoded.failures.items()}
    send(answers, {"shape": list(values.shape), "failures": failures}, [values.tobytes()])


if __name__ == "__main__":
    main()
