"""Applies models of plain layers to plain arrays in NumPy: same formulas, other rounding, no operation of TensorFlow.

In go a model and its inputs, out comes its output. Around the arithmetic of a course's networks, Keras and TensorFlow
take ten times as long. What keeps gradients, runs inside another layer or knows a layer that has no rule here is left
to Keras.
"""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras.src.backend.common.global_state import get_global_attribute
from keras.src.models.functional import Functional

from autograder.sandbox import recurrence
from autograder.sandbox.network import RECURRENT, nodes_of, sources_of
from autograder.sandbox.values import WireError
from autograder.sandbox.weights import array_of

_HANDING_ON = ("Dense", "Activation")  # a mask, as it is
# layer, its inputs, its first states, the mask of its first input -> its outputs
_Rule = Callable[[Any, list[Any], list[Any], Any], list[Any] | None]
# a call of a layer: the layer, and the places of inputs, first states and outputs
_Call = tuple[Any, list[int], list[int], list[int]]

_METHODS = {"__call__", "call", "inner_loop"}
_stock: dict[Any, list[Any]] = {}
_calls: WeakKeyDictionary[Any, list[_Call]] = WeakKeyDictionary()


@dataclass(frozen=True)
class _LookUp:
    """What an Embedding gives, (n, T, F), not yet made: rows of a table (V, F), found by ids (n, T)."""

    table: Any
    ids: Any

    @property
    def dtype(self) -> Any:
        return self.table.dtype

    def array(self) -> Any:
        return self.table[self.ids]


def install() -> None:
    """Let models be called in this way, in this process and its forks, until somebody changes their methods."""
    stock_call = keras.Model.__call__

    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        plain = len(args) == 1 and (not kwargs or (kwargs.keys() == {"training"} and kwargs["training"] is False))
        output = forward(self, args[0]) if plain else None
        return stock_call(self, *args, **kwargs) if output is None else keras.ops.convert_to_tensor(output)

    keras.Model.__call__ = __call__
    kinds = [getattr(keras.layers, name) for name in (*_RULES, *(f"{kind}Cell" for kind in RECURRENT))]
    kinds += [keras.layers.Layer, keras.layers.InputLayer, keras.Sequential, keras.Model, Functional]
    _stock.update({kind: _methods_of(kind) for kind in kinds})


def forward(model: Any, given: Any) -> Any | None:
    """Return what a model gives, an array (n, ...) of its own, None where Keras has to compute it.

    Args:
        model: any; those that are Sequential or functional, of layers that are known here, are not left to Keras.
        given: any; what is an array (n, ...), or a list of one for each of several inputs, is not left to Keras.
    """
    if type(model) not in (keras.Sequential, Functional) or not model.built or len(model.outputs) != 1:
        return None
    if not _eagerly() or any(_methods_of(kind) != methods for kind, methods in _stock.items()):
        return None
    network = model._functional if type(model) is keras.Sequential else model
    if "call" in vars(model) or "call" in vars(network) or type(network._outputs_struct) is dict:
        return None
    several = type(given) is list and type(network._inputs_struct) is list and len(given) > 1
    inputs = given if several else [given]
    if len(inputs) != len(network.inputs) or not all(map(_fits, network.inputs, inputs)):
        return None
    arrays: dict[int, Any] = {id(to): x.astype(to.dtype) for to, x in zip(network.inputs, inputs, strict=True)}
    masks: dict[int, Any] = {}
    with contextlib.suppress(WireError), np.errstate(all="ignore"):  # as TensorFlow does
        for layer, sources, states, made in _calls_of(network):
            if type(layer) is keras.layers.InputLayer:
                continue
            mask = next((masks[source] for source in sources if source in masks), None)
            outputs = _apply(layer, [arrays[source] for source in sources], [arrays[state] for state in states], mask)
            if outputs is None:
                return None
            arrays.update(zip(made, outputs, strict=True))
            mask = _mask_after(layer, _made(arrays[sources[0]]), mask)
            masks.update({} if mask is None else {made[0]: mask})
        (output,) = network.outputs
        return None if id(output) in masks else _made(arrays[id(output)])
    return None


def _eagerly() -> bool:
    """Tell whether what is called now runs at once, for itself, and no gradient is kept of it."""
    import tensorflow as tf
    from tensorflow.python.eager.record import could_possibly_record

    alone = get_global_attribute("current_call_ctx") is None
    return alone and tf.executing_eagerly() and not could_possibly_record()


def _methods_of(kind: Any) -> list[Any]:
    return [getattr(kind, name, None) for name in _METHODS]


def _fits(tensor: Any, array: Any) -> bool:
    sizes = tensor.shape[1:]
    if type(array) is not np.ndarray or array.dtype.kind not in "fiub" or array.ndim != len(sizes) + 1:
        return False
    return len(array) > 0 and all(size in (None, found) for size, found in zip(tensor.shape, array.shape, strict=True))


def _calls_of(network: Any) -> list[_Call]:
    """Return the calls of layers in their order.

    Raises:
        WireError: when a layer is called in a way that is not known.
    """
    if network not in _calls:
        places = [
            (node.operation, *([id(one) for one in tensors] for tensors in (*sources_of(node), node.output_tensors)))
            for node in nodes_of(network)
        ]
        _calls[network] = places
    return _calls[network]


def _apply(layer: Any, inputs: list[Any], states: list[Any], mask: Any) -> list[Any] | None:
    kind = type(layer).__name__
    rule = _RULES.get(kind)
    if rule is None or type(layer) is not getattr(keras.layers, kind) or vars(layer).keys() & _METHODS:
        return None
    if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
        return None
    if not layer.compute_dtype == layer.variable_dtype in ("float32", "float64"):
        return None
    if kind != "Embedding" and any(array.dtype.name != layer.compute_dtype for array in (*inputs, *states)):
        return None
    if mask is not None and kind not in (*_HANDING_ON, *RECURRENT):
        return None
    if kind not in RECURRENT:
        inputs = [_made(array) for array in inputs]
    return rule(layer, inputs, [_made(state) for state in states], mask)


def _made(array: Any) -> Any:
    return array.array() if isinstance(array, _LookUp) else array


def _mask_after(layer: Any, array: Any, mask: Any) -> Any:
    """Return the mask of a layer's output, bool (n, T), None where nothing is masked."""
    kind = type(layer).__name__
    if kind == "Embedding":
        return array != 0 if layer.mask_zero else None
    return mask if kind in _HANDING_ON or getattr(layer, "return_sequences", False) else None


def _activation(layer: Any) -> Callable[[Any], Any] | None:
    """Return a layer's activation, which may write into the array that it is given."""
    activation = layer.activation
    name = getattr(activation, "__name__", "")
    if activation is not getattr(keras.activations, name, None):
        return None
    return _softmax if name == "softmax" else recurrence.IN_PLACE.get(name)


def _softmax(x: Any) -> Any:
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def _dense(layer: Any, inputs: list[Any], states: list[Any], mask: Any) -> list[Any] | None:
    (x,), activation = inputs, _activation(layer)
    if activation is None:
        return None
    kernel = array_of(layer.kernel)
    y = (x.reshape(-1, x.shape[-1]) @ kernel).reshape(*x.shape[:-1], kernel.shape[-1])
    if layer.bias is not None:
        y += array_of(layer.bias)
    return [activation(y)]


def _embedding(layer: Any, inputs: list[Any], states: list[Any], mask: Any) -> list[Any] | None:
    (ids,) = inputs
    ids = ids if ids.dtype.name in ("int32", "int64") else ids.astype("int32")
    if ids.size and not 0 <= ids.min() <= ids.max() < layer.input_dim:
        return None  # Keras has its own words for that
    return [_LookUp(array_of(layer.embeddings), ids)]


def _recurrent(layer: Any, inputs: list[Any], states: list[Any], mask: Any) -> list[Any] | None:
    (x,), cell = inputs, layer.cell
    if type(cell) is not getattr(keras.layers, f"{type(layer).__name__}Cell") or "call" in vars(cell):
        return None
    ids = x.ids if isinstance(x, _LookUp) and len(x.table) <= x.ids.size else None
    x = _made(x) if ids is None else x.table
    if layer.stateful or not recurrence.is_known(layer, cell, x):
        return None
    zeros = np.zeros((len(x if ids is None else ids), layer.units), x.dtype)
    first = states or [zeros] * (2 if type(layer).__name__ == "LSTM" else 1)
    last, made, outputs = recurrence.loop_of_arrays(layer, x, first, mask, ids)
    output = outputs if layer.return_sequences else last
    return [output, *made] if layer.return_state else [output]


def _activated(layer: Any, inputs: list[Any], states: list[Any], mask: Any) -> list[Any] | None:
    activation = _activation(layer)
    return None if activation is None else [activation(inputs[0].copy())]


def _flat(layer: Any, inputs: list[Any], states: list[Any], mask: Any) -> list[Any] | None:
    if layer.data_format != "channels_last":
        return None
    return [inputs[0].reshape(len(inputs[0]), math.prod(inputs[0].shape[1:]))]


def _repeated(layer: Any, inputs: list[Any], states: list[Any], mask: Any) -> list[Any] | None:
    return [np.repeat(inputs[0][:, None], layer.n, axis=1)]


_RULES: dict[str, _Rule] = {
    "Dense": _dense,
    "Embedding": _embedding,
    "SimpleRNN": _recurrent,
    "GRU": _recurrent,
    "LSTM": _recurrent,
    "Activation": _activated,
    "Flatten": _flat,
    "RepeatVector": _repeated,
}
