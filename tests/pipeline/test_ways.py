"""Ways through graphs, compared with what trying all of them gives."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from engine.pipeline.check import ways
from tests.pipeline.definitions import unhurried

Edges = list[list[int]]


@st.composite
def graphs(draw: st.DrawFn, cycles: bool = True) -> Edges:
    """Up to seven nodes and any edges; without cycles only to higher numbers."""
    count = draw(st.integers(1, 7))
    nodes = st.integers(0, count - 1)
    edges = draw(st.lists(st.tuples(nodes, nodes), max_size=20, unique=True))
    return [[after for before, after in edges if before == node and (cycles or after > node)] for node in range(count)]


def _behind(edges: Edges, node: int) -> set[int]:
    """What comes after a node, by repeating one step."""
    found: set[int] = set(edges[node])
    for _ in edges:
        found |= {after for one in found for after in edges[one]}
    return found


@unhurried
@given(graphs())
def test_reach_and_descendants(edges: Edges) -> None:
    below = ways.descendants(edges, ways.components(edges))
    for node in range(len(edges)):
        assert ways.reach([node], edges) == _behind(edges, node) | {node}
        assert {other for other in range(len(edges)) if below[node] >> other & 1} == _behind(edges, node)


@unhurried
@given(graphs())
def test_components_hold_what_leads_to_each_other_and_come_in_order(edges: Edges) -> None:
    parts = ways.components(edges)
    assert sorted(node for part in parts for node in part) == list(range(len(edges)))
    place = {node: number for number, part in enumerate(parts) for node in part}
    for one, other in product(range(len(edges)), repeat=2):
        mutual = one == other or (other in _behind(edges, one) and one in _behind(edges, other))
        assert (place[one] == place[other]) == mutual
        assert other not in edges[one] or place[other] <= place[one]


@unhurried
@given(graphs())
def test_without_the_edges_that_lead_back_there_is_no_cycle(edges: Edges) -> None:
    links = [[(after, (node, after)) for after in of_node] for node, of_node in enumerate(edges)]
    back = set()
    for way, label in ways.back_edges(range(len(edges)), links):
        assert label == (way[-1], way[0]) and all(after in edges[before] for before, after in zip(way, way[1:]))
        back.add(label)
    rest = [[after for after in of_node if (node, after) not in back] for node, of_node in enumerate(edges)]
    assert all(node not in _behind(rest, node) for node in range(len(edges)))


@unhurried
@given(graphs(cycles=False))
def test_dominators_are_on_every_way(edges: Edges) -> None:
    passed = ways.dominators(0, edges, ways.components(edges))
    for node in _behind(edges, 0) | {0}:
        for other in range(len(edges)):
            without = [[] if one == other else of_node for one, of_node in enumerate(edges)]
            on_every_way = node == other or (other == 0) or node not in _behind(without, 0) | {0}
            assert bool(passed[node] >> other & 1) == on_every_way


@unhurried
@given(st.lists(graphs(), min_size=1, max_size=2), st.sets(st.integers(0, 6), max_size=2))
def test_what_cannot_be_left_is_left_by_no_choice(sides: list[Edges], leave: set[int]) -> None:
    count = min(len(side) for side in sides)
    choices = [[[after for after in side[node] if after < count] for side in sides] for node in range(count)]
    leave = {node for node in leave if node < count}
    found = ways.inescapable(choices, leave)
    assert not found & leave
    for node in range(count):
        stays = node not in leave and all(any(after in found for after in choice) for choice in choices[node])
        assert (node in found) == stays
    # The greatest such set: whoever is left can be led out by some choices in a bounded number of steps.
    kept = set(range(count)) - leave
    for _ in range(count):
        kept = {node for node in kept if all(any(after in kept for after in choice) for choice in choices[node])}
    assert found == kept
