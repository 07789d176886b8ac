"""A bundle: one versioned, immutable folder that holds all that serving needs, checked by hash."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from sensorium import __version__
from sensorium.core.errors import DataError, NotReadyError
from sensorium.core.files import sync, write_text
from sensorium.core.hashing import hash_bytes, hash_json

FORMAT = 1
MANIFEST = "manifest.json"
LATEST = "latest"


def write_bundle(root: Path, fill: Callable[[Path], dict[str, Any]]) -> Path:
    """Make a new bundle below `root` and return its folder, named by time and content.

    `fill` writes the content into the folder that it is given and returns facts for the manifest.
    The bundle appears in one step when it is whole; then `latest` points to it.
    """
    with _made_aside(root, fill) as (aside, manifest):
        moment = datetime.fromisoformat(manifest["created"])
        bundle = root / f"{moment:%Y%m%dT%H%M%S}-{hash_json(manifest['files'])[:8]}"
        if not bundle.exists():
            os.replace(aside, bundle)
        sync(root)
    write_text(root / LATEST, bundle.name + "\n")
    return bundle


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
    with _made_aside(path.parent, fill) as (aside, _):
        former = aside.with_name(aside.name + "-former")
        if path.exists():
            os.replace(path, former)
        try:
            os.replace(aside, path)
        except BaseException:
            if former.exists():
                os.replace(former, path)
            raise
        sync(path.parent)
        shutil.rmtree(former, ignore_errors=True)


@contextlib.contextmanager
def _made_aside(root: Path, fill: Callable[[Path], dict[str, Any]]) -> Generator[tuple[Path, dict[str, Any]]]:
    """Give a whole bundle in a folder of its own below `root`, and its manifest; what is left of it goes."""
    root.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".making-", dir=root))
    try:
        facts = fill(aside)
        manifest = facts | {
            "format": FORMAT,
            "sensorium": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": {name_in(aside, file): hash_bytes(file.read_bytes()) for file in _files(aside)},
        }
        write_text(
            aside / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        )
        aside.chmod(0o755)
        yield aside, manifest
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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


def read_manifest(bundle: Path, *, verify: bool = True) -> dict[str, Any]:
    """Return the manifest of `bundle`; `DataError` if a file is missing or was changed."""
    file = bundle / MANIFEST
    if not file.is_file():
        raise DataError("not a bundle: it has no manifest.json", where=str(bundle), remedy="Fit again")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{MANIFEST} cannot be read", where=str(bundle), remedy="Fit again") from error
    if manifest.get("format") != FORMAT:
        raise DataError(
            f"bundle format {manifest.get('format')}, this version reads {FORMAT}",
            where=str(bundle),
            remedy="Fit again with this version",
        )
    for name, expected in manifest["files"].items() if verify else ():
        path = bundle / name
        if not path.is_file() or hash_bytes(path.read_bytes()) != expected:
            state = "is missing" if not path.is_file() else "was changed since the bundle was made"
            raise DataError(f"{name} {state}", where=str(bundle), remedy="Fit again")
    return manifest


def name_in(folder: PurePath, file: PurePath) -> str:
    """Return what a manifest calls a `file` of the bundle in `folder`: alike on every system."""
    return file.relative_to(folder).as_posix()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
