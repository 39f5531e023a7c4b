"""JSON for people: what fits stands on one line."""

import json
from typing import Any

_WIDTH = 96


def pretty(value: Any, indent: int = 0) -> str:
    """The value as JSON, indented by two; a list or an object that fits on its line is not taken apart.

    `indent` is the column at which the value begins.
    """
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or indent + len(flat) <= _WIDTH:
        return flat
    margin = " " * (indent + 2)
    if isinstance(value, dict):
        names = [json.dumps(str(key), ensure_ascii=False) + ": " for key in value]
        items = [name + pretty(item, indent + 2) for name, item in zip(names, value.values(), strict=True)]
    else:
        items = [pretty(item, indent + 2) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(margin + item for item in items) + "\n" + " " * indent + closing
