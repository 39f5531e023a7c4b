"""The engine under cProfile: `python -m benchmarks.profiled_engine FILE` writes FILE when it is ended.

Time is CPU time of the event loop's thread: waiting does not count, nor does what else runs on the machine.
"""

import cProfile
import signal
import sys
import time
from types import FrameType

from engine.__main__ import main


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End by an exception: a signal's default action would leave no time to write the profile."""
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    profile = cProfile.Profile(time.thread_time)
    try:
        profile.runcall(main)
    finally:
        profile.dump_stats(sys.argv[1])
