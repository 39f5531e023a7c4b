"""Whose a route is, and what that allows.

A route belongs to whom its first version does, until it is closed. Everybody may read and run what is behind it; only
its owner and an admin change it. What was stored before keys were asked for has no owner: a pipeline is then an admin's
alone, an operation belongs to the first key that announces it.
"""

from engine.audit import Actor
from engine.errors import Conflict, Forbidden
from engine.identity import Identity
from engine.store.base import PipelineRow


def check_change(row: PipelineRow, by: Identity) -> None:
    """Raise Forbidden where the route is not for them to replace or to close."""
    if by.sees(row.owner) and (row.owner or by.may("admin")):
        return
    if row.owner:
        raise Forbidden(f"the route `{row.route}` belongs to `{row.owner}`; only its owner and an admin change it")
    raise Forbidden(f"the route `{row.route}` has no owner, it is older than the keys; only an admin changes it")


def check_announcement(row: PipelineRow, route: str, by: Identity) -> None:
    """Raise Conflict where an operation is not for them to announce under this route. `row` is what stands behind it,
    or behind the route under which the address of the operation is known: nodes may call either."""
    if row.route == route and row.kind == "pipeline":
        raise Conflict(f"the route `{row.route}` belongs to a pipeline; announce the operation under another route")
    if row.owner and not by.sees(row.owner):
        what = f"the route `{route}`" if row.route == route else f"the address that is known as `{row.route}`"
        raise Conflict(f"{what} belongs to another owner; announce the operation under another")


def is_free(row: PipelineRow, by: Identity) -> bool:
    """Whether an operation that the engine knows has no owner yet, and they have one."""
    return row.kind == "service" and not row.owner and bool(by.owner)


def new_owner(before: PipelineRow | None, kind: str, by: Identity) -> str:
    """The owner of the version that follows this one. Raises Conflict where it is not for them to make."""
    if before is None:
        return by.owner
    if kind == "service":
        check_announcement(before, before.route, by)
        return before.owner or by.owner
    if before.kind == "pipeline":
        check_change(before, by)
        return before.owner
    if before.owner and not by.sees(before.owner):  # it is away, but not given up
        raise Conflict(f"the route `{before.route}` belongs to services of another owner; choose another route")
    return by.owner


async def note_version(before: PipelineRow | None, row: PipelineRow, by: Actor) -> None:
    """Say that this version is about to be opened. Of an operation only the first announcement by its owner is told."""
    same = before is not None and before.kind == row.kind
    if row.kind == "pipeline":
        await by.note("pipeline.replaced" if same else "pipeline.stored", row.route, f"version {row.version}")
    elif before is None or not same or before.owner != row.owner:
        await by.note("route.announced", row.route, f"version {row.version}")
