"""A service that tells which span its function finds itself in: `python -m tests.seeing.traced_service`."""

import os
import time
from typing import Any

from opentelemetry.trace import get_current_span

from aiservice import InputError, Service

service = Service("traced", processes=os.environ.get("TRACED_PROCESSES") == "1", workers=2)


@service.operation("traced-add", path="/add")
def add(n: int, pause: float = 0.0) -> dict[str, Any]:
    """One more, after a pause in seconds."""
    time.sleep(pause)
    context = get_current_span().get_span_context()
    return {"n": n + 1, "trace": f"{context.trace_id:032x}", "span": f"{context.span_id:016x}"}


@service.operation("traced-refuse", path="/refuse")
def refuse(n: int) -> dict[str, Any]:
    """Never takes what it is given."""
    raise InputError(f"the number {n} is not taken")


if __name__ == "__main__":
    service.run()
