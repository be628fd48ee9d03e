"""The text and the syntax tree of one cell, side by side: what an operator asks about a node, and what it changes."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_MAGIC = re.compile(r"^\s*[%!].*$", flags=re.MULTILINE)
_COMPARISON, _MINUS, _POWER, _ATOM = 1, 5, 6, 7  # how tightly the grammar holds expressions together
_SIGNS = {"+": 3, "-": 3, "*": 4, "/": 4, "//": 4, "%": 4, "@": 4}
_PLOTS = {"plt", "fig", "ax", "axes"}
_DISPLAY_WORDS = {"verbose", "callbacks"}


@dataclass(frozen=True)
class Edit:
    """A change: the text of `node` becomes `text`."""

    node: ast.AST
    text: str


Operator = Callable[[ast.AST, "Code"], Iterator[Edit]]


class Code:
    """One cell of Python.

    Attributes:
        source: its text.
        tree: its syntax tree; magics are left out, which moves no line.
        names: all names in it, attributes not among them.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = ast.parse(_MAGIC.sub("", source))
        self.names = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        self._lines = source.splitlines(keepends=True)
        self._parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def nodes(self) -> Iterator[ast.AST]:
        """Yield the nodes that take part in a result, from the top: no docstring, no f-string, nothing for display."""
        yield from self._walk(self.tree)

    def _walk(self, node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if not self._is_aside(child):
                if hasattr(child, "lineno"):
                    yield child
                yield from self._walk(child)

    def _is_aside(self, node: ast.AST) -> bool:
        match node:
            case ast.JoinedStr() | ast.Raise() | ast.Assert() | ast.Expr(value=ast.Constant()):
                return True
            case ast.keyword(arg=word):
                return word in _DISPLAY_WORDS
            case ast.Call():
                return called(node) == "print" or root(node) in _PLOTS
        return False

    def text(self, node: ast.AST) -> str:
        """Return the text of a node as it stands; parentheses around it are not part of it."""
        start, end = self.span(node)
        return self.source[start:end]

    def atom(self, node: ast.expr) -> str:
        """Return the text of an expression, in parentheses unless a dot or an index may follow it."""
        return self._held(node, _ATOM)

    def beside(self, left: ast.expr, sign: str, right: ast.expr) -> str:
        """Return the text of `left sign right` for another sign than the two stood at."""
        strength = _SIGNS.get(sign, _COMPARISON)
        return f"{self._held(left, strength)} {sign} {self._held(right, strength + 1)}"

    def fit(self, node: ast.AST, text: str) -> str:
        """Return `text`, an expression in place of `node`, in parentheses where the surroundings need them."""
        start, end = self.span(node)
        if self.source[:start].endswith("(") and self.source[end:].startswith(")"):
            return text
        needed = 0
        match self.parent(node):
            case ast.BinOp(op=op, right=right):
                needed = _strength_of(op) + (right is node)
            case ast.UnaryOp():
                needed = _MINUS
            case ast.Compare():
                needed = _COMPARISON + 1
            case ast.Attribute() | ast.Subscript(value=_) | ast.Call() as parent:
                held = parent.func if isinstance(parent, ast.Call) else parent.value
                needed = _ATOM if held is node else 0
        return text if _strength(ast.parse(f"({text})", mode="eval").body) >= needed else f"({text})"

    def _held(self, node: ast.expr, strength: int) -> str:
        return self.text(node) if _strength(node) >= strength else f"({self.text(node)})"

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where the text of a node begins and ends in the source, in characters."""
        first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
        return self._offset(first, getattr(node, "col_offset", 0)), self._offset(
            last, getattr(node, "end_col_offset", 0)
        )

    def _offset(self, line: int, column: int) -> int:
        before = self._lines[line - 1].encode()[:column].decode()  # the columns of a tree count bytes
        return sum(map(len, self._lines[: line - 1])) + len(before)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that holds this one."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around this one, the nearest first."""
        while (parent := self._parents.get(node)) is not None:
            yield parent
            node = parent

    def function(self, node: ast.AST) -> ast.FunctionDef | None:
        """Return the function that holds this node."""
        return next((one for one in self.ancestors(node) if isinstance(one, ast.FunctionDef)), None)

    def arguments(self, node: ast.AST) -> list[str]:
        """Return the names of the arguments of the function that holds this node."""
        function = self.function(node)
        return [one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)] if function else []

    def without(self, call: ast.Call, gone: ast.AST) -> str:
        """Return the text of a call without one of its arguments."""
        kept = [self.text(one) for one in (*call.args, *call.keywords) if one is not gone]
        return f"{self.text(call.func)}({', '.join(kept)})"

    def plus(self, call: ast.Call, argument: str) -> str:
        """Return the text of a call with one more argument at its end."""
        given = [self.text(one) for one in (*call.args, *call.keywords)]
        return f"{self.text(call.func)}({', '.join([*given, argument])})"


def _strength(node: ast.expr) -> int:
    """Return how tightly an expression holds together: larger than that of `+` for `a * b`."""
    match node:
        case ast.BinOp(op=op):
            return _strength_of(op)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert()):
            return _MINUS
        case ast.Compare():
            return _COMPARISON
        case ast.IfExp() | ast.Lambda() | ast.BoolOp() | ast.UnaryOp() | ast.NamedExpr():
            return 0
    return _ATOM


def _strength_of(op: ast.operator) -> int:
    if isinstance(op, ast.Add | ast.Sub):
        return _SIGNS["+"]
    return _POWER if isinstance(op, ast.Pow) else _SIGNS["*"]


def called(node: ast.AST) -> str:
    """Return the last name of what a call calls, "mean" for `np.mean(x)` and `x.mean()`; "" for anything else."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def root(node: ast.AST) -> str:
    """Return the name that an expression of dots, indices and calls starts with, "" when it starts with none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.keyword | None:
    """Return the keyword argument of this name."""
    return next((word for word in call.keywords if word.arg == name), None)


def number(node: ast.AST | None) -> int | float | None:
    """Return the number that a node writes out, with its sign; None when it is none."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = number(operand)
            return None if inner is None else -inner
    return None


def is_module(node: ast.AST) -> bool:
    """Tell whether an expression is most likely a module: `np`, `tf.keras.ops`."""
    return root(node) in {"np", "numpy", "tf", "tensorflow", "keras", "ops", "math", "jnp", "torch"}
