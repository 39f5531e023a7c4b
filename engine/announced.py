"""What follows from an announcement: the pipeline of the operation, and whether it can be called at all."""

from collections.abc import Mapping
from typing import Any

from engine.errors import Fault, Unprocessable
from engine.pipeline.check import check


def service_pipeline(api: Mapping[str, Any]) -> dict[str, Any]:
    """The pipeline `entry -> service -> end` of an announced operation."""
    entry = {name: value for name, value in api.items() if name != "result"}
    return {
        "type": "service",
        "nodes": [
            {"id": "entry", "type": "entry", "api": entry, "next": ["service"]},
            {"id": "service", "type": "service", "service": api["route"], "next": ["end"]},
            {"id": "end", "type": "end"},
        ],
    }


def common_result(described: list[Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
    """What holds for the results of all instances of an operation, which differ while a new version is rolled out."""
    kinds = [kind for index, kind in enumerate(described) if kind not in described[:index]]
    if None in kinds or not kinds or (len(kinds) > 1 and any("$defs" in kind for kind in kinds if kind is not None)):
        return None
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def check_announced(url: str, definition: Mapping[str, Any]) -> None:
    """Check an announcement as the definition that calls its address would be. Raises Unprocessable."""
    entry, service, end = definition["nodes"]
    called = {"id": service["id"], "type": "service", "url": url, "next": service["next"]}
    faults = check({"type": "pipeline", "nodes": [entry, called, end]})
    if faults:
        found = [
            Fault(fault.pointer.removeprefix("/nodes/0").removeprefix("/nodes/1"), fault.message) for fault in faults
        ]
        raise Unprocessable("the announcement is wrong", found)


def route_of(definition: Mapping[str, Any]) -> str:
    """The route that a definition is reached under."""
    entry = next(node for node in definition["nodes"] if node.get("type") == "entry")
    return str(entry["api"]["route"])
