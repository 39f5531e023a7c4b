"""`python -m tests.walls.fuzz`: fuzzing for as long as one likes. Exit code 1 where anything was found.

Three quarters of the time go to the parsers, the rest to schemathesis, which asks a real engine.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.e2e.processes import Engine
from tests.walls import conformance
from tests.walls.fuzz.running import run_all

OPENAPI = "openapi"
EXAMPLES = 10_000
SHARE = 0.25


def ask(seconds: float, seed: int) -> bool:
    """Hold the OpenAPI document against the answers; whether they fit."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        engine = Engine(Path(name) / "engine")
        engine.start()
        try:
            code, told = conformance.run(
                engine, Path(name), EXAMPLES, seed, seed % 2 == 1, seconds=max(int(seconds), 1)
            )
            broken = "Traceback" in engine.log
        finally:
            engine.kill()
        print(told if code or broken else "\n".join(told.splitlines()[-4:]))
        if broken:
            print(engine.log)
        return code == 0 and not broken


def main(arguments: list[str]) -> int:
    """Fuzz; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=...", description="Fuzz what reads the bytes of strangers.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long, in all")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other inputs; odd: ids that exist")
    parser.add_argument("--only", default="", choices=["", "parts", "forms", "texts", "definitions", OPENAPI])
    parser.add_argument("--number", type=int, help="one input again, of the one that --only names")
    given = parser.parse_args(arguments)
    good = True
    if given.only != OPENAPI:
        share = given.seconds if given.only else given.seconds * (1 - SHARE)
        for ran in run_all(share, given.seed, given.only, given.number):
            print(ran, flush=True)
            good &= not ran.wrong
    if given.only in ("", OPENAPI):
        good &= ask(given.seconds if given.only else given.seconds * SHARE, given.seed)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
