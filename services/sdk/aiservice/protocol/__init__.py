"""What engine and services say to each other, and nothing else: no server, no client, no queue.

Beside it stand `patience` and `slow`, how long the servers of both wait for slow clients; only they import them.

The engine imports this package alone; a service written with the SDK imports the whole of `aiservice`.
"""

from aiservice.protocol.messages import (
    CALLBACK_URL,
    DATA_PART,
    MAX_RESULT,
    MAX_RESULT_DEPTH,
    PREFER,
    PREFERENCE_APPLIED,
    TASK_ID,
    Announcement,
    Api,
    Failure,
    prefer_wait,
    result_problem,
    wait_applied,
)
from aiservice.protocol.multipart import (
    FilePart,
    Malformed,
    PartBegin,
    PartData,
    PartEnd,
    PartReader,
    boundary_of,
    content_type,
    encode,
    new_boundary,
)

__all__ = [
    "Announcement",
    "Api",
    "CALLBACK_URL",
    "DATA_PART",
    "Failure",
    "FilePart",
    "MAX_RESULT",
    "MAX_RESULT_DEPTH",
    "Malformed",
    "PREFER",
    "PREFERENCE_APPLIED",
    "PartBegin",
    "PartData",
    "PartEnd",
    "PartReader",
    "TASK_ID",
    "boundary_of",
    "content_type",
    "encode",
    "new_boundary",
    "prefer_wait",
    "result_problem",
    "wait_applied",
]
