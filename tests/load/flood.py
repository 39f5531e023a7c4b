"""Submits a task so many times at once, and tells what came: `python flood.py URL COUNT`.

Prints JSON: `answers` by status, `jobs` (the ids), and how many refusals lacked what they must have (`wrong`).
"""

import asyncio
import json
import sys
from collections import Counter
from typing import Any

import aiohttp


async def submit(session: aiohttp.ClientSession, url: str, number: int, told: dict[str, Any]) -> None:
    """Submit one."""
    try:
        async with session.post(url, json={"n": number}) as answer:
            body = await answer.json(content_type=None)
            told["answers"][str(answer.status)] += 1
            if answer.status == 200:
                told["jobs"].append(body["jobId"])
            else:
                kind = answer.headers["Content-Type"]
                right = int(answer.headers["Retry-After"]) > 0 and kind == "application/problem+json"
                told["wrong"] += not (right and body["status"] == answer.status)
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TimeoutError) as error:
        told["answers"][repr(error)] += 1


async def main(url: str, count: int) -> None:
    """Submit all."""
    told: dict[str, Any] = {"answers": Counter(), "jobs": [], "wrong": 0}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=120)) as session:
        await asyncio.gather(*(submit(session, url, number, told) for number in range(count)))
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
