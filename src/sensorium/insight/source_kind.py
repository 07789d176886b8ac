"""What kind of source a name stands for: a modality, behaviour, or popularity."""

import re
from enum import StrEnum

_MODALITY = re.compile(r"(?:^|[^a-z])(text|image|audio|video|category|number)(?=[^a-z]|$)")
_CONTENT = re.compile(r"multimodal|content")
_POPULARITY = re.compile(r"popular|recent")


class SourceKind(StrEnum):
    """Where a score comes from."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    CATEGORY = "category"
    NUMBER = "number"
    CONTENT = "content"
    """Several modalities at once."""
    BEHAVIOUR = "behaviour"
    """What other users did."""
    POPULARITY = "popularity"
    """The same for every user."""


def kind_of(source: str) -> SourceKind:
    """Return the kind of a source such as `image:poster`, `multimodal-knn`, `ease` or `popularity`."""
    found = _MODALITY.search(source.lower())
    if found:
        return SourceKind(found.group(1))
    if _CONTENT.search(source.lower()):
        return SourceKind.CONTENT
    return SourceKind.POPULARITY if _POPULARITY.search(source.lower()) else SourceKind.BEHAVIOUR
