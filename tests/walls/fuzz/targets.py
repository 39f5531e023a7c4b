"""What is fuzzed, and what must hold whatever comes in. A target is given one input, made by a chance; it returns the
input as it can be shown, and raises AssertionError, or what its code must not raise."""

import asyncio
import json
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiservice.protocol import Malformed, PartBegin, PartData, PartEnd, PartReader
from engine.binaries.files import FileBinaries
from engine.binaries.receive import FormReceiver, Limits
from engine.errors import EngineError, Fault, Invalid, TooLarge, Unprocessable
from engine.pipeline.body import compile as compile_body
from engine.pipeline.check import MAX_FAULTS, check
from engine.pipeline.flow import load
from engine.pipeline.jsontext import parse
from tests.walls.fuzz import inputs

Target = Callable[[random.Random], None]
_OWNER = "f" * 32


def read_parts(body: bytes, chunks: list[bytes]) -> list[tuple[object, ...]] | None:
    """What the reader makes of a body: the parts with their data joined; None where it is refused."""
    reader = PartReader(inputs.BOUNDARY)
    found: list[tuple[object, ...]] = []
    data, given, opened = b"", 0, False
    try:
        for chunk in chunks:
            for event in reader.feed(chunk):
                if isinstance(event, PartBegin):
                    assert not opened, "a part begins within a part"
                    opened, data = True, b""
                    found.append((event.name, event.filename, event.content_type))
                elif isinstance(event, PartData):
                    assert opened, "data without a part"
                    data += event.data
                    given += len(event.data)
                else:
                    assert isinstance(event, PartEnd) and opened
                    opened = False
                    found.append((data,))
        reader.close()
    except Malformed:
        return None
    assert not opened and given <= len(body), "more came out than went in"
    return found


def fuzz_parts(chance: random.Random) -> None:
    """The reader refuses a body or reads it, and it does not matter in which chunks it comes."""
    body = inputs.form(chance)
    whole = read_parts(body, [body])
    assert read_parts(body, inputs.pieces(body, chance)) == whole, body


class Forms:
    """The engine's way for a form into its store, with a store of files in a folder of its own."""

    def __init__(self, store: FileBinaries, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._store = store
        self._folder = folder
        self._loop = loop

    def fuzz(self, chance: random.Random) -> None:
        """What is refused leaves nothing; what is taken is there, whole, and goes with its owner."""
        body = inputs.form(chance)
        fields = chance.choice([None, ("image",), ("image", "areas")])
        self._loop.run_until_complete(self._receive(inputs.pieces(body, chance), fields))

    async def _receive(self, chunks: list[bytes], fields: tuple[str, ...] | None) -> None:
        receiver = FormReceiver(self._store, _OWNER, Limits(json=100_000, total=1_000_000), fields, True)
        try:
            form = await receiver.receive(_stream(chunks), inputs.BOUNDARY)
        except (Invalid, TooLarge, Unprocessable) as error:
            _check_told(error)
        else:
            assert fields is None or len(form.stored) <= len(fields)
            for binary in form.stored:
                assert await self._store.size(binary)
            await self._store.remove_owners([_OWNER])
        left = [path for path in (self._folder / "binaries").rglob("*") if path.is_file()]
        assert not left, left


class Definitions:
    """The reader of JSON, and the check of definitions; what the check finds right can be loaded."""

    def __init__(self) -> None:
        self._originals = inputs.shipped()

    def fuzz_text(self, chance: random.Random) -> None:
        """Bytes become a value that can be written again, or are refused with a sentence."""
        raw = inputs.text(chance, self._originals)
        try:
            value = parse(raw)
        except (Invalid, TooLarge) as error:
            _check_told(error)
            return
        assert parse(json.dumps(value, ensure_ascii=False).encode()) == value
        self._check(value)

    def fuzz_documents(self, chance: random.Random) -> None:
        """A definition has faults, each with a place and a sentence, or it is right."""
        document = inputs.definition(chance, self._originals)
        try:
            value = parse(json.dumps(document).encode())
        except (Invalid, TooLarge) as error:
            _check_told(error)
            return
        self._check(value)

    def _check(self, value: object) -> None:
        faults = check(value)
        assert len(faults) <= MAX_FAULTS + 1
        _check_faults(faults)
        if not faults:
            assert isinstance(value, dict)
            compile_body(load(value, "0" * 32, 1).entry.api.body)


def _check_told(error: EngineError) -> None:
    assert len(error.detail) > 5 and error.status in (400, 413, 422)
    _check_faults(error.faults)


def _check_faults(faults: list[Fault]) -> None:
    for fault in faults:
        assert fault.pointer == "" or fault.pointer.startswith("/"), fault
        assert len(fault.message) > 5, fault
        fault.message.encode()


async def _stream(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@contextmanager
def targets() -> Iterator[dict[str, Target]]:
    """All targets by name."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    loop = asyncio.new_event_loop()
    store = FileBinaries(folder / "binaries")
    loop.run_until_complete(store.open())
    definitions = Definitions()
    try:
        yield {
            "parts": fuzz_parts,
            "forms": Forms(store, folder, loop).fuzz,
            "texts": definitions.fuzz_text,
            "definitions": definitions.fuzz_documents,
        }
    finally:
        loop.run_until_complete(store.close())
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)
