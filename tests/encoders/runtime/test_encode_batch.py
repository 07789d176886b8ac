"""Rows that do not fit what the encoder says of itself go no further."""

import numpy as np
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.core.config import Config
from sensorium.core.errors import ConfigError
from sensorium.core.progress import SILENT
from sensorium.core.roles import Role
from sensorium.encoders.base import Encoded, Encoder, EncoderTraits
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.runtime.encode_batch import encode_batch, encode_rows
from sensorium.encoders.runtime.encode_column import encode_column
from sensorium.features.store import FeatureStore

GIVEN: list[object] = []


class Odd(Encoder[Config, str]):
    """One that gives whatever stands in `GIVEN`."""

    traits = EncoderTraits(Role.TEXT)

    def encode_batch(self, inputs):
        (given,) = GIVEN
        return given[: len(inputs)] if isinstance(given, list) else Encoded(given[: len(inputs)])

    @property
    def parts(self):
        return {"all": (0, 2)}


@pytest.fixture
def odd(request):
    GIVEN[:] = [request.param]
    yield Odd()
    GIVEN.clear()


TOO_NARROW, FLAT, NO_ROWS = np.ones((3, 1), np.float32), np.ones(3, np.float32), [[1.0, 1.0]] * 3
HALF_KNOWN = np.array([[1, 2], [np.nan, 1], [np.inf, 0]], np.float32)


@pytest.mark.parametrize("odd", [TOO_NARROW, FLAT, NO_ROWS], indirect=True)
@pytest.mark.parametrize("encode", [encode_rows, encode_batch])
def test_rows_of_another_shape_are_refused_with_the_name_of_the_encoder(odd, encode):
    with pytest.raises(ConfigError, match=r"encoder 'odd' gives .* ask for rows \(3, 2\)\. Choose another"):
        encode(odd, ["a", "b", "c"])


@pytest.mark.parametrize("odd", [HALF_KNOWN], indirect=True)
def test_a_row_that_is_not_finite_is_a_failure_of_its_item_alone(odd, tmp_path):
    encoded = encode_rows(odd, ["a", "b", "c"])
    np.testing.assert_array_equal(encoded.values, [[1, 2], [0, 0], [0, 0]])
    assert encoded.failures == dict.fromkeys((1, 2), "its row is not finite")
    column = encode_column("text:a", odd, ["a", "b", "c"], FeatureStore(tmp_path / "column"), SILENT)
    assert column.block.present.tolist() == [True, False, False]
    catalog = Catalog.from_frame({"item_id": ["x", "y", "z"], "a": ["a", "bb", "ccc"]}, text="a")
    found = encode_catalog(catalog, FeatureStore(tmp_path / "rows"), encoders={"text:a": odd})
    assert found.blocks["text:a"].present.tolist() == [True, False, False]
    assert [failure.item_id for failure in found.report.failures] == ["y", "z"]
