"""Who changed what: `GET /audit`, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from engine.api.answers_doors import AUDIT_PAGE
from engine.api.deps import Json, engine_of, moment
from engine.api.tasks import read_cursor
from engine.audit import Action
from engine.store.base import AuditRow

router = APIRouter(tags=["keys"])


@router.get("/audit", summary="Who changed what, newest first", responses=AUDIT_PAGE)
async def get_audit(
    request: Request,
    action: Annotated[Action | None, Query(description="only changes of this kind")] = None,
    owner: Annotated[str | None, Query(description="only what keys of this owner changed", max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="at most so many")] = 50,
    cursor: Annotated[str | None, Query(description="`next` of the page before", max_length=100)] = None,
) -> Response:
    """`{"changes": [{"id", "at", "key", "owner", "action", "subject", "detail", "address"}], "next"}`."""
    rows = await engine_of(request).store.trail.page(action, owner, read_cursor(cursor), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    shown = [_view(row) for row in rows[:limit]]
    return Json({"changes": shown, "next": f"{last.at}-{last.id}" if last else None})


def _view(row: AuditRow) -> dict[str, str | None]:
    return {
        "id": row.id,
        "at": moment(row.at),
        "key": row.key,
        "owner": row.owner,
        "action": row.action,
        "subject": row.subject,
        "detail": row.detail,
        "address": row.address,
    }
