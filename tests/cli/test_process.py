"""The command as a process of its own: streams, colours, broken pipes and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

COMMAND = [sys.executable, "-m", "sensorium"]


def run(*words, **environment):
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "80", **environment},
    )


def test_json_is_alone_on_stdout_and_a_mistake_alone_on_stderr(fitted_workspace):
    done = run("recommend", fitted_workspace, "--user", "u00", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["items"]
    assert done.stderr == ""
    wrong = run("recommend", fitted_workspace, "--user", "u99", "--json")
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert wrong.stderr.startswith("error: unknown user 'u99'")
    assert wrong.stderr.count("\n") == 1


def test_with_warnings_on_json_is_still_alone_on_stdout(workspace_copy):
    broken = sorted((workspace_copy / "picture").iterdir())[0]
    broken.write_text("no picture")
    done = run("fit", workspace_copy, "--model", "ease", "--seconds", "1", "--json", PYTHONWARNINGS="default")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bundle"]
    assert "Traceback" not in done.stderr


def test_colours_only_where_they_are_wanted(fitted_workspace):
    plain = run("recommend", fitted_workspace)
    forced = run("recommend", fitted_workspace, FORCE_COLOR="1")
    refused = run("recommend", fitted_workspace, NO_COLOR="1", TTY_COMPATIBLE="1")
    assert "\x1b" not in plain.stdout
    assert "\x1b[" in forced.stdout
    assert "\x1b[3" not in refused.stdout  # bold may stay, colours may not


def test_where_the_terminal_lacks_letters_they_are_question_marks_and_json_escapes_them(tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\ncafé,太空\nb,kite\nc,ball\n", encoding="utf-8")
    (tmp_path / "events.csv").write_text("user_id,item_id\nu,b\nv,b\nv,café\nw,café\n", encoding="utf-8")
    files = ("--items", tmp_path / "items.csv", "--events", tmp_path / "events.csv")
    made = run("init", tmp_path, *files, PYTHONIOENCODING="ascii")
    assert made.returncode == 0, made.stderr
    assert run("fit", tmp_path, "--model", "popularity", PYTHONIOENCODING="ascii").returncode == 0
    ask = ("recommend", tmp_path, "--history", "b")
    told = run(*ask, PYTHONIOENCODING="ascii")
    assert told.returncode == 0, told.stderr
    assert "caf?" in told.stdout
    assert "\\u00e9" in (answer := run(*ask, "--json", PYTHONIOENCODING="ascii").stdout)
    assert "café" in [item["item_id"] for item in json.loads(answer)["items"]]


def test_a_reader_that_leaves_early_is_no_error(fitted_workspace):
    process = subprocess.Popen(
        [*COMMAND, "recommend", str(fitted_workspace), "--explain", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) == 141
    assert said == ""


def many_pictures(folder: Path, n: int) -> None:
    rng = np.random.default_rng(0)
    names = [f"{index}.png" for index in range(n)]
    for name in names:
        picture = rng.integers(0, 255, (256, 256, 3), dtype=np.uint8)
        (folder / name).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    rows = "".join(f"{index},{name}\n" for index, name in enumerate(names))
    (folder / "items.csv").write_text("item_id,photo\n" + rows)
    (folder / "events.csv").write_text("user_id,item_id\nu,0\nu,1\nv,1\nv,2\n")
    (folder / "sensorium.toml").write_text(
        '[catalog]\nitems = "items.csv"\nimage = "photo"\n[events]\nfile = "events.csv"\n'
    )


def kept_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in (folder / ".sensorium").rglob("*") if file.is_file())


def many_events(folder: Path) -> None:
    rng = np.random.default_rng(0)
    items = "".join(f"{item},thing {item % 7}\n" for item in range(1_000))
    (folder / "items.csv").write_text("item_id,title\n" + items)
    rows = [
        f"{user},{item},{1_600_000_000 + 100 * user + 7_919 * n}\n"
        for user in range(1_500)
        for n, item in enumerate(rng.choice(1_000, 15, replace=False))
    ]
    (folder / "events.csv").write_text("user_id,item_id,timestamp\n" + "".join(rows))


@pytest.mark.slow
def test_ctrl_c_while_settings_are_searched_keeps_the_best_so_far(tmp_path):
    many_events(tmp_path)
    assert run("init", tmp_path / "w", "--from", tmp_path).returncode == 0
    process = subprocess.Popen(
        [*COMMAND, "fit", str(tmp_path / "w"), "--seconds", "600", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "w" / ".sensorium").is_dir() or kept_bytes(tmp_path / "w") < 10_000:
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(4)  # the search begins once features are kept
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "stopped: going on with the best settings so far" in err
    record = json.loads(out)
    assert Path(record["path"]).is_dir()
    assert any("stopped by hand" in member["why"] for member in record["members"])


@pytest.mark.slow
def test_ctrl_c_while_encoding_is_one_line_and_the_next_run_goes_on(tmp_path):
    n = 600
    many_pictures(tmp_path, n)
    process = subprocess.Popen(
        [*COMMAND, "encode", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / ".sensorium").is_dir() or kept_bytes(tmp_path) < 50_000:
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everybody in the group gets it
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines() == ["Stopped. What was finished is kept; run the same command again to go on."]
    done = run("encode", tmp_path, "--json")
    counts = json.loads(done.stdout)["blocks"]["image:photo"]
    assert counts["reused"] > 0
    assert counts["encoded"] + counts["reused"] == n


def played_split(folder: Path) -> None:
    """A split folder that `auto` tunes and judges for longer than a test waits."""
    rng = np.random.default_rng(0)
    for part, n in (("train", 30_000), ("validation", 3_000), ("test", 3_000)):
        pairs = np.unique(np.column_stack([rng.integers(600, size=n), rng.zipf(1.4, size=n) % 700]), axis=0)
        rows = "".join(f"{user},{item}\n" for user, item in pairs.tolist())
        (folder / f"{part}.csv").write_text("user_id,item_id\n" + rows)


def test_ctrl_c_while_evaluating_is_one_line_after_what_was_foretold_and_leaves_nothing(tmp_path):
    played_split(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    process = subprocess.Popen(
        [
            *COMMAND,
            "evaluate",
            str(tmp_path),
            "--seconds",
            "600",
            "--json",
            "--report",
            str(tmp_path / "r.html"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    foretold = process.stderr.readline()
    assert foretold.startswith("About "), foretold
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines() == ["Stopped. What was finished is kept; run the same command again to go on."]
    assert sorted(tmp_path.rglob("*")) == before
