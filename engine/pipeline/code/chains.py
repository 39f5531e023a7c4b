"""Chains: a name, and what follows it by attribute, key and call, as in `A.out['areas'][0].get('x')`."""

import ast
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain.

    `key`: by a constant key, `name`. `index`: by anything else. `method`: a method `name` that is called, with the
    constant text `argument` first if there is one. `call`: a call of the value itself.
    """

    kind: Literal["key", "index", "method", "call"]
    name: str = ""
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """`root.link.link`: `links` from the inside out, each with whether it is called at once; `top` is the whole.

    `steps` say the same in fewer words: a method and its call are one step.
    """

    root: ast.Name
    links: tuple[tuple[ast.expr, bool], ...]
    steps: tuple[Step, ...]
    top: ast.expr

    @property
    def stored(self) -> bool:
        """Whether something is assigned to it."""
        return isinstance(getattr(self.top, "ctx", None), ast.Store)


def chain_of(top: ast.expr) -> Chain | None:
    """The chain that ends here; None where it does not begin at a name."""
    links: list[tuple[ast.expr, bool]] = []
    node, called = top, False
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        links.append((node, called))
        called = isinstance(node, ast.Call)
        node = node.func if isinstance(node, ast.Call) else node.value
    if not isinstance(node, ast.Name):
        return None
    links.reverse()
    return Chain(node, tuple(links), tuple(_steps(links)), top)


def _steps(links: list[tuple[ast.expr, bool]]) -> list[Step]:
    steps = []
    method: str | None = None
    for link, called in links:
        if isinstance(link, ast.Call):
            steps.append(Step("method", method, _first(link)) if method is not None else Step("call"))
            method = None
        elif isinstance(link, ast.Attribute):
            if called:
                method = link.attr
            else:
                steps.append(Step("key", link.attr))
        elif isinstance(link, ast.Subscript):
            key = _text(link.slice)
            steps.append(Step("index") if key is None else Step("key", key))
    return steps


def _first(call: ast.Call) -> str | None:
    return _text(call.args[0]) if call.args else None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
