"""Where memory is short a model takes less at once, and says so of nothing else."""

import numpy as np
import pytest

from sensorium.core.errors import ConfigError
from sensorium.core.linalg import unit_rows
from sensorium.core.roles import Role
from sensorium.encoders.neural.engine import ModelFacts, NeuralModel, Running

torch = pytest.importorskip("torch", reason="the extra [neural] is not installed")


class Greedy(NeuralModel):
    """A model that needs more memory than there is for more than `most` inputs."""

    most = 3

    def _load(self):
        self.asked: list[int] = []
        return "ready"

    def _facts_of(self, model):
        return ModelFacts(2, (Role.TEXT,))

    def _compute_rows(self, model, inputs, modality, at_once, prompt, is_query):
        self.asked.append(at_once)
        if min(at_once, len(inputs)) > self.most:
            torch.empty(1 << 55, dtype=torch.uint8)  # torch itself says that there is not so much
        return np.array([[number, 1] for number in inputs], dtype=np.float32)


class Wrong(Greedy):
    def _compute_rows(self, model, inputs, modality, at_once, prompt, is_query):
        raise RuntimeError("shapes do not fit")


def test_a_batch_is_halved_until_it_fits_and_that_is_remembered(tmp_path):
    model = Greedy(tmp_path, Running("cpu"))
    rows = model.rows(range(20), Role.TEXT, batch_size=32)
    assert model.asked == [32, 16, 8, 4, 2]
    np.testing.assert_array_equal(
        rows, unit_rows(np.array([[number, 1] for number in range(20)], dtype=np.float32))
    )
    model.rows(range(20), Role.TEXT, batch_size=32)
    assert model.asked[5:] == [2]


def test_an_input_that_does_not_fit_alone_is_an_error(tmp_path):
    model = Greedy(tmp_path, Running("cpu"))
    model.most = 0
    with pytest.raises(RuntimeError, match="memory"):
        model.rows([1, 2], Role.TEXT, batch_size=2)


def test_another_error_is_not_taken_for_a_lack_of_memory(tmp_path):
    model = Wrong(tmp_path, Running("cpu"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        model.rows([1, 2], Role.TEXT, batch_size=2)


def test_a_torch_without_int8_is_one_line(monkeypatch):
    from sensorium.encoders.neural.int8 import quantize_to_int8

    monkeypatch.delattr(torch.ao.quantization, "quantize_dynamic")
    with pytest.raises(ConfigError, match="does not compute in int8.*bfloat16"):
        quantize_to_int8(torch.nn.Linear(2, 2))
