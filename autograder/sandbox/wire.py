"""The frames and values that may cross between judge and box, a codec closed by construction.

In goes any Python object (`encode`) or any bytes (`read_frame`); out comes a value of the closed list below or a WireError.
Nothing here evaluates, imports or unpickles; sizes, counts and depth are bounded before memory is allocated for them.
"""

import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

MAX_FRAME_BYTES = 64 << 20
MAX_NODES = 100_000
MAX_DEPTH = 40
MAX_DIMENSIONS = 8
MAX_TEXT = 2_000  # characters of an exception's text
DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)


class WireError(Exception):
    """Bytes or a value that may not cross."""


# --- values ---------------------------------------------------------------------------------------------------------
# Plain None, bool, int (64 bit), float, str and bytes cross as themselves.


class Array(Struct, tag="array", frozen=True):
    """An array: `kind` is ndarray, scalar (a NumPy scalar) or tensor (a TensorFlow tensor); `data` in C order, little endian."""

    kind: str
    dtype: str
    shape: list[int]
    data: bytes


class List(Struct, tag="list", frozen=True):
    items: list["Value"]


class Tuple(Struct, tag="tuple", frozen=True):
    items: list["Value"]


class Dict(Struct, tag="dict", frozen=True):
    """Pairs, so that a repeated key is seen and refused."""

    items: list[tuple[str, "Value"]]


class Dots(Struct, tag="...", frozen=True):
    """Ellipsis: what an untouched stub assigns."""


class Layer(Struct, frozen=True):
    """A layer of a model: `kind` is its Keras class name; `inputs` are indices of earlier layers."""

    kind: str
    config: dict[str, None | bool | int | float | str | list[int | None]]
    weights: list[Array]
    inputs: list[int]


class Model(Struct, tag="model", frozen=True):
    """A Keras model as layer names with arguments of a closed list, and weights; see models.py."""

    sequential: bool
    layers: list[Layer]
    inputs: list[int]
    outputs: list[int]
    optimizer: str | None = None
    learning_rate: float | None = None
    loss: str | None = None


class History(Struct, tag="history", frozen=True):
    """What `fit` returns."""

    epoch: list[int]
    history: dict[str, list[float]]


class Function(Struct, tag="function", frozen=True):
    """A callable that stays where it is; `ref` means something only to the box that gave it out."""

    ref: int
    name: str


class Opaque(Struct, tag="opaque", frozen=True):
    """A value that does not cross; only its type's name does."""

    type_name: str


Value = (
    None | bool | int | float | str | bytes | Array | List | Tuple | Dict | Dots | Model | History | Function | Opaque
)


# --- frames ---------------------------------------------------------------------------------------------------------


class Begin(Struct, tag="begin", frozen=True):
    """Judge to box, once: data files for the working folder and the seed of every generator."""

    seed: int
    files: dict[str, bytes]


class Execute(Struct, tag="execute", frozen=True):
    nonce: bytes
    source: str


class Resume(Struct, tag="resume", frozen=True):
    """Go on after a checkpoint."""

    nonce: bytes


class Get(Struct, tag="get", frozen=True):
    nonce: bytes
    name: str


class Call(Struct, tag="call", frozen=True):
    nonce: bytes
    ref: int
    args: list[Value]
    kwargs: dict[str, Value]


Request = Begin | Execute | Resume | Get | Call


class Ready(Struct, tag="ready", frozen=True):
    """Box to judge, once: confined, and what it runs on."""

    python: str
    level: str


class Failed(Struct, tag="failed", frozen=True):
    """Box to judge instead of Ready: confinement did not work; nothing of the student has run."""

    reason: str


class Checkpoint(Struct, tag="checkpoint", frozen=True):
    """The notebook called `grader.check(question)` and waits."""

    nonce: bytes
    question: str


class Done(Struct, tag="done", frozen=True):
    """A cell ended; `error` is (type name, text) when it raised."""

    nonce: bytes
    error: tuple[str, str] | None


class Reply(Struct, tag="reply", frozen=True):
    """The answer to Get or Call.

    Attributes:
        missing: Get only: the notebook has no such name.
        changed: Call only: (number of the array among the arguments, its new content) of each array changed in place.
        random_moved: Call only: the call moved the global state of `random` or `numpy.random`.
    """

    nonce: bytes
    value: Value
    missing: bool = False
    changed: list[tuple[int, Array]] = []
    random_moved: bool = False


class Raised(Struct, tag="raised", frozen=True):
    """A Call that ended with an exception."""

    nonce: bytes
    type_name: str
    text: str


Answer = Ready | Failed | Checkpoint | Done | Reply | Raised

_encoder = msgspec.msgpack.Encoder()


def send_frame(sock: socket.socket, message: Struct) -> None:
    """Write one frame: four bytes of length, big endian, then MessagePack.

    Raises:
        WireError: when the message is larger than a frame may be; nothing is written then.
    """
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(
            f"a message of {len(body) >> 20} MiB is larger than the {MAX_FRAME_BYTES >> 20} MiB that may cross"
        )
    sock.sendall(struct.pack(">I", len(body)) + body)


def read_frame(sock: socket.socket, wait: Callable[[], float] | None = None) -> bytes:
    """Read one frame's body.

    Args:
        sock: a connected stream socket.
        wait: called before each wait for bytes; returns the seconds to wait at most before it is called again, or raises
            to give up. None waits for ever.

    Raises:
        EOFError: when the other side is gone.
        WireError: when the announced length is out of bounds.
    """
    (size,) = struct.unpack(">I", _read_exactly(sock, 4, wait))
    if size > MAX_FRAME_BYTES:
        raise WireError(f"a frame of {size} bytes is announced; {MAX_FRAME_BYTES} may cross")
    return _read_exactly(sock, size, wait)


def _read_exactly(sock: socket.socket, size: int, wait: Callable[[], float] | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        sock.settimeout(None if wait is None else wait())
        try:
            chunk = sock.recv(min(1 << 20, size - len(parts)))
        except TimeoutError:
            continue
        except ConnectionError as error:
            raise EOFError from error
        if not chunk:
            raise EOFError
        parts += chunk
    return bytes(parts)


def decode[T](body: bytes, expected: "Callable[..., T] | Any") -> T:
    """Decode a frame's body into one of the `expected` message types.

    Raises:
        WireError: when it is anything else, too deep, of too many parts, or followed by more bytes.
    """
    _skim(body)
    try:
        message: T = _decoder(expected).decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise WireError(f"not a message of the protocol: {str(error)[:200]}") from None
    return message


def _decoder(expected: Any) -> "msgspec.msgpack.Decoder[Any]":
    return msgspec.msgpack.Decoder(expected)


def _skim(body: bytes) -> None:
    """Walk over MessagePack without building anything; refuse too many parts, too deep a nest and trailing bytes."""
    pending = [1]  # how many values are still to come at each depth
    position, nodes, size = 0, 0, len(body)
    while pending:
        if pending[-1] == 0:
            pending.pop()
            continue
        pending[-1] -= 1
        nodes += 1
        if nodes > MAX_NODES or len(pending) > MAX_DEPTH or position >= size:
            raise WireError("too many parts, too deep, or cut off")
        position, children = _skim_one(body, position)
        if children:
            pending.append(children)
    if position != size:
        raise WireError(f"{size - position} bytes too many or too few")


# MessagePack's head bytes: bytes of a fixed payload, bytes of a length field before a payload, before children
# (https://github.com/msgpack/msgpack/blob/master/spec.md)
_FIXED = {
    0xC0: 0,
    0xC2: 0,
    0xC3: 0,
    0xCA: 4,
    0xCB: 8,
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xCF: 8,
    0xD0: 1,
    0xD1: 2,
    0xD2: 4,
    0xD3: 8,
}
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_NESTED = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def _skim_one(body: bytes, position: int) -> tuple[int, int]:
    """Return the position after the value's head and payload, and how many child values follow."""
    head = body[position]
    position += 1
    if head <= 0x7F or head >= 0xE0:
        return position, 0
    if head <= 0x8F:
        return position, 2 * (head & 0x0F)
    if head <= 0x9F:
        return position, head & 0x0F
    if head <= 0xBF:
        return position + (head & 0x1F), 0
    if head in _FIXED:
        return position + _FIXED[head], 0
    if head in _SIZED:
        width = _SIZED[head]
        return position + width + int.from_bytes(body[position : position + width]), 0
    if head in _NESTED:
        width, each = _NESTED[head]
        return position + width, each * int.from_bytes(body[position : position + width])
    raise WireError(f"a MessagePack type that does not cross: 0x{head:02x}")


def receive[T](sock: socket.socket, expected: Any, wait: Callable[[], float] | None = None) -> Any:
    """Read and decode one frame; see `read_frame` and `decode`."""
    return decode(read_frame(sock, wait), expected)


# --- objects <-> values ---------------------------------------------------------------------------------------------


def encode(thing: Any, other: Callable[[Any], Value], depth: int = 0) -> Value:
    """Turn an object into a value.

    Types are compared, not tested with isinstance: a subclass goes to `other` with everything else that is not plain.

    Args:
        thing: any object.
        other: turns what is not plain data into a value, for example `Opaque`.
    """
    kind = type(thing)
    if thing is None or kind in (bool, float, str, bytes):
        return thing  # type: ignore[no-any-return]
    if thing is Ellipsis:
        return Dots()
    if kind is int:
        return thing if -(1 << 63) <= thing < 1 << 64 else Opaque("int of more than 64 bits")
    if kind is np.ndarray or isinstance(thing, np.generic):
        return encode_array(thing)
    if depth >= MAX_DEPTH // 4:
        return Opaque("nested too deeply")
    if kind is list:
        return List([encode(item, other, depth + 1) for item in thing])
    if kind is tuple:
        return Tuple([encode(item, other, depth + 1) for item in thing])
    if kind is dict and all(type(key) is str for key in thing):
        return Dict([(key, encode(item, other, depth + 1)) for key, item in thing.items()])
    return other(thing)


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
    if len(shape) > MAX_DIMENSIONS or any(not 0 <= size <= MAX_FRAME_BYTES for size in shape):
        raise WireError(f"an array of shape {shape[:MAX_DIMENSIONS]} does not cross")
    dtype = np.dtype(value.dtype)
    if math.prod(shape) * dtype.itemsize != len(value.data):
        raise WireError(f"{len(value.data)} bytes do not make {value.dtype} of shape {shape}")
    if value.dtype == "bool" and value.data.strip(b"\x00\x01"):
        raise WireError("a bool that is neither 0 nor 1")
    array = np.frombuffer(value.data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)
    if value.kind == "scalar":
        if shape:
            raise WireError("a scalar with a shape")
        return array[()]
    return array


def decode_value(value: Value, other: Callable[[Value], Any]) -> Any:
    """Turn a value into an object; `other` builds what is not plain data (models, functions, opaque values, tensors)."""
    match value:
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
        case Array() | Model() | History() | Function() | Opaque():
            return other(value)
        case _:
            return value


def monotonic_deadline(seconds: float) -> Callable[[], float]:
    """Return a `wait` for `read_frame` that gives up with TimeoutError after so many seconds."""
    end = time.monotonic() + seconds

    def wait() -> float:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    return wait
