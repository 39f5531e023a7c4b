"""Which addresses are public, and which networks are opened although they are not. Pure.

`is_global` and `is_private` of the standard library leave holes: shared addresses (100.64.0.0/10), multicast, networks
that carry an IPv4 address inside of an IPv6 one. So what is not public is listed here.
"""

import ipaddress
import re
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA, IPv4 Special-Purpose Address Registry; multicast (RFC 5771); and a platform's host that looks public.
_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(name)
    for name in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of a provider
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure: the host of a virtual machine
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments, and the metadata of one cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# All that is in use as public lies here (IANA, IPv6 Global Unicast), but for these parts.
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(name)
    for name in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address inside
        "3fff::/20",  # documentation
    )
)

_NUMBER = re.compile(r"\d+|0[xX][0-9a-fA-F]*", re.ASCII)


def parse_networks(text: str) -> tuple[Network, ...]:
    """The networks that a text names, separated by commas: `10.0.0.0/8, fd00::/8, 192.168.1.7`.

    Raises ValueError with a sentence for what is no network, and where an address has bits beyond its prefix.
    """
    return tuple(_network(name.strip()) for name in text.split(",") if name.strip())


def permitted(address: str, allowed: Iterable[Network]) -> bool:
    """Whether an address (as text, with a zone or without) is public or in one of the allowed networks.

    An IPv4 address that is mapped into IPv6 is judged as what it is. Raises ValueError for what is no address.
    """
    found = _meant(address)
    return is_public(found) or any(found in network for network in allowed)


def within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks; otherwise as `permitted`."""
    found = _meant(address)
    return any(found in network for network in networks)


def is_public(address: Address) -> bool:
    """Whether everybody on the internet reaches the same host under this address."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def is_literal(host: str) -> bool:
    """Whether the host of a URL is an address in its usual spelling, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_odd_literal(host: str) -> bool:
    """Whether it is an address in a spelling that some programs read (`2130706433`, `0x7f.1`, `0177.0.0.1`).

    As the URL standard has it, a host whose last label is a number is an IPv4 address: there are no such names.
    """
    return not is_literal(host) and _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def _meant(address: str) -> Address:
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return found if mapped is None else mapped


def _network(name: str) -> Network:
    try:
        return ipaddress.ip_network(name)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(name, strict=False)
    except ValueError:
        raise ValueError(
            f"{name!r} is no network; write networks as 10.0.0.0/8 or fd00::/8, with commas between"
        ) from None
    raise ValueError(f"{name!r} has bits beyond its prefix; write {meant} for the network, or the address alone")
