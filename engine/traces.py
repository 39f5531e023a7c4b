"""What the engine does for OpenTelemetry's traces of tasks, where they are wanted; here, where they are not.

Nothing that makes or sends spans is loaded before a receiver is named.
"""

from collections.abc import Iterable

from prometheus_client.core import Metric
from starlette.types import Scope

from engine.pipeline.flow import Pipeline
from engine.task.task import Task


class Traces:
    """No traces: nothing is kept, said or told."""

    def kept(self, scope: Scope) -> str | None:
        """What a task keeps of the trace of the request that has made it."""
        return None

    def header(self, task: Task, call: str) -> str | None:
        """The `traceparent` of a call of the task; None where there is to be none."""
        return None

    def ended(self, task: Task, level: Pipeline) -> None:
        """A task that is saved has ended; it has run this level."""

    def heard(self, scope: Scope, task: Task, began: int, ended: int, taken: bool) -> None:
        """A result was brought, perhaps by a service that says which span of the task's trace it comes from."""

    def figures(self) -> Iterable[Metric]:
        """How many spans were sent, and dropped because the receiver did not take them."""
        return ()

    def close(self) -> None:
        """Send what waits (this blocks, a few seconds at most)."""


OFF = Traces()
"""No traces at all."""
