"""Keras models and histories as wire values, and back.

In goes a model of the layers listed here; out comes a description without code. The way back builds the model with this
process's own constructors and sets the weights: `from_config` and `load_model` are never given foreign data.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from autograder.sandbox.network import nodes_of, sources_of
from autograder.sandbox.values import Array, Function, History, Layer, Model, Opaque, Value, WireError, decode_array
from autograder.sandbox.values import encode_array as _array
from autograder.sandbox.weights import array_of, set_weights

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
    "TimeDistributed": [],
    "Bidirectional": ["merge_mode"],
}
# class name of a layer that holds another: what that may be
_INNER = {"TimeDistributed": {"Dense"}, "Bidirectional": {"SimpleRNN", "LSTM", "GRU"}}
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
    nodes = nodes_of(network)
    order = {id(made): place for place, made in enumerate(out for node in nodes for out in node.output_tensors)}
    if len({id(node.operation) for node in nodes}) != len(nodes):
        raise WireError("a layer that is used more than once does not cross")
    return Model(
        sequential=sequential,
        layers=[_encode_layer(node, order) for node in nodes],
        inputs=[order[id(tensor)] for tensor in network.inputs],
        outputs=[order[id(tensor)] for tensor in network.outputs],
        **_encode_compilation(model),
    )


def _encode_layer(node: Any, order: dict[int, int]) -> Layer:
    inputs, states = sources_of(node)
    kind, config, inner = _encode_class(node.operation)
    arrays = [_array(array_of(weight)) for weight in node.operation.weights]
    weights = [array for array in arrays if isinstance(array, Array)]
    if len(weights) != len(arrays):
        raise WireError(f"weights of {kind} of a dtype that does not cross")
    given, begun = ([order[id(tensor)] for tensor in tensors] for tensors in (inputs, states))
    return Layer(kind, config, weights, given, begun, inner)


def _encode_class(layer: Any) -> tuple[str, dict[str, Any], Layer | None]:
    """Return a layer's class name, its arguments, and the description of the layer in it, if it holds one."""
    kind = type(layer).__name__
    if kind not in _ARGUMENTS or type(layer) is not getattr(keras.layers, kind):
        raise WireError(f"a layer of class {kind} does not cross")
    config = {name: _plain(_argument(layer, name)) for name in _ARGUMENTS[kind] if hasattr(layer, name)}
    if kind not in _INNER:
        return kind, config, None
    both = kind == "Bidirectional"
    held, settings, _ = _encode_class(layer.forward_layer if both else layer.layer)
    if held not in _INNER[kind]:
        raise WireError(f"a layer of class {kind} around {held} does not cross")
    if both and _encode_class(layer.backward_layer)[:2] != (held, settings | {"go_backwards": True}):
        raise WireError("a Bidirectional layer whose two directions differ does not cross")
    return kind, config, Layer(held, settings, [], [])


def _argument(layer: Any, name: str) -> Any:
    """Return what `get_config` says of one argument; it describes all the others too, which takes ten times as long."""
    value = getattr(layer, name)
    if not name.endswith("activation"):
        return value
    known = getattr(value, "__name__", "")
    return known if value is getattr(keras.activations, known, layer) else keras.activations.serialize(value)


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
                with _no_drawing():
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
            raise WireError(f"a value of unknown kind {getattr(value, 'kind', '')[:20]!r}")


@contextlib.contextmanager
def _no_drawing() -> Iterator[None]:
    """Begin with weights of zeros: drawing them takes a fifth of the time, and those that crossed replace them."""
    stock = keras.Variable._initialize_with_initializer
    keras.Variable._initialize_with_initializer = lambda self, _: self._initialize(np.zeros(self.shape, self.dtype))
    try:
        yield
    finally:
        keras.Variable._initialize_with_initializer = stock


def _build_model(value: Model) -> Any:
    if not 0 < len(value.layers) <= MAX_LAYERS:
        raise WireError(f"a model of {len(value.layers)} layers")
    tensors: list[Any] = []
    layers: list[Any] = []
    parameters, steps, work = 0, 0, 0
    for described in value.layers:
        if any(not 0 <= source < len(tensors) for source in (*described.inputs, *described.states)):
            raise WireError("a layer that comes before its input")
        if len(described.inputs) > MAX_LAYERS:
            raise WireError(f"a layer of {len(described.inputs)} inputs; {MAX_LAYERS} may cross")
        layer = _build_layer(described)
        layers.append(layer)
        if described.kind == "InputLayer":
            tensors.append(layer.output)
            continue
        sources = [tensors[source] for source in described.inputs]
        states = [tensors[state] for state in described.states]
        _refuse_large(described, sources)
        _refuse_states(described, states)
        made = layer(sources if len(sources) != 1 else sources[0], **({"initial_state": states} if states else {}))
        tensors += made if isinstance(made, (list, tuple)) else [made]
        kept = getattr(layer, "states", None) or []  # Keras does not count them as parameters
        parameters += layer.count_params() + sum(math.prod(state.shape) for state in kept)
        if parameters > MAX_PARAMETERS:
            raise WireError(f"a model of {parameters} parameters or more; {MAX_PARAMETERS} may cross")
        if described.kind in _GATES or described.inner is not None:
            steps += (sources[0].shape[1] or 0) * (2 if described.kind == "Bidirectional" else 1)
            work += (sources[0].shape[1] or 0) * layer.count_params()
        if steps > MAX_STEPS or work > MAX_WORK:
            raise WireError(f"a model of {steps} recurrent steps with {work} multiplications; too slow to be tried out")
    if any(not 0 <= place < len(tensors) for place in (*value.inputs, *value.outputs)):
        raise WireError("a model with an input or an output that is not there")
    if value.sequential:
        model = keras.Sequential(layers)
    else:
        ends = [[tensors[place] for place in places] for places in (value.inputs, value.outputs)]
        model = keras.Model(*(end if len(end) != 1 else end[0] for end in ends))
    for layer, described in zip(layers, value.layers, strict=True):
        if described.weights:
            set_weights(layer, [decode_array(weight) for weight in described.weights])
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
    core = described.inner or described
    config: dict[str, Any] = dict(core.config)
    gates = _GATES.get(core.kind, 0) * (2 if described.kind == "Bidirectional" else 1)
    units = config.get("units") or config.get("output_dim") or 0
    width = config.get("input_dim") or sources[0].shape[-1] or 1
    if config.get("stateful"):
        width += sources[0].shape[0] or 0  # a state for each sample of a batch
    if units * (width + (units if gates else 0)) * max(gates, 1) > MAX_PARAMETERS:
        raise WireError(f"{described.kind} of {units} units on {width} features; {MAX_PARAMETERS} parameters may cross")


def _refuse_states(described: Layer, states: list[Any]) -> None:
    """Refuse first states that are no rows of as many numbers as the layer has units: Keras would find out later."""
    core = described.inner or described
    number = (2 if core.kind == "LSTM" else 1) * (2 if described.kind == "Bidirectional" else 1)
    if states and (core.kind not in _GATES or len(states) != number):
        raise WireError(f"{described.kind} with {len(states)} first states")
    if any(len(state.shape) != 2 or state.shape[1] != core.config.get("units") for state in states):
        raise WireError(f"{described.kind} with first states of another shape than its own")


def _build_layer(described: Layer) -> Any:
    inner, allowed = described.inner, _INNER.get(described.kind)
    if inner is None and allowed is None:
        return _construct(described)
    if inner is None or allowed is None or inner.kind not in allowed or inner.inner or inner.config.get("stateful"):
        raise WireError(f"{described.kind[:60]} around {inner and inner.kind[:60]} does not cross")
    return _construct(described, _construct(inner))


def _construct(described: Layer, *inner: Any) -> Any:
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
    return getattr(keras.layers, described.kind)(*inner, **config)
