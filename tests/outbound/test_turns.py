"""So many requests at once, in all and for one host; who waits does not use up its time."""

import asyncio

import pytest

from engine.outbound.turns import Turns
from engine.task.events import CallReturned
from tests.outbound.calls import call
from tests.outbound.conftest import MakeSender
from tests.outbound.servers import Server, json_reply


async def test_turns_are_bounded_and_given_in_order() -> None:
    turns = Turns(total=3, each=2)
    inside: list[str] = []
    order: list[str] = []
    doors = {name: asyncio.Event() for name in ("a1", "a2", "a3", "b1", "b2")}

    async def work(name: str) -> None:
        async with turns.turn(name[0]):
            inside.append(name)
            order.append(name)
            await doors[name].wait()
            inside.remove(name)

    async def settled() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(work(name)) for name in doors]
    await settled()
    assert inside == ["a1", "a2", "b1"]  # a3 waits for its host, b2 for anybody
    doors["a1"].set()
    await settled()
    assert len(inside) == 3
    for door in doors.values():
        door.set()
    await asyncio.gather(*tasks)
    assert sorted(order) == sorted(doors) and order[:3] == ["a1", "a2", "b1"]
    assert turns.hosts == 0


async def test_who_gives_up_waiting_takes_no_turn() -> None:
    turns = Turns(total=1, each=1)
    async with turns.turn("a"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), turns.turn("a"):
                raise AssertionError("there was no turn to be had")
    async with asyncio.timeout(1), turns.turn("a"):
        assert turns.hosts == 1
    assert turns.hosts == 0


async def test_requests_to_one_host_wait_their_turn(make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may take all of its time; that it waited before does not count."""
    monkeypatch.setattr("engine.outbound.client.MAX_AT_ONCE_PER_HOST", 2)
    under_way, most = 0, 0

    async def slow(writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.15)
        under_way -= 1
        writer.write(json_reply("{}"))
        await writer.drain()

    async with make_sender() as sender, Server(slow) as server:
        outs = await asyncio.gather(*(sender.out(server.url, "POST", timeout=0.4) for _ in range(8)))
        assert outs == [{}] * 8 and most == 2


class Patience:
    """Notes what a request that waits is told. `wanted`: whether it is still wanted when its turn comes."""

    def __init__(self, wanted: bool) -> None:
        self.told: list[str] = []
        self.waits = asyncio.Event()
        self._wanted = wanted

    async def held(self) -> None:
        """See `Waiting.held`."""
        self.told.append("held")
        self.waits.set()

    async def came(self) -> bool:
        """See `Waiting.came`."""
        self.told.append("came")
        return self._wanted


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("limit", ["MAX_AT_ONCE", "MAX_AT_ONCE_PER_HOST"])
async def test_who_waits_is_told(
    make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch, wanted: bool, limit: str
) -> None:
    monkeypatch.setattr(f"engine.outbound.client.{limit}", 1)
    door = asyncio.Event()

    async def behind_the_door(writer: asyncio.StreamWriter) -> None:
        await door.wait()
        writer.write(json_reply("{}"))
        await writer.drain()

    first, second = Patience(wanted), Patience(wanted)
    async with make_sender() as sender, Server(behind_the_door, json_reply("{}")) as server:
        one = asyncio.create_task(sender.outbound.request(call(server.url), first))
        async with asyncio.timeout(10):
            while not server.requests:
                await asyncio.sleep(0.01)
        two = asyncio.create_task(sender.outbound.request(call(server.url), second))
        await asyncio.wait_for(second.waits.wait(), 10)
        assert second.told == ["held"] and not two.done()
        door.set()
        assert isinstance(await one, CallReturned)
        assert isinstance(await two, CallReturned) is wanted
        assert first.told == [] and second.told == ["held", "came"]
        assert len(server.requests) == (2 if wanted else 1)


async def test_one_request_of_an_id_at_a_time(make_sender: MakeSender) -> None:
    door = asyncio.Event()

    async def behind_the_door(writer: asyncio.StreamWriter) -> None:
        await door.wait()
        writer.write(json_reply("{}"))
        await writer.drain()

    async with make_sender() as sender, Server(behind_the_door, json_reply("{}")) as server:
        made = call(server.url)
        first = asyncio.create_task(sender.outbound.request(made))
        async with asyncio.timeout(10):
            while not server.requests:
                await asyncio.sleep(0.01)
        assert await sender.outbound.request(made) is None
        door.set()
        assert isinstance(await first, CallReturned)
        assert isinstance(await sender.outbound.request(made), CallReturned)
        assert len(server.requests) == 2
