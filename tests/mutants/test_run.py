"""The faults fit the code, and their runner tells apart what the tests notice."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def load() -> ModuleType:
    """Return the runner, which is a script and no part of a package."""
    spec = importlib.util.spec_from_file_location("mutants_run", HERE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


runner = load()
FAULTS = runner.read_faults()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_the_fault_can_be_put_in(fault):
    assert fault.problem(runner.ROOT) is None
    assert fault.new != fault.old


def test_no_two_faults_are_called_alike():
    assert len({fault.id for fault in FAULTS}) == len(FAULTS)


@pytest.fixture
def repository(tmp_path):
    """A repository with one function, and tests that look at it, past it, and at nothing that is true."""
    files = {
        "src/double.py": "def double(n):\n    return 2 * n\n",
        "tests/test_it.py": "import double\n\ndef test_it():\n    assert double.double(3) == 6\n",
        "tests/test_past_it.py": "import double\n\ndef test_zero():\n    assert double.double(0) == 0\n",
        "tests/test_wrong.py": "def test_wrong():\n    assert False\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def fault(name, old="2 * n", new="3 * n", test="tests/test_it.py"):
    return runner.Fault(name, "src/double.py", old, new, (test,))


@pytest.mark.slow
def test_what_tests_notice_is_told_from_what_they_pass_over_and_from_what_they_cannot_say(repository):
    faults = [
        fault("looked at"),
        fault("looked past", test="tests/test_past_it.py"),
        fault("never true", test="tests/test_wrong.py"),
        fault("no Python", new="2 *"),
    ]
    found = runner.run(faults, repository, repository / "results.json", jobs=2)
    assert found == {
        "looked at": runner.NOTICED,
        "looked past": runner.UNNOTICED,
        "never true": runner.FAILED,
        "no Python": runner.BROKEN,
    }
    assert (repository / "src/double.py").read_text().endswith("2 * n\n")


@pytest.mark.slow
def test_what_was_found_holds_until_the_file_or_its_tests_change(repository, capsys):
    results, own = repository / "results.json", fault("looked at")
    runner.run([own], repository, results)
    assert "looked at" in capsys.readouterr().out
    runner.run([own], repository, results)
    assert "looked at" not in capsys.readouterr().out
    with (repository / "tests/test_it.py").open("a") as file:
        file.write("# changed\n")
    runner.run([own], repository, results)
    assert "looked at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (fault("gone", old="4 * n"), "gone: its old text stands 0 times in src/double.py"),
        (fault("often", old="n"), "often: its old text stands 3 times"),
        (fault("lost", test="tests/test_lost.py"), "lost: there is no tests/test_lost.py"),
    ],
)
def test_a_fault_that_no_longer_fits_is_named(repository, bad, why):
    assert bad.problem(repository).startswith(why)


@pytest.mark.parametrize(
    ("outcomes", "expected"), [("nnnnnnnnnu", 0), ("nnnnnnnnuu", 1), ("nnnnnnnnnf", 2), ("nnnnnnnnnb", 2)]
)
def test_the_exit_status_says_whether_enough_was_noticed(outcomes, expected):
    words = {"n": runner.NOTICED, "u": runner.UNNOTICED, "f": runner.FAILED, "b": runner.BROKEN}
    found = {str(number): words[letter] for number, letter in enumerate(outcomes)}
    assert runner.status(found) == expected
