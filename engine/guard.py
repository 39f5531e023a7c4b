"""Guards what the engine connects to: the places of `http` nodes, and those of services.

A name is looked up once for each connection, every address that it has is checked, and no other is connected to: so
a name that changes its address in between gains nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from engine.networks import Network, is_literal, is_odd_literal, permitted, within

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""The addresses of a host's name, as text. Raises OSError where there are none."""

LOOKUPS = 16
"""Names that are looked up at once: threads of their own, so that slow name servers hold up nobody else."""

LOOKUP_SECONDS = 5.0
"""How long the name of a service that announces itself is looked up."""

_NOT_PUBLIC = "address not allowed: {} is not public; the setting APP_ALLOWED_NETWORKS opens networks for `http` nodes"
_NOT_WITHIN = "address not allowed: {} is in none of the networks where services may be (APP_SERVICE_NETWORKS)"


class AddressRefused(RuntimeError):
    """The host is, or has, an address that may not be reached. Which one is not told: that is for nobody outside."""


class Guard(AbstractResolver):
    """Checks hosts; the resolver and the maker of sockets of aiohttp's connector.

    `allows` judges an address, as text. `refusal` is the sentence for one that is refused, with a place for which.
    """

    def __init__(self, allows: Callable[[str], bool], refusal: str, lookup: Lookup) -> None:
        self._allows = allows
        self._refusal = refusal
        self._lookup = lookup

    def check(self, host: str) -> None:
        """Raise AddressRefused where the host of a URL is an address, in any spelling, that may not be reached."""
        if is_odd_literal(host):
            raise AddressRefused("address not allowed: write an IPv4 address as four decimal numbers, as in 192.0.2.1")
        if is_literal(host) and not self._allows(host):
            raise AddressRefused(self._refusal.format("the host"))

    async def check_url(self, url: str) -> None:
        """Raise AddressRefused where the host of a URL is, or has, an address that may not be reached, or none."""
        try:
            host = URL(url).raw_host or ""
        except ValueError as error:
            raise AddressRefused(f"this is no URL: {error}") from error
        self.check(host)
        if not is_literal(host):
            try:
                async with asyncio.timeout(LOOKUP_SECONDS):
                    await self.resolve(host)
            except (OSError, UnicodeError) as error:
                raise AddressRefused(
                    "the name of the host cannot be resolved, so where it is cannot be said"
                ) from error

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, all of them checked. Raises AddressRefused, OSError."""
        addresses = await self._lookup(host)
        if not all(self._allows(address) for address in addresses):
            raise AddressRefused(self._refusal.format("an address of the host"))
        return [_resolved(host, address, port) for address in addresses]

    def socket(self, place: AddrInfoType) -> socket.socket:
        """A socket for a connection to this place: every connection passes here, whatever led to it."""
        family, kind, protocol, _, address = place
        if not self._allows(str(address[0])):
            raise AddressRefused(self._refusal.format("an address of the host"))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Nothing is held."""


def guard_of_nodes(allowed: Sequence[Network], lookup: Lookup) -> Guard:
    """For what `http` nodes ask: public places, and these networks."""
    return Guard(lambda address: permitted(address, allowed), _NOT_PUBLIC, lookup)


def guard_of_services(networks: Sequence[Network], lookup: Lookup) -> Guard | None:
    """For calls of services: these networks, and nothing else; None, which guards nothing, where none are named."""
    if not networks:
        return None
    return Guard(lambda address: within(address, networks), _NOT_WITHIN, lookup)


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
