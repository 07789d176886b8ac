"""Items as they look and sound: small pictures and players that stand inside a page."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from sensorium.catalog.catalog import Catalog
from sensorium.core.errors import MediaError
from sensorium.core.roles import Role
from sensorium.core.vocabulary import Vocabulary
from sensorium.media.reference import MediaRef

HEIGHT_PX = 90
"""How high a picture is shown."""
EXCERPT_S = 12
"""How much of a sound can be played."""
MOST_CLIP_BYTES = 1_500_000
"""A clip up to this size can be played; of a larger one a frame is shown."""
_CLIP_TYPES = (("mp4", "video/mp4"), ("matroska", "video/webm"))
"""Formats by the names of `media.sniff`, and what a browser calls them."""


@dataclass(frozen=True)
class MediaPreviews:
    """Shows the items of a catalogue. Media on the web are not fetched, and a broken one is passed over."""

    catalog: Catalog

    def html(self, item: int) -> str:
        """Return a picture and players of the item at index `item` as HTML, all of it inside."""
        own = _only(self.catalog, item)
        players = [show(place) for role, show in _PLAYERS for place in _media(own, role)]
        return " ".join(filter(None, [*_picture(own), *players]))


def _only(catalog: Catalog, item: int) -> Catalog:
    """Return the one item as a catalogue, without what lies on the web."""
    frame = catalog.frame[item : item + 1]
    media = [column for role in (Role.IMAGE, Role.AUDIO, Role.VIDEO) for column in catalog.columns(role)]
    whole = replace(catalog, frame=frame, items=Vocabulary([catalog.items.id(item)]))
    away = [column for column in media if (place := whole.media(column)[0]) is not None and place.is_url]
    return replace(whole, frame=frame.with_columns(pl.lit(None, pl.String).alias(name) for name in away))


def _media(own: Catalog, role: Role) -> Iterator[MediaRef]:
    for column in own.columns(role):
        reference = own.media(column)[0]
        if reference is not None:
            yield reference


def _picture(own: Catalog) -> Iterator[str]:
    from sensorium.insight.thumbnails import item_thumbnail

    address = item_thumbnail(own, 0)
    if address is not None:
        yield f'<img src="{address}" alt="" style="height:{HEIGHT_PX}px">'


def _sound(reference: MediaRef) -> str:
    """Return a player of the first seconds of a sound; nothing if it cannot be read."""
    import soundfile

    from sensorium.media.audio import decode_audio

    try:
        samples, rate_hz = decode_audio(reference.read(), where=reference.location, max_duration_s=EXCERPT_S)
        held = io.BytesIO()
        soundfile.write(held, samples, rate_hz, format="MP3")
    except (MediaError, soundfile.SoundFileError):
        return ""
    return f'<audio controls preload="none" src="{_address("audio/mpeg", held.getvalue())}"></audio>'


def _clip(reference: MediaRef) -> str:
    """Return a player of a small clip of a kind that browsers know; nothing for another."""
    from sensorium.media.sniff import sniff_format

    try:
        content = reference.read(MOST_CLIP_BYTES)
    except MediaError:
        return ""
    kind = sniff_format(content)
    mime = None if kind is None else dict(_CLIP_TYPES).get(kind.name)
    if mime is None:
        return ""
    style = f"height:{HEIGHT_PX}px"
    return f'<video controls preload="none" style="{style}" src="{_address(mime, content)}"></video>'


_PLAYERS = ((Role.AUDIO, _sound), (Role.VIDEO, _clip))


def _address(mime: str, content: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"
