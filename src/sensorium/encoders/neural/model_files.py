"""Finds the files of a model by name: a local folder, an installed package, the hub's cache, the hub."""

import hashlib
import importlib.util
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from sensorium.core.errors import ConfigError, MissingExtraError
from sensorium.encoders.neural.recommended_models import recommended_model

EXTRA = "neural"
_NEEDED = ("torch", "transformers", "sentence_transformers")
HUB_TIMEOUT_S = 10.0
DEFAULT_OWNER = "sentence-transformers"
"""Whose model a name without an owner is, on the hub."""
_OTHER_FORMATS = (".h5", ".msgpack", ".ot", ".onnx", ".onnx_data", ".tflite", ".mlmodel", ".gguf")
_OTHER_FOLDERS = ("onnx/", "openvino/", "coreml/")
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
_NOT_THE_MODEL = (".md", ".gitattributes", ".lock", ".jpg", ".png", ".gif")
_CHUNK_BYTES = 1 << 20


def neural_is_installed() -> bool:
    """Return whether what neural encoders stand on is there; nothing is imported."""
    return all(importlib.util.find_spec(module) for module in _NEEDED)


def require_neural(needed_for: str) -> None:
    """Raise `MissingExtraError` unless what neural encoders stand on is installed."""
    if not neural_is_installed():
        raise MissingExtraError(EXTRA, needed_for=needed_for)


def find_model(name: str, revision: str | None = None) -> Path:
    """Return the folder with the files of the model `name`; it is downloaded if that is the only way.

    Parameters
    ----------
    name
        A local folder, or a name on the hub; without an owner, `sentence-transformers` is meant.
    revision
        A branch, tag or commit on the hub; whatever is in the cache, else `main`, if not given.

    Raises
    ------
    MissingExtraError
        If the extra [neural] is not installed.
    ConfigError
        If there is no such model, or it would have to be downloaded and cannot be.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith(("./", "../", "~")) or name.count("/") > 1:
        raise ConfigError(
            "there is no such folder", where=f"model {name}", remedy="Name a folder with a model in it"
        )
    require_neural(f"the model {name}")
    repository = name if "/" in name else f"{DEFAULT_OWNER}/{name}"
    return (
        _find_in_cache(repository, revision)
        or (None if revision else _find_in_package(name))
        or _download(name, repository, revision)
    )


def model_files(folder: Path) -> list[Path]:
    """Return the files in `folder` that make up the model, without descriptions and other formats."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return [folder / name for name in needed_files(names)]


def needed_files(names: Sequence[str]) -> list[str]:
    """Return those of a repository's files that loading needs: one format of the weights, all settings."""
    kept = [
        name
        for name in names
        if not name.endswith((*_OTHER_FORMATS, *_NOT_THE_MODEL)) and not name.startswith(_OTHER_FOLDERS)
    ]
    safe = {name.rpartition("/")[0] for name in kept if name.endswith(".safetensors")}
    return [
        name
        for name in kept
        if name.endswith(".safetensors") or not name.endswith(_WEIGHTS) or name.rpartition("/")[0] not in safe
    ]


def hash_model(folder: Path) -> str:
    """Return a hash of the names and contents of the model's files, 32 hexadecimal digits.

    Raises
    ------
    ConfigError
        If there is no model in the folder.
    """
    files = model_files(folder)
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise ConfigError(
            "there is no model in this folder",
            where=str(folder),
            remedy="It must hold a config.json and weights, as save_pretrained writes them",
        )
    digest = hashlib.blake2b(digest_size=16)
    for path in files:
        name = path.relative_to(folder).as_posix().encode()
        digest.update(len(name).to_bytes(8, "little") + name)
        digest.update(path.stat().st_size.to_bytes(8, "little"))
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def _find_in_cache(repository: str, revision: str | None) -> Path | None:
    hub: Any = import_module("huggingface_hub")
    try:
        folder = Path(hub.snapshot_download(repository, revision=revision, local_files_only=True))
    except (OSError, ValueError):
        return None
    has_weights = any(path.name.endswith(_WEIGHTS) for path in model_files(folder))
    return folder if has_weights else None  # a download that was broken off leaves less


def _find_in_package(name: str) -> Path | None:
    """Return the folder of a model that an installed Python package carries."""
    model = recommended_model(name)
    if model is None or not model.module:
        return None
    found = importlib.util.find_spec(model.module)
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "model"
    return folder if (folder / "config.json").is_file() else None


def _download(name: str, repository: str, revision: str | None) -> Path:
    hub: Any = import_module("huggingface_hub")
    errors: Any = import_module("huggingface_hub.errors")
    try:
        # Asked first and with a short limit: without a network this fails at once and not after retries.
        found = hub.HfApi().model_info(repository, revision=revision, timeout=HUB_TIMEOUT_S)
        files = needed_files(sorted(file.rfilename for file in found.siblings))
        return Path(hub.snapshot_download(repository, revision=found.sha, allow_patterns=files))
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        asked = f"{repository} at {revision}" if revision else repository
        raise ConfigError(
            f"there is no {asked} on the hub, or it is not open to you",
            where=f"model {name}",
            remedy="See `sensorium encoders` for models to start with",
        ) from error
    except Exception as error:
        if not isinstance(error, OSError) and "httpx" not in type(error).__module__:
            raise
        raise ConfigError(
            "not on this machine, and the hub cannot be reached"
            f" ({(str(error).splitlines() or [type(error).__name__])[0][:100]})",
            where=f"model {name}",
            remedy="Connect to the internet once, or name a local folder with the model",
        ) from error
