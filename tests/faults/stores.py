"""MongoDB's protocol and S3 for several engines, each behind a proxy that can be a bad network."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Protocol
from urllib.parse import urlsplit

from tests.faults.outages import Way
from tests.faults.proof import NotRun, Run
from tests.faults.proxy import Proxy
from tests.servers import mongo, s3


class Server(Protocol):
    """What both servers can do."""

    def start(self) -> None:
        """Begin, with the data of before."""

    def stop(self) -> None:
        """End in peace."""

    def kill(self) -> None:
        """End at once."""

    def pause(self) -> None:
        """Stand still."""

    def resume(self) -> None:
        """Go on."""


class Stores:
    """Both servers, a database and a bucket of our own, until the block ends. Raises NotRun where one is missing."""

    def __init__(self, run: Run) -> None:
        self._folder = run.folder / "mongo"
        self._stack = ExitStack()
        self._name = f"faults-{secrets.token_hex(6)}"

    def __enter__(self) -> "Stores":
        with self._stack as stack:
            try:
                self.objects = s3.shared_s3()
                self.database = stack.enter_context(mongo.mongo_server(self._folder))
            except (mongo.NoServer, s3.NoServer) as error:
                raise NotRun(str(error)) from error
            self.mongo_proxy = self._proxy(stack, self.database.uri)
            self.s3_proxy = self._proxy(stack, self.objects.url)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def settings(self) -> dict[str, str]:
        """Those of an engine that uses them."""
        return {
            "REG_DB_TYPE": "mongo",
            "MONGO_URI": f"mongodb://127.0.0.1:{self.mongo_proxy.port}/?directConnection=true",
            "MONGO_DB": self._name,
            "REG_STORAGE_TYPE": "S3",
            "S3_URL": self.s3_proxy.url,
            "S3_ZONE": self.objects.zone,
            "S3_KEY_ID": self.objects.key_id,
            "S3_SECRET_KEY": self.objects.secret_key,
            "S3_BUCKET": self._name,
        }

    def ways(self, name: str, server: Server, proxy: Proxy) -> dict[str, Way]:
        """All ways for one of them to go away."""
        return {
            f"{name} refuses connections": lambda: during(proxy.refuse, proxy.accept),
            f"{name} is killed": lambda: during(server.kill, server.start),
            f"the network to {name} holds everything": lambda: during(proxy.hold, proxy.heal),
            f"{name} stands still": lambda: during(server.pause, server.resume),
            f"the network loses what {name} answers": lambda: during(lambda: proxy.lose("down"), proxy.heal),
            f"{name} is stopped": lambda: during(server.stop, server.start),
        }

    @staticmethod
    def _proxy(stack: ExitStack, url: str) -> Proxy:
        place = urlsplit(url)
        proxy = Proxy(place.port or 27017, place.hostname or "127.0.0.1")
        stack.callback(proxy.close)
        return proxy


def during(begin: Callable[[], None], end: Callable[[], None]) -> AbstractContextManager[None]:
    """A block between these two."""

    @contextlib.contextmanager
    def block() -> Iterator[None]:
        begin()
        try:
            yield
        finally:
            end()

    return block()
