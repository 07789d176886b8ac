"""An encoder that learns, and does all that it must not while it does."""

import os
import time

import numpy as np

from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits


class FragileLearnerConfig(Config):
    """Whether it fails when it has seen all."""

    fails: bool = False


class FragileLearner(Encoder[FragileLearnerConfig, bytes]):
    """Dies, hangs or raises where the content says so; remembers what it has seen, and where it was."""

    traits = EncoderTraits(Role.IMAGE, learns=True)

    seen: list[str]
    process: int

    def _fit(self, inputs):
        self.seen, self.process = [], os.getpid()
        for content in inputs:
            if content is None:
                continue
            if content == b"die":
                os._exit(1)
            if content == b"hang":
                time.sleep(200)
            if content == b"eat":
                np.ones(1 << 33)
            if content == b"raise":
                raise ZeroDivisionError("by zero")
            self.seen.append(content.decode())
        if self.config.fails:
            raise ZeroDivisionError("by nothing")

    def encode_batch(self, inputs):
        return Encoded(np.array([[len(content)] for content in inputs], dtype=np.float32))

    @property
    def parts(self):
        return {"all": (0, 1)}
