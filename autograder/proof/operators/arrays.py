"""Mistakes with arrays: axes, shapes, types, indices, reductions, random numbers, views that are changed in place."""

import ast
from collections.abc import Iterator

from autograder.proof.operators.code import Code, Edit, Operator, called, is_module, keyword, number, root

_REDUCTIONS = {
    **{"sum": "mean", "mean": "sum", "min": "max", "max": "min", "std": "var", "var": "std", "median": "mean"},
    **{"argmax": "argmin", "argmin": "argmax", "any": "all", "all": "any", "prod": "sum", "cumsum": "cumprod"},
    **{
        "reduce_sum": "reduce_mean",
        "reduce_mean": "reduce_sum",
        "reduce_max": "reduce_min",
        "reduce_min": "reduce_max",
    },
}
_TYPES = {"float32": "float64", "float64": "float32", "int32": "float32", "int64": "float32", "bool": "int64"}
_FILLS = {"zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like", "eye": "zeros"}
_JOINS = {"stack": "concatenate", "concatenate": "stack"}
_SHAPED = {"zeros", "ones", "full", "empty", "random", "normal", "uniform", "integers", "reshape", "Input"}


def axis(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another axis, one of several axes, all axes; `x[i]` where `x[:, i]` is meant."""
    match node:
        case ast.Call() if (word := keyword(node, "axis")) is not None:
            axes = word.value.elts if isinstance(word.value, ast.Tuple) else []
            if axes:
                yield from (Edit(word.value, code.text(one)) for one in axes)
            elif (value := number(word.value)) is not None:
                yield Edit(word.value, "1" if value == 0 else "0")
            if called(node) not in _JOINS:
                yield Edit(node, code.without(node, word))
        case ast.Subscript(slice=ast.Tuple(elts=[ast.Slice(lower=None, upper=None), index])):
            if not isinstance(index, ast.Slice) and not _is_none(index):
                yield Edit(node.slice, code.text(index))


def keepdims(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A reduced axis kept, or the kept one dropped."""
    if isinstance(node, ast.Call) and called(node) in _REDUCTIONS:
        word = keyword(node, "keepdims")
        if word is not None:
            yield Edit(node, code.without(node, word))
        elif keyword(node, "axis") is not None:
            yield Edit(node, code.plus(node, "keepdims=True"))


def transpose(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A matrix transposed or no longer transposed; the first two sizes of a shape, or of a matrix, swapped."""
    match node:
        case ast.Attribute(attr="T", ctx=ast.Load()):
            yield Edit(node, code.fit(node, code.text(node.value)))
        case ast.BinOp(op=ast.MatMult(), right=right) if not _is_transposed(right):
            yield Edit(right, f"{code.atom(right)}.T")
        case ast.Call(func=ast.Attribute(attr="transpose" | "swapaxes", value=value)):
            kept = node.args[0] if is_module(value) and node.args else value
            yield Edit(node, code.fit(node, code.text(kept)))
        case ast.Tuple(elts=[first, second, *rest]) if _is_shape(node, code):
            if number(first) is None and code.text(first) != code.text(second):
                texts = [code.text(second), code.text(first), *map(code.text, rest)]
                yield Edit(node, f"({', '.join(texts)})")


def last_dimension(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The last dimension, of size 1, dropped: (n, T) for (n, T, 1), `x` for `x[:, None]`."""
    match node:
        case ast.Tuple(elts=[*first, ast.Constant(value=1)]) if first and _is_shape(node, code):
            yield Edit(node, f"({', '.join(map(code.text, first))}{',' if len(first) == 1 else ''})")
        case ast.Subscript(slice=ast.Tuple(elts=[*_, last])) if _is_none(last):
            yield Edit(node, code.fit(node, code.text(node.value)))
        case ast.Call(func=ast.Attribute(attr="ravel" | "flatten" | "squeeze", value=value)) if not is_module(value):
            yield Edit(node, code.fit(node, code.text(value)))


def dtype(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another type of the elements, or the one that NumPy takes by itself."""
    match node:
        case ast.Attribute(value=value, attr=name) if name in _TYPES and is_module(value):
            yield Edit(node, f"{code.text(value)}.{_TYPES[name]}")
        case ast.keyword(arg="dtype", value=ast.Constant(value=name)) if name in _TYPES:
            yield Edit(node.value, f'"{_TYPES[name]}"')
        case ast.Call() if (word := keyword(node, "dtype")) is not None:
            if isinstance(word.value, ast.Attribute) and word.value.attr not in _TYPES:  # as in dtype=X.dtype
                yield Edit(node, code.without(node, word))
        case ast.Call(func=ast.Attribute(attr="astype", value=value)):
            yield Edit(node, code.fit(node, code.text(value)))


def off_by_one(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One element too few or too many: in a slice, in a range, in an index that runs along."""
    match node:
        case ast.Subscript(slice=index, ctx=ast.Load()):
            for part in index.elts if isinstance(index, ast.Tuple) else [index]:
                yield from _shifted(part, node, code)
        case ast.Call(func=ast.Name(id="range"), args=[stop]):
            yield Edit(stop, _next(stop, -1, code))
            yield Edit(stop, f"1, {code.text(stop)}")
        case ast.Call(func=ast.Name(id="range"), args=[start, stop, *step]):
            down = bool(step) and (number(step[0]) or 0) < 0
            yield Edit(start, _next(start, -1 if down else 1, code))
            yield Edit(stop, _next(stop, 1 if down else -1, code))


def _shifted(part: ast.expr, whole: ast.Subscript, code: Code) -> Iterator[Edit]:
    if isinstance(part, ast.Slice):
        for end, step in ((part.lower, 1), (part.upper, -1)):
            value = number(end)
            if end is not None and (value is None or abs(value) < 100):  # one of hundreds is a matter of taste
                yield Edit(end, _next(end, step, code))
    elif number(part) in (0, -1):
        yield Edit(part, "1" if number(part) == 0 else "-2")
    elif isinstance(part, ast.Name) and _runs_along(part.id, whole, code):
        yield Edit(part, f"{part.id} - 1")


def first_last(node: ast.AST, code: Code) -> Iterator[Edit]:
    """First for last, last for first, backwards for forwards; two results or two sizes the wrong way round."""
    match node:
        case ast.Subscript(slice=index, ctx=ast.Load()):
            for part in index.elts if isinstance(index, ast.Tuple) else [index]:
                if number(part) in (0, -1):
                    yield Edit(part, "-1" if number(part) == 0 else "0")
                elif isinstance(part, ast.Slice) and number(part.step) == -1:
                    yield Edit(part, ":")
        case ast.Return(value=ast.Tuple(elts=[first, second]) as both):
            yield Edit(both, f"{code.text(second)}, {code.text(first)}")
        case ast.Return(value=ast.List(elts=[first, second, *rest]) as both) if code.text(first) != code.text(second):
            yield Edit(both, f"[{', '.join(map(code.text, (second, first, *rest)))}]")
        case ast.Assign(targets=[ast.Tuple(elts=[first, second, *rest])], value=value) if not isinstance(
            value, ast.Tuple
        ):
            yield Edit(node.targets[0], ", ".join(map(code.text, (second, first, *rest))))


def reduction(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Mean for sum, largest for smallest, and the like."""
    if isinstance(node, ast.Call) and called(node) in _REDUCTIONS:
        yield _renamed(node.func, _REDUCTIONS[called(node)], code)


def fill(node: ast.AST, code: Code) -> Iterator[Edit]:
    """An array that starts with other values: ones for zeros."""
    if isinstance(node, ast.Call) and called(node) in _FILLS and isinstance(node.func, ast.Attribute):
        if called(node) == "eye":
            yield Edit(node, f"np.ones(({code.text(node.args[0])}, {code.text(node.args[0])}))")
        else:
            yield _renamed(node.func, _FILLS[called(node)], code)


def join(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Arrays joined along an axis that is there instead of a new one, or the reverse."""
    if isinstance(node, ast.Call) and called(node) in _JOINS:
        yield _renamed(node.func, _JOINS[called(node)], code)


def seed(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The seed that was given is not used: another one each time, or always the same."""
    if not isinstance(node, ast.Call):
        return
    if called(node) in ("default_rng", "RandomState", "Generator") and node.args:
        yield Edit(node, f"{code.text(node.func)}()")
    for given in (*node.args, *(word.value for word in node.keywords)):
        if isinstance(given, ast.Name) and "seed" in given.id and given.id in code.arguments(node):
            yield Edit(given, "0")


def alias(node: ast.AST, code: Code) -> Iterator[Edit]:
    """An array changed in place that is somebody else's: no copy, `+=`, a result written into a slice."""
    match node:
        case ast.Call(func=ast.Attribute(attr="copy", value=value), args=[]):
            yield Edit(node, code.fit(node, code.text(value)))
        case ast.Call(func=ast.Attribute(value=module, attr="array"), args=[ast.Name(), *_]) if is_module(module):
            yield _renamed(node.func, "asarray", code)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(left=ast.Name(id=same), op=op, right=right)):
            if name == same and type(op) in _IN_PLACE:
                yield Edit(node, f"{name} {_IN_PLACE[type(op)][0]}= {code.text(right)}")
        case ast.BinOp(left=ast.Subscript(slice=index) as left, op=op, right=right):
            view = any(isinstance(one, ast.Slice) for one in ast.walk(index))
            if view and root(left) in code.arguments(node) and type(op) in _IN_PLACE and "np" in code.names:
                function = _IN_PLACE[type(op)][1]
                place = code.text(left)
                yield Edit(node, f"np.{function}({place}, {code.text(right)}, out={place})")


_IN_PLACE = {
    ast.Add: ("+", "add"),
    ast.Sub: ("-", "subtract"),
    ast.Mult: ("*", "multiply"),
    ast.Div: ("/", "divide"),
}


def _renamed(function: ast.expr, name: str, code: Code) -> Edit:
    if isinstance(function, ast.Attribute):
        return Edit(function, f"{code.text(function.value)}.{name}")
    return Edit(function, name)


def _is_transposed(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "T"


def _is_none(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or (
        isinstance(node, ast.Attribute) and node.attr == "newaxis"
    )


def _is_shape(node: ast.Tuple, code: Code) -> bool:
    """Tell whether a tuple in parentheses is handed on as a shape."""
    parent = code.parent(node)
    call = code.parent(parent) if isinstance(parent, ast.keyword) and parent.arg in ("shape", "size") else parent
    return isinstance(call, ast.Call) and called(call) in _SHAPED


def _next(node: ast.expr, step: int, code: Code) -> str:
    """Return the text of a number or an expression that is larger by `step`, 1 or -1."""
    value = number(node)
    if value is not None:
        return f"{int(value) + step}"
    return f"{code.text(node)} {'+' if step > 0 else '-'} 1"


def _runs_along(name: str, node: ast.AST, code: Code) -> bool:
    """Tell whether a loop around the node counts with this name."""
    loops = (one for one in code.ancestors(node) if isinstance(one, ast.For))
    return any(isinstance(loop.target, ast.Name) and loop.target.id == name for loop in loops)


OPERATORS: dict[str, Operator] = {
    "axis": axis,
    "keepdims": keepdims,
    "transpose": transpose,
    "last-dimension": last_dimension,
    "dtype": dtype,
    "off-by-one": off_by_one,
    "first-last": first_last,
    "reduction": reduction,
    "fill": fill,
    "join": join,
    "seed": seed,
    "alias": alias,
}
