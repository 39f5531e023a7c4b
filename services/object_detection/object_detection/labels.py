"""The names of the classes of a detector."""

from __future__ import annotations

from pathlib import Path


class WrongModel(ValueError):
    """Files of a detector that this service cannot use; the text is a sentence that says why."""


MOST_LABELS = 100_000


def read_labels(path: Path) -> list[str]:
    """One label per line, in the order of the classes; empty lines at the end do not count. Raises WrongModel."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongModel(f"the labels {path} cannot be read: {error}") from error
    labels = [line.strip() for line in lines]
    while labels and not labels[-1]:
        labels.pop()
    if not 0 < len(labels) <= MOST_LABELS or "" in labels:
        raise WrongModel(f"the labels {path.name} need one name in each line, 1 to {MOST_LABELS} lines")
    return labels
