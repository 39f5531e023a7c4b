"""The text of code with some of its attributes turned into subscripts, in place, so that line numbers stay."""

import ast
from collections.abc import Collection

_BLANK = b" \t\f\n)"


class Places:
    """Positions in a text. The nodes of `ast` count columns in bytes of UTF-8, from 0; people count characters, from 1.

    `text` has `\\n` as its only line break; `indented` characters were cut off before its first line that is not empty.
    """

    def __init__(self, text: str, indented: int = 0) -> None:
        self.lines = text.split("\n")
        self._indented = (len(text) - len(text.lstrip("\n")) + 1, indented)
        self.raw = text.encode()
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line.encode()) + 1)

    def offset(self, line: int, column: int) -> int:
        """The index in `raw` of a position as `ast` gives it."""
        return self._starts[line - 1] + column

    def column(self, line: int, column: int) -> int:
        """The column as people count it."""
        if not 1 <= line <= len(self.lines):
            return 1
        before = len(self.lines[line - 1].encode()[:column].decode(errors="replace"))
        return before + 1 + (self._indented[1] if line == self._indented[0] else 0)


class Edits:
    """Which nodes of a tree are to be written differently, and the text that comes of it.

    `keyed` are attributes that become subscripts (`A.out` -> `A["out"]`), `inputs` names `input`, which become
    `node["input"]`. Both are given by identity of the node, so the tree must not be changed meanwhile.
    """

    def __init__(self, tree: ast.AST, places: Places) -> None:
        self._tree = tree
        self._places = places
        self.keyed: set[int] = set()
        self.inputs: set[int] = set()

    def source(self) -> str:
        """The text as it is to run; as many lines as before."""
        replaced: list[tuple[int, int, bytes]] = []
        self._collect(self._tree, replaced)
        raw = self._places.raw
        for start, end, new in sorted(replaced, reverse=True):
            raw = raw[:start] + new + raw[end:]
        return raw.decode()

    def _collect(self, node: ast.AST, replaced: list[tuple[int, int, bytes]]) -> None:
        if isinstance(node, ast.JoinedStr):
            if self._within(node):
                replaced.append(self._as_format(node))
            return
        if id(node) in self.inputs and isinstance(node, ast.Name):
            start, end = self._span(node)
            replaced.append((start, end, b'node["input"]'))
        elif id(node) in self.keyed and isinstance(node, ast.Attribute):
            replaced.extend(self._as_subscript(node))
        for child in ast.iter_child_nodes(node):
            self._collect(child, replaced)

    def _within(self, node: ast.AST) -> bool:
        return any(id(inner) in self.keyed or id(inner) in self.inputs for inner in ast.walk(node))

    def _span(self, node: ast.expr) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._places.offset(node.lineno, node.col_offset), self._places.offset(end_line, end_column)

    def _as_subscript(self, node: ast.Attribute) -> list[tuple[int, int, bytes]]:
        """The dot goes, the name becomes a key. Between value, dot and name may lie blanks, comments, and brackets."""
        _, position = self._span(node.value)
        _, end = self._span(node)
        dot = self._skip(position)
        name = self._skip(dot + 1)
        return [(dot, dot + 1, b""), (name, end, b'["' + node.attr.encode() + b'"]')]

    def _skip(self, position: int) -> int:
        raw = self._places.raw
        while raw[position] in _BLANK or raw[position] in b"\\#":
            position = raw.index(b"\n", position) if raw[position] in b"#" else position + 1
        return position

    def _as_format(self, node: ast.JoinedStr) -> tuple[int, int, bytes]:
        """An f-string as a call of `str.format`: the positions within f-strings differ between versions of Python."""
        start, end = self._span(node)
        text = ast.unparse(_Rewriter(self.keyed, self.inputs).visit(node))
        lines = (node.end_lineno or node.lineno) - node.lineno
        return start, end, b"(" + text.encode() + b"\n" * lines + b")"


class _Rewriter(ast.NodeTransformer):
    """The same changes on the tree itself, for expressions within f-strings; and f-strings as calls of `str.format`."""

    def __init__(self, keyed: Collection[int], inputs: Collection[int]) -> None:
        self._keyed = keyed
        self._inputs = inputs

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """`A.out` -> `A["out"]`."""
        value = self.visit(node.value)
        if id(node) in self._keyed:
            return ast.Subscript(value, ast.Constant(node.attr), node.ctx)
        return ast.Attribute(value, node.attr, node.ctx)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """`input` -> `node["input"]`."""
        if id(node) in self._inputs:
            return ast.Subscript(ast.Name("node", ast.Load()), ast.Constant("input"), node.ctx)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        """`f"{a:>{b}}"` -> `"{:>{}}".format(a, b)`."""
        values: list[ast.expr] = []
        template = self._template(node, values)
        method = ast.Attribute(ast.Constant(template), "format", ast.Load())
        return ast.Call(method, values, [])

    def _template(self, node: ast.JoinedStr, values: list[ast.expr]) -> str:
        """The template of a whole f-string or of a format in it; the fields' expressions are added to `values`."""
        parts = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                parts.append(self._field(part, values))
            elif isinstance(part, ast.Constant):
                parts.append(str(part.value).replace("{", "{{").replace("}", "}}"))
        return "".join(parts)

    def _field(self, part: ast.FormattedValue, values: list[ast.expr]) -> str:
        values.append(self.visit(part.value))
        conversion = f"!{chr(part.conversion)}" if part.conversion >= 0 else ""
        spec = ":" + self._template(part.format_spec, values) if isinstance(part.format_spec, ast.JoinedStr) else ""
        return "{" + conversion + spec + "}"
