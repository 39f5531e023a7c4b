"""A service written by hand: announces itself, acknowledges, calls back. `python service_by_hand.py PORT ENGINE`"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator

import httpx
import uvicorn
from fastapi import BackgroundTasks, FastAPI, UploadFile

PORT, ENGINE = int(sys.argv[1]), sys.argv[2]
API = {"route": "by-hand", "body": ["image", "data"], "summary": "Turns a picture's bytes round"}
MESSAGE = {"type": "service", "url": f"http://127.0.0.1:{PORT}/turn", "api": API}


@contextlib.asynccontextmanager
async def announce(app: FastAPI) -> AsyncIterator[None]:
    """Tell the engine, now and every 30 seconds."""

    async def tell() -> None:
        async with httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await client.post(f"{ENGINE}/services", json=MESSAGE)
                await asyncio.sleep(30)

    job = asyncio.create_task(tell())
    yield
    job.cancel()


app = FastAPI(lifespan=announce)


@app.post("/turn")
async def turn(callback_url: str, task_id: str, image: UploadFile, data: UploadFile, work: BackgroundTasks) -> str:
    """Acknowledge, work after that."""
    work.add_task(call_back, callback_url, task_id, await image.read(), json.loads(await data.read()))
    return "accepted"


async def call_back(callback_url: str, task_id: str, image: bytes, values: dict[str, str]) -> None:
    """Bring the result: a binary and values."""
    files = {
        "result": ("turned.bin", image[::-1], "application/octet-stream"),
        "values": ("values.json", json.dumps({"size": len(image), "given": values}).encode(), "application/json"),
    }
    async with httpx.AsyncClient() as client:
        await client.post(callback_url, params={"task_id": task_id}, files=files)


if __name__ == "__main__":
    uvicorn.run(app, port=PORT, log_level="warning")
