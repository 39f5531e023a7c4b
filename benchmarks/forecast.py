"""`python -m benchmarks.forecast`: what the simulation says of more engines, each with cores of its own.

The costs are those of docs/scaling.md, so this repeats its table; `--command` is what one command costs a MongoDB
server (seconds of its one thread of work), which is to be measured on the server that is meant.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from benchmarks.simulation import Costs, Outcome, Place, simulate

MEASURED = Costs(client=0.0, balancer=0.0, service=0.0001, wake=0.00064, event=0.00053, commands=1.8)
"""MongoDB's protocol: an engine's 9.6 ms for a task alone, 4.9 ms with 16 at once, 7 commands for a task then."""

CLIENTS_OF_AN_ENGINE = 32
TASKS_OF_AN_ENGINE = 150


def forecast(command: float, engines: int, shards: int) -> Outcome:
    """So many engines, and services and shards enough of them to have cores of their own."""
    costs = Costs(**{**MEASURED.__dict__, "command": command})
    place = Place(engines, engines * CLIENTS_OF_AN_ENGINE, 4.0 * (engines + shards), shards, engines)
    return simulate(costs, place, TASKS_OF_AN_ENGINE * engines)


def lines(command: float, engines: list[int], shards: list[int]) -> Iterator[str]:
    """The table in Markdown."""
    yield "| engines | shards | tasks/s | p50 | p95 | busiest engine | busiest shard |"
    yield "|--:|--:|--:|--:|--:|--:|--:|"
    for number in engines:
        for part in shards:
            found = forecast(command, number, part)
            engine = max(value for name, value in found.busy.items() if name.startswith("engine"))
            server = max(value for name, value in found.busy.items() if name.startswith("server"))
            times = f"{found.p50 * 1e3:.0f} ms | {found.p95 * 1e3:.0f} ms"
            yield f"| {number} | {part} | {found.rate:.0f} | {times} | {engine:.0%} | {server:.0%} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description=__doc__)
    parser.add_argument("--command", type=float, default=0.0001, metavar="SECONDS")
    parser.add_argument("--engines", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--shards", type=int, nargs="+", default=[1, 4])
    options = parser.parse_args()
    for line in lines(options.command, options.engines, options.shards):
        print(line)


if __name__ == "__main__":
    main()
