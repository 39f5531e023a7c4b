"""The process that makes pictures small: what it is denied, when it is replaced, who waits for it, and when it ends."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from engine.errors import Busy, StoreAway, UnsupportedType
from engine.pictures import thumbnails as module
from engine.pictures.process import Decoder, Limits
from engine.pictures.thumbnails import Thumbnails
from tests.pictures.samples import GOOD, opened, slow_jpeg
from tests.pictures.test_thumbnails import make, patiently, pieces, thumbnails

__all__ = ["thumbnails"]


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def started(thumbnails: Thumbnails) -> int:
    """The process, which has made a picture."""
    assert opened(await patiently(thumbnails, GOOD["jpeg"])).size == (64, 48)
    assert thumbnails.pid is not None
    return thumbnails.pid


async def test_it_starts_with_the_first_picture_and_stays(thumbnails: Thumbnails) -> None:
    assert thumbnails.pid is None
    worker = await started(thumbnails)
    for small in await asyncio.gather(*(make(thumbnails, GOOD["png"]) for _ in range(50))):
        assert opened(small).size == (64, 48)
    assert thumbnails.pid == worker


async def test_it_has_nothing_to_lose(thumbnails: Thumbnails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "do not tell")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        process = psutil.Process(await started(thumbnails))
    assert process.environ() == {} and process.cwd() == "/" and process.nice() >= 10
    assert os.getpgid(process.pid) == process.pid
    links = [os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
    assert len(links) == 3 and not [link for link in links if not link.startswith(("socket:", "/dev/null"))], links
    assert process.rlimit(psutil.RLIMIT_NOFILE) == (3, 3)
    for limit in (psutil.RLIMIT_NPROC, psutil.RLIMIT_FSIZE, psutil.RLIMIT_CORE):
        assert process.rlimit(limit) == (0, 0)
    assert process.rlimit(psutil.RLIMIT_AS)[1] == thumbnails.limits.memory
    assert Path(f"/proc/{process.pid}/oom_score_adj").read_text() == "1000\n"


async def test_one_that_is_killed_between_two_pictures(thumbnails: Thumbnails) -> None:
    worker = await started(thumbnails)
    os.kill(worker, signal.SIGKILL)
    assert await started(thumbnails) != worker


async def test_one_that_is_killed_while_it_works(thumbnails: Thumbnails) -> None:
    worker = await started(thumbnails)
    os.kill(worker, signal.SIGSTOP)
    asked = [asyncio.ensure_future(make(thumbnails, GOOD["jpeg"])) for _ in range(3)]
    await asyncio.sleep(0)
    os.kill(worker, signal.SIGKILL)
    for small in await asyncio.gather(*asked):
        assert opened(small).size == (64, 48)
    assert thumbnails.pid != worker and not psutil.pid_exists(worker)


async def test_a_picture_that_kills_it_every_time_is_given_up(thumbnails: Thumbnails) -> None:
    worker = await started(thumbnails)
    begun = 0

    async def deadly() -> AsyncIterator[bytes]:
        nonlocal begun
        begun += 1
        assert thumbnails.pid is not None
        os.kill(thumbnails.pid, signal.SIGKILL)
        async for piece in pieces(GOOD["bmp"]):
            yield piece

    with pytest.raises(UnsupportedType, match="died"):
        await thumbnails.make(64, len(GOOD["bmp"]), deadly)
    assert begun == 2
    assert await started(thumbnails) != worker


async def test_one_that_is_deaf_is_replaced() -> None:
    thumbnails = Thumbnails(Limits(seconds=0.5))
    worker = await started(thumbnails)
    os.kill(worker, signal.SIGSTOP)
    for content in (GOOD["jpeg"], GOOD["bmp"] + bytes(4 << 20)):  # the second does not fit into the socket
        with pytest.raises(Busy, match="not made small in 0.5 s"):  # it is not the picture's fault
            await make(thumbnails, content)
        worker = await started(thumbnails)
        os.kill(worker, signal.SIGSTOP)
    await thumbnails.close()
    assert not psutil.pid_exists(worker)


async def test_a_store_that_goes_away_in_the_middle(thumbnails: Thumbnails) -> None:
    await started(thumbnails)

    async def broken() -> AsyncIterator[bytes]:
        yield GOOD["bmp"][:1_000]
        raise StoreAway("the store is away")

    with pytest.raises(StoreAway, match="the store is away"):
        await thumbnails.make(64, len(GOOD["bmp"]), broken)
    await started(thumbnails)


async def test_a_file_that_is_shorter_or_longer_than_it_should_be(thumbnails: Thumbnails) -> None:
    for size in (len(GOOD["jpeg"]) - 1, len(GOOD["jpeg"]) + 1):
        with pytest.raises(UnsupportedType, match="died"):
            await thumbnails.make(64, size, lambda: pieces(GOOD["jpeg"]))
        await started(thumbnails)


async def test_who_gives_up_leaves_a_process_that_can_be_used(thumbnails: Thumbnails) -> None:
    worker = await started(thumbnails)
    os.kill(worker, signal.SIGSTOP)
    asked = asyncio.ensure_future(make(thumbnails, GOOD["jpeg"]))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await started(thumbnails) != worker


async def test_who_gives_up_while_it_starts_leaves_none(thumbnails: Thumbnails) -> None:
    before = set(psutil.Process().children())
    asked = asyncio.ensure_future(make(thumbnails, GOOD["jpeg"]))
    await until(lambda: set(psutil.Process().children()) != before)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await until(lambda: set(psutil.Process().children()) == before)
    await started(thumbnails)


async def test_one_that_cannot_start() -> None:
    """Its first pictures, those of its own, are too large for it: that is not the fault of who asks."""
    thumbnails = Thumbnails(Limits(pixels=10))
    with pytest.raises(Busy, match="no process could be started"):
        await make(thumbnails, GOOD["jpeg"])
    await thumbnails.close()


async def test_too_many_wait(thumbnails: Thumbnails) -> None:
    worker = await started(thumbnails)
    os.kill(worker, signal.SIGSTOP)
    asked = [asyncio.ensure_future(make(thumbnails, GOOD["png"])) for _ in range(module.MAX_WAITING + 1)]
    await asyncio.sleep(0)  # one has its turn, the others wait for theirs
    with pytest.raises(Busy) as told:
        await make(thumbnails, GOOD["png"])
    assert told.value.retry_after
    os.kill(worker, signal.SIGCONT)
    assert len(await asyncio.gather(*asked)) == module.MAX_WAITING + 1
    assert thumbnails.pid == worker


async def test_one_that_waits_too_long() -> None:
    thumbnails = Thumbnails(patience=0.2)
    worker = await started(thumbnails)
    os.kill(worker, signal.SIGSTOP)
    first = asyncio.ensure_future(make(thumbnails, GOOD["png"]))
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="not this one's turn"):
        await make(thumbnails, GOOD["png"])
    os.kill(worker, signal.SIGCONT)
    assert opened(await first).size == (64, 48)
    await thumbnails.close()


async def test_it_ends_when_nothing_is_asked() -> None:
    thumbnails = Thumbnails(idle=0.1)
    worker = await started(thumbnails)
    await until(lambda: not psutil.pid_exists(worker))
    assert thumbnails.pid is None
    await started(thumbnails)
    await thumbnails.close()


async def test_closing_while_it_works(thumbnails: Thumbnails) -> None:
    worker = await started(thumbnails)
    os.kill(worker, signal.SIGSTOP)
    asked = [asyncio.ensure_future(make(thumbnails, GOOD["png"])) for _ in range(3)]
    await asyncio.sleep(0.05)
    await thumbnails.close()
    for each in asked:
        with pytest.raises(StoreAway, match="stopping"):
            await each
    assert not psutil.pid_exists(worker)
    with pytest.raises(StoreAway, match="stopping"):
        await make(thumbnails, GOOD["png"])


async def test_it_ends_with_the_engine_even_in_the_middle_of_a_picture() -> None:
    """The engine is killed: nobody stops the process, but its own bound on processor time."""
    decoder = await Decoder.start(Limits(seconds=1))
    content = slow_jpeg(4_000)
    asked = asyncio.ensure_future(decoder.make(64, len(content), pieces(content), 100))
    process = psutil.Process(decoder.pid)
    await until(lambda: process.cpu_times().user > 0.5)
    asked.cancel()
    decoder._connection.close()
    await until(lambda: process.status() == psutil.STATUS_ZOMBIE)
    assert process.cpu_times().user < 5
    await decoder.end()


async def test_the_engine_does_not_import_what_decodes() -> None:
    text = "import sys, engine.app, engine.pictures.thumbnails; print('PIL' in sys.modules)"
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", text, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).resolve().parents[2]
    )
    assert (await done.communicate())[0] == b"False\n"
