"""What each request needs, in one place. Pure; `docs/security.md` shows it, and a test holds the two together.

`open`: nothing. `capability`: nothing but the address, which cannot be guessed. `key`: any good key or token. A scope:
a key that has it. `author or service`: one of them; which one the body tells.
"""

from typing import Literal

from starlette.routing import compile_path

from engine.identity import Scope

Need = Literal["open", "capability", "key", "read", "submit", "author", "author or service", "admin"]

TABLE: tuple[tuple[str, str, Need], ...] = (
    ("GET", "/", "open"),
    ("GET", "/icon.svg", "open"),
    ("GET", "/assets/{name}", "open"),
    ("GET", "/docs", "open"),
    ("GET", "/docs/assets/{name}", "open"),
    ("GET", "/health/live", "open"),
    ("GET", "/health/ready", "open"),
    ("POST", "/processing", "capability"),
    ("POST", "/session", "key"),
    ("DELETE", "/session", "open"),
    ("GET", "/identity", "key"),
    ("GET", "/openapi.json", "read"),
    ("GET", "/metrics", "read"),
    ("GET", "/stats", "read"),
    ("GET", "/events", "read"),
    ("GET", "/services", "read"),
    ("GET", "/services/{route}", "read"),
    ("GET", "/services/{route}/versions", "read"),
    ("GET", "/tasks", "read"),
    ("GET", "/tasks/{task_id}", "read"),
    ("GET", "/tasks/{task_id}/status", "read"),
    ("GET", "/tasks/{task_id}/raw", "read"),
    ("GET", "/tasks/{task_id}/definition", "read"),
    ("GET", "/tasks/{task_id}/events", "read"),
    ("GET", "/tasks/{task_id}/nodes", "read"),
    ("GET", "/tasks/{task_id}/nodes/{instance}", "read"),
    ("GET", "/tasks/{task_id}/files/{name:path}", "read"),
    ("GET", "/tasks/{task_id}/binaries/{binary_id:path}", "read"),
    ("POST", "/services/{route}", "submit"),
    ("POST", "/tasks/{task_id}/cancel", "submit"),
    ("POST", "/tasks/{task_id}/retry", "submit"),
    ("POST", "/services", "author or service"),
    ("PUT", "/services/{route}", "author"),
    ("DELETE", "/services/{route}", "author"),
    ("GET", "/keys", "admin"),
    ("POST", "/keys", "admin"),
    ("DELETE", "/keys/{key_id}", "admin"),
    ("GET", "/audit", "admin"),
)
"""Method, path as the router has it, need. HEAD is as GET."""

_SCOPES: dict[Need, tuple[Scope, ...]] = {
    "key": (),
    "read": ("read",),
    "submit": ("submit",),
    "author": ("author",),
    "author or service": ("author", "service"),
    "admin": ("admin",),
}


def need_of(method: str, path: str) -> Need:
    """What a request needs. One that no route answers needs a key: who has none is not told what there is."""
    method = "GET" if method == "HEAD" else method
    plain = _PLAIN.get((method, path))
    if plain is not None:
        return plain
    for pattern, need in _PATTERNS.get(method, ()):
        if pattern.match(path):
            return need
    return "key"


def scopes_for(need: Need) -> tuple[Scope, ...]:
    """The scopes of which one suffices; none where any key does."""
    return _SCOPES[need]


_PLAIN = {(method, path): need for method, path, need in TABLE if "{" not in path}
# The router's own expressions, so that no path can be one thing here and another there.
_PATTERNS = {
    wanted: [(compile_path(path)[0], need) for method, path, need in TABLE if method == wanted and "{" in path]
    for wanted in ("GET", "POST", "PUT", "DELETE")
}
