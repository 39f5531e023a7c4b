"""The cookie of a session: so that a page's pictures, downloads and documentation can be fetched, which bear no header.

It holds what follows from the key and cannot be turned back (`engine/doors/keys.py`), or the token itself, and is
honoured for GET and HEAD only: a request that changes something always bears the key.
"""

from collections.abc import Iterable
from http.cookies import Morsel
from urllib.parse import urlsplit

NAME = "engine_session"
SECONDS = 12 * 3_600
"""How long a browser keeps it at most. It ends with the key, too."""

LONGEST = 3_800
"""Bytes of a value that every browser keeps."""

Headers = Iterable[tuple[bytes, bytes]]


def read_cookie(header: str) -> str | None:
    """The value of the session's cookie in a `Cookie` header; None without one."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == NAME:
            return value
    return None


def set_cookie(value: str, external_url: str, seconds: int = SECONDS) -> str:
    """The `Set-Cookie` header that begins a session, or with no seconds ends it."""
    url = urlsplit(external_url)
    morsel: Morsel[str] = Morsel()
    morsel.set(NAME, value, value)
    morsel.update({"path": url.path.rstrip("/") or "/", "max-age": str(seconds), "samesite": "Strict"})
    morsel["httponly"] = True
    if url.scheme == "https":
        morsel["secure"] = True
    return morsel.OutputString()
