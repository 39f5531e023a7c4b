"""What a run costs, and what small runs notice of 15 hogs: `python -m tests.code.measure`."""

import asyncio
import statistics
import time

from engine.code.monty import MontySandbox
from engine.pipeline.code import compile_code
from tests.code.sandboxes import IDS, Running, scope
from tests.code.test_hogs import LIMITS, hogs, latencies

ROUNDS = 5


async def runs(sandbox: MontySandbox, number: int) -> tuple[float, float, float]:
    """Seconds a run, one after the other (median); at once; and of the engine's own processor time."""
    program = compile_code("node.out.n = len(A.out.areas) + A.out.n", "statements", IDS)
    one = {"self": "A", "nodes": {"A": scope()["nodes"]["A"]}, "pipeline": {}}
    taken = []
    for _ in range(number):
        begun = time.perf_counter()
        await sandbox.run(program, one)
        taken.append(time.perf_counter() - begun)
    begun, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(sandbox.run(program, one) for _ in range(number)))
    return statistics.median(taken), (time.perf_counter() - begun) / number, (time.process_time() - used) / number


async def beside(box: Running) -> list[float]:
    """Small runs beside hogs."""
    ending = asyncio.ensure_future(hogs(box))
    taken = await latencies(box, 2.0)
    ending.cancel()
    await asyncio.wait([ending])
    return taken


def shown(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=20)
    return f"p50 {cuts[9] * 1e3:.2f} ms, p95 {cuts[18] * 1e3:.2f} ms"


def main() -> None:
    """Print the figures, in rounds."""
    default, box = Running(), Running(LIMITS)
    try:
        default.do(runs(default.sandbox, 300))
        for _ in range(ROUNDS):
            one, many, own = (1e6 * value for value in default.do(runs(default.sandbox, 2000)))
            print(f"a run: {one:.0f} us; of many at once {many:.0f} us, {own:.0f} us of them the engine's", flush=True)
        for _ in range(ROUNDS):
            box.do(latencies(box, 0.5))
            print(
                f"alone {shown(box.do(latencies(box, 1.0)))}; beside 15 hogs {shown(box.do(beside(box)))}", flush=True
            )
    finally:
        default.close()
        box.close()


if __name__ == "__main__":
    main()
