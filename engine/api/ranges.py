"""Which part of a file is wanted, and whether it is wanted at all (RFC 9110, 13.1.2 and 14.2)."""

import re

from engine.errors import RangeWrong

_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


def wanted_range(header: str | None, if_range: str | None, etag: str, size: int) -> tuple[int, int] | None:
    """Return the start and the end (without) of the one range that is asked for; None for the whole file.

    Several ranges, another unit or a wrong form ask for the whole, as the RFC allows; so does an `If-Range` that is not
    the file's etag. Raises RangeWrong where the range lies outside.
    """
    match = _RANGE.match(header.replace(" ", "")) if header else None
    if match is None or (if_range is not None and if_range != etag):
        return None
    first, last = match.groups()
    if first == "" and last == "":
        return None
    if first == "":
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise RangeWrong(f"the file has {size} bytes", size)
    return start, end


def is_unchanged(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this version of the file already."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or tags == ["*"]
