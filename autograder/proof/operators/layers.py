"""Mistakes with Keras: layers and their arguments, how a model is compiled, trained, and on which data it is judged."""

import ast
import re
from collections.abc import Iterator

from autograder.proof.operators.code import Code, Edit, Operator, called, keyword, number

_CELLS = {"SimpleRNN": "LSTM", "LSTM": "SimpleRNN", "GRU": "SimpleRNN"}
_ACTIVATIONS = {
    **{"tanh": "relu", "relu": "tanh", "sigmoid": "tanh", "softmax": "sigmoid", "linear": "relu"},
    **{"elu": "relu", "leaky_relu": "relu", "gelu": "relu"},
}
_INITIALIZERS = {
    **{"zeros": "ones", "ones": "zeros", "orthogonal": "glorot_uniform", "identity": "glorot_uniform"},
    **{"glorot_uniform": "zeros", "glorot_normal": "zeros", "he_normal": "glorot_uniform", "he_uniform": "zeros"},
}
_LOSSES = {
    **{"mse": "mae", "mae": "mse", "mean_squared_error": "mean_absolute_error"},
    **{"binary_crossentropy": "mse", "categorical_crossentropy": "mse"},
    **{"sparse_categorical_crossentropy": "categorical_crossentropy"},
}
_OPTIMIZERS = {"adam": "sgd", "sgd": "adam", "rmsprop": "sgd", "Adam": "SGD", "SGD": "Adam", "RMSprop": "SGD"}
_TEST_NAME = re.compile(r"\b(test_\w+|\w+_test)\b")
_FAST = 0.1  # a learning rate that is plausible to try and a hundred times Adam's own


def layer(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another kind of recurrent layer."""
    if isinstance(node, ast.Call) and called(node) in _CELLS:
        name = _CELLS[called(node)]
        if isinstance(node.func, ast.Attribute):
            yield Edit(node.func, f"{code.text(node.func.value)}.{name}")
        elif "keras" in code.names:
            yield Edit(node.func, f"keras.layers.{name}")


def units(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another number of units: the default instead of the argument, or one more."""
    if isinstance(node, ast.Call) and called(node) in (*_CELLS, "Dense") and node.args:
        default = _default(node.args[0], code)
        yield Edit(node.args[0], default or f"{code.text(node.args[0])} + 1")


def activation(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another activation, also where the one by default is meant."""
    if not isinstance(node, ast.Call) or called(node) not in (*_CELLS, "Dense"):
        return
    word = keyword(node, "activation")
    if word is None:
        yield Edit(node, code.plus(node, 'activation="relu"'))
    elif isinstance(word.value, ast.Constant) and word.value.value in _ACTIVATIONS:
        yield Edit(word.value, f'"{_ACTIVATIONS[word.value.value]}"')


def initializer(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another initialiser, or the one by default, where the solution names one."""
    if not isinstance(node, ast.Call):
        return
    for word in node.keywords:
        if word.arg is not None and word.arg.endswith("_initializer"):
            name = word.value.value if isinstance(word.value, ast.Constant) else called(word.value).lower()
            yield Edit(node, code.without(node, word))
            if name in _INITIALIZERS:
                yield Edit(word.value, f'"{_INITIALIZERS[name]}"')


def return_sequences(node: ast.AST, code: Code) -> Iterator[Edit]:
    """All states for the last one, or the last one for all."""
    if isinstance(node, ast.Call) and called(node) in _CELLS:
        word = keyword(node, "return_sequences")
        yield Edit(node, code.plus(node, "return_sequences=True") if word is None else code.without(node, word))


def output_layer(node: ast.AST, code: Code) -> Iterator[Edit]:
    """No output layer."""
    match node:
        case ast.Call(args=[ast.List(elts=[*others, last]) as layers]) if called(node) == "Sequential":
            if len(others) > 1 and called(last) == "Dense":
                yield Edit(layers, f"[{', '.join(map(code.text, others))}]")


def loss(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another loss."""
    match node:
        case ast.keyword(arg="loss", value=ast.Constant(value=name)) if name in _LOSSES:
            yield Edit(node.value, f'"{_LOSSES[name]}"')


def optimizer(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another optimizer."""
    match node:
        case ast.keyword(arg="optimizer", value=ast.Constant(value=name)) if name in _OPTIMIZERS:
            yield Edit(node.value, f'"{_OPTIMIZERS[name]}"')
        case ast.Call(func=ast.Attribute(value=module, attr=name)) if name in _OPTIMIZERS:
            yield Edit(node.func, f"{code.text(module)}.{_OPTIMIZERS[name]}")


def learning_rate(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A learning rate ten times as large or as small, or a large one where the one by default is meant."""
    match node:
        case ast.keyword(arg="optimizer", value=ast.Constant(value="adam")) if "keras" in code.names:
            yield Edit(node.value, f"keras.optimizers.Adam({_FAST})")
        case ast.keyword(arg="learning_rate", value=rate) if (value := number(rate)) is not None:
            yield from (Edit(rate, f"{value * factor:g}") for factor in (10, 0.1))
        case ast.Call(args=[rate, *_]) if called(node) in _OPTIMIZERS and (value := number(rate)) is not None:
            yield from (Edit(rate, f"{value * factor:g}") for factor in (10, 0.1))


def epochs(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One epoch."""
    match node:
        case ast.keyword(arg="epochs", value=value) if number(value) != 1:
            yield Edit(value, "1")


def batch_size(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Batches 32 times as large: a step for each thousand samples rather than for each 32."""
    match node:
        case ast.keyword(arg="batch_size", value=value) if (size := number(value)) is not None:
            yield Edit(value, f"{int(size) * 32}")


def unfitted(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A model that is never trained, though the history has a name."""
    match node:
        case ast.Assign(value=ast.Call(func=ast.Attribute(attr="fit"))):
            yield Edit(node.value, "None")


def leak(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A test set that is no test set: the training data under its name, or in its place."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=other)])], value=value):
            if {_training(one), _training(other)} <= code.names - {one, other}:
                yield Edit(value, f"{_training(one)}, {_training(other)}")
        case ast.Assign(value=value) | ast.Return(value=ast.expr() as value):
            text = _TEST_NAME.sub(lambda name: _training(name[0]), code.text(value))
            used = {one.id for one in ast.walk(value) if isinstance(one, ast.Name) and _TEST_NAME.fullmatch(one.id)}
            if used and {_training(name) for name in used} <= code.names:
                yield Edit(value, text)


def _training(name: str) -> str:
    """Return what the training data are called that belong to test data: `X` for `X_test`."""
    return name.removesuffix("_test").removeprefix("test_")


def _default(node: ast.expr, code: Code) -> str:
    """Return the text of the default of the argument that `node` names; "" when it has none."""
    function = code.function(node)
    if function is None or not isinstance(node, ast.Name):
        return ""
    names = [one.arg for one in function.args.args]
    pairs = zip(reversed(names), reversed(function.args.defaults), strict=False)
    return next((code.text(value) for name, value in pairs if name == node.id), "")


OPERATORS: dict[str, Operator] = {
    "layer": layer,
    "units": units,
    "activation": activation,
    "initializer": initializer,
    "return-sequences": return_sequences,
    "output-layer": output_layer,
    "loss": loss,
    "optimizer": optimizer,
    "learning-rate": learning_rate,
    "epochs": epochs,
    "batch-size": batch_size,
    "unfitted": unfitted,
    "leak": leak,
}
