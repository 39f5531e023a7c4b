"""What a pipeline is made of: the node types, one model each.

The models state the fields and their types; what holds between nodes (ids, paths, reachability) is in `check/`,
the graph that they make in `flow.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from engine.pipeline.names import name_fault

NODE_ID_PATTERN = r"^[A-Za-z0-9_-]{1,100}$"
ROUTE_PATTERN = r"^[A-Za-z0-9._-]{1,200}$"
MAX_NAMED = 1_000
LOOP_END = "loopEnd"
"""What the `next` of a loop's body names where an instance of the body has ended."""

RESERVED_IDS = frozenset({"node", "pipeline", "input", "loop", LOOP_END})
MAX_CODE = 10_000
MAX_TURNS = 1_000
Verb = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


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


def _as_side(side: Any) -> Any:
    """A side that is a text is its `exec` alone."""
    return {"exec": side} if isinstance(side, str) else side


NodeId = Annotated[str, StringConstraints(pattern=NODE_ID_PATTERN)]
Route = Annotated[str, StringConstraints(pattern=ROUTE_PATTERN), AfterValidator(_no_folder)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Url = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_usable_url)]
Name = Annotated[str, AfterValidator(_usable_name)]
Input = Annotated[dict[Name, Path], Field(max_length=MAX_NAMED)]
Next = Annotated[list[NodeId], Field(max_length=MAX_NAMED)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CODE)]


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
    """What every node has. `before` and `after` are code, `params` the template of the task's own copy."""

    id: Annotated[NodeId, AfterValidator(_free_id)]
    params: dict[str, Any] = Field(default_factory=dict)
    before: Code | None = None
    after: Code | None = None


class _Step(_Node):
    """A node that follows others. `ready` is code that takes the place of the default start condition."""

    ready: Code | None = None
    input: Input | None = None


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


class PlainNode(_Step):
    """Passes its input to its out."""

    type: Literal["node"] = "node"
    next: Next = Field(default_factory=list)


class ServiceNode(_Step):
    """Calls a service, by `url` or by the route of an announced operation or a pipeline, one of which is given.

    `timeout`: seconds from call to callback.
    """

    type: Literal["service"]
    url: Url | None = None
    service: Route | None = None
    next: Next = Field(default_factory=list)
    retry: Retry = Retry()
    timeout: float = Field(default=600.0, gt=0, le=30 * 86_400)


class HttpNode(_Step):
    """Makes one ordinary request. `timeout`: seconds for the whole of it. Without `retry` the defaults of `Retry` hold,
    for POST and PATCH only where the request was surely not processed."""

    type: Literal["http"]
    url: Url
    verb: Verb = "GET"
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    next: Next = Field(default_factory=list)
    retry: Retry | None = None
    timeout: float = Field(default=30.0, gt=0, le=86_400)


class Side(_Model):
    """One side of a branch: which nodes follow, what the branch gives out, and code, each of which may be missing."""

    next: Next | None = None
    out: Input | None = None
    exec: Code | None = None


class BranchNode(_Step):
    """Goes on with `then` where the expression `if` holds, else with `else`; its own `next` holds where the chosen side
    has none. `max_turns`: how often it may be reached again by loops in the graph."""

    type: Literal["branch"]
    if_: Code = Field(alias="if")
    then: Annotated[Side, BeforeValidator(_as_side)]
    else_: Annotated[Side, BeforeValidator(_as_side)] = Field(default=Side(), alias="else")
    next: Next = Field(default_factory=list)
    max_turns: int = Field(default=MAX_TURNS, ge=1, le=100_000)


class LoopNode(_Step):
    """Runs its body, `nodes`, once for every item of the list that the path `items` leads to; the first node starts.

    `collect` names what of each body becomes part of the loop's out, `max_parallel` how many bodies run at once.
    """

    type: Literal["loop"]
    items: Path
    nodes: list[Any] = Field(min_length=1, max_length=MAX_NAMED)
    collect: Input = Field(default_factory=dict)
    max_parallel: int | None = Field(default=None, ge=1, le=1_000_000)
    next: Next = Field(default_factory=list)


class EndNode(_Step):
    """Passes its input to its out, which is the result of the task; its end is the task's end."""

    type: Literal["end"]


AnyNode = EntryNode | PlainNode | ServiceNode | HttpNode | BranchNode | LoopNode | EndNode
Called = ServiceNode | HttpNode
"""The nodes whose work is a request that the engine makes."""

NODE_TYPES: Mapping[str, type[_Node]] = {
    "entry": EntryNode,
    "end": EndNode,
    "node": PlainNode,
    "service": ServiceNode,
    "http": HttpNode,
    "branch": BranchNode,
    "loop": LoopNode,
}

_adapter: TypeAdapter[AnyNode] = TypeAdapter(Annotated[AnyNode, Field(discriminator="type")])


def read_node(node: Mapping[str, Any]) -> AnyNode:
    """One node of a definition that has passed the check."""
    return _adapter.validate_python({"type": "node", **node})
