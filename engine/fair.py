"""A queue in which routes take turns: a route that queues ten thousand makes another one wait for one of them."""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Round-robin between routes, first come first served within each. `gone` tells what is not to be served any more;
    it is left out when its turn comes."""

    def __init__(self, gone: Callable[[T], bool]) -> None:
        self._gone = gone
        self._routes: OrderedDict[str, deque[T]] = OrderedDict()

    def push(self, route: str, item: T, first: bool = False) -> None:
        """Add one at the end of its route, or as the `first` of it."""
        queue = self._routes.get(route)
        if queue is None:
            queue = self._routes[route] = deque()
        if first:
            queue.appendleft(item)
        else:
            queue.append(item)

    def __len__(self) -> int:
        """How many are queued, with those that are gone and not left out yet."""
        return sum(map(len, self._routes.values()))

    def head(self) -> T | None:
        """Who is next."""
        while self._routes:
            route, queue = next(iter(self._routes.items()))
            while queue and self._gone(queue[0]):
                queue.popleft()
            if queue:
                return queue[0]
            del self._routes[route]
        return None

    def take(self) -> None:
        """Remove the head; the turn passes to the next route."""
        route, queue = next(iter(self._routes.items()))
        queue.popleft()
        if queue:
            self._routes.move_to_end(route)
        else:
            del self._routes[route]

    def drain(self) -> list[T]:
        """Remove all, in the order of their turns."""
        taken: list[T] = []
        while (item := self.head()) is not None:
            taken.append(item)
            self.take()
        return taken
