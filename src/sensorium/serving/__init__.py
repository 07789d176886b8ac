"""What answers: a fitted model, its explanations, and the bundle that it is kept in; as `sn.serving`.

An engine view answers for a service that keeps what users do itself: see `EngineView`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sensorium.core.lazy_names import lazy_names

if TYPE_CHECKING:
    from sensorium.serving.answer import Answer, Explanation
    from sensorium.serving.asking import Asking, AskingEvent
    from sensorium.serving.compact_bundle import compact_bundle
    from sensorium.serving.engine_view import EngineView
    from sensorium.serving.overlay import Overlay
    from sensorium.serving.search_parts import SearchPart
    from sensorium.serving.segment import Segment, open_segments

_HOMES: Mapping[str, str] = {
    "Answer": "sensorium.serving.answer",
    "Asking": "sensorium.serving.asking",
    "AskingEvent": "sensorium.serving.asking",
    "EngineView": "sensorium.serving.engine_view",
    "Explanation": "sensorium.serving.answer",
    "Overlay": "sensorium.serving.overlay",
    "SearchPart": "sensorium.serving.search_parts",
    "Segment": "sensorium.serving.segment",
    "compact_bundle": "sensorium.serving.compact_bundle",
    "open_segments": "sensorium.serving.segment",
}

__all__ = [
    "Answer",
    "Asking",
    "AskingEvent",
    "EngineView",
    "Explanation",
    "Overlay",
    "SearchPart",
    "Segment",
    "compact_bundle",
    "open_segments",
]

__getattr__, __dir__ = lazy_names("sensorium.serving", _HOMES)
