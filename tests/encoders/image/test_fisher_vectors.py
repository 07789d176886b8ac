"""Local shapes: descriptors, the vocabulary learnt from a catalogue, and the run over one."""

from types import MappingProxyType

import cv2
import numpy as np
import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import NotReadyError
from sensorium.encoders.encode_catalog import encode_catalog
from sensorium.encoders.image.fisher_vectors import QUARTERS, FisherVectors, FisherVectorsConfig
from sensorium.encoders.image.sift import DIMENSION, local_features, small_grey
from sensorium.encoders.persistence import load_encoder, save_encoder
from sensorium.features.scaling import Scaling
from sensorium.features.store import FeatureStore
from sensorium.testing.encoder_contract import EncoderContract


def picture(kind: int, rng: np.random.Generator) -> np.ndarray:
    """Rings or crosses in noise: the same colours, other shapes, one in each quarter."""
    drawn = rng.normal(120, 12, (120, 160, 3)).clip(0, 255).astype(np.uint8)
    for x in (40, 120):
        for y in (30, 90):
            at = (x + int(rng.integers(-8, 8)), y + int(rng.integers(-5, 5)))
            if kind:
                cv2.circle(drawn, at, 14, (230, 230, 230), 3)
            else:
                cv2.drawMarker(drawn, at, (230, 230, 230), cv2.MARKER_TILTED_CROSS, 28, 3)
    return drawn


@pytest.fixture
def shop(tmp_path) -> Catalog:
    rng = np.random.default_rng(0)
    for n in range(40):
        cv2.imwrite(str(tmp_path / f"{n}.png"), picture(n % 2, rng))
    (tmp_path / "7.png").write_bytes(b"no picture")
    frame = pl.DataFrame({"item_id": range(41), "photo": [f"{n}.png" for n in range(41)]})
    return Catalog.from_frame(frame, image="photo", base=tmp_path)


def test_descriptors_have_unit_length_and_places_lie_within():
    found = local_features(small_grey(picture(1, np.random.default_rng(1))))
    assert found.descriptors.shape[1] == DIMENSION
    np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, rtol=1e-4)
    assert 0 < found.places.min() < found.places.max() < 1


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (500, 2, 3), (64, 64, 3)])
def test_a_flat_picture_of_any_shape_has_no_descriptors(shape):
    assert len(local_features(small_grey(np.full(shape, 90, np.uint8))).descriptors) == 0


def test_a_descriptor_does_not_care_for_brightness_and_contrast():
    grey = small_grey(picture(1, np.random.default_rng(2))).astype(np.float32)
    first, second = (
        local_features(np.clip(shown, 0, 255).astype(np.uint8)) for shown in (grey, 0.6 * grey + 60)
    )
    n = min(len(first.descriptors), len(second.descriptors))
    assert n > 100
    if len(first.descriptors) == len(second.descriptors):
        assert (first.descriptors * second.descriptors).sum(axis=1).mean() > 0.95


def test_before_learning_there_is_nothing_to_say():
    with pytest.raises(NotReadyError, match="fisher-vectors"):
        FisherVectors().encode_batch([b""])


def test_shapes_are_told_apart_where_colours_are_the_same(shop, tmp_path):
    result = encode_catalog(shop, FeatureStore(tmp_path / "store"), encoders={"image:photo": FisherVectors()})
    block = result.blocks["image:photo"]
    assert block.present.sum() == 39
    assert {failure.item_id for failure in result.report.failures} == {"7", "40"}
    there = np.flatnonzero(block.present)
    rows = Scaling.fit(block).scaled(block).values[there]
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, -1)
    assert (there[likeness.argmax(axis=1)] % 2 == there % 2).mean() > 0.9


class TestLocalShapesAlone(EncoderContract):
    """Colours are left out: the two tastes of the contract are told apart by what is drawn."""

    encoder = FisherVectors
    config = MappingProxyType({"parts": []})


def test_local_shapes_stand_beside_the_parts_that_are_chosen(shop, tmp_path):
    names = [list(FisherVectors(FisherVectorsConfig(parts=parts)).parts) for parts in ((), ("edges",))]
    assert names == [list(QUARTERS), ["edges", *QUARTERS]]
    contents = [(tmp_path / f"{n}.png").read_bytes() for n in range(12)]
    every, alone = (
        FisherVectors(FisherVectorsConfig(parts=parts)).fit(contents) for parts in (("edges",), ())
    )
    np.testing.assert_array_equal(
        every.encode_batch(contents).values[:, 80:], alone.encode_batch(contents).values
    )


def test_processes_compute_what_this_one_does(shop, tmp_path):
    result = encode_catalog(
        shop, FeatureStore(tmp_path / "store"), encoders={"image:photo": FisherVectors()}, workers=2
    )
    fitted = result.encoders["image:photo"]
    here = fitted.encode_batch([(tmp_path / "3.png").read_bytes()]).values[0]
    np.testing.assert_allclose(result.blocks["image:photo"].values[3], here, rtol=1e-4, atol=1e-5)


def test_what_was_learnt_is_kept_while_the_catalogue_changes_a_little(shop, tmp_path):
    store = FeatureStore(tmp_path / "store")
    first = encode_catalog(shop, store, encoders={"image:photo": FisherVectors()})
    cv2.imwrite(str(tmp_path / "40.png"), picture(0, np.random.default_rng(5)))
    second = encode_catalog(shop, store, encoders={"image:photo": FisherVectors()})
    counts = second.report.blocks["image:photo"]
    assert (counts.encoded, counts.reused) == (1, 39)
    words = [result.encoders["image:photo"].words for result in (first, second)]
    np.testing.assert_array_equal(*words)


def test_a_catalogue_twice_as_large_learns_anew(shop, tmp_path):
    store = FeatureStore(tmp_path / "store")
    few = Catalog.from_frame(shop.frame.head(12), image="photo", base=tmp_path)
    first = encode_catalog(few, store, encoders={"image:photo": FisherVectors()})
    second = encode_catalog(shop, store, encoders={"image:photo": FisherVectors()})
    assert second.report.blocks["image:photo"].encoded == 39
    assert not np.array_equal(first.encoders["image:photo"].words, second.encoders["image:photo"].words)


def test_a_saved_encoder_gives_the_same_rows(shop, tmp_path):
    result = encode_catalog(shop, FeatureStore(tmp_path / "store"), encoders={"image:photo": FisherVectors()})
    fitted, content = result.encoders["image:photo"], (tmp_path / "3.png").read_bytes()
    save_encoder(fitted, tmp_path / "saved")
    again = load_encoder(tmp_path / "saved")
    np.testing.assert_array_equal(again.encode_batch([content]).values, fitted.encode_batch([content]).values)
