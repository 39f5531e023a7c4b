"""What the instances of nodes are called: each has the id of its node and a number behind it."""

from collections.abc import Collection

_DIGITS = "0123456789"


def endings(ids: Collection[str]) -> dict[str, str]:
    """What to add to the numbers of each id, so that no id with a number is like another, with a number or without.

    Nothing, but where ids differ only in the digits at their end, as `x` and `x1`: those are counted, with more digits
    than any of them ends in.
    """
    alike: dict[str, list[str]] = {}
    for node_id in sorted(ids):
        alike.setdefault(node_id.rstrip(_DIGITS), []).append(node_id)
    found = {}
    for stem, members in alike.items():
        width = max(len(node_id) for node_id in members) - len(stem)
        width = max(width, len(str(len(members) - 1)))
        found.update({node_id: f"{count:0{width}}" for count, node_id in enumerate(members)})
        if len(members) == 1:
            found[members[0]] = ""
    return found
