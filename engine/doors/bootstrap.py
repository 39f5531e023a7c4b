"""The first admin's key, which stands in no store: from `APP_ADMIN_KEY`, or from a file that may change."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from engine.doors.keys import Shown, digest_of, fits, pass_of
from engine.identity import Identity, with_implied
from engine.settings import is_admin_key

ADMIN_ID = "admin"
ADMIN = Identity(ADMIN_ID, "admin", with_implied(["admin"]))
"""Who shows that key."""

LOOK_AGAIN = 1.0
"""Seconds between two looks at the file."""

_log = logging.getLogger(__name__)


class AdminKey:
    """The key, of which only a digest is kept. What the file holds replaces what was given; a file that is gone, or
    holds no key, opens nothing. `clock` gives seconds that never jump."""

    def __init__(self, given: str | None, file: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._digest = None if given is None else digest_of(pass_of(given))
        self._stamp: tuple[int, int, int] | None = None
        self._look_at = 0.0
        self._trouble = ""

    def shown_by(self, text: str) -> Shown | None:
        """What a text shows that may be the key; None where there is no such key at all."""
        self._look()
        return None if self._digest is None else Shown(ADMIN_ID, pass_of(text))

    def identify(self, shown: Shown) -> Identity | None:
        """Whose pass it is, if it is that of the key."""
        self._look()
        good = self._digest is not None and shown.id == ADMIN_ID and fits(shown.passed, self._digest)
        return ADMIN if good else None

    def _look(self) -> None:
        if self._file is None or self._clock() < self._look_at:
            return
        self._look_at = self._clock() + LOOK_AGAIN
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp == self._stamp:
                return
            text = self._file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            self._take(None, None, f"cannot be read ({type(error).__name__})")
            return
        if is_admin_key(text):
            self._take(stamp, digest_of(pass_of(text)), "")
        else:
            self._take(stamp, None, "holds no key of 32 printable characters or more")

    def _take(self, stamp: tuple[int, int, int] | None, digest: str | None, trouble: str) -> None:
        self._stamp, self._digest = stamp, digest
        if trouble and trouble != self._trouble:
            _log.warning("APP_ADMIN_KEY_FILE %s: nobody comes in with it", trouble)
        self._trouble = trouble
