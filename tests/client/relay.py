"""A bad network: a TCP relay before an engine, which cuts, refuses and answers by itself as it is told."""

import socket
import threading
from collections import deque
from dataclasses import dataclass

_PIECE = 65_536


@dataclass(frozen=True)
class Fate:
    """What happens to one connection: it is closed after so many bytes of the answer (None: never), or it gets `answer`
    in place of the engine's. `after_request` closes it when the request has come, and passes on nothing."""

    cut: int | None = None
    answer: bytes = b""
    pass_request: bool = True


class Relay:
    """Listens on a port of its own. The next connections have the fates in `fates`; those after them none."""

    def __init__(self, target: int) -> None:
        self.fates: deque[Fate] = deque()
        self.received: list[bytes] = []
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def heads(self) -> list[str]:
        """The first line and the headers of the first request of each connection."""
        return [each.partition(b"\r\n\r\n")[0].decode("latin-1") for each in self.received]

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            fate = self.fates.popleft() if self.fates else Fate()
            threading.Thread(target=self._serve, args=(client, fate), daemon=True).start()

    def _serve(self, client: socket.socket, fate: Fate) -> None:
        index = len(self.received)
        self.received.append(b"")
        with client:
            if fate.answer or not fate.pass_request:
                self.received[index] = client.recv(_PIECE)
                client.sendall(fate.answer)
                return
            with socket.create_connection(("127.0.0.1", self._target)) as engine:
                threading.Thread(target=self._pump, args=(client, engine, index), daemon=True).start()
                self._back(engine, client, fate.cut)

    def _pump(self, client: socket.socket, engine: socket.socket, index: int) -> None:
        try:
            while chunk := client.recv(_PIECE):
                if b"\r\n\r\n" not in self.received[index]:
                    self.received[index] += chunk
                engine.sendall(chunk)
            engine.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def _back(engine: socket.socket, client: socket.socket, left: int | None) -> None:
        try:
            while chunk := engine.recv(_PIECE if left is None else max(min(left, _PIECE), 1)):
                client.sendall(chunk)
                left = None if left is None else left - len(chunk)
                if left is not None and left <= 0:
                    break
            client.shutdown(socket.SHUT_RDWR)
            engine.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
