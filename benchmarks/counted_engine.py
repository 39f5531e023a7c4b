"""The engine with its store's work counted: `python -m benchmarks.counted_engine FILE`.

At SIGUSR1 it writes into FILE, as JSON, how often each method of the store was called, and for SQLite how many
transactions were committed. The file is put in place whole.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from engine import app
from engine.__main__ import main
from engine.store.base import Store

_METHODS = [name for name in vars(Store) if not name.startswith("_")]


class _Counts:
    """What was counted, and where it is told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: Counter[str] = Counter()
        self.store: Store | None = None

    def over(self, make: Callable[..., Store]) -> Callable[..., Store]:
        """The same as `make`, with every method of the store counted."""

        def made(*arguments: Any) -> Store:
            self.store = store = make(*arguments)
            for name in _METHODS:
                setattr(store, name, self._counted(name, getattr(store, name)))
            return store

        return made

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls[name] += 1
            return method(*arguments, **named)

        return call

    def tell(self, *_: object) -> None:
        """Write the file."""
        part = self.path.with_suffix(".part")
        part.write_bytes(orjson.dumps({"commits": getattr(self.store, "commits", 0), "calls": dict(self.calls)}))
        os.replace(part, self.path)


if __name__ == "__main__":
    counts = _Counts(Path(sys.argv[1]))
    signal.signal(signal.SIGUSR1, counts.tell)
    vars(app)["make_store"] = counts.over(app.make_store)
    sys.exit(main())
