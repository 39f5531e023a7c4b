"""The pipelines that ship with the project: reading them, and giving them to a running engine."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from tools.layout import PIPELINES
from tools.supervisor import until

OFFERS: Mapping[str, frozenset[str]] = {
    "image_processing": frozenset(
        {"image-analyze", "image-blur", "image-convert", "image-crop", "image-greyscale", "image-resize"}
    ),
    "face_detection": frozenset({"face-detect"}),
    "face_analyzer": frozenset({"face-analyze"}),
    "object_detection": frozenset({"object-detect"}),
    "digit_recognition": frozenset({"digit-recognition", "digit-feedback", "digit-label"}),
    "digit_training": frozenset({"digits-select", "digits-train", "digits-evaluate", "digits-promote"}),
}
"""The operations that each program of the Procfile offers."""


class Refused(Exception):
    """The engine does not take a pipeline; the text is its reason."""


def pipelines(folder: Path = PIPELINES) -> dict[str, dict[str, Any]]:
    """Return the definitions by file name, without ending."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def route_of(definition: Mapping[str, Any]) -> str:
    """Return the route that a definition opens."""
    return str(next(node["api"]["route"] for node in definition["nodes"] if node["type"] == "entry"))


def nodes_of(definition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a definition, those in the bodies of loops too."""
    for node in definition["nodes"]:
        yield node
        if "nodes" in node:
            yield from nodes_of(node)


def services_of(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield the routes of the operations that a definition uses, one for each node."""
    for node in nodes_of(definition):
        if "service" in node:
            yield node["service"]


async def load(client: httpx.AsyncClient, definition: Mapping[str, Any]) -> str:
    """Open the route of a pipeline, or bring it to this definition; return `new`, `unchanged` or `new version`."""
    route = route_of(definition)
    stored = await client.get(f"/services/{route}")
    if stored.status_code == 404:
        outcome, answer = "new", await client.post("/services", json=definition)
    elif stored.status_code == 200 and stored.json().get("nodes") == definition["nodes"]:
        return "unchanged"
    else:
        outcome, answer = "new version", await client.put(f"/services/{route}", json=definition)
    if answer.status_code != 200:
        raise Refused(f"the engine does not take the pipeline {route}: {answer.status_code} {answer.text[:2_000]}")
    return outcome


async def load_all(client: httpx.AsyncClient, seconds: float, running: Iterable[str]) -> dict[str, str]:
    """Wait for the operations of the `running` programs, then load all pipelines; return what came of each, by route.

    For what others offer nobody waits; where that is not there, the outcome says so, and the pipeline waits for it.
    """
    definitions = pipelines().values()
    used = {name for definition in definitions for name in services_of(definition)}
    offered = {service for program in running for service in OFFERS.get(program, ())}
    for service in sorted(offered):
        await until(client, f"/services/{service}", seconds, f"the operation {service} was not announced")
    answers = {service: await client.get(f"/services/{service}") for service in sorted(used - offered)}
    away = [service for service, answer in answers.items() if answer.status_code != 200]
    outcomes = {}
    for definition in definitions:
        waits = [service for service in away if service in services_of(definition)]
        note = f" (its tasks wait until {' and '.join(waits)} is announced)" if waits else ""
        outcomes[route_of(definition)] = await load(client, definition) + note
    return outcomes
