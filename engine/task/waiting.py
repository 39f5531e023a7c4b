"""What starts next: which nodes have all that they wait for, and which wait for what cannot come any more.

A node starts when one of its predecessors ends and leads to it, and its start condition holds: all predecessors are
finished, or can no longer run because they lie on a way that was not taken.
"""

from collections import deque
from collections.abc import Iterable

from engine.errors import Conflict
from engine.pipeline.flow import reach
from engine.pipeline.nodes import LOOP_END
from engine.task.draft import Draft
from engine.task.events import Rerun
from engine.task.working import ask, begin_entry, start


def advance(draft: Draft, finished: Iterable[str]) -> None:
    """Start what can start now that these nodes are finished, and what that finishes in turn."""
    queue = deque(finished)
    while draft.running:
        _pass_on(draft, queue)
        if draft.pipeline.branching and draft.running:
            queue.extend(_skip(draft))
        if not queue:
            break
    _check_stuck(draft)


def retry(draft: Draft, finished: Iterable[str] = ()) -> None:
    """Start every node that waits and has all that it waits for, as after a failure; and what can start now that the
    given ones are finished."""
    waiting = [node_id for node_id in draft.pipeline.nodes if _waits(draft, node_id)]
    advance(draft, [*finished, *(node_id for node_id in waiting if draft.running and _consider(draft, node_id))])


def run_again(draft: Draft, event: Rerun) -> None:
    """Begin a task at a node, with what the nodes before it gave in an earlier one. Raises Conflict where one that it
    would wait for has given nothing."""
    draft.take_over(event)
    node_id = event.node
    waiting = [known for known in draft.pipeline.nodes if _waits(draft, known)]
    lacking = [] if node_id in draft.pipeline.choosy else _missing(draft, node_id)
    if lacking and (lacking := sorted(_alive(draft, node_id, waiting) & set(lacking))):
        message = f"`{node_id}` works on what `{lacking[0]}` gives, which has not finished in that task"
        raise Conflict(f"{message}; run again from there, or from a node before it")
    if event.received is not None:
        finished = begin_entry(draft, node_id, {**event.received, **event.changed})
    else:
        finished = start(draft, node_id)
    retry(draft, [node_id] if finished else [])


def _pass_on(draft: Draft, queue: deque[str]) -> None:
    while queue and draft.running:
        node_id = queue.popleft()
        run = draft.node(node_id)
        if run.state != "finished":
            continue  # a way back has reset it meanwhile
        back: list[str] = []
        pipeline = draft.pipeline
        for after in pipeline.chosen(node_id, None if run.extra is None else run.extra.side):
            if (node_id, after) in pipeline.back:
                back.append(after)
            elif draft.running and _consider(draft, after):
                queue.append(after)
        for watcher in pipeline.watchers.get(node_id, ()):
            if draft.running and _waits(draft, watcher) and _consider(draft, watcher):
                queue.append(watcher)
        for after in back:
            if draft.running and _turn_back(draft, node_id, after):
                queue.append(after)


def _turn_back(draft: Draft, last: str, first: str) -> bool:
    """Run `first`, an ancestor, and all that lies between again. True where it is finished at once."""
    for node_id in draft.pipeline.between(first, last):
        draft.reset(node_id)
    return ask(draft, first, "ready") if first in draft.pipeline.choosy else start(draft, first)


def _consider(draft: Draft, node_id: str) -> bool:
    """Start a node, if it has all that it waits for. True where it is finished at once."""
    run = draft.node(node_id)
    if run.state != "pending" or (run.extra is not None and run.extra.step is not None):
        return False
    if node_id in draft.pipeline.choosy:
        return ask(draft, node_id, "ready")
    if _missing(draft, node_id):
        return False
    return start(draft, node_id)


def _missing(draft: Draft, node_id: str) -> list[str]:
    """The predecessors of a node that are not finished."""
    nodes = draft.nodes
    return [
        before
        for before in draft.pipeline.predecessors[node_id]
        if before not in nodes or nodes[before].state != "finished"
    ]


def _waits(draft: Draft, node_id: str) -> bool:
    """Whether a node has not started, although a predecessor has ended and leads to it."""
    if draft.node(node_id).state != "pending":
        return False
    pipeline = draft.pipeline
    for before in pipeline.predecessors[node_id]:
        run = draft.node(before)
        if run.state == "finished" and node_id in pipeline.chosen(before, run.more.side):
            return True
    return False


def _skip(draft: Draft) -> list[str]:
    """Start the nodes that wait only for what can no longer run, up to the first that is finished at once, which is
    returned: what it leads to has to start before it is told who still waits in vain."""
    waiting = [node_id for node_id in draft.pipeline.nodes if _waits(draft, node_id)]
    # Of those that wait for each other who has started least often goes first, so that none is left behind for ever.
    waiting.sort(key=lambda node_id: draft.node(node_id).turn)
    for node_id in waiting:
        if node_id in draft.pipeline.choosy or draft.node(node_id).state != "pending" or not draft.running:
            continue
        missing = _missing(draft, node_id)
        if any(draft.node(before).state != "pending" for before in missing):
            continue
        if not (missing and _alive(draft, node_id, waiting) & set(missing)) and start(draft, node_id):
            return [node_id]
    return []


def _alive(draft: Draft, without: str, waiting: list[str]) -> set[str]:
    """What may still run before a node does: what runs, those that wait and do not wait for this node in turn, and all
    that these lead to by ways that do not go through it."""
    edges = draft.pipeline.leads
    active = [node_id for node_id, run in draft.nodes.items() if run.state == "running" or run.more.step is not None]
    alive = reach(active, edges, without)
    behind = reach([without], edges)
    grown = True
    while grown:
        grown = False
        for node_id in waiting:
            if node_id in alive or node_id == without or draft.node(node_id).state != "pending":
                continue
            if node_id not in draft.pipeline.choosy and _may_start(draft, node_id, alive, behind):
                alive |= reach([node_id], edges, without)
                grown = True
    return alive


def _may_start(draft: Draft, node_id: str, alive: set[str], behind: set[str]) -> bool:
    return all(before in alive or before not in behind for before in _missing(draft, node_id))


def _check_stuck(draft: Draft) -> None:
    """End a task that can never end by itself: nothing runs, and the end has not been reached."""
    if not draft.running:
        return
    for run in draft.nodes.values():
        if run.state == "running" or (run.extra is not None and run.extra.step is not None):
            return
    waits = [_reason(draft, node_id) for node_id in draft.pipeline.nodes if _waits(draft, node_id)]
    shown = "; ".join(waits) or "no node is waiting, and no way that was taken leads on"
    draft.stop("error", f"nothing runs and {LOOP_END if draft.pipeline.loop else 'the end'} was not reached: {shown}")


def _reason(draft: Draft, node_id: str) -> str:
    name = draft.frame.instance(node_id)
    if node_id in draft.pipeline.choosy:
        return f"{name} waits for its `ready`, which does not hold"
    return f"{name} waits for {', '.join(draft.frame.instance(before) for before in _missing(draft, node_id))}"
