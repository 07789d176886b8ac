import json
import shutil
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from sensorium.core.component import State
from sensorium.core.errors import DataError, NotReadyError
from sensorium.serving.bundle import latest_bundle, name_in, read_manifest, write_bundle
from sensorium.serving.persistence import load_bundle
from sensorium.workspace.bundles import load
from sensorium.workspace.workspace import Workspace


def with_text(text):
    def fill(folder):
        (folder / "sub").mkdir()
        (folder / "sub" / "content.txt").write_text(text)
        return {"facts": {"text": text}}

    return fill


def stored(root):
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def test_the_newest_bundle_is_the_latest(tmp_path):
    first = write_bundle(tmp_path, with_text("one"))
    assert latest_bundle(tmp_path) == first
    second = write_bundle(tmp_path, with_text("two"))
    assert latest_bundle(tmp_path) == second
    assert stored(tmp_path) == sorted([first.name, second.name])
    assert read_manifest(second)["facts"] == {"text": "two"}


def test_the_same_content_in_the_same_second_is_one_bundle(tmp_path):
    bundles = {write_bundle(tmp_path, with_text("same")).name for _ in range(3)}
    assert stored(tmp_path) == sorted(bundles)
    assert len({name.partition("-")[2] for name in bundles}) == 1


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_crash_in_the_middle_leaves_the_old_bundle_and_no_rubbish(tmp_path, error):
    old = write_bundle(tmp_path, with_text("old"))

    def breaks(folder):
        (folder / "half.txt").write_text("half")
        raise error("in the middle")

    with pytest.raises(error):
        write_bundle(tmp_path, breaks)
    assert latest_bundle(tmp_path) == old
    assert stored(tmp_path) == [old.name]
    assert read_manifest(old)["facts"] == {"text": "old"}


def test_a_changed_missing_or_truncated_file_is_named(tmp_path):
    bundle = write_bundle(tmp_path, with_text("content"))
    file = bundle / "sub" / "content.txt"
    for spoil, said in (
        (lambda: file.write_text("contenT"), "was changed"),
        (lambda: file.write_text(""), "was changed"),
        (file.unlink, "is missing"),
    ):
        spoil()
        with pytest.raises(DataError, match=f"sub/content.txt {said}"):
            read_manifest(bundle)


def test_a_manifest_that_is_no_json_or_of_another_format_is_refused(tmp_path):
    bundle = write_bundle(tmp_path, with_text("content"))
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(DataError, match="format 99"):
        read_manifest(bundle)
    (bundle / "manifest.json").write_text("{half")
    with pytest.raises(DataError, match=r"manifest\.json"):
        read_manifest(bundle)
    with pytest.raises(DataError, match="not a bundle"):
        read_manifest(tmp_path)


def test_before_the_first_fit_there_is_no_latest_bundle(tmp_path):
    with pytest.raises(NotReadyError, match="no fitted model"):
        latest_bundle(tmp_path)


def test_a_pointer_to_a_bundle_that_is_gone_says_so(tmp_path):
    shutil.rmtree(write_bundle(tmp_path, with_text("content")))
    with pytest.raises(NotReadyError, match="no fitted model"):
        latest_bundle(tmp_path)


def test_a_model_with_one_changed_byte_is_not_loaded(workspace_copy):
    bundle = latest_bundle(Workspace.open(workspace_copy).bundles)
    file = next((bundle / "model").glob("*.safetensors"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=f"{file.name} was changed"):
        load(bundle)
    with pytest.raises(DataError, match="was changed"):
        load(workspace_copy)


def test_a_bundle_that_holds_one_shape_for_all_matrices_is_loaded(workspace_copy):
    bundle = latest_bundle(Workspace.open(workspace_copy).bundles)
    now = load_bundle(bundle)
    history = State.load(bundle / "history")
    arrays = {name: array for name, array in history.arrays.items() if not name.endswith(".shape")}
    State(arrays, {**history.values, "shape": list(now.seen.shape)}).save(bundle / "history")
    before = load_bundle(bundle, verify=False)
    assert (before.data.interactions != now.data.interactions).nnz == 0
    assert (before.seen != now.seen).nnz == 0
    assert before.data.interactions.shape == now.data.interactions.shape


def test_a_file_has_the_same_name_in_a_bundle_made_on_any_system():
    for path in (PurePosixPath, PureWindowsPath):
        assert name_in(path("bundles/aside"), path("bundles/aside/model/1.safetensors")) == (
            "model/1.safetensors"
        )
