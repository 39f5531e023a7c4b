"""`make demo`: the sample picture goes through `face-blur`, on a system that is started for it and stopped after it.

Writes `demo/face-blur.jpg` and `demo/side-by-side.png`, and checks them: the face must have changed, the rest must
not. Exit code 1, with the last words of the programs, where anything went wrong. `python -m tools.demo [FOLDER]` writes
into another folder.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from tools.layout import ROOT, SAMPLES
from tools.picture import Comparison, compare, side_by_side
from tools.procfile import ProcfileError, free_ports
from tools.progress import Display, changes, node_table
from tools.shipped import Refused, pipelines
from tools.supervisor import NotReady, ProgramEnded
from tools.system import System, programs, running

SAMPLE = SAMPLES / "astronaut.jpg"
PIPELINE = "face-blur"
PROGRAMS = ("engine", "image_processing", "face_detection")
RESULT = "blurred.jpg"
TASK_SECONDS = 60.0


class DemoFailed(Exception):
    """The demo did not show what it must; the text says what."""


async def submit(client: httpx.AsyncClient) -> str:
    """Send the sample picture and return the id of the task."""
    with SAMPLE.open("rb") as picture:
        answer = await client.post(f"/services/{PIPELINE}", files={"image": (SAMPLE.name, picture, "image/jpeg")})
    if answer.status_code != 200:
        raise DemoFailed(f"the engine refused the picture: {answer.status_code} {answer.text[:2_000]}")
    return str(answer.json()["jobId"])


async def follow(client: httpx.AsyncClient, task: str, display: Display) -> None:
    """Show the task until it has ended."""
    try:
        async with asyncio.timeout(TASK_SECONDS):
            async for change in changes(client, task):
                display.show(change)
    except TimeoutError:
        raise DemoFailed(f"the task has not ended after {TASK_SECONDS:.0f} s") from None


async def fetch(client: httpx.AsyncClient, task: str, target: Path) -> dict[str, Any]:
    """Write the resulting picture and return the task's result."""
    answer = await client.get(f"/tasks/{task}")
    if answer.status_code != 200:
        raise DemoFailed(f"the task has no result: {answer.status_code} {answer.text[:2_000]}")
    result: dict[str, Any] = answer.json()
    picture = await client.get(result[RESULT])
    if picture.status_code != 200:
        raise DemoFailed(f"the picture cannot be fetched: {picture.status_code} {picture.text[:2_000]}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(picture.content)
    return result


async def blur(system: System, console: Console, folder: Path) -> Comparison:
    """Send the sample through the pipeline, show what happens, and judge what came of it."""
    nodes = [node["id"] for node in pipelines()[PIPELINE]["nodes"]]
    begin = time.monotonic()
    task = await submit(system.client)
    console.print(f"[bold]{PIPELINE}[/] with {SAMPLE.relative_to(ROOT)}, task {task}")
    with Display(console, nodes) as display:
        await follow(system.client, task, display)
    seconds = time.monotonic() - begin
    raw = (await system.client.get(f"/tasks/{task}/raw")).json()
    console.print(node_table(raw, nodes))
    target = folder / f"{PIPELINE}.jpg"
    result = await fetch(system.client, task, target)
    comparison = compare(SAMPLE, target, result["faces"])
    side_by_side(SAMPLE, target, ("before", f"after {PIPELINE}"), folder / "side-by-side.png")
    console.print(f"From the picture sent to the task ended: {seconds:.2f} s")
    console.print(str(comparison))
    return comparison


async def demo(console: Console, folder: Path, lines: list[tuple[str, str]]) -> None:
    """Run the demo on free ports and an empty data folder. `lines` takes the words of all programs."""
    with tempfile.TemporaryDirectory(prefix="demo-") as data:
        known = [program for program in programs() if program.name in PROGRAMS]
        moved = programs({**free_ports(known), "DATA_FOLDER": data})
        chosen = [program for program in moved if program.name in PROGRAMS]
        begin = time.monotonic()
        console.print(f"Starting {', '.join(program.name for program in chosen)} ...")
        async with running(chosen, lambda name, line: lines.append((name, line))) as system:
            console.print(f"All ready after {time.monotonic() - begin:.1f} s.")
            comparison = await system.run(blur(system, console, folder))
    if comparison.faults:
        raise DemoFailed("\n".join(comparison.faults))
    console.print("[green]The face is blurred, the rest is as it was.[/] All that was started is stopped.")
    for name in (f"{PIPELINE}.jpg", "side-by-side.png"):
        console.print(f"  {os.path.relpath(folder / name)}")


async def guarded(console: Console, folder: Path) -> int:
    """Run the demo; return the exit code."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    lines: list[tuple[str, str]] = []
    try:
        await demo(console, folder, lines)
        return 0
    except asyncio.CancelledError:
        print("\nStopped.", file=sys.stderr)
    except (DemoFailed, ProcfileError, ProgramEnded, NotReady, Refused, httpx.HTTPError, ValueError, KeyError) as error:
        for name in dict.fromkeys(name for name, _ in lines):
            words = [line for whose, line in lines if whose == name][-20:]
            print("\n".join([f"--- last lines of {name} ---", *words]), file=sys.stderr)
        # The rest of a ProgramEnded's text are the last lines, which stand above.
        reason = str(error).partition("\n")[0] if isinstance(error, ProgramEnded) else str(error)
        print(f"\nThe demo failed: {type(error).__name__}: {reason}", file=sys.stderr)
    return 1


def main() -> int:
    """Run the demo."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "demo"
    return asyncio.run(guarded(Console(highlight=False, soft_wrap=True), folder))


if __name__ == "__main__":
    sys.exit(main())
