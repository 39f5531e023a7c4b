"""The engine with nothing counted and nothing measured: `python -m benchmarks.unseen_engine`."""

import sys
from typing import Any

from engine import app
from engine.__main__ import main
from engine.metrics import Metrics

_COUNTING = ("refused", "saved", "called", "given_up", "retried", "turned_away", "ran_code", "late", "asked")


class _Nothing(Metrics):
    """Knows how many tasks run, for the bound on them, and no more."""

    def submitted(self, route: str) -> None:
        """A task was created."""
        self.balance += 1

    def ended(self, task: Any) -> None:
        """A task has ended."""
        self.balance -= 1


def _nothing(self: Metrics, *arguments: Any, **named: Any) -> None:
    """Count nothing."""


if __name__ == "__main__":
    for name in _COUNTING:
        assert callable(getattr(Metrics, name))
        setattr(_Nothing, name, _nothing)
    vars(app)["Metrics"] = _Nothing
    vars(app)["measured_binaries"] = vars(app)["measured_database"] = lambda store, name, asked: store
    vars(app)["MeasuredSandbox"] = lambda sandbox, ran: sandbox
    sys.exit(main())
