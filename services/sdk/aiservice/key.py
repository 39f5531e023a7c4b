"""The key with which a service announces itself to an engine that asks for one."""

import logging
from pathlib import Path

log = logging.getLogger("aiservice.key")


class Key:
    """The key: given, or in a file, which is read each time, so that it can be changed while the service runs.

    It is in no message and no log.
    """

    def __init__(self, given: str | None, file: Path | None) -> None:
        self._given = given
        self._file = file
        self._trouble = ""

    @property
    def source(self) -> str:
        """The setting that it comes from; "" where there is none."""
        return "APP_KEY_FILE" if self._file is not None else "APP_KEY" if self._given is not None else ""

    def headers(self) -> dict[str, str]:
        """The header that bears it; none where there is none that can be used."""
        found, trouble = self._read()
        if trouble and trouble != self._trouble:
            log.error("%s %s: announcing without a key", self.source, trouble)
        self._trouble = trouble
        return {"Authorization": f"Bearer {found}"} if found else {}

    def _read(self) -> tuple[str, str]:
        """The key, and what is wrong with it."""
        text = self._given or ""
        if self._file is not None:
            try:
                text = self._file.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                return "", f"cannot be read ({type(error).__name__})"
        text = text.strip()
        if self.source and not (text and all("!" <= character <= "~" for character in text)):
            return "", "holds no key, which has no blanks and nothing beyond ASCII"
        return text, ""
