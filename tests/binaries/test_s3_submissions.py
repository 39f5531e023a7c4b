"""The object store stands still while forms are sent to an engine: clients are told at once when that is seen."""

import asyncio
from collections.abc import AsyncIterator

import httpx

from tests.conftest import MakeEngine
from tests.e2e.processes import wait_for
from tests.e2e.scripts import entry, fresh_route, open_route
from tests.servers.s3 import S3

from .bucket import keys, uploads

MEGABYTE = bytes(1024 * 1024)
SIZES = (1, 3 * 1024 * 1024, 12 * 1024 * 1024)
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: image/png\r\n\r\n'


async def going_on(told: asyncio.Event) -> AsyncIterator[bytes]:
    """A form whose client is slow, and looks for an answer only when the others have one."""
    yield HEAD
    while not told.is_set():
        yield MEGABYTE
        await asyncio.sleep(0.2)


async def test_forms_that_are_being_sent(make_engine: MakeEngine, gateway: S3, bucket: str) -> None:
    """The request under way to the store would be waited for much longer, and what removes it longer still."""
    known = {"S3_URL": gateway.url, "S3_ZONE": gateway.zone, "S3_KEY_ID": gateway.key_id}
    names = {"S3_SECRET_KEY": gateway.secret_key, "S3_BUCKET": bucket, "REG_STORAGE_TYPE": "S3"}
    engine = make_engine(**known, **names)
    route = open_route(engine, entry(fresh_route(), ["file"], "end"), {"id": "end", "type": "end"})
    kind, told = {"content-type": "multipart/form-data; boundary=x"}, asyncio.Event()
    async with httpx.AsyncClient(base_url=engine.url, timeout=30) as client:
        slow = asyncio.create_task(client.post(f"/services/{route}", content=going_on(told), headers=kind))
        await asyncio.to_thread(
            wait_for, lambda: bool(uploads(gateway, bucket)), "the first parts are in the store", 20
        )
        gateway.pause()
        sent = [client.post(f"/services/{route}", files={"file": bytes(size)}) for size in SIZES]
        answers = await asyncio.gather(*sent)
        told.set()
        for answer in [await slow, *answers]:
            assert answer.status_code == 503 and "retry-after" in answer.headers, answer.text
            assert "did not answer within 2 s" in answer.json()["detail"], answer.text
        assert "did not answer within 2 s" in (await client.get("/health/ready")).text
        gateway.resume()
        await asyncio.to_thread(wait_for, engine.is_ready, "the engine is ready again", 20)
        answer = await client.post(f"/services/{route}", files={"file": b"x"})
        assert answer.status_code == 200, answer.text
    assert [key for key in keys(gateway, bucket) if key.startswith(answer.json()["jobId"])]
    assert "Traceback" not in engine.log, engine.log
