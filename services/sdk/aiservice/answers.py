"""HTTP answers: results, acknowledgements, problems."""

from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from aiservice.calls import Call, Calls
from aiservice.errors import TITLES, Problem
from aiservice.protocol import PREFERENCE_APPLIED
from aiservice.results import Binary, Body, Outcome, body_of, file_body

STATUS = {"input": 422, "again": 503, "failed": 500}
"""Status of a failure in direct use, by the kind of its outcome."""

_SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/bmp")


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with a JSON body."""
    return Response(orjson.dumps(value), status, headers, "application/json")


def problem_answer(problem: Problem) -> Response:
    """Return an answer of RFC 9457."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.faults:
        body["errors"] = [{"pointer": fault.pointer, "message": fault.message} for fault in problem.faults]
    headers = {} if problem.retry_after is None else {"Retry-After": str(max(1, round(problem.retry_after)))}
    return Response(orjson.dumps(body), problem.status, headers, "application/problem+json")


def problem_of(outcome: Outcome) -> Problem | None:
    """Return the problem that a failure is in direct use; None where there is a result."""
    if outcome.failure is None:
        return None
    retry_after = outcome.failure.retry_after if outcome.kind == "again" else None
    status = 413 if outcome.too_large else STATUS[outcome.kind]
    return Problem(status, outcome.failure.message, retry_after=retry_after)


def acknowledgement(call: Call) -> Response:
    """Return the answer to a call whose result will come later."""
    headers = {"Location": f"/tasks/{call.id}"} if call.callback is None else None
    return json_answer({"task_id": call.id, "status": "running"}, headers=headers)


def links(request: Request, call: Call, outcome: Outcome) -> dict[str, object]:
    """Return a result as one JSON object, its binaries as absolute URLs."""
    values: dict[str, object] = orjson.loads(outcome.values)
    base = str(request.base_url).rstrip("/")
    return values | {binary.name: f"{base}/tasks/{call.id}/files/{binary.name}" for binary in outcome.binaries}


def file_answer(binary: Binary) -> Response:
    """Return one binary, streamed, with `Range` and `ETag`; what a browser would not show safely is an attachment."""
    return FileResponse(
        binary.path,
        media_type=binary.content_type,
        filename=binary.filename,
        content_disposition_type="inline" if binary.content_type in _SHOWN else "attachment",
        headers={"X-Content-Type-Options": "nosniff"},
    )


class ResultAnswer(Response):
    """The result of a call as the answer to a request that waited; tells `calls` whether it has reached the client."""

    def __init__(self, calls: Calls, call: Call, outcome: Outcome, accept: str) -> None:
        self.background = None
        self._calls = calls
        self._call = call
        problem = problem_of(outcome) if call.callback is None else None
        if problem is not None:
            refusal = problem_answer(problem)
            self.status_code = refusal.status_code
            self.raw_headers = [*refusal.raw_headers]
            self._body = _small(bytes(refusal.body))
        else:
            self.status_code = 200
            self._body = _plain_body(call, outcome, accept)
            self.raw_headers = [
                (b"content-type", self._body.content_type.encode()),
                (b"content-length", str(self._body.size).encode()),
            ]
        self.raw_headers.append((PREFERENCE_APPLIED.lower().encode(), b"wait"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False
        try:
            answered = await self._send(Request(scope, receive), send)
        finally:
            self._calls.leave(self._call, answered)

    async def _send(self, request: Request, send: Send) -> bool:
        """Send it; False where the client has gone before all was sent."""
        if await request.is_disconnected():
            return False
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self._body.data is not None:
            await send({"type": "http.response.body", "body": self._body.data, "more_body": False})
            return True
        async for chunk in self._body.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        arrived = not await request.is_disconnected()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return arrived


def _plain_body(call: Call, outcome: Outcome, accept: str) -> Body:
    """Return the contract's body; in direct use a single picture as it is where the client asks for pictures."""
    alone = len(outcome.binaries) == 1 and outcome.values == b"{}"
    if call.callback is None and alone and outcome.failure is None and _wants(accept, outcome.binaries[0].content_type):
        return file_body(outcome.binaries[0])
    return body_of(outcome)


def _wants(accept: str, content_type: str) -> bool:
    group = content_type.partition("/")[0]
    kinds = [kind.partition(";")[0].strip().lower() for kind in accept.split(",")]
    return any(kind in (content_type, f"{group}/*") for kind in kinds)


def _small(data: bytes) -> Body:
    return body_of(Outcome("done", values=data))
