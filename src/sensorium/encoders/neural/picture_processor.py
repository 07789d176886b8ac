"""Pictures and frames as a network takes them: sized, cropped and scaled as its files say."""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from sensorium.core.errors import ConfigError

_SETTINGS = ("video_preprocessor_config.json", "preprocessor_config.json", "processor_config.json")
_TAKEN = ("size", "crop_size", "resample", "rescale_factor", "image_mean", "image_std")
_SWITCHES = ("do_resize", "do_center_crop", "do_rescale", "do_normalize")


def picture_processor(folder: Path) -> Any:
    """Return what the model's files name for single pictures, in its edition for Pillow."""
    auto: Any = import_module("transformers").AutoImageProcessor
    return auto.from_pretrained(str(folder), backend="pil", local_files_only=True)


def clip_processor(folder: Path, kind: str) -> Any:
    """Return what makes pixels of the frames of clips, as the files of a model of this `kind` say.

    Transformers' own processors of clips need torchvision. Their settings are read by the one for Pillow,
    which does the same steps to each frame.
    """
    settings = _settings(folder)
    given: dict[str, Any] = {name: settings[name] for name in _TAKEN if settings.get(name) is not None}
    given |= {name: settings[name] for name in _SWITCHES if isinstance(settings.get(name), bool)}
    if kind == "vjepa2" and not isinstance(given.get("size"), Mapping):
        crop = given.get("crop_size", 256)
        side = int(crop["height"] if isinstance(crop, Mapping) else crop)
        given["size"] = {"shortest_edge": side * 256 // 224}
    if kind == "vivit" and settings.get("offset", True):
        # Its pixels are shifted by one before they are normalised: the same as a mean that is larger by one.
        is_normalised = given.get("do_normalize", True)
        mean, std = (given.get(name, [0.5] * 3) for name in ("image_mean", "image_std"))
        given["image_mean"] = [one + 1 for one in mean] if is_normalised else [1.0] * 3
        given |= {"image_std": std if is_normalised else [1.0] * 3, "do_normalize": True}
        given.setdefault("rescale_factor", 1 / 127.5)
    module: Any = import_module("transformers.models.videomae.image_processing_pil_videomae")
    return module.VideoMAEImageProcessorPil(**given)


def pixels_of(processor: Any, inputs: Sequence[Any]) -> Any:
    """Return a tensor of pictures [n, channels, height, width], or clips with frames as second axis."""
    return processor(list(inputs), return_tensors="pt")["pixel_values"]


def side_of(processor: Any) -> int:
    """Return the longest side, in pixels, to which a processor brings pictures; 0 if it does not say."""
    sizes = [getattr(processor, name, None) for name in ("size", "crop_size")]
    names = ("height", "width", "shortest_edge", "longest_edge")
    values = [
        size.get(name) if isinstance(size, Mapping) else getattr(size, name, None)
        for size in sizes
        for name in names
    ]
    return max((int(value) for value in values if isinstance(value, int)), default=0)


def _settings(folder: Path) -> dict[str, Any]:
    for name in _SETTINGS:
        if (folder / name).is_file():
            settings: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
            nested = settings.get("video_processor") or settings.get("image_processor")
            return nested if isinstance(nested, dict) else settings
    raise ConfigError(
        "its files do not say how it takes pictures",
        where=str(folder),
        remedy=f"It needs a {_SETTINGS[1]}, as save_pretrained of a processor writes it",
    )
