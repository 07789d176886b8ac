"""The roles that a catalogue's columns can have."""

from enum import StrEnum


class Role(StrEnum):
    """What a column of the catalogue is for."""

    TEXT = "text"
    """Words to read: titles, plots, descriptions."""
    IMAGE = "image"
    """Pictures: paths, archive members or URLs."""
    AUDIO = "audio"
    """Sound: paths, archive members or URLs."""
    VIDEO = "video"
    """Clips: paths, archive members or URLs."""
    CATEGORY = "category"
    """Labels; `|` separates several."""
    NUMBER = "number"
    """A quantity: year, price, duration."""
    HIDDEN = "hidden"
    """True where an item must never be recommended."""
    AVAILABLE = "available"
    """False, or a stock of zero, where an item cannot be had and is not recommended."""
    PUBLISHED = "published"
    """When the item appeared."""

    @property
    def is_media(self) -> bool:
        """Whether the column points to files."""
        return self in (Role.IMAGE, Role.AUDIO, Role.VIDEO)

    @property
    def is_single(self) -> bool:
        """Whether one column at most has the role."""
        return self is Role.PUBLISHED

    @property
    def makes_features(self) -> bool:
        """Whether an encoder reads the column."""
        return self not in (Role.HIDDEN, Role.AVAILABLE, Role.PUBLISHED)
