"""`aim`, the command line of the engine."""

import os
import sys

from engine.client.cli.app import app


def main() -> None:
    """Run one command and end the program with its exit code."""
    try:
        app(prog_name="aim")
    except BrokenPipeError:
        # Whoever read the output wants no more of it. What is still buffered must not fail at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
