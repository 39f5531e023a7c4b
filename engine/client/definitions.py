"""What a client reads from a definition. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.client.errors import AimError


@dataclass(frozen=True, slots=True)
class Body:
    """What a route takes: JSON of the shape of `example`, or with `fields` a form."""

    fields: tuple[str, ...] | None
    example: Any


def api_of(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `api` of the entry: route, body, summary, description; empty where there is none."""
    nodes = definition.get("nodes")
    entries = [node for node in (nodes if isinstance(nodes, list) else []) if _is_entry(node)]
    api = entries[0].get("api") if entries else definition.get("api")
    return api if isinstance(api, Mapping) else {}


def route_of(definition: Mapping[str, Any]) -> str | None:
    """The route that a definition opens; None where it names none."""
    route = api_of(definition).get("route")
    return route if isinstance(route, str) else None


def body_of(definition: Mapping[str, Any]) -> Body:
    """What the route of a definition takes. Raises AimError where the definition does not say."""
    body = api_of(definition).get("body")
    if isinstance(body, str):
        return Body((body,), body)
    if isinstance(body, list):
        return Body(tuple(str(field) for field in body), body)
    if isinstance(body, dict):
        return Body(None, body)
    raise AimError(0, "No body", "the definition of the route does not say what its body is")


def _is_entry(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("type") == "entry"
