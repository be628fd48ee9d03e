"""Keras models and histories as wire values, and back.

In goes a model of the layers listed here; out comes a description without code. The way back builds the model with this
process's own constructors and sets the weights: `from_config` and `load_model` are never given foreign data.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from autograder.sandbox.values import Array, Function, History, Layer, Model, Opaque, Value, WireError, decode_array
from autograder.sandbox.values import encode_array as _array

MAX_LAYERS = 64
MAX_UNITS = 4_096
MAX_PARAMETERS = 5_000_000
# what the judge computes for one sample when a test applies the model: recurrent steps, each with all weights
MAX_STEPS = 10_000
MAX_WORK = 500_000_000

_RECURRENT = [
    *["units", "activation", "use_bias", "return_sequences", "return_state", "go_backwards", "stateful"],
    *["dropout", "recurrent_dropout"],
]
_NORMALIZATION = ["axis", "epsilon", "center", "scale"]
# class name: the arguments that cross; every other argument keeps its default, initializers have done their work
_ARGUMENTS: dict[str, list[str]] = {
    "InputLayer": ["batch_shape", "dtype"],
    "SimpleRNN": _RECURRENT,
    "LSTM": [*_RECURRENT, "recurrent_activation"],
    "GRU": [*_RECURRENT, "recurrent_activation", "reset_after"],
    "Dense": ["units", "activation", "use_bias"],
    "Embedding": ["input_dim", "output_dim", "mask_zero"],
    "BatchNormalization": [*_NORMALIZATION, "momentum"],
    "LayerNormalization": _NORMALIZATION,
    "Activation": ["activation"],
    "ReLU": ["max_value", "negative_slope", "threshold"],
    "LeakyReLU": ["negative_slope"],
    "ELU": ["alpha"],
    "Dropout": ["rate"],
    "Flatten": [],
    "Reshape": ["target_shape"],
    "RepeatVector": ["n"],
    "Concatenate": ["axis"],
    "Add": [],
}
_SIZES = {"units", "input_dim", "output_dim", "n"}
_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
_ACTIVATIONS = {
    *["linear", "tanh", "relu", "sigmoid", "hard_sigmoid", "softmax", "elu", "selu", "leaky_relu", "softplus"],
    *["softsign", "exponential", "gelu", "swish", "silu"],
}
_OPTIMIZERS = {"adam", "sgd", "rmsprop", "adamw", "nadam", "adamax", "adagrad", "adadelta", "lion", "ftrl"}
_LOSSES = {
    *["mse", "mean_squared_error", "mae", "mean_absolute_error", "huber", "log_cosh", "binary_crossentropy"],
    *["categorical_crossentropy", "sparse_categorical_crossentropy"],
}


def encode_keras(thing: Any) -> Value:
    """Turn a Keras model, a training history or a tensor into a value; anything else becomes Opaque."""
    if type(thing) is keras.callbacks.History:
        return _encode_history(thing)
    if isinstance(thing, keras.Model):
        try:
            return _encode_model(thing)
        except (WireError, AttributeError, TypeError, ValueError) as error:
            return Opaque(f"{type(thing).__name__} ({str(error)[:150]})")
    if keras.ops.is_tensor(thing) or isinstance(thing, keras.Variable) or type(thing).__name__ == "ResourceVariable":
        return _array(keras.ops.convert_to_numpy(thing), "tensor")
    return Opaque(type(thing).__name__[:100])


def _encode_history(history: Any) -> History:
    numbers = {str(key): [float(value) for value in values] for key, values in history.history.items()}
    return History([int(epoch) for epoch in history.epoch], numbers)


def _encode_model(model: Any) -> Model:
    sequential = type(model) is keras.Sequential
    if not sequential and type(model) is not keras.Model and type(model).__name__ != "Functional":
        raise WireError(f"a model of the own class {type(model).__name__} does not cross")
    if not model.built:
        raise WireError("the model is not built: it does not know the shape of its input")
    network = model._functional if sequential else model
    nodes = [node for depth in sorted(network._nodes_by_depth, reverse=True) for node in network._nodes_by_depth[depth]]
    order = {id(node.operation): index for index, node in enumerate(nodes)}
    if len(order) != len(nodes):
        raise WireError("a layer that is used more than once does not cross")
    return Model(
        sequential=sequential,
        layers=[_encode_layer(node, order) for node in nodes],
        inputs=[order[id(tensor._keras_history[0])] for tensor in network.inputs],
        outputs=[order[id(tensor._keras_history[0])] for tensor in network.outputs],
        **_encode_compilation(model),
    )


def _encode_layer(node: Any, order: dict[int, int]) -> Layer:
    layer = node.operation
    kind = type(layer).__name__
    if kind not in _ARGUMENTS or type(layer) is not getattr(keras.layers, kind):
        raise WireError(f"a layer of class {kind} does not cross")
    given = layer.get_config()
    config = {name: _plain(given[name]) for name in _ARGUMENTS[kind] if name in given}
    inputs = [order[id(tensor._keras_history[0])] for tensor in node.input_tensors]
    weights = [_array(np.asarray(weight)) for weight in layer.get_weights()]
    if not all(isinstance(weight, Array) for weight in weights):
        raise WireError(f"weights of {kind} of a dtype that does not cross")
    return Layer(kind, config, [weight for weight in weights if isinstance(weight, Array)], inputs)


def _plain(setting: Any) -> Any:
    if isinstance(setting, (list, tuple)):
        return [None if item is None else int(item) for item in setting]
    if setting is None or type(setting) in (bool, int, float, str):
        return setting
    raise WireError("a layer with an argument of its own making does not cross")


def _encode_compilation(model: Any) -> dict[str, Any]:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return {}
    loss = getattr(model, "loss", None)
    name = loss if isinstance(loss, str) else getattr(loss, "name", None)
    kind = type(optimizer).__name__.lower()
    return {
        "optimizer": kind if kind in _OPTIMIZERS else None,
        "learning_rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
        "loss": name if name in _LOSSES else None,
    }


def decode_keras(value: Value, function: Callable[[Function], Any], opaque: Callable[[Opaque], Any]) -> Any:
    """Build the object that a value of a model, a history, a tensor, a function or an opaque thing stands for.

    Raises:
        WireError: when a model's description does not hold together or is larger than the limits above.
    """
    match value:
        case Array(kind="tensor"):
            return keras.ops.convert_to_tensor(decode_array(value))
        case Model():
            try:
                return _build_model(value)
            except WireError:
                raise
            except Exception as error:  # Keras checks its arguments here and there, and in many ways
                raise WireError(f"a model that cannot be built: {str(error)[:200]}") from None
        case History():
            history = keras.callbacks.History()
            history.epoch, history.history = list(value.epoch), dict(value.history)
            return history
        case Function():
            return function(value)
        case Opaque():
            return opaque(value)
        case _:
            raise WireError(f"an array of unknown kind {getattr(value, 'kind', '')[:20]!r}")


def _build_model(value: Model) -> Any:
    if not 0 < len(value.layers) <= MAX_LAYERS:
        raise WireError(f"a model of {len(value.layers)} layers")
    tensors: list[Any] = []
    layers: list[Any] = []
    parameters, steps, work = 0, 0, 0
    for index, described in enumerate(value.layers):
        if any(not 0 <= source < index for source in described.inputs):
            raise WireError("a layer that comes before its input")
        if len(described.inputs) > MAX_LAYERS:
            raise WireError(f"a layer of {len(described.inputs)} inputs; {MAX_LAYERS} may cross")
        layer = _build_layer(described)
        layers.append(layer)
        if described.kind == "InputLayer":
            tensors.append(layer.output)
            continue
        sources = [tensors[source] for source in described.inputs]
        _refuse_large(described, sources)
        tensors.append(layer(sources if len(sources) != 1 else sources[0]))
        if isinstance(tensors[-1], (list, tuple)):
            raise WireError("a layer with more than one output does not cross")
        states = getattr(layer, "states", None) or []  # Keras does not count them as parameters
        parameters += layer.count_params() + sum(math.prod(state.shape) for state in states)
        if parameters > MAX_PARAMETERS:
            raise WireError(f"a model of {parameters} parameters or more; {MAX_PARAMETERS} may cross")
        if described.kind in _GATES:
            steps += sources[0].shape[1] or 0
            work += (sources[0].shape[1] or 0) * layer.count_params()
        if steps > MAX_STEPS or work > MAX_WORK:
            raise WireError(f"a model of {steps} recurrent steps with {work} multiplications; too slow to be tried out")
    if value.sequential:
        model = keras.Sequential(layers)
    else:
        model = keras.Model([tensors[i] for i in value.inputs], [tensors[i] for i in value.outputs])
        if len(value.inputs) == len(value.outputs) == 1:
            model = keras.Model(tensors[value.inputs[0]], tensors[value.outputs[0]])
    for layer, described in zip(layers, value.layers, strict=True):
        if described.weights:
            layer.set_weights([decode_array(weight) for weight in described.weights])
    if value.optimizer is not None:
        if value.optimizer not in _OPTIMIZERS or value.loss not in {*_LOSSES, None}:
            raise WireError("an optimizer or a loss that does not cross")
        model.compile(optimizer=value.optimizer, loss=value.loss)
        model.optimizer.learning_rate = value.learning_rate
        model.optimizer.name = value.optimizer  # Keras numbers the names of later ones
    return model


def _refuse_large(described: Layer, sources: list[Any]) -> None:
    """Refuse a layer by its inputs and arguments, before Keras allocates anything for it."""
    if any(math.prod(size or 1 for size in tensor.shape) > MAX_PARAMETERS for tensor in sources):
        raise WireError(f"a layer in front of {described.kind} that makes too much of one input")
    config: dict[str, Any] = dict(described.config)
    gates = _GATES.get(described.kind, 0)
    units = config.get("units") or config.get("output_dim") or 0
    width = config.get("input_dim") or sources[0].shape[-1] or 1
    if config.get("stateful"):
        width += sources[0].shape[0] or 0  # a state for each sample of a batch
    if units * (width + (units if gates else 0)) * max(gates, 1) > MAX_PARAMETERS:
        raise WireError(f"{described.kind} of {units} units on {width} features; {MAX_PARAMETERS} parameters may cross")


def _build_layer(described: Layer) -> Any:
    allowed = _ARGUMENTS.get(described.kind)
    if allowed is None:
        raise WireError(f"a layer of class {described.kind[:60]!r} does not cross")
    config: dict[str, Any] = {}
    for name, setting in described.config.items():
        if name not in allowed:
            raise WireError(f"{described.kind} has no argument {name[:60]!r} that may cross")
        if name in _SIZES and not (type(setting) is int and 0 < setting <= MAX_UNITS):
            raise WireError(f"{described.kind} with {name}={str(setting)[:60]!r}; up to {MAX_UNITS} may cross")
        if name.endswith("activation") and setting not in _ACTIVATIONS:
            raise WireError(f"the activation {str(setting)[:60]!r} does not cross")
        if isinstance(setting, list):
            if any(size is not None and not -8 <= size <= 10 * MAX_UNITS for size in setting):
                raise WireError(f"{described.kind} with {name}={setting[:MAX_LAYERS]}")
            config[name] = tuple(setting)
        else:
            config[name] = setting
    return getattr(keras.layers, described.kind)(**config)
