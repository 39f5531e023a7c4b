"""What is wrong in code, place by place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeFault:
    """One thing that is wrong. `line` and `column` count from 1; `message` says what to change."""

    line: int
    column: int
    message: str


class CodeFaults(ValueError):
    """Code that cannot be taken. `faults` has at least one, in the order of the text."""

    def __init__(self, faults: list[CodeFault]) -> None:
        super().__init__("; ".join(f"line {fault.line}, column {fault.column}: {fault.message}" for fault in faults))
        self.faults = faults
