import numpy as np
import pytest
from tests.insight.cases import result

from sensorium.core.errors import DataError
from sensorium.insight.ablation import leave_one_out

VALUES = np.linspace(0.3, 0.7, 60)


def test_the_most_valuable_modality_comes_first() -> None:
    found = leave_one_out(
        result("fusion", VALUES),
        {"audio": result("fusion", VALUES - 0.01), "text": result("fusion", VALUES - 0.2)},
    )
    assert [ablation.modality for ablation in found] == ["text", "audio"]
    assert found[0].gain.mean == pytest.approx(0.2)
    assert found[0].without == pytest.approx(0.3)
    assert found[0].matters


@pytest.mark.parametrize("change", [-0.001, 0.0, 0.001])
def test_a_modality_that_hardly_changes_anything_neither_matters_nor_harms(change: float) -> None:
    noise = np.random.default_rng(0).normal(scale=0.05, size=60)
    found = leave_one_out(
        result("fusion", VALUES), {"image": result("fusion", VALUES + noise - noise.mean() + change)}
    )
    assert not found[0].matters
    assert not found[0].harms


def test_a_modality_that_costs_accuracy_is_said_to_harm() -> None:
    (found,) = leave_one_out(result("fusion", VALUES), {"number": result("fusion", VALUES + 0.01)})
    assert found.harms
    assert not found.matters


def test_other_users_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="different users"):
        leave_one_out(result("fusion", VALUES), {"image": result("fusion", VALUES[:-1])})
