"""What media can be cleaned of before they are encoded, by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from sensorium.core.roles import Role

Cleaning = Literal["denoise", "normalise_loudness", "white_balance"]
"""What may be done to a medium."""
CLEANING_OF: Mapping[Role, tuple[Cleaning, ...]] = MappingProxyType(
    {
        Role.IMAGE: ("denoise", "white_balance"),
        Role.AUDIO: ("denoise", "normalise_loudness"),
        Role.VIDEO: ("denoise", "normalise_loudness", "white_balance"),
    }
)
"""Modality -> what can be done to its media, in the order in which it is done; a clip has a sound track."""
