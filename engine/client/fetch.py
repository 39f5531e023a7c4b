"""A binary on its way to a file: streamed, taken up again where the connection broke, never half there."""

import asyncio
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import quote

import httpx

from engine.client.calls import TRY_AGAIN, Policy
from engine.client.errors import AimError, Unreachable
from engine.client.files import file_name, safe_name
from engine.client.wire import Wire, task_path


class Fetch:
    """One download of the file `name` of a task."""

    def __init__(self, wire: Wire, policy: Policy, task: str, name: str) -> None:
        self._wire = wire
        self._policy = policy
        self._path = f"{task_path(task)}/files/{quote(name, safe='')}"
        self._name = name
        self._etag = ""
        self._type = ""

    async def to(self, target: str | Path) -> Path:
        """Write it to a file, or into a folder where the target is one or ends with a separator; its path.

        Raises AimError, Unreachable, OSError.
        """
        path = Path(target)
        if path.is_dir() or str(target).endswith((os.sep, "/")):
            return await self.into(path, lambda proper: proper)
        return await self._write(path.parent, lambda proper: path.name)

    async def into(self, folder: Path, named: Callable[[str], str]) -> Path:
        """Write it into a folder, under what `named` makes of its safe name; its path."""
        return await self._write(folder, lambda proper: safe_name(named(proper)))

    async def _write(self, folder: Path, named: Callable[[str], str]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{secrets.token_hex(8)}.part"
        try:
            with part.open("xb") as file:
                await self._fill(file)
            path = folder / named(file_name(self._name, self._type))
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return path

    async def _fill(self, file: IO[bytes]) -> None:
        attempt = 0
        while True:
            have = file.tell()
            try:
                await self._read(file)
                return
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
                trouble: AimError = Unreachable(f"the download of {self._name} broke: {reason}")
            except AimError as error:
                if error.status not in TRY_AGAIN:
                    raise
                trouble = error
            attempt = 0 if file.tell() > have else attempt + 1
            if attempt > self._policy.retries:
                raise trouble
            await asyncio.sleep(self._policy.pause(attempt))

    async def _read(self, file: IO[bytes]) -> None:
        # Compressed on the way, the bytes could not be counted.
        headers = {"Accept-Encoding": "identity"}
        if file.tell() and self._etag:
            headers |= {"Range": f"bytes={file.tell()}-", "If-Range": self._etag}
        async with self._wire.stream(self._path, headers) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return
            if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                file.seek(0)
                file.truncate()
            self._etag = answer.headers.get("etag", "")
            self._type = answer.headers.get("content-type", "")
            async for chunk in answer.aiter_bytes():
                file.write(chunk)
