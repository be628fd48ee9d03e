"""A function of a test -> what its names are bound to, and which of its expressions are numbers known beforehand."""

import ast
from collections.abc import Iterator

_COUNTS = {"len", "ndim", "size", "shape", "count", "count_params", "itemsize", "nbytes"}
_OF_CONSTANTS = {
    *("sqrt", "exp", "log", "log2", "log10", "abs", "round", "min", "max"),
    *("float", "int", "float32", "float64"),
}
_CONSTANTS = {"pi", "e", "inf"}


class Scope:
    """The names of a function.

    Attributes:
        bindings: name -> the expressions that it is bound to, None for one that is not written in the function.
    """

    def __init__(self, function: ast.FunctionDef) -> None:
        self.bindings = _bindings(function)

    def is_measured(self, left: ast.expr, right: ast.expr) -> bool:
        """Tell whether a comparison by size is one of measured numbers."""
        if any(isinstance(part, ast.Constant) and not _is_number(part.value) for part in (left, right)):
            return False
        values = [part for part in (left, right) if not self.is_constant(part)]
        return bool(values) and not any(_is_count(part) for part in values)

    def is_constant(self, node: ast.expr | None, within: frozenset[str] = frozenset()) -> bool:
        """Tell whether an expression is computed from the numbers in the test alone."""
        match node:
            case ast.Constant(value=value):
                return _is_number(value)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return self.is_constant(operand, within)
            case ast.BinOp(left=left, right=right):
                return self.is_constant(left, within) and self.is_constant(right, within)
            case ast.Attribute(value=ast.Name(), attr=name):
                return name in _CONSTANTS
            case ast.Call(func=func, args=args, keywords=[]) if args and last_name(func) in _OF_CONSTANTS:
                return all(self.is_constant(arg, within) for arg in args)
            case ast.Name(id=name) if name in self.bindings and name not in within:
                return all(self.is_constant(value, within | {name}) for value in self.bindings[name])
        return False


def _is_count(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(left=left, right=right):
            return all(_is_count(part) for part in (left, right) if not isinstance(part, ast.Constant))
        case ast.Call(func=func):
            return last_name(func) in _COUNTS
        case ast.Subscript(value=ast.Attribute() as value) | (ast.Attribute() as value):
            return last_name(value) in _COUNTS
    return False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def last_name(function: ast.expr) -> str:
    """Return the last part of a dotted name: that of np.testing.assert_allclose is assert_allclose."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _bindings(function: ast.FunctionDef) -> dict[str, list[ast.expr | None]]:
    """Return what each name of a function is bound to, None where that is not written there."""
    found: dict[str, list[ast.expr | None]] = {}
    for target, value in _targets(function):
        match target, value:
            case ((ast.Tuple(elts=names) | ast.List(elts=names)), (ast.Tuple(elts=values) | ast.List(elts=values))) if (
                len(names) == len(values)
            ):
                pairs: list[tuple[ast.expr, ast.expr | None]] = list(zip(names, values, strict=True))
            case _:
                pairs = [(target, value)] if isinstance(target, ast.Name) else [(one, None) for one in _names(target)]
        for place, bound in pairs:
            for name in _names(place):
                found.setdefault(name.id, []).append(bound if name is place else None)
    for parameter in ast.walk(function.args):
        if isinstance(parameter, ast.arg):
            found.setdefault(parameter.arg, []).append(None)
    return found


def _targets(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield each place that binds names, with what it binds them to."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case ast.AnnAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                yield target, value
            case ast.AugAssign(target=target):
                yield target, None
            case ast.With(items=items):
                yield from ((item.optional_vars, None) for item in items if item.optional_vars)
            case ast.ImportFrom(module="reference", names=aliases):  # its constants; functions are called, not compared
                for alias in aliases:
                    yield ast.Name(alias.asname or alias.name, ast.Store()), ast.Constant(0)
            case ast.For(target=target, iter=over) | ast.comprehension(target=target, iter=over):
                yield from ((target, value) for value in _elements(over))


def _elements(over: ast.expr) -> list[ast.expr | None]:
    """Return what a loop goes through, as far as it is written there."""
    match over:
        case ast.Tuple(elts=values) | ast.List(elts=values):
            return [None if isinstance(value, ast.Starred) else value for value in values]
        case ast.Call(func=ast.Name(id="range"), args=values):
            return list(values)
    return [None]


def _names(target: ast.expr) -> list[ast.Name]:
    return [node for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
