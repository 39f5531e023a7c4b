"""What of a task code reaches: which fields of which nodes, and the fields of the pipeline."""

from collections.abc import Collection, Iterator, Sequence

from engine.pipeline.code.chains import Chain, Step
from engine.pipeline.code.words import FIELDS, WRITABLE
from engine.pipeline.names import Hints, listed, quoted

_BY_KEY = ("get", "pop", "setdefault")


class Reach:
    """Gathers, chain by chain, what `Program` tells of it. A node itself, not a field of it, counts as all fields."""

    def __init__(self, ids: Collection[str], hints: Hints) -> None:
        self.uses: dict[str, set[str] | None] = {}
        self.every = False
        self.fields = False
        self._ids = ids
        self._hints = hints

    def note(self, chain: Chain) -> Iterator[str]:
        """Take a chain that begins at a known name. Yields what is wrong with it."""
        name = chain.root.id
        if name == "pipeline":
            yield from self._pipeline(chain)
        elif name == "input":
            yield from self._node("node", "input", (Step("key", "input"), *chain.steps), chain.stored)
        else:
            yield from self._node(name, name, chain.steps, chain.stored)

    def _node(self, node: str, shown: str, steps: Sequence[Step], stored: bool) -> Iterator[str]:
        field = self._field(steps)
        if field is None:
            self.uses[node] = None
        else:
            fields = self.uses.setdefault(node, set())
            if fields is not None:
                fields.add(field)
        if not steps:
            if stored:
                yield f"{quoted(shown)} cannot be assigned; assign to a field, as in `{shown}.out = ...`"
        elif steps[0].kind == "call":
            yield f"{quoted(shown)} is a node here and cannot be called; a node's id hides a builtin of that name"
        elif field is not None:
            yield from self._field_faults(shown, field, stored)

    def _field(self, steps: Sequence[Step]) -> str | None:
        if steps and steps[0].kind == "key":
            return steps[0].name
        if steps and steps[0].kind == "method" and steps[0].name in _BY_KEY:
            return steps[0].argument
        return None

    def _field_faults(self, shown: str, field: str, stored: bool) -> Iterator[str]:
        if field not in FIELDS:
            meant = self._hints.nearest(field, FIELDS)
            end = f"; did you mean {quoted(meant)}?" if meant else f"; a node has {listed(FIELDS)}"
            yield f"{quoted(shown)} has no field {quoted(field)}{end}"
        elif stored and field not in WRITABLE:
            yield f"`{field}` cannot be changed; code may change `out`, `input` and `params` of nodes"

    def _pipeline(self, chain: Chain) -> Iterator[str]:
        steps = chain.steps
        first = steps[0] if steps else None
        if first is None:
            self.every = self.fields = True
            if chain.stored:
                yield "`pipeline` cannot be assigned; set a field of your own, as in `pipeline.count = 1`"
        elif first.kind == "key" and first.name == "nodes":
            yield from self._nodes(steps[1:], chain.stored)
        elif first.kind == "call":
            yield "`pipeline` cannot be called; it has `nodes`, and the fields that code sets on it"
        else:
            self.fields = True
            self.every = self.every or not self._is_own(first)

    def _is_own(self, step: Step) -> bool:
        """Whether the step surely leads to a field of `pipeline` other than `nodes`."""
        if step.kind == "method" and step.name in _BY_KEY:
            return step.argument not in (None, "nodes")
        return step.kind == "key" or (step.kind == "method" and step.name == "update")

    def _nodes(self, steps: Sequence[Step], stored: bool) -> Iterator[str]:
        if stored and len(steps) < 2:
            yield "`pipeline.nodes` cannot be changed; change a field of a node, as in `pipeline.nodes['A'].out = ...`"
        elif not steps or steps[0].kind != "key":
            self.every = True
        elif steps[0].name in self._ids:
            shown = f"pipeline.nodes[{steps[0].name!r}]"
            yield from self._node(steps[0].name, shown, steps[1:], stored)
        else:
            meant = self._hints.did_you_mean(steps[0].name, self._ids)
            yield f"there is no node {quoted(steps[0].name)}{meant}"
