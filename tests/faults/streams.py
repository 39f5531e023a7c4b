"""Two ends of a TCP connection that a proxy or a balancer stands between."""

import asyncio
import contextlib
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable

PIECE = 65_536
_LINGER = struct.pack("ii", 1, 0)

Change = Callable[[bytes], Awaitable[bytes]]
"""What becomes of bytes on their way."""

_RUNNING: set["asyncio.Task[None]"] = set()  # the loop alone would let those go whose connections are paused

End = tuple[StreamReader, StreamWriter]


async def relay(client: End, server: End, up: Change, down: Change) -> None:
    """Pass on what comes from each end to the other until both have ended; where one breaks, both are cut.

    Cancelled, it ends like one that broke: nobody waits for it but the server, which would take it for a mistake.
    """
    task = asyncio.current_task()
    assert task is not None
    _RUNNING.add(task)
    pumps = [
        asyncio.create_task(_pump(client[0], server[1], up)),
        asyncio.create_task(_pump(server[0], client[1], down)),
    ]
    try:
        await asyncio.gather(*pumps)
    except (OSError, asyncio.CancelledError):
        for pump in pumps:
            pump.cancel()
        reset(client[1])
        reset(server[1])
    finally:
        _RUNNING.discard(task)
        client[1].close()
        server[1].close()


async def _pump(source: StreamReader, target: StreamWriter, change: Change) -> None:
    while data := await source.read(PIECE):
        target.write(await change(data))
        await target.drain()
    target.write_eof()


def reset(writer: StreamWriter) -> None:
    """End a connection at once: the other side reads `connection reset`, not the end of the data."""
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    writer.transport.abort()


async def unchanged(data: bytes) -> bytes:
    """What came."""
    return data
