"""What is new in announcements is bounded: it stays, unlike what a service that lives says again and again.

A service that announces itself once more writes a row that is there. A new operation, a new address and a new
description of an operation are stored beside the others, so who sends made-up ones without end would fill the store.
"""

import math

from engine.buckets import Buckets
from engine.errors import Overloaded
from engine.instances import Instances

AT_ONCE, A_SECOND = 1_000, 10.0
"""How many new operations, addresses and descriptions an engine takes at once, and after that in a second."""

CHANGES_AT_ONCE, A_CHANGE_SECONDS = 30, 20.0
"""How often one operation may describe itself anew at once, and after that once in so many seconds."""

MOST_OPERATIONS = 10_000
"""How many operations are known, those that are away too."""

MOST_ADDRESSES = 1_000
"""How many living instances an operation has."""


class Newcomers:
    """See the module."""

    def __init__(self, instances: Instances, buckets: Buckets | None = None) -> None:
        self._instances = instances
        self._buckets = buckets or Buckets()

    def take(self, route: str, url: str, described: bool) -> None:
        """Let an announcement bring what is new; with `described` also how the operation describes itself. Raises
        Overloaded."""
        known = self._instances.get(route, url) is not None
        if known and not described:
            return
        if self._instances.operations >= MOST_OPERATIONS and not self._instances.of(route):
            text = f"{MOST_OPERATIONS:,} announced operations are known"
            raise Overloaded(f"{text}; DELETE /services/<route> forgets one that is gone")
        if not known and sum(instance.alive for instance in self._instances.of(route)) >= MOST_ADDRESSES:
            raise Overloaded(
                f"`{route}` has {MOST_ADDRESSES:,} living instances, which is all that an operation may have"
            )
        if described:
            wait = self._buckets.take(route, CHANGES_AT_ONCE, 1 / A_CHANGE_SECONDS)
            self._check(wait, f"`{route}` describes itself anew too often")
        self._check(self._buckets.take(None, AT_ONCE, A_SECOND), "too many new operations and addresses are announced")

    def _check(self, wait: float, what: str) -> None:
        if wait:
            error = Overloaded(f"{what}; announce it again later")
            error.retry_after = math.ceil(wait)
            raise error
