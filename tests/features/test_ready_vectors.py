"""Vectors that somebody brings along become blocks in the order of the catalogue, or an error says why."""

import numpy as np
import polars as pl
import pytest

import sensorium as sn
from sensorium.core.block_name import BlockName
from sensorium.core.errors import DataError
from sensorium.core.vocabulary import Vocabulary
from sensorium.features.block import FeatureBlock
from sensorium.features.ready_vectors import ready_blocks

VECTORS = np.arange(1.0, 9.0).reshape(4, 2)


@pytest.fixture(scope="module")
def catalog():
    frame = pl.DataFrame({"sku": [40, 30, 20, 10], "title": ["a", "b", "c", "d"]})
    return sn.Catalog.from_frame(frame, id="sku", text="title")


def as_frame():
    return pl.DataFrame({"sku": [10, 20, 30, 40], "x": VECTORS[::-1, 0], "y": VECTORS[::-1, 1]})


GIVEN = {
    "an array in the order of the catalogue": VECTORS,
    "a list of lists": VECTORS.tolist(),
    "a mapping from ids": {str(10 * (4 - n)): vector for n, vector in enumerate(VECTORS)},
    "a mapping from numbers": {10 * (4 - n): vector.tolist() for n, vector in enumerate(VECTORS)},
    "a frame of numbers": as_frame(),
    "a pandas frame": as_frame().to_pandas(),
    "a frame with a column of lists": pl.DataFrame({"sku": [40, 30, 20, 10], "v": VECTORS.tolist()}),
}


@pytest.mark.parametrize("vectors", GIVEN.values(), ids=GIVEN)
def test_each_item_gets_its_own_vector(catalog, vectors):
    block = ready_blocks(catalog, {"image:clip": vectors})["image:clip"]
    np.testing.assert_array_equal(block.values, VECTORS.astype(np.float32))
    assert block.present.all()
    assert (block.modality, block.column) == ("image", "clip")


@pytest.mark.parametrize("name", ["v.npy", "v.parquet", "v.csv"])
def test_a_file_is_read(catalog, tmp_path, name):
    path = tmp_path / name
    writers = {".npy": lambda: np.save(path, VECTORS), ".parquet": lambda: as_frame().write_parquet(path)}
    writers.get(path.suffix, lambda: as_frame().write_csv(path))()
    for given in (path, str(path)):
        np.testing.assert_array_equal(ready_blocks(catalog, {"x": given})["x"].values, VECTORS)


def test_ids_in_a_file_are_read_as_they_stand(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("item_id,x\n007,1\n7,2\n", encoding="utf-8")
    catalog = sn.Catalog.from_frame(pl.DataFrame({"item_id": ["7", "007"]}))
    assert ready_blocks(catalog, {"x": path})["x"].values.tolist() == [[2], [1]]


@pytest.mark.parametrize("vectors", [VECTORS, GIVEN["a mapping from ids"], GIVEN["a frame of numbers"]])
def test_one_block_needs_no_name(catalog, vectors):
    assert list(ready_blocks(catalog, vectors)) == ["vectors"]


def test_an_item_without_a_vector_or_with_one_of_nan_or_zero_is_absent(catalog):
    nan, zero = [np.nan, np.nan], [0.0, 0.0]
    block = ready_blocks(catalog, {"x": {"40": [1.0, 2.0], "30": nan, "20": zero}})["x"]
    assert block.present.tolist() == [True, False, False, False]
    np.testing.assert_array_equal(block.values, [[1, 2], [0, 0], [0, 0], [0, 0]])


def test_an_array_is_not_changed(catalog):
    given = np.full((4, 2), np.nan, dtype=np.float32)
    given[0] = 1
    ready_blocks(catalog, {"x": given})
    assert np.isnan(given[1:]).all()


BAD = {
    "too few rows": (VECTORS[:3], "3 rows for 4 items", "in its order"),
    "an unknown id": ({"77": [1.0, 2.0]}, "unknown item '77'", "Known items"),
    "two lengths": ({"10": [1.0], "20": [1.0, 2.0]}, "different lengths", "same length"),
    "infinity": ([[np.inf, 1.0], *VECTORS[1:].tolist()], "item '40' holds NaN or infinity", "finite"),
    "one NaN": ([[np.nan, 1.0], *VECTORS[1:].tolist()], "item '40' holds NaN or infinity", "finite"),
    "words": ([["a", "b"]] * 4, "no array of numbers", "Give numbers"),
    "one dimension": (np.ones(4), "shape (4,)", "[n_items, d]"),
    "no file": ("nowhere.npy", "no file nowhere.npy", "Check the path"),
    "a frame without ids": (pl.DataFrame({"x": [1.0]}), "no column 'sku'", "Columns are: x"),
    "an id twice": (pl.DataFrame({"sku": [10, 10], "x": [1.0, 2.0]}), "item 10 has two vectors", "Keep one"),
    "a column of words": (pl.DataFrame({"sku": [10], "x": ["w"]}), "'x' holds no numbers", "Leave the id"),
}


@pytest.mark.parametrize(("vectors", "what", "remedy"), BAD.values(), ids=BAD)
def test_the_error_says_which_block_what_and_what_to_do(catalog, vectors, what, remedy):
    with pytest.raises(sn.UserError) as caught:
        ready_blocks(catalog, {"image:clip": vectors})
    assert "features 'image:clip'" in str(caught.value)
    assert what in str(caught.value)
    assert remedy in str(caught.value)


def test_copies_that_were_merged_are_named_where_rows_do_not_fit(catalog):
    items = Vocabulary(catalog.items.ids, aliases={"41": "40", "42": "40"})
    merged = sn.Catalog(catalog.frame, items, catalog.roles, None, "sku")
    with pytest.raises(sn.UserError, match="6 rows for 4 items; 2 copies were merged into others"):
        ready_blocks(merged, {"x": np.ones((6, 2))})
    np.testing.assert_array_equal(ready_blocks(merged, {"x": {"41": [1.0]}})["x"].values[0], [1.0])


@pytest.mark.parametrize("name", [5, None, "", " ", "image:", ":clip", 99])
def test_what_names_no_block_is_refused(catalog, name):
    with pytest.raises(sn.UserError, match="^features: .* names no block, and is no item of the catalogue"):
        ready_blocks(catalog, {name: np.ones((len(catalog), 2))})


def test_masked_cells_are_missing_and_never_what_the_mask_hides(catalog):
    values = np.ma.masked_array(np.ones((len(catalog), 2)), mask=False)
    values[1] = np.ma.masked
    assert ready_blocks(catalog, values)["vectors"].present.tolist() == [n != 1 for n in range(len(catalog))]
    values[0, 0] = np.ma.masked
    with pytest.raises(sn.UserError, match="holds NaN or infinity"):
        ready_blocks(catalog, values)


def test_numbers_that_do_not_fit_are_refused(catalog):
    with pytest.raises(sn.UserError, match="the numbers are complex"):
        ready_blocks(catalog, np.full((len(catalog), 2), 1j))
    with pytest.raises(sn.UserError, match="holds NaN or infinity"):
        ready_blocks(catalog, np.full((len(catalog), 2), 1e300))


@pytest.mark.parametrize("value", [np.nan, 0.0])
@pytest.mark.parametrize("kind", ["array", "mapping", "file", "frame", "block"])
def test_vectors_of_which_every_one_is_empty_are_refused(catalog, tmp_path, value, kind):
    array = np.full((4, 2), value, dtype=np.float32)
    np.save(tmp_path / "x.npy", array)
    given = {
        "array": array,
        "mapping": dict(zip(catalog.items.ids, array, strict=True)),
        "file": tmp_path / "x.npy",
        "frame": pl.DataFrame({"sku": catalog.items.ids, "a": array[:, 0], "b": array[:, 1]}),
        "block": FeatureBlock(BlockName("x"), array, np.zeros(4, dtype=np.bool_), {}),
    }
    with pytest.raises(DataError, match="features 'x': no item has a vector"):
        ready_blocks(catalog, {"x": given[kind]})
