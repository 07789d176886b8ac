"""Chinese for what the report say."""

from collections.abc import Mapping
from types import MappingProxyType

REPORT: Mapping[str, str] = MappingProxyType({})
