"""The proxy and the balancer do what they are told."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.e2e.processes import wait_for
from tests.faults.balancer import Balancer
from tests.faults.proxy import Proxy

SECONDS = 10


class Echo:
    """Sends back what it gets, and keeps it."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.taken = 0
        self.received = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.taken += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65_536):
                self.received += data
                connection.sendall(data)


@pytest.fixture
def echo() -> Iterator[Echo]:
    """A server."""
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    """A proxy before it."""
    proxy = Proxy(echo.port)
    yield proxy
    proxy.close()


def connect(port: int) -> socket.socket:
    """A connection."""
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def ask(connection: socket.socket, data: bytes = b"hello") -> bytes:
    """Send something; what came back, nothing where the other side has ended."""
    connection.sendall(data)
    return connection.recv(65_536)


def test_it_passes_on_both_ways_and_the_end_too(proxy: Proxy) -> None:
    with connect(proxy.port) as connection:
        assert ask(connection) == b"hello"
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    wait_for(lambda: proxy.open == 0, "the connection is forgotten")


def test_cut(proxy: Proxy) -> None:
    with connect(proxy.port) as connection:
        ask(connection)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    with connect(proxy.port) as connection:
        assert ask(connection) == b"hello"


def test_refuse_and_accept(proxy: Proxy) -> None:
    with connect(proxy.port) as connection:
        ask(connection)
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy.port)
    proxy.accept()
    with connect(proxy.port) as connection:
        assert ask(connection) == b"hello"


def test_what_is_held_comes_later(proxy: Proxy) -> None:
    with connect(proxy.port) as connection:
        ask(connection)
        proxy.hold()
        connection.sendall(b"later")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(SECONDS)
        proxy.heal()
        assert connection.recv(100) == b"later"


def test_what_is_lost_never_comes(proxy: Proxy, echo: Echo) -> None:
    with connect(proxy.port) as connection, connect(proxy.port) as other:
        ask(connection), ask(other)
        proxy.lose("down")
        connection.sendall(b"answered in vain")
        wait_for(lambda: b"in vain" in echo.received, "the server has it")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        proxy.heal()
        connection.settimeout(SECONDS)
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
        assert ask(other) == b"hello"


def test_delay(proxy: Proxy) -> None:
    with connect(proxy.port) as connection:
        ask(connection)
        proxy.delay(0.2)
        begun = time.monotonic()
        assert ask(connection) == b"hello"
        assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize("size", [1, 1_000, 100_000, 1_000_000])
def test_cut_after(proxy: Proxy, echo: Echo, size: int) -> None:
    proxy.cut_after(size)
    with connect(proxy.port) as connection, contextlib.suppress(OSError):
        threading.Thread(target=lambda: drain(connection), daemon=True).start()
        connection.sendall(bytes(2_000_000))
    wait_for(lambda: proxy.open == 0, "the connection is cut")
    assert len(echo.received) <= size
    proxy.cut_after(None)
    with connect(proxy.port) as connection:
        assert ask(connection) == b"hello"


def drain(connection: socket.socket) -> None:
    """Read to the end."""
    with contextlib.suppress(OSError):
        while connection.recv(65_536):
            continue


def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    proxy = Proxy(port)
    with contextlib.suppress(ConnectionResetError), connect(proxy.port) as connection:
        assert connection.recv(100) == b""
    proxy.close()


def test_connections_go_to_servers_in_turn() -> None:
    servers = [Echo() for _ in range(3)]
    balancer = Balancer(server.port for server in servers)
    try:
        for _ in range(9):
            with connect(balancer.port) as connection:
                assert ask(connection) == b"hello"
        assert [server.taken for server in servers] == [3, 3, 3]
        balancer.take_out(servers[0].port)
        for _ in range(4):
            with connect(balancer.port) as connection:
                ask(connection)
        assert [server.taken for server in servers] == [3, 5, 5]
        balancer.put_in(servers[0].port)
    finally:
        balancer.close()
        for server in servers:
            server.close()


def test_a_server_that_refuses_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        away = server.getsockname()[1]
    echo = Echo()
    balancer = Balancer([away, echo.port])
    try:
        for _ in range(4):
            with connect(balancer.port) as connection:
                assert ask(connection) == b"hello"
        assert echo.taken == 4
        echo.close()
        with pytest.raises(ConnectionResetError), connect(balancer.port) as connection:
            connection.recv(100)
    finally:
        balancer.close()
