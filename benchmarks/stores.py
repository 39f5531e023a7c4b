"""What the engines of a benchmark keep their tasks in: a SQLite file, or MongoDB's protocol beside an S3 server."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.app import make_binaries, make_store
from engine.settings import Settings
from engine.store.base import Store

KINDS = ("sqlite", "mongo", "mongo+s3")


@dataclass(frozen=True)
class Backend:
    """One kind of store. `words` name it in reports; `mongo` and `s3` are where its servers are,
    `server` is the id of MongoDB's process; None without."""

    kind: str
    words: str
    mongo: str | None = None
    server: int | None = None
    s3: Mapping[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, str]:
        """Variables of an engine on a new database. SQLite's file is made anew in each engine's folder."""
        name = f"bench-{secrets.token_hex(6)}"
        found = {"REG_DB_TYPE": self.kind}
        if self.mongo is not None:
            found |= {"MONGO_URI": self.mongo, "MONGO_DB": name}
        if self.s3:
            found |= {**self.s3, "REG_STORAGE_TYPE": "s3", "S3_BUCKET": name}
        return found


NOTHING: Mapping[str, str] = {}
SQLITE = Backend("sqlite", "SQLite")


@contextlib.contextmanager
def backend(kind: str) -> Iterator[Backend]:
    """The servers of this kind, started, and ended afterwards."""
    if kind == "sqlite":
        yield SQLITE
        return
    from tests.servers.mongo import mongo_server  # only where it is asked for: the server is a program of its own

    with tempfile.TemporaryDirectory(prefix="benchmarks-mongo-") as name, mongo_server(Path(name)) as server:
        words = f"MongoDB's protocol ({server.kind})"
        with _object_store() if kind.endswith("s3") else contextlib.nullcontext(NOTHING) as s3:
            process = server.pid if server.own else None
            yield Backend("mongo", words + (" and S3" if s3 else ""), server.uri, process, s3)


@contextlib.contextmanager
def _object_store() -> Iterator[Mapping[str, str]]:
    from tests.servers.s3 import S3

    server = S3()
    server.start()
    try:
        keys = {"S3_KEY_ID": server.key_id, "S3_SECRET_KEY": server.secret_key}
        yield {"S3_URL": server.url, "S3_ZONE": server.zone, **keys}
    finally:
        server.close()


@contextlib.asynccontextmanager
async def opened(settings: Mapping[str, str]) -> AsyncIterator[Store]:
    """The store that an engine with these variables works on, opened in this process too."""
    fields = {name.lower(): value for name, value in settings.items()}
    chosen = Settings(_env_file=None, **fields)  # type: ignore[arg-type]
    store = make_store(chosen, make_binaries(chosen))
    await store.open()
    try:
        yield store
    finally:
        await store.close()
