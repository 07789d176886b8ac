"""A bundle: one versioned, immutable folder that holds all that serving needs, checked by hash."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from sensorium import __version__
from sensorium.core.aside import exchange, held, remove_remains
from sensorium.core.errors import DataError, NotReadyError
from sensorium.core.files import sync, write_text
from sensorium.core.hashing import hash_bytes, hash_json

FORMAT = 1
MANIFEST = "manifest.json"
LATEST = "latest"
MAKING = ".making"
"""How the name of a folder ends that is becoming a bundle."""


def write_bundle(root: Path, fill: Callable[[Path], dict[str, Any]]) -> Path:
    """Make a new bundle below `root` and return its folder, named by time and content.

    `fill` writes the content into the folder that it is given and returns facts for the manifest.
    The bundle appears in one step when it is whole; then `latest` points to it.
    """
    with _made_aside(root, "bundle", fill) as (aside, manifest):
        bundle = root / bundle_version(manifest)
        if not bundle.exists():
            os.replace(aside, bundle)
        sync(root)
    write_text(root / LATEST, bundle.name + "\n")
    return bundle


def bundle_version(manifest: Mapping[str, Any]) -> str:
    """Return what tells a bundle from all others, by its manifest: when it was made, and of what."""
    moment = datetime.fromisoformat(manifest["created"])
    return f"{moment:%Y%m%dT%H%M%S}-{hash_json(manifest['files'])[:8]}"


def write_folder(folder: Path, fill: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Make a new folder with a manifest, in one step when it is whole, and return the manifest.

    `fill` as for `write_bundle`. `DataError` if something is there already.
    """
    with _made_aside(folder.parent, folder.name, fill) as (aside, manifest):
        try:
            os.rename(aside, folder)  # refuses a folder that is there and not empty
        except OSError as error:
            what = "it was written before, and is never written again"
            raise DataError(what, where=str(folder), remedy="Open it, or take the next number") from error
        sync(folder.parent)
    return manifest


def write_bundle_at(path: Path, fill: Callable[[Path], dict[str, Any]]) -> None:
    """Make the folder `path` a bundle; `fill` as for `write_bundle`.

    The bundle appears when it is whole. One that was there before stays until then.

    Raises
    ------
    DataError
        If there is a file, or a folder that holds something else than a bundle.
    """
    path = path.resolve()
    _require_replaceable(path)
    with _made_aside(path.parent, path.name, fill) as (aside, _):
        if not exchange(aside, path):
            _replace(path, aside)
        sync(path.parent)


def _replace(path: Path, aside: Path) -> None:
    """Move the folder `aside` to `path`; a former one is away for a moment, or there is none."""
    former = aside.with_name(aside.name + "-former")
    if path.exists():
        os.replace(path, former)
    try:
        os.replace(aside, path)
    except BaseException as error:
        if former.exists() and not path.exists():
            os.replace(former, path)
        if not (isinstance(error, OSError) and exchange(aside, path)):  # another process was faster
            raise
    shutil.rmtree(former, ignore_errors=True)


@contextlib.contextmanager
def _made_aside(
    root: Path, name: str, fill: Callable[[Path], dict[str, Any]]
) -> Generator[tuple[Path, dict[str, Any]]]:
    """Give a whole bundle in a folder of its own below `root`, and its manifest; what is left of it goes.

    So does what killed processes left of bundles with this `name`.
    """
    root.mkdir(parents=True, exist_ok=True)
    remove_remains(root, name, MAKING)
    with held(partial(tempfile.mkdtemp, prefix=f".{name}.", suffix=MAKING, dir=root)) as aside:
        try:
            yield aside, _fill(aside, fill)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _fill(aside: Path, fill: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Write the content of a bundle and its manifest into the folder `aside`, and return the manifest."""
    facts = fill(aside)
    manifest = facts | {
        "format": FORMAT,
        "sensorium": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {name_in(aside, file): hash_bytes(file.read_bytes()) for file in _files(aside)},
    }
    write_text(aside / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
    aside.chmod(0o755)
    return manifest


def _require_replaceable(path: Path) -> None:
    if path.is_dir():
        if (path / MANIFEST).is_file() or not any(path.iterdir()):
            return
        what = "this folder holds something else than a model"
    elif path.exists():
        what = "this is a file"
    else:
        return
    raise DataError(what, where=str(path), remedy="Name a new folder, or one with a saved model")


def latest_bundle(root: Path) -> Path:
    """Return the newest bundle below `root`; `NotReadyError` if there is none."""
    pointer = root / LATEST
    bundle = root / pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else None
    if bundle is None or not (bundle / MANIFEST).is_file():
        folder = root.parent.parent
        raise NotReadyError(
            "no fitted model here yet", where=str(folder), remedy=f"Run: sensorium fit {folder}"
        )
    return bundle


def read_manifest(bundle: Path, *, verify: bool = True, remedy: str = "Fit again") -> dict[str, Any]:
    """Return the manifest of `bundle`; `DataError` if a file is missing or was changed.

    `remedy` is what the error says to do about it.
    """
    file = bundle / MANIFEST
    if not file.is_file():
        raise DataError("not a bundle: it has no manifest.json", where=str(bundle), remedy=remedy)
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{MANIFEST} cannot be read", where=str(bundle), remedy=remedy) from error
    if manifest.get("format") != FORMAT:
        raise DataError(
            f"bundle format {manifest.get('format')}, this version reads {FORMAT}",
            where=str(bundle),
            remedy=f"{remedy} with this version",
        )
    for name, expected in manifest["files"].items() if verify else ():
        path = bundle / name
        if not path.is_file() or hash_bytes(path.read_bytes()) != expected:
            state = "is missing" if not path.is_file() else "was changed since the bundle was made"
            raise DataError(f"{name} {state}", where=str(bundle), remedy=remedy)
    return manifest


def name_in(folder: PurePath, file: PurePath) -> str:
    """Return what a manifest calls a `file` of the bundle in `folder`: alike on every system."""
    return file.relative_to(folder).as_posix()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
