"""The frames between judge and box: what may be asked, what may be answered, and how it is read from a socket.

In goes a message (`send_frame`) or any bytes (`receive`); out comes a message of the closed list below or a WireError.
Sizes, counts and depth are bounded before memory is allocated for them.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from autograder.sandbox.values import Array, Training, Value, WireError

MAX_FRAME_BYTES = 80 << 20
MAX_NODES = 100_000
MAX_DEPTH = 60
MAX_TEXT = 2_000  # characters of an exception's text


class Begin(Struct, tag="begin", frozen=True):
    """Judge to box, once: data files for the working folder and the seed of every generator; the rest is as in Job."""

    seed: int
    files: dict[str, bytes]
    shift: int = 0
    programs: dict[str, bytes] = {}


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


class Told(Struct, tag="told", frozen=True):
    """What the test's function returned, the answer to Asked; `failed`: it raised, and why is for the judge alone."""

    nonce: bytes
    value: Value
    failed: bool = False


class Compile(Struct, tag="compile", frozen=True):
    """Compile the program of a training; asked of a box that runs nothing else."""

    nonce: bytes
    training: Training


Request = Begin | Execute | Resume | Get | Call | Told | Compile


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
    """A cell ended; `error` is (type name, text) when it raised; `trainings` ran by epochs."""

    nonce: bytes
    error: tuple[str, str] | None
    trainings: list[Training] = []


class Reply(Struct, tag="reply", frozen=True):
    """The answer to Get or Call.

    Attributes:
        missing: Get only: the notebook has no such name.
        changed: Call only: (number of the array among the arguments, its new content) of each array changed in place.
        random_moved: Call only: which global generators the call moved, "numpy" or "python".
    """

    nonce: bytes
    value: Value
    missing: bool = False
    changed: list[tuple[int, Array]] = []
    random_moved: list[str] = []


class Asked(Struct, tag="asked", frozen=True):
    """While a Call runs: the student's function calls the function of the test that it was handed as Callback `ref`."""

    nonce: bytes
    ref: int
    args: list[Value]
    kwargs: dict[str, Value]


class Raised(Struct, tag="raised", frozen=True):
    """A Call that ended with an exception."""

    nonce: bytes
    type_name: str
    text: str


class Compiled(Struct, tag="compiled", frozen=True):
    """The answer to Compile: programs by the names that XLA finds them by."""

    nonce: bytes
    programs: dict[str, bytes]


Answer = Ready | Failed | Checkpoint | Done | Reply | Asked | Raised | Compiled

_encoder = msgspec.msgpack.Encoder()


def send_frame(
    sock: socket.socket, message: Any, wait: Callable[[], float] | None = None, checked: bool = False
) -> None:
    """Write one frame: four bytes of length, big endian, then a struct or dataclass as MessagePack.

    Args:
        wait: see read_frame; a box that does not read must not hold the judge.
        checked: refuse already here what the reader would refuse for its depth or its number of parts.

    Raises:
        WireError: when the message is larger than a frame may be, or holds text that is not valid Unicode; nothing is
            written then.
    """
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError:
        raise WireError("text that is not valid Unicode (a lone surrogate) does not cross") from None
    if checked:
        _skim(body)
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(f"a message of {len(body) >> 20} MiB is more than the {MAX_FRAME_BYTES >> 20} that may cross")
    rest = memoryview(struct.pack(">I", len(body)) + body)
    while rest:
        sock.settimeout(None if wait is None else wait())
        with contextlib.suppress(TimeoutError):
            rest = rest[sock.send(rest) :]


def read_frame(sock: socket.socket, wait: Callable[[], float] | None = None) -> bytes:
    """Read one frame's body.

    Args:
        sock: a connected stream socket.
        wait: called before each wait for bytes; returns the seconds until it wants to be called again, or raises to
            give up. None waits for ever.

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


def decode(body: bytes, expected: Any) -> Any:
    """Decode a frame's body into one of the `expected` message types.

    Raises:
        WireError: when it is anything else, too deep, of too many parts, or followed by more bytes.
    """
    _skim(body)
    try:
        return msgspec.msgpack.decode(body, type=expected)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise WireError(f"not a message of the protocol: {str(error)[:200]}") from None


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


def receive(sock: socket.socket, expected: Any, wait: Callable[[], float] | None = None) -> Any:
    """Read and decode one frame; see `read_frame` and `decode`."""
    return decode(read_frame(sock, wait), expected)


def monotonic_deadline(seconds: float) -> Callable[[], float]:
    """Return a `wait` for `read_frame` that gives up with TimeoutError after so many seconds."""
    end = time.monotonic() + seconds

    def wait() -> float:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    return wait
