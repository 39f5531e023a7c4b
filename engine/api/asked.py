"""The task that a request asks for: the one place where it is seen whose it is.

An endpoint under `/tasks/{task_id}` takes an `AskedTask`, and never the id: so none can forget to ask.
"""

from typing import Annotated

from fastapi import Depends, Request

from engine.api.deps import engine_of, identity_of
from engine.task.task import Task


async def asked_task(task_id: str, request: Request) -> Task:
    """The task as last saved. Raises NotFound where there is none, or none for who asks; StoreAway."""
    engine = engine_of(request)
    await engine.owners.admit(identity_of(request), task_id)
    return await engine.runner.read(task_id)


AskedTask = Annotated[Task, Depends(asked_task)]
