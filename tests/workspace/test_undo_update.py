"""An update can be taken back: the last one or a named one, before and after a fit."""

import subprocess
import sys

import pytest

from sensorium.core.errors import DataError, NotReadyError
from sensorium.workspace.bundles import load, update_workspace
from sensorium.workspace.commands import fit_workspace
from sensorium.workspace.event_batches import update_files
from sensorium.workspace.training_tables import training_tables
from sensorium.workspace.undo_update import undo_update
from sensorium.workspace.workspace import Workspace


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\n1,red ball\n2,blue ball\n3,green kite\n4,red kite\n")
    (tmp_path / "events.csv").write_text("user_id,item_id\nann,1\nann,2\nbob,2\n")
    (tmp_path / "sensorium.toml").write_text(
        '[catalog]\nitems = "items.csv"\ntext = "title"\n[events]\nfile = "events.csv"\n'
    )
    workspace = Workspace.open(tmp_path)
    fit_workspace(workspace, model="popularity", seconds=1)
    return workspace


def bring(workspace, text):
    file = workspace.folder / "new.csv"
    file.write_text(f"user_id,item_id\n{text}")
    _, batch = update_workspace(workspace, file)
    return batch


def known_users(workspace):
    return list(load(workspace.folder).users)


def test_the_last_one_goes_first_and_answers_are_as_before(shop):
    bring(shop, "eve,1\n")
    last = bring(shop, "zoe,3\nzoe,4\n")
    assert known_users(shop) == ["ann", "bob", "eve", "zoe"]
    undone = undo_update(shop)
    assert (undone.name, undone.n_events, undone.is_learnt) == (last.stem, 2, False)
    assert known_users(shop) == ["ann", "bob", "eve"]
    assert undo_update(shop).n_events == 1
    assert known_users(shop) == ["ann", "bob"]
    with pytest.raises(NotReadyError, match="no update to take back"):
        undo_update(shop)


def test_a_named_one_goes_and_can_be_brought_again(shop):
    first = bring(shop, "eve,1\n")
    bring(shop, "zoe,3\n")
    undone = undo_update(shop, first.name)
    assert known_users(shop) == ["ann", "bob", "zoe"]
    assert undone.file.read_text() == "user_id,item_id\neve,1\n"
    bring(shop, "eve,1\n")
    assert known_users(shop) == ["ann", "bob", "zoe", "eve"]
    with pytest.raises(DataError, match="no update is called 'first'.*The last are"):
        undo_update(shop, "first")


def test_one_that_was_learnt_from_is_forgotten_by_the_next_fit(shop):
    bring(shop, "eve,1\n")
    fit_workspace(shop, model="popularity", seconds=1)
    assert undo_update(shop).is_learnt
    assert known_users(shop) == ["ann", "bob", "eve"]
    assert not update_files(shop)
    fit_workspace(shop, model="popularity", seconds=1)
    assert known_users(shop) == ["ann", "bob"]
    assert len(training_tables(shop)[1]) == 3


def test_a_batch_that_cannot_be_read_can_be_taken_back(shop):
    bring(shop, "eve,1\n").write_text("")
    with pytest.raises(DataError, match="the file is empty"):
        known_users(shop)
    undone = undo_update(shop)
    assert (undone.n_events, undone.file.is_file()) == (0, True)
    assert known_users(shop) == ["ann", "bob"]


def test_of_two_processes_at_once_each_takes_another_back_or_says_that_it_was_too_late(shop):
    batches = {bring(shop, f"eve{place},1\n").stem for place in range(8)}
    code = (
        "import sys; from pathlib import Path; from sensorium.core.errors import NotReadyError\n"
        "from sensorium.workspace.undo_update import undo_update\n"
        "from sensorium.workspace.workspace import Workspace\n"
        "space = Workspace.open(Path(sys.argv[1])); sys.stdin.readline()\n"
        "for _ in range(4):\n"
        "    try: print(undo_update(space).name)\n"
        "    except NotReadyError as error: print('late:', error)\n"
    )
    command = [sys.executable, "-c", code, str(shop.folder)]
    pipe = subprocess.PIPE
    both = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    lines = [line for process in both for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in both] == [0, 0]
    taken = [line for line in lines if not line.startswith("late:")]
    assert len(lines) == 8
    assert len(taken) == len(set(taken)) >= 4
    assert all("has just taken back" in line for line in lines if line.startswith("late:"))
    assert {file.stem for file in update_files(shop)} == batches - set(taken)
