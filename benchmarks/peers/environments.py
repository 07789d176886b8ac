"""One virtual environment for each peer, from its requirements."""

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOME = HERE / ".environments"
INSTALLED = "installed.txt"
"""Holds the requirements that an environment was made from."""


class InstallError(Exception):
    """A peer cannot be installed here; says pip's last words."""


def python_of(peer: str) -> Path:
    """Return the interpreter of the peer's environment, installing what its requirements ask for.

    Raises
    ------
    InstallError
        If pip cannot install them.
    """
    folder = HOME / peer
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted = (HERE / peer / "requirements.txt").read_text(encoding="utf-8")
    mark = folder / INSTALLED
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing {peer} ...", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=not python.is_file())
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / peer / "requirements.txt")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InstallError(last_words(done.stderr))
    mark.write_text(wanted, encoding="utf-8")
    return python


def sources_at(commit: str, folder: Path) -> tuple[Path, Path]:
    """Return the folders `benchmarks/peers` and `src` of this project at a commit, taken out into `folder`.

    Raises
    ------
    InstallError
        If there is no such commit.
    """
    home = folder / f"before-{commit}"
    if not home.is_dir():
        packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
        if packed.returncode:
            raise InstallError(last_words(packed.stderr.decode()))
        home.mkdir(parents=True)
        subprocess.run(["tar", "-x"], cwd=home, input=packed.stdout, check=True)
    return home / "benchmarks" / "peers", home / "src"


def last_words(text: str) -> str:
    """Return the last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no message")
