"""What can go wrong for a client, as one tree.

AimError
├── Unreachable     no answer came: the engine is away, or the connection broke; its `status` is 0
├── WrongInput      what was to be sent fits the route in no way, and was not sent
├── TaskFailed      the task ended in an error
└── StillRunning    the time to wait is over, the task goes on

AimError itself is an answer of the engine that says no (RFC 9457).
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `pointer` is a JSON pointer (RFC 6901) into what was sent, or `/<field>` of a form;
    `detail` a sentence that says what to change."""

    pointer: str
    detail: str


class AimError(Exception):
    """The engine said no.

    `status` is the HTTP status (0 where no answer came), `title` its kind in a word or two, `detail` a sentence,
    `faults` says more, place by place. As text: the sentence, then a line for each fault.
    """

    def __init__(self, status: int, title: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([self.detail, *(f"  {fault.pointer or '/'}: {fault.detail}" for fault in self.faults)])


class Unreachable(AimError):
    """No answer came, in all attempts."""

    def __init__(self, detail: str) -> None:
        super().__init__(0, "Unreachable", detail)


class WrongInput(AimError):
    """The inputs do not fit the route. Nothing was sent."""

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(422, "Wrong input", detail, faults)


class TaskFailed(AimError):
    """The task ended in an error; `detail` is its message, `task` its id."""

    def __init__(self, task: str, message: str) -> None:
        super().__init__(400, "Task failed", message)
        self.task = task


class StillRunning(AimError):
    """The time to wait is over. The task, whose id is `task`, goes on."""

    def __init__(self, task: str) -> None:
        super().__init__(400, "Still running", f"task {task} is still running")
        self.task = task
