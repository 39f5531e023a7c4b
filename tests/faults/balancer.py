"""A plain TCP balancer: connections go to several servers in turn; one that refuses is passed over.

In a test a `Balancer`; as a program `python -m tests.faults.balancer PORT SERVER_PORT...`.
"""

import asyncio
import signal
import socket
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable

from tests.faults.background import Background
from tests.faults.streams import End, relay, reset, unchanged

CONNECT_SECONDS = 2.0


class Balancer:
    """Before servers on these ports of this machine, on a port of its own, from its making until `close`."""

    def __init__(self, ports: Iterable[int], port: int = 0) -> None:
        self._ports = list(ports)
        self._next = 0
        self._background = Background("balancer")
        listener = socket.create_server(("127.0.0.1", port), backlog=1_000)
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = self._background.run(_serve(self._connected, listener))

    def take_out(self, port: int) -> None:
        """Send no more connections to this one; those that it has stay."""
        self._ports = [other for other in self._ports if other != port]

    def put_in(self, port: int) -> None:
        """Send connections to this one too."""
        self._ports = [*self._ports, port]

    def close(self) -> None:
        """Cut everything and take no more. May be called again."""
        if not self._background.closed:
            self._background.run(_end(self._server))
            self._background.close()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        found = await self._connect()
        if found is None:
            reset(writer)
            return
        await relay((reader, writer), found, unchanged, unchanged)

    async def _connect(self) -> End | None:
        for _ in range(len(self._ports)):
            self._next += 1
            port = self._ports[self._next % len(self._ports)]
            try:
                return await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), CONNECT_SECONDS)
            except OSError:
                continue
        return None


async def _serve(connected: "asyncio.streams._ClientConnectedCallback", listener: socket.socket) -> asyncio.Server:
    return await asyncio.start_server(connected, sock=listener)


async def _end(server: asyncio.Server) -> None:
    server.close()


def main(arguments: list[str]) -> int:
    """Balance until a signal ends it."""
    port, *servers = map(int, arguments)
    balancer = Balancer(servers, port)
    print(balancer.url, flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    balancer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
