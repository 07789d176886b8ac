"""Which addresses may be fetched from: public ones, unless the user says otherwise."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, NamedTuple

from sensorium.core.errors import MediaError

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that stand for IPv4 ones (RFC 6052); hosts without IPv4 reach it through them."""


class Address(NamedTuple):
    """An address as `socket` takes it."""

    family: int
    place: tuple[Any, ...]


Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[Address]]
"""Host and port to addresses, the best first; raises `OSError` for an unknown host."""


def resolve_host(host: str, port: int) -> list[Address]:
    """Return the addresses that the system's resolver gives."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(Address(family, place) for family, _, _, _, place in found))


def require_permitted(
    addresses: Sequence[Address], networks: Sequence[Network], *, where: str
) -> list[Address]:
    """Return the addresses that are public or in one of the `networks`.

    Raises
    ------
    MediaError
        If there is none: all are private, loopback, link-local, multicast or reserved.
    """
    good = [address for address in addresses if _may_be_asked(str(address.place[0]), networks)]
    if not good:
        raise MediaError("its host is not on the public internet", where=where)
    return good


def _may_be_asked(address: str, networks: Sequence[Network]) -> bool:
    return is_public(address) or any(ip_address(address) in network for network in networks)


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet, by the registries of IANA.

    An IPv6 address that carries an IPv4 one is judged by that.
    """
    parsed = ip_address(address)
    meant = parsed if isinstance(parsed, IPv4Address) else _carried(parsed) or parsed
    return meant.is_global and not (meant.is_multicast or meant.is_reserved)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
