"""The text of a test file -> its numeric bounds, and the same text instrumented so that each tells what met it.

A bound is a comparison by size on which an assertion depends: with `<`, `<=`, `>`, `>=`, or by np.isclose,
np.testing.assert_allclose and their like. What is compared by `==`, and lengths and shapes, are no bounds. Authors mark
nothing. The instrumented text gives the same outcomes in the same order (observe.py), line for line.
"""

import ast
from dataclasses import dataclass

from autograder.observe import GAPS, MODULE, Rule
from autograder.proof.scope import Scope, last_name

_SIGNS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SHEET = "__observed__"
_MOST_TEXT = 100


@dataclass(frozen=True)
class Bound:
    """One numeric bound of a test file.

    Attributes:
        function: in which it stands; case: the title of that test case, or the function again where it is none.
        offset: lines from the function's `def` to the bound; line: in the test file, counted from 1.
        text: the comparison as its author wrote it, in one line.
        closeness: it is a call such as np.isclose: the value is the gap in units of what is allowed, the limit is 1.
    """

    question: str
    function: str
    case: str
    offset: int
    line: int
    text: str
    rule: Rule

    @property
    def sign(self) -> str:
        """What must be so of value and limit: "<", "<=", ">" or ">="."""
        return self.rule.sign

    @property
    def closeness(self) -> bool:
        return self.rule.pair < 0


def find_bounds(question: str, text: str) -> tuple[Bound, ...]:
    """Return the numeric bounds of a question's Otter test file; the place of a bound in them is its number."""
    return tuple(_File(question, text).bounds)


def instrument(question: str, text: str) -> str:
    """Return the test file with each numeric bound reporting to the observer of the judge that runs it."""
    file = _File(question, text)
    if not file.bounds:
        return text
    rules = [tuple(bound.rule) for bound in file.bounds]
    return f"{file.spliced()}\n{_SHEET} = __import__({MODULE!r}).sheet({question!r}, {rules!r})\n"


class _File:
    """A test file while its bounds are found.

    Attributes:
        bounds: found so far.
        pieces: (place in bytes, text to insert there); at the same place, in this order.
    """

    def __init__(self, question: str, text: str) -> None:
        self._question = question
        self._data = text.encode()
        self._starts = [0]
        for line in self._data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self.bounds: list[Bound] = []
        self.pieces: list[tuple[int, str]] = []
        self._seen: set[tuple[ast.AST, str]] = set()
        self._sites = self._groups = 0
        tree = ast.parse(text)
        for function in tree.body:
            if isinstance(function, ast.FunctionDef):
                _Case(self, function, {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}).read()

    def spliced(self) -> str:
        """Return the text with all pieces in."""
        parts, end = [], 0
        for place, piece in sorted(self.pieces, key=lambda piece: piece[0]):
            parts += [self._data[end:place].decode(), piece]
            end = place
        return "".join(parts) + self._data[end:].decode()

    def wrap(self, node: ast.expr, head: str, tail: str = ")") -> None:
        """Put a call around an expression."""
        self.pieces.append((self._place(node.lineno, node.col_offset), head))
        self.pieces.append((self._place(node.end_lineno, node.end_col_offset), tail))

    def segment(self, first: ast.expr, last: ast.expr) -> str:
        """Return the text from one expression to another in one line."""
        start = self._place(first.lineno, first.col_offset)
        text = self._data[start : self._place(last.end_lineno, last.end_col_offset)].decode()
        line = " ".join(text.split())
        return line if len(line) <= _MOST_TEXT else line[: _MOST_TEXT - 1] + "…"

    def first(self, node: ast.AST, way: str = "") -> bool:
        """Tell whether a node is met in this way for the first time: two assertions may rest on one comparison."""
        new = (node, way) not in self._seen
        self._seen.add((node, way))
        return new

    def site(self) -> int:
        """Return a number for a comparison."""
        self._sites += 1
        return self._sites

    def group(self) -> int:
        """Return a number for an assertion."""
        self._groups += 1
        return self._groups

    def add(self, function: ast.FunctionDef, node: ast.expr, text: str, rule: Rule) -> None:
        """Write a bound down."""
        title = (ast.get_docstring(function) or "").partition("\n")[0].strip()
        offset = node.lineno - function.lineno
        self.bounds.append(
            Bound(self._question, function.name, title or function.name, offset, node.lineno, text, rule)
        )

    def _place(self, line: int | None, column: int | None) -> int:
        assert line is not None and column is not None, "ast.parse gives every expression its place"
        return self._starts[line - 1] + column


class _Case:
    """One function of a test file while its bounds are found; `helpers`: functions that it may call, by name."""

    def __init__(self, file: _File, function: ast.FunctionDef, helpers: dict[str, ast.FunctionDef]) -> None:
        self._file, self._function = file, function
        self._scope = Scope(function)
        inner = {node.name: node for node in ast.walk(function) if isinstance(node, ast.FunctionDef)}
        self._helpers = {name: node for name, node in {**helpers, **inner}.items() if node is not function}

    def read(self) -> None:
        """Find the bounds of all assertions, `if …: raise` among them."""
        nodes = [node for node in ast.walk(self._function) if isinstance(node, ast.Assert | ast.If | ast.Expr)]
        for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
            match node:
                case ast.Assert(test=test):
                    self._assertion(test, True)
                case ast.If(test=test, body=[*_, ast.Raise()], orelse=[]):
                    self._assertion(test, False)
                case ast.Expr(value=ast.Call(func=func) as call) if last_name(func) in GAPS:
                    self._closeness(call, True, False, -1)
                case ast.Expr(value=ast.Call(func=func, args=[left, right, *_])) if (
                    last_name(func) == "assert_array_less"
                ):
                    self._array_less(node.value, left, right)

    def _assertion(self, test: ast.expr, wanted: bool) -> None:
        before, mark, group = len(self._file.bounds), len(self._file.pieces), self._file.group()
        self._walk(test, wanted, False, group)
        if len(self._file.bounds) > before:
            self._file.wrap(test, f"{_SHEET}.settle({group}, ", ")" if wanted else ", False)")
            opening, closing = self._file.pieces[-2:]
            self._file.pieces[mark:] = [opening, *self._file.pieces[mark:-2], closing]

    def _walk(self, node: ast.expr, wanted: bool, best: bool, group: int) -> None:
        """Find the bounds of a condition that ought to be `wanted`; `best`: it is one of several alternatives."""
        match node:
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                self._walk(operand, not wanted, best, group)
            case ast.BoolOp(op=op, values=values):
                for value in values:
                    self._walk(value, wanted, best or isinstance(op, ast.Or) is wanted, group)
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as op, right=right):
                for value in (left, right):
                    self._walk(value, wanted, best or isinstance(op, ast.BitOr) is wanted, group)
            case ast.IfExp(body=body, orelse=orelse):
                for value in (body, orelse):
                    self._walk(value, wanted, best, group)
            case ast.NamedExpr(value=value) | ast.GeneratorExp(elt=value) | ast.ListComp(elt=value):
                self._walk(value, wanted, best, group)
            case ast.Tuple(elts=values) | ast.List(elts=values):
                for value in values:
                    self._walk(value, wanted, best, group)
            case ast.Name(id=name):
                for bound in self._scope.bindings.get(name, []):
                    if bound is not None and self._file.first(bound, "followed"):
                        self._walk(bound, wanted, best, group)
            case ast.Compare():
                self._compare(node, wanted, best, group)
            case ast.Call():
                self._call(node, wanted, best, group)

    def _call(self, node: ast.Call, wanted: bool, best: bool, group: int) -> None:
        name = last_name(node.func)
        if name in GAPS:
            self._closeness(node, wanted, best, group)
        elif name in ("all", "any"):
            values = node.args[:1] or ([node.func.value] if isinstance(node.func, ast.Attribute) else [])
            for value in values:
                self._walk(value, wanted, best or (name == "any") is wanted, group)
        elif name in ("logical_and", "logical_or"):
            for value in node.args[:2]:
                self._walk(value, wanted, best or (name == "logical_or") is wanted, group)
        elif name in ("bool", "bool_", "logical_not"):
            for value in node.args[:1]:
                self._walk(value, wanted != (name == "logical_not"), best, group)
        elif isinstance(node.func, ast.Name) and name in self._helpers and self._file.first(self._helpers[name]):
            helper = self._helpers[name]
            for returned in ast.walk(helper):
                if isinstance(returned, ast.Return) and returned.value is not None:
                    _Case(self._file, helper, self._helpers)._walk(returned.value, wanted, best, -1)

    def _closeness(self, node: ast.Call, wanted: bool, best: bool, group: int) -> None:
        if not self._file.first(node):
            return
        site = self._file.site()
        self._file.wrap(node.func, f"{_SHEET}.function({site}, ")
        rule = Rule(site, -1, 0, "<=" if wanted else ">", best, group)
        self._file.add(self._function, node, self._file.segment(node, node), rule)

    def _compare(self, node: ast.Compare, wanted: bool, best: bool, group: int) -> None:
        operands = [node.left, *node.comparators]
        pairs = [
            (index, _SIGNS[type(op)], self._scope.is_constant(left))
            for index, (left, op, right) in enumerate(zip(operands, node.ops, operands[1:], strict=False))
            if type(op) in _SIGNS and self._scope.is_measured(left, right)
        ]
        if not pairs or not self._file.first(node):
            return
        site = self._file.site()
        self._file.wrap(node, f"{_SHEET}.done({site}, ")
        for place in sorted({place for index, _, _ in pairs for place in (index, index + 1)}):
            self._file.wrap(operands[place], f"{_SHEET}.at({site}, {place}, ")
        for index, sign, mirrored in pairs:
            sign = sign if wanted else _NEGATED[sign]
            alternative = best or (len(node.ops) > 1 and not wanted)
            rule = Rule(site, index, int(mirrored), _MIRRORED[sign] if mirrored else sign, alternative, group)
            text = self._file.segment(operands[index], operands[index + 1])
            self._file.add(self._function, operands[index], text, rule)

    def _array_less(self, node: ast.expr, left: ast.expr, right: ast.expr) -> None:
        """np.testing.assert_array_less compares as `<` does, so its arguments report as operands."""
        if self._scope.is_measured(left, right):
            site, mirrored = self._file.site(), self._scope.is_constant(left)
            self._file.wrap(left, f"{_SHEET}.at({site}, 0, ")
            # known before the call, since it raises
            self._file.wrap(right, f"{_SHEET}.done({site}, {_SHEET}.at({site}, 1, ", "))")
            rule = Rule(site, 0, int(mirrored), ">" if mirrored else "<", False, -1)
            self._file.add(self._function, node, self._file.segment(node, node), rule)
