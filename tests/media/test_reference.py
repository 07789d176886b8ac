"""Where a medium is: paths, archive members, URLs."""

import copy
import zipfile
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import MediaError
from sensorium.media.archive import Archives
from sensorium.media.reference import MediaRef


@pytest.fixture
def archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as opened:
        opened.writestr("inner/a.jpg", b"picture")
        opened.writestr("folder/", b"")
    return tmp_path


def test_a_file_is_read_relative_to_its_base(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"picture")
    assert MediaRef("a.jpg", tmp_path).read() == b"picture"
    assert MediaRef(str(tmp_path / "a.jpg")).read() == b"picture"
    assert MediaRef("a.jpg", tmp_path).exists()


@pytest.mark.parametrize(
    "location", ["photos.zip/inner/a.jpg", "photos.zip!inner/a.jpg", "photos.zip!/inner/a.jpg"]
)
def test_a_member_of_an_archive_is_read(archive, location):
    assert MediaRef(location, archive).read() == b"picture"
    assert MediaRef(location, archive).exists()
    assert MediaRef(location, archive).suffix == ".jpg"


def test_members_are_read_by_many_threads_and_after_a_journey_to_another_process(archive):
    with zipfile.ZipFile(archive / "photos.zip", "a") as opened:
        for number in range(50):
            opened.writestr(f"{number}.jpg", bytes([number]) * 100_000)
    frame = pl.DataFrame(
        {"item_id": range(50), "photo": [f"photos.zip/{number}.jpg" for number in range(50)]}
    )
    references = Catalog.from_frame(frame, image="photo", base=archive).media("photo")
    expected = [bytes([number]) * 100_000 for number in range(50)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(MediaRef.read, references)) == expected
    assert [reference.read() for reference in copy.deepcopy(references)] == expected


def test_an_archive_that_was_replaced_is_read_anew(archive):
    reference = MediaRef("photos.zip/inner/a.jpg", archive, Archives())
    assert reference.read() == b"picture"
    with zipfile.ZipFile(archive / "photos.zip", "w") as opened:
        opened.writestr("inner/a.jpg", b"another picture")
    assert reference.read() == b"another picture"


def test_a_damaged_member_says_so(archive):
    with zipfile.ZipFile(archive / "photos.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.jpg", bytes(range(256)) * 40)
    content = bytearray((archive / "photos.zip").read_bytes())
    content[60:90] = b"\xff" * 30
    (archive / "photos.zip").write_bytes(content)
    with pytest.raises(MediaError, match="the archive cannot be read"):
        MediaRef("photos.zip/a.jpg", archive).read()


def test_a_folder_called_like_an_archive_is_a_folder(tmp_path):
    (tmp_path / "x.zip").mkdir()
    (tmp_path / "x.zip" / "a.jpg").write_bytes(b"picture")
    assert MediaRef("x.zip/a.jpg", tmp_path).read() == b"picture"


@pytest.mark.parametrize("folder", ["x.zip", "x.zip/y.ZIP", "x.zipped"])
@pytest.mark.parametrize("separator", ["/", "!", "!/"])
def test_an_archive_in_a_folder_called_like_one_is_found(archive, folder, separator):
    (archive / folder).mkdir(parents=True)
    (archive / "photos.zip").rename(archive / folder / "real.zip")
    reference = MediaRef(f"{folder}/real.zip{separator}inner/a.jpg", archive)
    assert reference.exists()
    assert reference.read() == b"picture"
    absent = MediaRef(f"{folder}/real.zip{separator}absent.jpg", archive)
    with pytest.raises(MediaError, match="not in the archive"):
        absent.read()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("absent.jpg", "file not found"),
        (".", "is a folder"),
        ("photos.zip/absent.jpg", "not in the archive"),
        ("absent.zip/a.jpg", "file not found"),
        ("broken.zip/a.jpg", "the archive cannot be read"),
        ("a\0.jpg", "cannot be read|file not found"),
        ("ftp://host/a.jpg", "only http and https"),
        ("file:///etc/hostname", "only http and https"),
    ],
)
def test_what_cannot_be_read_says_why_in_few_words(archive, location, reason):
    (archive / "broken.zip").write_bytes(b"no archive")
    reference = MediaRef(location, archive)
    with pytest.raises(MediaError, match=reason) as caught:
        reference.read()
    assert len(caught.value.reason) < 80
    assert not reference.exists()


def test_nothing_larger_than_asked_for_is_read(archive):
    (archive / "a.jpg").write_bytes(b"picture")
    for location in ("a.jpg", "photos.zip/inner/a.jpg"):
        assert MediaRef(location, archive).read(max_bytes=7) == b"picture"
        with pytest.raises(MediaError, match="larger than 6 bytes"):
            MediaRef(location, archive).read(max_bytes=6)


@pytest.mark.parametrize(
    ("location", "leaves"),
    [
        ("a.jpg", False),
        ("x/../a.jpg", False),
        ("../a.jpg", True),
        ("/etc/hostname", True),
        ("http://x/a", False),
    ],
)
def test_a_path_out_of_the_base_can_be_told(tmp_path, location, leaves):
    assert MediaRef(location, tmp_path).leaves_base == leaves


def test_references_to_one_place_are_equal(tmp_path):
    assert len({MediaRef("a", tmp_path), MediaRef("a", tmp_path), MediaRef("b", tmp_path)}) == 2
