"""Ways through a graph whose nodes are the numbers 0, 1, ... Where that is fast, sets of nodes are bits of integers.

All of it takes time in proportion to the number of edges, however many ways there are.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Edges = Sequence[Sequence[int]]
Label = TypeVar("Label")


def reach(starts: Iterable[int], edges: Edges) -> set[int]:
    """The nodes that edges lead to from these, with these."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for successor in edges[waiting.pop()]:
            if successor not in found:
                found.add(successor)
                waiting.append(successor)
    return found


def components(edges: Edges) -> list[list[int]]:
    """The strongly connected components (Tarjan 1972), those that edges lead to first."""
    found: list[list[int]] = []
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_nodes: list[int] = []
    closed: set[int] = set()
    for start in range(len(edges)):
        if start in number:
            continue
        number[start] = lowest[start] = len(number)
        open_nodes.append(start)
        way = [(start, iter(edges[start]))]
        while way:
            node, successors = way[-1]
            for successor in successors:
                if successor not in number:
                    number[successor] = lowest[successor] = len(number)
                    open_nodes.append(successor)
                    way.append((successor, iter(edges[successor])))
                    break
                if successor not in closed:
                    lowest[node] = min(lowest[node], number[successor])
            else:
                way.pop()
                if way:
                    before = way[-1][0]
                    lowest[before] = min(lowest[before], lowest[node])
                if lowest[node] == number[node]:
                    found.append(_part(open_nodes, node))
                    closed.update(found[-1])
    return found


def _part(open_nodes: list[int], root: int) -> list[int]:
    part = [open_nodes.pop()]
    while part[-1] != root:
        part.append(open_nodes.pop())
    return part


def descendants(edges: Edges, parts: Sequence[Sequence[int]]) -> list[int]:
    """For each node the set of those that edges lead to from it, itself only by a way that leads back.

    `parts` are the graph's `components`.
    """
    below = [0] * len(edges)
    for part in parts:
        bits = 0
        for node in part:
            for successor in edges[node]:
                bits |= 1 << successor | below[successor]
        for node in part:
            below[node] = bits
    return below


def dominators(start: int, edges: Edges, parts: Sequence[Sequence[int]]) -> list[int]:
    """For each node of a graph without cycles the set of those that every way to it from `start` passes, with itself.

    What cannot be reached is passed by everything: all bits are set. `parts` are the graph's `components`.
    """
    everything = (1 << len(edges)) - 1
    passed = [everything] * len(edges)
    passed[start] = 1 << start
    for part in reversed(parts):
        for node in part:
            for successor in edges[node]:
                passed[successor] &= passed[node] | 1 << successor
    return passed


def back_edges(
    starts: Iterable[int], links: Sequence[Sequence[tuple[int, Label]]]
) -> Iterator[tuple[list[int], Label]]:
    """Depth first from the starts, one after the other: each edge to a node that is being visited, as the way from
    that node to the edge's start, and the edge's label. Without these edges no cycle is left."""
    done: set[int] = set()
    for start in starts:
        if start in done:
            continue
        way, depth, waiting = [start], {start: 0}, [iter(links[start])]
        while way:
            for successor, label in waiting[-1]:
                if successor in depth:
                    yield way[depth[successor] :], label
                elif successor not in done:
                    depth[successor] = len(way)
                    way.append(successor)
                    waiting.append(iter(links[successor]))
                    break
            else:
                waiting.pop()
                left = way.pop()
                del depth[left]
                done.add(left)


def inescapable(choices: Sequence[Sequence[Sequence[int]]], leave: Iterable[int]) -> set[int]:
    """The nodes from which a run goes on for ever, whatever is chosen.

    `choices[n]` are the sets of successors of which one is chosen when `n` has ended; all in it then follow. A node
    is left where some choice leads on to none that cannot be left; those of `leave` are left anyway. (The greatest
    set of nodes in which every choice has a successor in the set.)
    """
    inside = [[len(set(choice)) for choice in of_node] for of_node in choices]
    before: list[list[tuple[int, int]]] = [[] for _ in choices]
    waiting = set(leave)
    for node, of_node in enumerate(choices):
        for which, choice in enumerate(of_node):
            for successor in set(choice):
                before[successor].append((node, which))
        if not of_node or not all(of_node):
            waiting.add(node)
    left, queue = set(waiting), list(waiting)
    while queue:
        for node, which in before[queue.pop()]:
            inside[node][which] -= 1
            if inside[node][which] == 0 and node not in left:
                left.add(node)
                queue.append(node)
    return set(range(len(choices))) - left
