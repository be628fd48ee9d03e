"""Mistakes with gradients: signs, absolute values and their place, norms, the order of a product, what is clipped."""

import ast
from collections.abc import Iterator

from autograder.proof.operators.code import Code, Edit, Operator, called, is_module, keyword, number, root

_EVEN = {"abs", "square", "norm", "reduce_euclidean_norm"}
_MEANS = {"mean", "sum", "max", "reduce_mean", "reduce_sum", "reduce_max"}
_BOUND = {"minimum", "maximum"}


def sign(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A minus lost, or a difference the other way round where the sign counts."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand) if number(operand) is None:
            yield Edit(node, code.text(operand))
        case ast.BinOp(left=left, op=ast.Sub(), right=right) if not _is_even(node, code):
            yield Edit(node, code.fit(node, code.beside(right, "-", left)))


def absolute(node: ast.AST, code: Code) -> Iterator[Edit]:
    """No absolute value, a square for it, or the absolute value of the mean for the mean of absolute values."""
    match node:
        case ast.Call(args=[inner]) if called(node) == "abs":
            yield Edit(node, code.fit(node, code.text(inner)))
            yield Edit(node, code.fit(node, f"{code.atom(inner)} ** 2"))
        case ast.Call(func=ast.Attribute(value=ast.Call(args=[inner]) as size)) if called(node) in _MEANS:
            if called(size) == "abs":
                given = ", ".join(map(code.text, (*node.args, *node.keywords)))
                yield Edit(node, f"{code.text(size.func)}({code.atom(inner)}.{called(node)}({given}))")
        case ast.Call(args=[ast.Call(args=[inner]) as size, *others]) if (
            called(node) in _MEANS and called(size) == "abs"
        ):
            given = ", ".join(map(code.text, (inner, *others, *node.keywords)))
            yield Edit(node, f"{code.text(size.func)}({code.text(node.func)}({given}))")


def norm(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The norm that NumPy takes by itself, Frobenius', for the one that was asked for."""
    if isinstance(node, ast.Call) and called(node) == "norm":
        word = keyword(node, "ord")
        if word is not None:
            yield Edit(node, code.without(node, word))
        elif len(node.args) > 1:
            yield Edit(node, code.without(node, node.args[1]))


def product_order(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The factors of a matrix product in the other order."""
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield Edit(node, code.fit(node, code.beside(right, "@", left)))
        case ast.Call(args=[left, right]) if called(node) in ("dot", "matmul") and is_module(node.func):
            yield Edit(node, f"{code.text(node.func)}({code.text(right)}, {code.text(left)})")


def clip(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Clipping by value for clipping by norm, by the norm of each tensor for that of all, on one side only."""
    match node:
        case ast.keyword(arg="global_clipnorm" | "clipnorm" as name, value=value):
            other = "clipnorm" if name == "global_clipnorm" else "clipvalue"
            yield Edit(node, f"{other}={code.text(value)}")
        case ast.Call(args=[grads, limit]) if called(node) == "clip_by_global_norm":
            each = f"tf.clip_by_value(grad, -{code.atom(limit)}, {code.text(limit)})"
            yield Edit(node, f"([{each} for grad in {code.text(grads)}], tf.linalg.global_norm({code.text(grads)}))")
        case ast.Call(args=[grad, limit]) if called(node) == "clip_by_norm":
            yield Edit(node, f"tf.clip_by_value({code.text(grad)}, -{code.atom(limit)}, {code.text(limit)})")
        case ast.Call(args=[grad, _, upper]) if called(node) in ("clip", "clip_by_value") and root(node) in (
            "np",
            "tf",
        ):
            yield Edit(node, f"{root(node)}.minimum({code.text(grad)}, {code.text(upper)})")
        case ast.Call(args=[one, other]) if called(node) in _BOUND and is_module(node.func):
            yield from (Edit(node, code.fit(node, code.text(kept))) for kept in (one, other))


def _is_even(node: ast.AST, code: Code) -> bool:
    """Tell whether the sign of a value makes no difference to what is made of it next."""
    parent = code.parent(node)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow):
        power = number(parent.right)
        return power is not None and power % 2 == 0
    return called(parent) in _EVEN if parent is not None else False


OPERATORS: dict[str, Operator] = {
    "sign": sign,
    "absolute": absolute,
    "norm": norm,
    "product-order": product_order,
    "clip": clip,
}
