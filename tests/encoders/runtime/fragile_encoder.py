"""An encoder that does all that an encoder must not."""

import os
import time

import numpy as np

from sensorium.core.config import Config
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits


class FragileConfig(Config):
    """Nothing to set."""


class Fragile(Encoder[FragileConfig, bytes]):
    """Dies, hangs or raises where the content says so."""

    traits = EncoderTraits(Role.IMAGE)

    def encode_batch(self, inputs):
        for content in inputs:
            if content == b"die":
                os._exit(1)
            if content == b"hang":
                time.sleep(200)
            if content.startswith(b"die unless ") and not os.path.exists(content[11:]):
                os._exit(1)
            if content == b"eat":
                np.ones(1 << 33)
            if content == b"raise":
                raise ZeroDivisionError("by zero")
        return Encoded(np.array([[len(content)] for content in inputs], dtype=np.float32))

    @property
    def parts(self):
        return {"all": (0, 1)}
