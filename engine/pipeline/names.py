"""Names in sentences: how they are quoted, which known one is nearest to a mistyped one, and what a name may hold."""

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from itertools import islice

MAX_NAME = 200

_SHOWN = 80
_COMPARED = 40
_ALIKE = 0.6
_LISTED = 12


def quoted(name: object) -> str:
    """A name between back quotes: control characters escaped, and cut if it is long."""
    text = str(name)
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return "`" + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text) + "`"


def listed(names: Collection[str], word: str = "and", most: int = _LISTED) -> str:
    """`a`, `b` and `c`; of more than `most` names the first ones."""
    shown = [quoted(name) for name in islice(names, most)]
    if len(names) > most:
        return ", ".join(shown) + f" {word} {len(names) - most} more"
    if len(shown) < 2:
        return "".join(shown)
    return ", ".join(shown[:-1]) + f" {word} {shown[-1]}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most probably meant to be, if any is much alike. Case counts little.

    Alike: Ratcliff and Obershelp's ratio of at least 0.6. Long names (over 40) are compared by case alone.
    """
    folded = name.casefold()
    best, best_ratio = None, 0.0
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    for candidate in known:
        other = candidate.casefold()
        if other == folded:
            return candidate
        if max(len(other), len(folded)) > _COMPARED:
            continue
        matcher.set_seq1(other)
        least = max(_ALIKE, best_ratio)
        if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
            continue
        ratio = matcher.ratio()
        if ratio >= _ALIKE and ratio > best_ratio:
            best, best_ratio = candidate, ratio
    return best


class Hints:
    """`nearest` for texts that may hold any number of wrong names: after so many comparisons it finds no more."""

    def __init__(self, comparisons: int = 20_000) -> None:
        self._left = comparisons

    def nearest(self, name: str, known: Collection[str], besides: str | None = None) -> str | None:
        """As the function `nearest`, while there are comparisons left; `besides` is not looked at."""
        self._left -= len(known)
        return nearest(name, (other for other in known if other != besides)) if self._left >= 0 else None

    def did_you_mean(self, name: str, known: Collection[str]) -> str:
        """`; did you mean `x`?`, or nothing where `nearest` finds none."""
        found = self.nearest(name, known)
        return f"; did you mean {quoted(found)}?" if found is not None else ""


def name_fault(name: str) -> str | None:
    """What is wrong with a name that travels as the name of a form's part or of a file; None if nothing is."""
    if not name:
        return "a name must not be empty"
    if len(name) > MAX_NAME:
        return f"the name {quoted(name)} is {len(name)} characters long; the limit is {MAX_NAME}"
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        return f"the name {quoted(name)} has control characters; take them out"
    if name in (".", ".."):
        return f"{quoted(name)} cannot be a name; it stands for a folder"
    return None
