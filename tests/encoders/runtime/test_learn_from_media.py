"""What an encoder learns from media, it learns in another process: a hostile one costs itself alone."""

import contextlib
import os
from pathlib import Path

import pytest

from sensorium.core.errors import DataError
from sensorium.encoders.runtime import learn_from_media as module
from sensorium.encoders.runtime.learn_from_media import learn_from_media
from sensorium.features.store import FeatureStore
from sensorium.media.reference import MediaRef


@pytest.fixture
def learner(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)
    from fragile_learner import FragileLearner  # the worker imports it by this name

    return FragileLearner


class Counting:
    """Progress that counts."""

    def __init__(self):
        self.count, self.total = 0, None

    @contextlib.contextmanager
    def stage(self, name, total=None, *, unit="items"):
        self.total = total
        yield self

    def advance(self, n=1, *, note=None):
        self.count += n

    def say(self, line):
        pass


def media(folder: Path, contents: list[bytes]) -> list[MediaRef | None]:
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(contents):
        (folder / f"{number}").write_bytes(content)
    return [MediaRef(str(number), folder) for number in range(len(contents))]


def test_what_crashes_hangs_raises_or_eats_memory_is_passed_over(tmp_path, learner, monkeypatch):
    monkeypatch.setattr(module, "MEDIUM_TIMEOUT_S", 10.0)
    contents = [b"a", b"die", b"b", b"hang", b"c", b"raise", b"eat", b"d"]
    refs = [*media(tmp_path / "media", contents), None, MediaRef("not there", tmp_path)]
    progress = Counting()
    fitted = learn_from_media("image:x", learner(), refs, FeatureStore(tmp_path / "store"), progress)
    assert fitted.seen == ["a", "b", "c", "d"]
    assert fitted.process != os.getpid()
    assert progress.count == progress.total == len(refs) - 1


def test_what_was_learned_is_remembered_and_not_learned_again(tmp_path, learner):
    refs, store = media(tmp_path / "media", [b"a", b"b"]), FeatureStore(tmp_path / "store")
    first = learn_from_media("image:x", learner(), refs, store)
    again = learn_from_media("image:x", learner(), refs, store)
    assert (again.seen, again.process) == (["a", "b"], first.process)
    assert not list((store.root / "learnt").glob(".part-*"))


def test_a_hostile_medium_at_the_end_is_found_too(tmp_path, learner):
    refs = media(tmp_path / "media", [b"a", b"b", b"die"])
    assert learn_from_media("image:x", learner(), refs, FeatureStore(tmp_path / "store")).seen == ["a", "b"]


def test_of_too_many_hostile_media_those_before_them_are_learned_from(tmp_path, learner, monkeypatch):
    monkeypatch.setattr(module, "MAX_CULPRITS", 2)
    refs = media(tmp_path / "media", [b"a", b"die", b"b", b"die", b"c", b"die", b"d"])
    refs = list(dict.fromkeys(refs))
    assert learn_from_media("image:x", learner(), refs, FeatureStore(tmp_path / "store")).seen == ["a", "b"]


def test_an_encoder_that_fails_when_it_has_seen_all_says_so(tmp_path, learner):
    broken = learner(learner.config_type(fails=True))
    store = FeatureStore(tmp_path / "store")
    with pytest.raises(DataError, match="could not learn: ZeroDivisionError: by nothing"):
        learn_from_media("image:x", broken, media(tmp_path / "media", [b"a"]), store)
    assert not list((store.root / "learnt").iterdir())


def test_an_encoder_that_no_other_process_can_import_learns_here(tmp_path, learner):
    class Own(learner):
        """Known to this function alone."""

    fitted = learn_from_media(
        "image:x", Own(), media(tmp_path / "media", [b"a"]), FeatureStore(tmp_path / "store")
    )
    assert (fitted.seen, fitted.process) == (["a"], os.getpid())


def test_nothing_to_learn_from_is_no_failure(tmp_path, learner):
    assert learn_from_media("image:x", learner(), [None], FeatureStore(tmp_path / "store")).seen == []
