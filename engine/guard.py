"""Guards what `http` nodes connect to.

A name is looked up once for each connection, every address that it has is checked, and no other is connected to: so
a name that changes its address in between gains nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from engine.networks import Network, is_literal, is_odd_literal, permitted

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""The addresses of a host's name, as text. Raises OSError where there are none."""

LOOKUPS = 16
"""Names that are looked up at once: threads of their own, so that slow name servers hold up nobody else."""

_REFUSED = "address not allowed: {} is not public; the setting APP_ALLOWED_NETWORKS opens networks for `http` nodes"


class AddressRefused(RuntimeError):
    """The host is, or has, an address that may not be reached. Which one is not told: that is for nobody outside."""


class Guard(AbstractResolver):
    """Checks hosts for one set of allowed networks; the resolver and the maker of sockets of aiohttp's connector."""

    def __init__(self, allowed: Sequence[Network], lookup: Lookup) -> None:
        self._allowed = tuple(allowed)
        self._lookup = lookup

    def check(self, host: str) -> None:
        """Raise AddressRefused where the host of a URL is an address, in any spelling, that may not be reached."""
        if is_odd_literal(host):
            raise AddressRefused("address not allowed: write an IPv4 address as four decimal numbers, as in 192.0.2.1")
        if is_literal(host) and not permitted(host, self._allowed):
            raise AddressRefused(_REFUSED.format("the host"))

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, all of them checked. Raises AddressRefused, OSError."""
        addresses = await self._lookup(host)
        if not all(permitted(address, self._allowed) for address in addresses):
            raise AddressRefused(_REFUSED.format("an address of the host"))
        return [_resolved(host, address, port) for address in addresses]

    def socket(self, place: AddrInfoType) -> socket.socket:
        """A socket for a connection to this place: every connection passes here, whatever led to it."""
        family, kind, protocol, _, address = place
        if not permitted(str(address[0]), self._allowed):
            raise AddressRefused(_REFUSED.format("an address of the host"))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Nothing is held."""


class SystemLookup:
    """The system's way to look up names (`Lookup`)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, "lookup")

    async def __call__(self, host: str) -> list[str]:
        """See `Lookup`."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _addresses, host)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Forget what is not looked up yet."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str) -> list[str]:
    return [str(place[4][0]) for place in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
