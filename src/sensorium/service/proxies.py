"""Proxies that are trusted, and the address that they ask for."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from sensorium.core.errors import ConfigError

PROXIES = "SENSORIUM_PROXIES"
"""The variable that names their networks to the processes of a service, with commas."""
Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def networks_of(texts: Iterable[str], *, where: str = "--proxy") -> tuple[Network, ...]:
    """Return networks such as `10.0.0.0/8`, or single addresses; `ConfigError` if one is neither."""
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ip_network(text.strip()))
        except ValueError as error:
            remedy = "Write an address such as 127.0.0.1, or a network such as 10.0.0.0/8"
            raise ConfigError(f"{text!r} is no network: {error}", where=where, remedy=remedy) from None
    return tuple(networks)


def is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    """Return whether the address is in one of the networks."""
    return any(address in network for network in trusted)


def address_of(text: str) -> Address | None:
    """Return the address, an IPv4 address that is written as IPv6 as what it is; None if it is none."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def caller_behind(proxy: Address, forwarded: str, trusted: Sequence[Network]) -> Address:
    """Return who asks through a trusted proxy: the last address of X-Forwarded-For that is no proxy's.

    What stands before that one, whoever asks may have made up.
    """
    caller = proxy
    for text in reversed(forwarded.split(",")):
        address = address_of(text)
        if address is None:
            break
        caller = address
        if not is_trusted(caller, trusted):
            break
    return caller
