"""A client of the engine: `Client`, `AsyncClient`, and the command line `aim`. It needs nothing else of the engine."""

from engine.client.aio import DEFAULT_ENGINE, AsyncClient
from engine.client.calls import Policy
from engine.client.errors import AimError, Fault, StillRunning, TaskFailed, Unreachable, WrongInput
from engine.client.handle import AsyncTask
from engine.client.inputs import Upload
from engine.client.shapes import Event, Stats, Status, TaskPage, TaskRow
from engine.client.sync import Client, Task

__all__ = [
    "DEFAULT_ENGINE",
    "AimError",
    "AsyncClient",
    "AsyncTask",
    "Client",
    "Event",
    "Fault",
    "Policy",
    "Stats",
    "Status",
    "StillRunning",
    "Task",
    "TaskFailed",
    "TaskPage",
    "TaskRow",
    "Unreachable",
    "Upload",
    "WrongInput",
]
