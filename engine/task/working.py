"""The way of one node through its work: input, `before`, what its type does, `after`, out.

Code is not run here. Where a node has some, it asks for it (`RunCode`) and goes on when the answer comes. Each function
returns whether the node is finished.
"""

from typing import Any

from engine.pipeline.nodes import BranchNode, EntryNode, HttpNode, LoopNode, ServiceNode
from engine.task.draft import Draft
from engine.task.events import CodeRan, RunCode, RunItems
from engine.task.inputs import InputError, follow, fresh_input, input_of, items_of
from engine.task.kinds.calls import call
from engine.task.task import NodeRun, Step
from engine.task.weight import TooHeavy, weigh

MAX_ITEMS = 100_000
"""Of one loop."""


def start(draft: Draft, node_id: str) -> bool:
    """Start a node."""
    node = draft.pipeline.nodes[node_id]
    run = draft.move(node_id, "running")
    run.turn += 1
    run.started, run.ended, run.error = draft.now, None, None
    if isinstance(node, BranchNode) and run.turn > node.max_turns:
        return _failed(draft, node_id, f"it was reached {run.turn:,} times, and `max_turns` is {node.max_turns:,}")
    if draft.pipeline.back and run.turn > draft.pipeline.max_turns:
        return _failed(draft, node_id, f"it was started {run.turn:,} times, and no branch has ended that")
    try:
        changed = None if run.extra is None else run.extra.changed
        taken = fresh_input(draft.frame, node_id)
        if changed:
            taken = {**taken, **changed}
        weight = weigh(taken)
        if draft.pipeline.volatile or changed:
            draft.take_input(node_id, taken)
    except (InputError, TooHeavy) as error:
        return _failed(draft, node_id, str(error))
    if node.before is not None:
        return ask(draft, node_id, "before")
    return _work(draft, node_id, taken, weight)


def begin_entry(draft: Draft, node_id: str, out: dict[str, Any]) -> bool:
    """Start the entry with what it received. That is stored as its input too, where code could change its out."""
    node = draft.pipeline.nodes[node_id]
    run = draft.move(node_id, "running")
    run.turn += 1
    run.started = draft.now
    try:
        draft.take_out(node_id, out)
        if node.before is not None or node.after is not None:
            draft.take_input(node_id, out)
    except TooHeavy as error:
        return _failed(draft, node_id, str(error))
    return ask(draft, node_id, "before") if node.before is not None else worked(draft, node_id)


def ask(draft: Draft, node_id: str, step: Step) -> bool:
    """Have a code field run."""
    run = draft.extend(node_id, step=step)
    draft.commands.append(RunCode(node_id, step, run.turn))
    return False


def code_ran(draft: Draft, event: CodeRan) -> bool:
    """Go on after a code field of a running node."""
    node_id = event.node
    draft.extend(node_id, step=None)
    try:
        _take_changes(draft, event)
    except TooHeavy as error:
        return _failed(draft, node_id, str(error))
    if event.step == "before":
        return _work(draft, node_id)
    if event.step == "if":
        return _choose(draft, node_id, bool(event.value))
    if event.step == "exec":
        return worked(draft, node_id)
    return settle(draft, node_id)


def _take_changes(draft: Draft, event: CodeRan) -> None:
    for changed, fields in event.changes.items():
        if "input" in fields:
            draft.take_input(changed, fields["input"])
        if "params" in fields:
            draft.take_params(changed, fields["params"])
        if "out" in fields:
            draft.take_out(changed, fields["out"])
    if event.fields is not None:
        draft.take_fields(event.fields)


def _work(draft: Draft, node_id: str, taken: dict[str, Any] | None = None, weight: int | None = None) -> bool:
    """Do what the node's type does; `taken` is its input, with its weight, where they are at hand."""
    node = draft.pipeline.nodes[node_id]
    if isinstance(node, ServiceNode | HttpNode):
        call(draft, node_id)
        return False
    if isinstance(node, EntryNode):
        return worked(draft, node_id)
    try:
        if isinstance(node, LoopNode):
            return _begin_items(draft, node_id, node)
        if isinstance(node, BranchNode):
            return ask(draft, node_id, "if")
        if taken is None:
            taken = input_of(draft.frame, node_id)
        draft.take_out(node_id, taken, weight)
    except (InputError, TooHeavy) as error:
        return _failed(draft, node_id, str(error))
    return worked(draft, node_id)


def _begin_items(draft: Draft, node_id: str, node: LoopNode) -> bool:
    items = items_of(draft.frame, node_id)
    total = len(items)
    if total > MAX_ITEMS:
        return _failed(draft, node_id, f"`items` has {total:,} items; the limit is {MAX_ITEMS:,}")
    if total and draft.pipeline.volatile:
        draft.take_items(node_id, items)
    run = draft.extend(node_id, total=total)
    if total == 0:
        draft.take_out(node_id, {})
        return worked(draft, node_id)
    run.phase = "items"
    draft.commands.append(RunItems(node_id, run.turn, fresh=True))
    return False


def _choose(draft: Draft, node_id: str, holds: bool) -> bool:
    """Take the side of a branch that was chosen."""
    node = draft.pipeline.nodes[node_id]
    assert isinstance(node, BranchNode)
    name, side = ("then", node.then) if holds else ("else", node.else_)
    draft.extend(node_id, side=name)
    frame = draft.frame
    try:
        out = input_of(frame, node_id) if side.out is None else follow(frame, node_id, side.out)
        draft.take_out(node_id, out)
    except (InputError, TooHeavy) as error:
        return _failed(draft, node_id, str(error))
    return ask(draft, node_id, "exec") if side.exec is not None else worked(draft, node_id)


def worked(draft: Draft, node_id: str) -> bool:
    """The node has its out; its `after` may change that."""
    if draft.pipeline.nodes[node_id].after is None:
        return settle(draft, node_id)
    draft.change(node_id).idle()
    return ask(draft, node_id, "after")


def gave(draft: Draft, node_id: str, out: dict[str, Any]) -> bool:
    """A running node was given its out from elsewhere: by its service, or by the bodies of its loop."""
    try:
        draft.take_out(node_id, out)
    except TooHeavy as error:
        return _failed(draft, node_id, str(error))
    return worked(draft, node_id)


def settle(draft: Draft, node_id: str) -> bool:
    """The node is finished; where it is the end, so is the task."""
    run: NodeRun = draft.move(node_id, "finished")
    run.ended = draft.now
    run.idle()
    draft.drop_items(node_id)
    if node_id == draft.pipeline.end:
        draft.stop("finished", None)
    return True


def _failed(draft: Draft, node_id: str, message: str) -> bool:
    draft.fail(node_id, message)
    return False
