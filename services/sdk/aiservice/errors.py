"""The errors of a service: two that an author raises, and the one that HTTP answers are made of."""

from dataclasses import dataclass


class InputError(Exception):
    """What was sent is wrong, and would be wrong again: the text says what to change. The call fails for good."""


class InputTooLarge(InputError):
    """What was sent is larger than the limit that the text names."""


class TryAgain(Exception):
    """The same call may work later, not before `retry_after` seconds from now."""

    def __init__(self, message: str = "the service asks to try again later", retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = min(max(float(retry_after), 0.0), 86_400.0)

    def __reduce__(self) -> tuple[type["TryAgain"], tuple[str, float]]:
        return (TryAgain, (str(self), self.retry_after))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a request: a JSON pointer, `/<field>/...`, and a sentence that says what to change."""

    pointer: str
    message: str


TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    413: "Too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    429: "Too many requests",
    500: "Internal error",
    503: "Service unavailable",
    507: "Insufficient storage",
}


class Problem(Exception):
    """An answer of RFC 9457: `status`, a sentence, and where several things are wrong, each of them."""

    def __init__(
        self, status: int, detail: str, faults: list[Fault] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults or []
        self.retry_after = retry_after
