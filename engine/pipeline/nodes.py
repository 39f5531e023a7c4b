"""What a pipeline is: the node types, one model each, and the graph that they make.

The models state the fields and their types; what holds between nodes (ids, paths, reachability) is in `check.py`.
A stored definition has passed that check: `load` trusts it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from engine.pipeline.names import name_fault

NODE_ID_PATTERN = r"^[A-Za-z0-9_-]{1,100}$"
ROUTE_PATTERN = r"^[A-Za-z0-9._-]{1,200}$"
MAX_NAMED = 1_000
RESERVED_IDS = frozenset({"node", "pipeline", "input", "loop"})


def _free_id(node_id: str) -> str:
    if node_id in RESERVED_IDS:
        raise ValueError(f"`{node_id}` has a meaning of its own in paths and code; give the node another id")
    return node_id


def _no_folder(route: str) -> str:
    if route in (".", ".."):
        raise ValueError(f"`{route}` cannot be a route; in a URL it stands for a folder")
    return route


def _usable_url(url: str) -> str:
    """Only what every client reads alike: no user, no whitespace or control characters, no backslash."""
    if not url.isprintable() or any(char.isspace() or char == "\\" for char in url):
        raise ValueError("a URL must have no spaces, line breaks, control characters or backslashes")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"this is no URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("a URL must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL must not hold a user name or a password, which all who read the pipeline would see")
    if not host or port == 0:
        raise ValueError("a URL must name a host, as in http://localhost:8000/blur")
    return url


def _usable_name(name: str) -> str:
    if problem := name_fault(name):
        raise ValueError(problem)
    return name


NodeId = Annotated[str, StringConstraints(pattern=NODE_ID_PATTERN)]
Route = Annotated[str, StringConstraints(pattern=ROUTE_PATTERN), AfterValidator(_no_folder)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Url = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_usable_url)]
Name = Annotated[str, AfterValidator(_usable_name)]
Input = Annotated[dict[Name, Path], Field(max_length=MAX_NAMED)]
Next = Annotated[list[NodeId], Field(max_length=MAX_NAMED)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Retry(_Model):
    """How often a call is made, and how long is waited in between.

    `attempts` counts all of them, the first too. Attempt n + 1 is made `min(delay * factor ** (n - 1), max_delay)`
    seconds after attempt n has failed, give or take a fifth; a `Retry-After` of the other side may lengthen that.
    """

    attempts: int = Field(default=5, ge=1, le=100)
    delay: float = Field(default=1.0, ge=0, le=86_400)
    factor: float = Field(default=2.0, ge=1, le=100)
    max_delay: float = Field(default=60.0, ge=0, le=86_400)


class _Node(_Model):
    id: Annotated[NodeId, AfterValidator(_free_id)]
    params: dict[str, Any] = Field(default_factory=dict)


class Api(_Model):
    """Where a pipeline is reached and what it takes; `body` has one of the three forms of `body.py`."""

    route: Route
    body: Any
    summary: str = Field(default="", max_length=500)
    description: str = Field(default="", max_length=20_000)


class EntryNode(_Node):
    """Receives the body of a submission; its `out` is what was received."""

    type: Literal["entry"]
    api: Api
    next: Next = Field(default_factory=list)


class PlainNode(_Node):
    """Passes its input to its out."""

    type: Literal["node"] = "node"
    input: Input | None = None
    next: Next = Field(default_factory=list)


class ServiceNode(_Node):
    """Calls a service, by `url` or by the route of an announced operation, one of which is given.

    `timeout`: seconds from call to callback.
    """

    type: Literal["service"]
    url: Url | None = None
    service: Route | None = None
    input: Input | None = None
    next: Next = Field(default_factory=list)
    retry: Retry = Retry()
    timeout: float = Field(default=600.0, gt=0, le=30 * 86_400)


class EndNode(_Node):
    """Passes its input to its out, which is the result of the task; its end is the task's end."""

    type: Literal["end"]
    input: Input | None = None


Node = Annotated[EntryNode | PlainNode | ServiceNode | EndNode, Field(discriminator="type")]

NODE_TYPES: Mapping[str, type[_Node]] = {
    "entry": EntryNode,
    "end": EndNode,
    "node": PlainNode,
    "service": ServiceNode,
}

_node_adapter: TypeAdapter[EntryNode | PlainNode | ServiceNode | EndNode] = TypeAdapter(Node)


@dataclass(frozen=True)
class Pipeline:
    """A definition that has passed the check, as a graph.

    `nodes` keeps the order of the definition. `version` and `id` tell which stored definition it is.
    """

    id: str
    route: str
    version: int
    nodes: Mapping[str, EntryNode | PlainNode | ServiceNode | EndNode]

    @cached_property
    def entry(self) -> EntryNode:
        """The one entry."""
        return next(node for node in self.nodes.values() if isinstance(node, EntryNode))

    @cached_property
    def end(self) -> EndNode:
        """The one end."""
        return next(node for node in self.nodes.values() if isinstance(node, EndNode))

    def successors(self, node_id: str) -> list[str]:
        """Ids of the nodes that `next` of this one names."""
        node = self.nodes[node_id]
        return [] if isinstance(node, EndNode) else node.next

    @cached_property
    def predecessors(self) -> Mapping[str, tuple[str, ...]]:
        """For every node the ids of those that name it in `next`, in the order of the definition."""
        found: dict[str, list[str]] = {node_id: [] for node_id in self.nodes}
        for node_id in self.nodes:
            for successor in self.successors(node_id):
                if node_id not in found[successor]:
                    found[successor].append(node_id)
        return {node_id: tuple(ids) for node_id, ids in found.items()}


def load(document: Mapping[str, Any], definition_id: str, version: int) -> Pipeline:
    """Make the graph of a stored definition: `{"type": "pipeline", "nodes": [...]}`, or that of a service."""
    nodes = [_node_adapter.validate_python({"type": "node", **node}) for node in document["nodes"]]
    by_id = {node.id: node for node in nodes}
    entry = next(node for node in nodes if isinstance(node, EntryNode))
    return Pipeline(definition_id, entry.api.route, version, by_id)
