"""Whose child a task is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose child a task is: of which root task, and of which node of which parent, in which turn of it.

    A loop's child runs the body for the item at `index`; `number` (digits) makes the ids of its nodes unique in the
    root task, `above` is the parent's. The child of a sub-pipeline answers the call `call` instead. `depth` counts the
    generations above. `head` is the nearest of them that runs a whole definition; None where the child itself does.
    """

    root: str
    parent: str
    node: str
    turn: int
    depth: int
    index: int = 0
    number: str | None = None
    above: str | None = None
    call: str | None = None
    head: str | None = None

    @property
    def family(self) -> str:
        """The name of all children that belong to the same turn of the same node."""
        return family(self.node, self.turn)


def family(node_id: str, turn: int) -> str:
    """The name of the children that a node has in a turn."""
    return f"{node_id}/{turn}"
