"""Mistakes that any program may have: constants, comparisons, operators, terms, branches, results, omissions."""

import ast
from collections.abc import Iterator

from autograder.proof.operators.code import Code, Edit, Operator, called, is_module

_COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    **{ast.Lt: ("<=", ">"), ast.LtE: ("<", ">"), ast.Gt: (">=", "<"), ast.GtE: (">", "<")},
    **{ast.Eq: ("!=",), ast.NotEq: ("==",), ast.Is: ("is not",), ast.IsNot: ("is",), ast.In: ("not in",)},
    ast.NotIn: ("in",),
}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.FloorDiv: "/",
    ast.Mod: "//",
    ast.MatMult: "*",
}
_FUNCTIONS = {"tanh", "exp", "log", "sqrt", "square", "sigmoid", "softmax", "relu", "floor", "round"}
# what other operators change, where a wrong number is no likely mistake, or what is a matter of taste
_OWN_NUMBERS = {"axis", "epochs", "batch_size", "learning_rate", "ord", "seed", "steps_per_execution"}


def constant(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A whole number larger by one, a large one divided by ten, another number doubled, False for True."""
    if not isinstance(node, ast.Constant) or not _is_free(node, code):
        return
    value = node.value
    if isinstance(value, bool):
        yield Edit(node, str(not value))
    elif isinstance(value, int):
        yield Edit(node, str(value + 1 if value < 100 else value // 10))
    elif isinstance(value, float):
        yield Edit(node, repr(2 * value if value else 1.0))


def comparison(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The boundary on the other side, or the opposite."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if not isinstance(code.parent(node), ast.IfExp):
            for sign in _COMPARISONS[type(op)]:
                yield Edit(node, code.fit(node, code.beside(left, sign, right)))


def operator(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another operator of arithmetic: minus for plus, element by element for a matrix product."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            if not _is_written_down(node, code):
                yield Edit(node, code.fit(node, code.beside(left, _OPERATORS[type(op)], right)))
        case ast.AugAssign(target=target, value=value):
            yield Edit(node, f"{code.text(target)} = {code.text(value)}")


def term(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A term of a sum, a factor, a divisor or an exponent left out."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if not _is_written_down(node, code):
            if not isinstance(op, ast.MatMult):
                yield Edit(node, code.fit(node, code.text(left)))
            chain = isinstance(left, ast.BinOp) and type(left.op) is type(op)
            if isinstance(op, ast.Add | ast.Mult) and not chain:  # of a chain the last one is left out here
                yield Edit(node, code.fit(node, code.text(right)))


def function(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A function not applied: its argument for its value."""
    match node:
        case ast.Call(func=callee, args=[inner]) if called(node) in _FUNCTIONS:
            if isinstance(callee, ast.Name) or is_module(callee):
                yield Edit(node, code.fit(node, code.text(inner)))


def branch(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One branch whatever the condition says, or the two exchanged."""
    match node:
        case ast.IfExp(body=body, orelse=other):
            yield from (Edit(node, code.fit(node, code.text(kept))) for kept in (body, other))
        case ast.If(test=(ast.Name() | ast.Call()) as test):
            yield Edit(test, f"not {code.text(test)}")
        case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test)):
            yield Edit(node.test, code.text(test))
        case ast.Call(args=[test, one, other]) if called(node) == "where":
            yield Edit(node, f"{code.text(node.func)}({', '.join(map(code.text, (test, other, one)))})")


def result(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Nothing returned, only the first of two results, a list without its last element."""
    match node:
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield Edit(value, "None")
            if isinstance(value, ast.Tuple) and len(value.elts) == 2:
                yield Edit(value, code.text(value.elts[0]))
            elif isinstance(value, ast.List) and len(value.elts) > 1:
                yield Edit(value, f"[{', '.join(map(code.text, value.elts[:-1]))}]")


def statement(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A statement left out that the rest can run without; at the top of a cell an answer that was never given."""
    match node:
        case ast.Assign(value=value) if isinstance(code.parent(node), ast.Module):
            if called(value) != "fit":
                yield Edit(value, "...")
        case ast.Assign(targets=[target]):
            if isinstance(target, ast.Subscript) or _is_bound_before(code.text(target), node, code):
                yield Edit(node, "pass")
        case ast.Expr() | ast.AugAssign() | ast.If():
            yield Edit(node, "pass")


def _is_bound_before(name: str, node: ast.stmt, code: Code) -> bool:
    """Tell whether a name has a value before this statement, so that it can be left out."""
    around = code.function(node)
    if name in code.arguments(node):
        return True
    earlier = (one for one in ast.walk(around or code.tree) if isinstance(one, ast.Assign) and one.lineno < node.lineno)
    return any(isinstance(target, ast.Name) and target.id == name for one in earlier for target in one.targets)


def _is_free(node: ast.Constant, code: Code) -> bool:
    """Tell whether a number stands for itself: no index, no seed, not what has an operator of its own."""
    inner: ast.AST = node
    for outer in code.ancestors(node):
        match outer:
            case ast.Subscript(slice=index) if index is inner or inner in getattr(index, "elts", ()):
                return False
            case ast.Slice() | ast.stmt():
                return not isinstance(outer, ast.Slice)
            case ast.keyword(arg=word):
                return word not in _OWN_NUMBERS and not (word or "").endswith("seed")
            case ast.BinOp(op=ast.Pow(), right=right) if right is inner:
                return False
            case ast.BinOp() if any("seed" in name.id for name in ast.walk(outer) if isinstance(name, ast.Name)):
                return False
            case ast.Call():
                return not (
                    called(outer) in ("range", "Dense") or "seed" in called(outer) or called(outer) == "default_rng"
                )
        inner = outer
    return True


def _is_written_down(node: ast.AST, code: Code) -> bool:
    """Tell whether a calculation is only another way to write a number down at the top of a cell, such as 1 / 12."""
    outer = next((one for one in code.ancestors(node) if isinstance(one, ast.stmt)), None)
    simple = ast.BinOp | ast.UnaryOp | ast.Constant | ast.operator | ast.unaryop
    top = isinstance(outer, ast.Assign) and isinstance(code.parent(outer), ast.Module)
    return top and isinstance(outer, ast.Assign) and all(isinstance(one, simple) for one in ast.walk(outer.value))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


OPERATORS: dict[str, Operator] = {
    "constant": constant,
    "comparison": comparison,
    "operator": operator,
    "term": term,
    "function": function,
    "branch": branch,
    "result": result,
    "statement": statement,
}
