"""Which headers an `http` node may send. Pure."""

import re
from collections.abc import Mapping

from engine.pipeline.names import quoted

MAX_HEADERS = 50
MAX_VALUE = 4_000

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e]*")

_OF_THE_CONNECTION = frozenset(  # RFC 9110, 7.6.1, and what older programs take for one
    "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade"
    " http2-settings".split()
)
_OF_THE_ENGINE = frozenset(["host", "content-length", "content-encoding", "expect"])


def header_faults(headers: Mapping[str, str]) -> list[str]:
    """What is wrong with the headers of an `http` node, a sentence for each fault; empty if nothing is."""
    faults = [fault for name, value in headers.items() for fault in _faults(name, value)]
    if len(headers) > MAX_HEADERS:
        faults.append(f"there are {len(headers)} headers; the limit is {MAX_HEADERS}")
    seen: dict[str, str] = {}
    for name in headers:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            faults.append(f"the headers {quoted(other)} and {quoted(name)} are the same one; keep one of them")
    return faults


def _faults(name: str, value: str) -> list[str]:
    faults = []
    if not _TOKEN.fullmatch(name):
        faults.append(f"{quoted(name)} is no name of a header: letters, digits and `-`, at most 100")
    elif name.lower() in _OF_THE_CONNECTION:
        faults.append(f"the header {quoted(name)} belongs to the connection, which the engine makes; take it out")
    elif name.lower() in _OF_THE_ENGINE:
        faults.append(f"the header {quoted(name)} is set by the engine; take it out")
    if len(value) > MAX_VALUE:
        faults.append(f"the header {quoted(name)} has {len(value)} characters; the limit is {MAX_VALUE}")
    if not _VALUE.fullmatch(value):
        faults.append(
            f"the header {quoted(name)} has line breaks, control characters or letters beyond ASCII; encode them"
        )
    elif value != value.strip():
        faults.append(f"the header {quoted(name)} begins or ends with white space; take it out")
    return faults
