"""Labels files: what is read, and what is refused with a place and a remedy."""

import pytest

from sensorium.catalog.labels_file import read_labels_file
from sensorium.core.errors import DataError
from sensorium.core.roles import Role


def written(folder, text):
    file = folder / "labels.csv"
    file.write_text(text)
    return file


def test_files_labels_and_folds_are_read(tmp_path):
    media = read_labels_file(
        written(tmp_path, "file,label,fold\na.ogg,rain,2\nb.wav, dog ,1\nc.flac,rain,1\n")
    )
    assert media.role is Role.AUDIO
    assert media.names == ("dog", "rain")
    assert media.label.tolist() == [1, 0, 1]
    assert media.fold is not None
    assert media.fold.tolist() == [1, 0, 0]
    assert media.refs[0].path == tmp_path / "a.ogg"


def test_without_a_fold_column_there_are_no_folds(tmp_path):
    assert read_labels_file(written(tmp_path, "file,label\na.jpg,1\nb.png,2\n")).fold is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("picture,label\na.jpg,x\n", "there is no column 'file'. A labels file has"),
        ("file,kind\na.jpg,x\n", "there is no column 'label'"),
        ("file,label\na.jpg,x\nb.jpg,\n", "row 3: 1 rows have no label"),
        ("file,label\na.jpg,x\nb.jpg,x\n", "fewer than two labels"),
        ("file,label,fold\na.jpg,x,1\nb.jpg,y,1\n", "only one fold"),
        ("file,label\na.jpg,x\nb.mp4,y\n", "the files are of several kinds: 1 image and 1 video"),
        ("file,label\na.doc,x\nb.doc,y\n", "'a.doc' is not the name of a picture, a sound or a clip"),
        ("file,label\n", "there are no rows"),
    ],
)
def test_a_file_that_cannot_judge_is_refused(tmp_path, text, said):
    with pytest.raises(DataError) as refused:
        read_labels_file(written(tmp_path, text))
    assert said in str(refused.value)
    assert "labels.csv" in str(refused.value)
