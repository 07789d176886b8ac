"""What reasons say of sources that read what is known of who asks, in each language."""

from collections.abc import Mapping
from types import MappingProxyType

from sensorium.core.source_kind import SourceKind

ENGLISH_PROFILE: Mapping[SourceKind, str] = MappingProxyType(
    {
        SourceKind.ATTRIBUTES: "people like you chose it",
        SourceKind.FOLLOWS: "people you follow chose it",
        SourceKind.SEARCHES: "you searched for {words}",
        SourceKind.CIRCUMSTANCES: "it is chosen more often in such circumstances",
    }
)
CHINESE_PROFILE: Mapping[SourceKind, str] = MappingProxyType(
    {
        SourceKind.ATTRIBUTES: "与你相似的人选择了它",
        SourceKind.FOLLOWS: "你关注的人选择了它",
        SourceKind.SEARCHES: "你搜索过{words}",
        SourceKind.CIRCUMSTANCES: "在这样的情境下它更常被选择",
    }
)
