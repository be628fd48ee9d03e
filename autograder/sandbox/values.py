"""The values that may cross between judge and box, and their way from and to Python objects.

In goes any object (`encode`); out comes a value of the closed list below. Back again (`decode_value`) fresh objects are
built from plain data. Nothing here evaluates, imports or unpickles.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from msgspec import Struct

MAX_ARRAY_BYTES = 64 << 20
MAX_NESTING = 10
MAX_DIMENSIONS = 8
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = frozenset(("bool", *INTEGERS, "float16", "float32", "float64", "complex64", "complex128"))


class WireError(Exception):
    """Bytes or a value that may not cross."""


# Plain None, bool, int (64 bit), float and str cross as themselves.


class Array(Struct, tag="array", frozen=True):
    """An array: `kind` is ndarray, scalar (of NumPy) or tensor (of TensorFlow); `data` in C order, little endian."""

    kind: str
    dtype: str
    shape: list[int]
    data: bytes


class Bytes(Struct, tag="bytes", frozen=True):
    data: bytes


class List(Struct, tag="list", frozen=True):
    items: list["Value"]


class Tuple(Struct, tag="tuple", frozen=True):
    items: list["Value"]


class Dict(Struct, tag="dict", frozen=True):
    """Pairs, so that a repeated key is seen and refused."""

    items: list[tuple[str | int, "Value"]]


class Dots(Struct, tag="...", frozen=True):
    """Ellipsis: what an untouched stub assigns."""


class Layer(Struct, frozen=True):
    """A layer of a model, and how it is called.

    Attributes:
        kind: its Keras class name; config: its arguments.
        inputs: numbers of the tensors it gets; the outputs of all layers are numbered in order.
        states: numbers of the tensors that a recurrent layer begins with, when it is given some.
        inner: the layer that a TimeDistributed or a Bidirectional one holds, without weights and inputs.
    """

    kind: str
    config: dict[str, bool | int | float | str | list[int | None] | None]
    weights: list[Array]
    inputs: list[int]
    states: list[int] = []
    inner: "Layer | None" = None


class Model(Struct, tag="model", frozen=True):
    """A Keras model as layer names with arguments of a closed list, and weights; see models.py."""

    sequential: bool
    layers: list[Layer]
    inputs: list[int]
    outputs: list[int]
    optimizer: str | None = None
    learning_rate: float | None = None
    loss: str | None = None


class Training(Struct, frozen=True):
    """A training without its numbers: all that its compiled program depends on.

    Attributes:
        model: without weights.
        steps, batch: full batches of an epoch, and samples in each.
        parts: (shape of a sample, dtype) of the inputs, the targets and, where there are, the weights.
    """

    model: Model
    steps: int
    batch: int
    parts: list[tuple[list[int], str]]


class History(Struct, tag="history", frozen=True):
    """What `fit` returns."""

    epoch: list[int]
    history: dict[str, list[float]]


class Function(Struct, tag="function", frozen=True):
    """A callable that stays where it is; `ref` means something only to the box that gave it out."""

    ref: int
    name: str


class Callback(Struct, tag="callback", frozen=True):
    """Judge to box only: a function of the test, callable while the call that it is an argument of runs."""

    ref: int


class Opaque(Struct, tag="opaque", frozen=True):
    """A value that does not cross; only its type's name does."""

    type_name: str


_Plain = bool | int | float | str | Bytes | Array | List | Tuple | Dict | Dots | None
Value = _Plain | Model | History | Function | Callback | Opaque


def encode(thing: Any, other: Callable[[Any], Value], depth: int = 0) -> Value:
    """Turn an object into a value.

    Types are compared, not tested with isinstance: a subclass goes to `other` with everything else that is not plain.

    Args:
        thing: any object.
        other: turns what is not plain data into a value, for example `Opaque`.
    """
    kind = type(thing)
    if thing is None or kind in (bool, float, str):
        return thing  # type: ignore[no-any-return]
    if kind is bytes:
        return Bytes(thing)
    if thing is Ellipsis:
        return Dots()
    if kind is int:
        return thing if _is_number(thing) else Opaque("int of more than 64 bits")
    if kind is np.ndarray or isinstance(thing, np.generic):
        return encode_array(thing)
    if depth >= MAX_NESTING:
        return Opaque("nested too deeply")
    if kind is list:
        return List([encode(item, other, depth + 1) for item in thing])
    if kind is tuple:
        return Tuple([encode(item, other, depth + 1) for item in thing])
    if kind is dict and all(type(key) is str or _is_number(key) for key in thing):
        return Dict([(key, encode(item, other, depth + 1)) for key, item in thing.items()])
    return other(thing)


def _is_number(thing: Any) -> bool:
    return type(thing) is int and -(1 << 63) <= thing < 1 << 64


def encode_array(array: Any, kind: str | None = None) -> Array | Opaque:
    """Turn an ndarray or a NumPy scalar into a value; Opaque when its dtype is not on the closed list."""
    if array.dtype.name not in DTYPES:
        return Opaque(f"array of dtype {array.dtype.name}")
    little = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    kind = kind or ("ndarray" if type(array) is np.ndarray else "scalar")
    return Array(kind, array.dtype.name, list(little.shape), little.tobytes())


def decode_array(value: Array) -> Any:
    """Turn a value into a fresh, writable ndarray, or a NumPy scalar.

    Raises:
        WireError: when dtype, shape and data do not fit together.
    """
    if value.dtype not in DTYPES:
        raise WireError(f"dtype {value.dtype[:40]!r} does not cross")
    shape = value.shape
    if len(shape) > MAX_DIMENSIONS or any(not 0 <= size <= MAX_ARRAY_BYTES for size in shape):
        raise WireError(f"an array of shape {shape[:MAX_DIMENSIONS]} does not cross")
    dtype = np.dtype(value.dtype)
    if math.prod(shape) * dtype.itemsize != len(value.data):
        raise WireError(f"{len(value.data)} bytes do not make {value.dtype} of shape {shape}")
    if value.dtype == "bool" and value.data.strip(b"\x00\x01"):
        raise WireError("a bool that is neither 0 nor 1")
    try:
        array = np.frombuffer(value.data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)
    except ValueError:  # no element, and sizes whose product NumPy cannot count
        raise WireError(f"an array of shape {shape} does not cross") from None
    if value.kind == "scalar":
        if shape:
            raise WireError("a scalar with a shape")
        return array[()]
    return array


def decode_value(value: Value, other: Callable[[Value], Any]) -> Any:
    """Turn a value into an object; `other` builds what is not plain data: models, functions, tensors, opaque values."""
    match value:
        case Bytes():
            return value.data
        case List():
            return [decode_value(item, other) for item in value.items]
        case Tuple():
            return tuple(decode_value(item, other) for item in value.items)
        case Dict():
            pairs = {key: decode_value(item, other) for key, item in value.items}
            if len(pairs) != len(value.items):
                raise WireError("a dictionary with a repeated key")
            return pairs
        case Dots():
            return Ellipsis
        case Array(kind="ndarray" | "scalar"):
            return decode_array(value)
        case Array() | Model() | History() | Function() | Callback() | Opaque():
            return other(value)
        case _:
            return value
