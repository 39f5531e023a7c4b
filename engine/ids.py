"""Random ids: 128 bits in hex, from the operating system; those of tasks begin with the time.

Asking the system costs as much as the rest of a small request, so random bytes are fetched by the page.
"""

import os

_PAGE = 4_096
_BYTES = 16


class Ids:
    """A source of ids. Each byte of the system's randomness is used once."""

    def __init__(self) -> None:
        self._page = b""
        self._at = 0

    def new(self) -> str:
        """32 hexadecimal digits that nobody can guess."""
        if self._at >= len(self._page):
            self._page, self._at = os.urandom(_PAGE), 0
        taken = self._page[self._at : self._at + _BYTES]
        self._at += _BYTES
        return taken.hex()


new_id = Ids().new
"""Draw from the process's own source. Not for threads other than the event loop's."""


def new_task_id(now: int) -> str:
    """The second (of `now`, microseconds since 1970) in 8 hexadecimal digits, then 128 random bits.

    So tasks of one time lie together in the index of ids, and removing the oldest does not touch a page for each.
    """
    return f"{now // 1_000_000 % 2**32:08x}{new_id()}"


def second_of(task_id: str) -> int | None:
    """The second since 1970 that a task's id begins with; None for one of an older engine, which tells none."""
    return int(task_id[:8], 16) if len(task_id) == 2 * (4 + _BYTES) else None
