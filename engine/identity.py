"""Who asks: what a key or a token tells of its bearer, and what that allows. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["admin", "author", "submit", "read", "service"]
"""What a key allows: `read` looks at what its owner has, `submit` runs tasks, `author` changes pipelines, `service`
announces operations, `admin` does all of it, for all owners."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

_IMPLIED: dict[Scope, tuple[Scope, ...]] = {
    "admin": SCOPES,
    "author": ("author", "submit", "read"),
    "submit": ("submit", "read"),
    "read": ("read",),
    "service": ("service",),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The bearer of one request. `key` names what was shown (a key's id, or `oidc:` and the subject), never the secret;
    `owner` is whom the tasks and pipelines belong to that it makes. `scopes` are those that were given and those that
    they imply."""

    key: str
    owner: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether this scope is among its own."""
        return scope in self.scopes

    def sees(self, owner: str) -> bool:
        """Whether what belongs to this owner is its own, or it may see what belongs to all."""
        return self.owner == owner or "admin" in self.scopes

    @property
    def bound(self) -> str | None:
        """The only owner whose tasks it sees; None where it sees those of all."""
        return None if "admin" in self.scopes else self.owner


def with_implied(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """The scopes, and those that they imply."""
    return frozenset(implied for scope in scopes for implied in _IMPLIED[scope])


EVERYBODY = Identity("", "", with_implied(["admin"]))
"""Whoever asks an engine that asks for no keys: may do all, and owns what has no owner."""
