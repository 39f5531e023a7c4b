"""Entity tags of definitions: the number of the version, which a route never has twice (RFC 9110, 8.8.3 and 13.1.1)."""

import re

_TAG = re.compile(r'"([1-9][0-9]{0,17})"')


def etag_of(version: int) -> str:
    """The tag of a version."""
    return f'"{version}"'


def versions_of(if_match: str) -> frozenset[int] | None:
    """The versions that an `If-Match` names; None where any will do. What is no tag of a version, as a weak one, names
    none."""
    if if_match.strip() == "*":
        return None
    found = (_TAG.fullmatch(tag.strip()) for tag in if_match.split(","))
    return frozenset(int(each[1]) for each in found if each is not None)
