"""The readers of what strangers write, under a fuzzer: only the documented exception, soon, in bounded memory.

A fuzzer is a strategy for cases and a reader. Few cases, the same ones every time, run with the other tests;
`pytest -m slow tests/test_fuzz.py` runs the same fuzzers on 100,000 cases, drawn anew each time.
"""

import builtins
import copy
import itertools
import json
import math
import re
import signal
import socket
import struct
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import msgspec
import numpy as np
import pytest
import yaml
from broken import broken_files, export_zip, pack, pack_all
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_intake import GOOD
from tiny import COURSE

from autograder import source
from autograder.course import CourseEntry, read_course
from autograder.errors import AutograderError, ConfigError, SubmissionError
from autograder.grader import read_grader
from autograder.intake import _unzip, collect
from autograder.known import CaseFile
from autograder.model import CaseResult, CellError, Facts, GraderInfo, Limits, Question, QuestionResult, Result, Status
from autograder.notebook import FILE_BYTES, read_notebook
from autograder.remote import Environment, StudentError
from autograder.reports.record import read_result, result_json
from autograder.sandbox import wire
from autograder.sandbox.models import encode_keras
from autograder.sandbox.values import (
    DTYPES,
    Array,
    Bytes,
    Dict,
    Dots,
    Function,
    History,
    Layer,
    List,
    Model,
    Opaque,
    Tuple,
    WireError,
    decode_array,
    encode_array,
)
from autograder.yamlfile import read_yaml

CPU_SECONDS = 5  # for one case; the largest take tenths
SLOW_CASES = 100_000
QUICK_CASES = 2_000
MIB = 2**20


@dataclass(frozen=True)
class Fuzzer:
    """Attributes:
    read: reads one case; what it documents to raise is caught in it, what it returns is checked in it.
    percent: of all cases.
    peak_mb: MiB that the reading of one case may take at its peak, beyond the case itself.
    times: and so many times the size of the case.
    native: count memory of the whole process, as TensorFlow takes it without Python.
    """

    cases: st.SearchStrategy[Any]
    read: Callable[[Any], object]
    percent: float
    peak_mb: int
    times: int = 0
    native: bool = False


class TooLong(BaseException):
    """No `except Exception` of the code under test stops it."""


def _too_long(*_: object) -> None:
    raise TooLong


@contextmanager
def bounded(peak_mb: float, native: bool = False):
    """Fail when the block takes more CPU seconds or more memory at its peak than it may."""
    before_us = signal.signal(signal.SIGPROF, _too_long)
    if native:
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): VmHWM starts anew
        before = _resident("VmRSS")
    else:
        tracemalloc.start()
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 2 * CPU_SECONDS)
    try:
        yield
    except TooLong:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before_us)
        peak = _resident("VmHWM") - before if native else tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert time.process_time() - start < CPU_SECONDS
    assert peak <= peak_mb * MIB, f"{peak / MIB:.0f} MiB"


def _resident(line: str) -> int:
    return int(re.search(rf"{line}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def run(fuzzer: Fuzzer, cases: int, derandomize: bool) -> None:
    @settings(
        max_examples=max(10, round(cases * fuzzer.percent / 100)),
        derandomize=derandomize,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=(Phase.generate, Phase.shrink),
    )
    @given(case=fuzzer.cases)
    def check(case: Any) -> None:
        with bounded(fuzzer.peak_mb + (fuzzer.times * len(case) / MIB if fuzzer.times else 0), fuzzer.native):
            fuzzer.read(case)

    check()


# Cases: what is nearly right gets further than what is quite wrong

ODD_TEXT = ["", "q1", "\x00", "a\nb\x1b[31m", "\u202egnp.", "\U0001f600", "x" * 5000, "../../etc/passwd", "`"]
ODD_TEXT += [" - at `$.a"]
ODD_INTS = [0, 1, -1, 7, 255, 40_960, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1]
ODD: list[Any] = [None, True, False, *ODD_TEXT, *ODD_INTS, 0.5, -0.0, 1e308, math.nan, math.inf, [], {}, [[]]]
ODD += [[None] * 999]
DEEP = [json.loads("[" * depth + "]" * depth) for depth in (5, 50, 200)]
GIANT = [10**30, 10**400, -(10**4299)]


@st.composite
def edited_tree(draw, seeds: list[Any], odd: list[Any]) -> Any:
    """Return one of these trees of lists and dicts after up to four edits at places of its own."""
    tree = [copy.deepcopy(draw(st.sampled_from(seeds)))]
    for _ in range(draw(st.integers(0, 4))):
        places = list(_places(tree))
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(["alike", "alike", "alike", "odd", "delete", "double", "rename", "copy", "wrap"])):
            case "delete" if holder is not tree:
                del holder[key]
            case "double" if isinstance(holder, list) and holder is not tree:
                holder[key:key] = [copy.deepcopy(holder[key])] * draw(st.sampled_from([1, 3, 300]))
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from([*ODD_TEXT, "type", "name"]))] = holder.pop(key)
            case "copy":
                other, name = places[draw(st.integers(0, len(places) - 1))]
                holder[key] = copy.deepcopy(other[name])
            case "wrap":
                holder[key] = [holder[key]]
            case "alike" if alike := [value for value in odd if type(value) is type(holder[key])]:
                holder[key] = copy.deepcopy(draw(st.sampled_from(alike)))
            case _:
                holder[key] = copy.deepcopy(draw(st.sampled_from(odd)))
    return tree[0]


def _places(holder: Any):
    for key in range(len(holder)) if isinstance(holder, list) else list(holder):
        yield holder, key
        if isinstance(holder[key], (list, dict)) and len(holder[key]) < 500:
            yield from _places(holder[key])


HEADS = [b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff", b"\xdf\x7f\xff\xff\xff", b"\xc6\xff\xff\xff\xff"]
HEADS += [b"\xdb\x00\x01\x00\x00"]
HEADS += [b"\xdd\x00\x01\x86\x9f", b"\x91", b"\x81", b"\xc1", b"\xc7\x01\x05", b"\xcf" + b"\xff" * 8]
HEADS += [b"\xcb\x7f\xf8" + bytes(6), b"\xa4type"]
MARKS = [b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b'"', b"{", b"[", b"\\ud800", b"\xef\xbb\xbf", b"1e999", b"NaN"]
MARKS += [b"\0"]


@st.composite
def edited_bytes(draw, seeds: st.SearchStrategy[bytes], spliced: list[bytes]) -> bytes:
    """Return bytes after up to four cuts, insertions and splices; half of them near the end, as a zip's tables are."""
    data = draw(seeds)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, 400))
        at = max(0, len(data) - at) if draw(st.booleans()) else at * max(1, len(data) // 400)
        new = draw(
            st.binary(max_size=8) | st.sampled_from(spliced) | st.sampled_from([data[at : at + 40], data[: at + 1]])
        )
        data = data[:at] + new + data[at + draw(st.sampled_from([0, 0, 1, len(new), 4, 100])) :]
    return data


# The wire

PLAIN = [None, True, 3, -1, 2**64 - 1, 1.5, math.nan, "text", Bytes(b"ab"), Dots(), Opaque("x"), Function(1, "f")]
ARRAYS = [encode_array(np.ones((2, 3), name)) for name in sorted(DTYPES)]
ARRAYS += [encode_array(np.float32(1)), encode_array(np.ones(2), "tensor")]
VALUES = [*PLAIN, *ARRAYS, List([1, "a"]), Tuple([List([]), None]), Dict([("a", 1), ("b", Dict([]))])]
VALUES += [History([0, 1], {"loss": [0.1, 0.05]})]


def tree_of(message: Any) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(message))


def reply(value: Any) -> wire.Reply:
    return wire.Reply(b"12345678", value, changed=[(0, Array("ndarray", "int8", [1], b"1"))], random_moved=["numpy"])


MESSAGES = [*(reply(value) for value in VALUES), wire.Ready("3", "uid"), wire.Failed("x"), wire.Checkpoint(b"n", "q1")]
MESSAGES += [wire.Done(b"n", ("A", "b")), wire.Done(b"n", None), wire.Raised(b"n", "ValueError", "x")]
MESSAGES += [wire.Asked(b"n", 0, [value, 3], {"x": value}) for value in VALUES[::4]] + [wire.Asked(b"n", 7, [], {})]
MESSAGES += [
    wire.Raised(b"n", name, "x") for name in ("UnicodeDecodeError", "ExceptionGroup", "OSError", "SystemExit", "int")
]
BODIES = [msgspec.msgpack.encode(message) for message in MESSAGES]
ODD_WIRE = [*ODD, b"", b"\0" * 24, b"x" * 5000, *DEEP[:2], *(tree_of(value) for value in VALUES)]


class Answers:
    """A session whose box gives always this answer."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def get(self, name: str) -> Any:
        return self._answer if isinstance(self._answer, wire.Reply) else wire.Reply(b"", Function(0, "f"))

    def call(self, ref: int, subject: str, args: list[Any], kwargs: dict[str, Any], tell: Any = None) -> Any:
        if isinstance(self._answer, wire.Asked):
            assert isinstance(tell(self._answer), wire.Told)
            return wire.Reply(b"", None)
        return self._answer


def judge(body: bytes) -> None:
    """Do with a frame what the judge does: decode it, and take it for the answer to a get and to a call."""
    try:
        answer = wire.decode(body, wire.Answer)
    except WireError:
        return
    if isinstance(answer, wire.Asked):
        with suppress(TypeError, ValueError):
            function = Environment(Answers(wire.Reply(b"", Function(0, "f")))).get("f")
            function._session = Answers(answer)
            function(lambda thing, count, x=None: [thing, count + 1])
        return
    if not isinstance(answer, wire.Reply | wire.Raised):
        return
    with suppress(TypeError):
        Environment(Answers(answer)).get("name")
    function = Environment(Answers(wire.Reply(b"", Function(0, "f")))).get("f")
    function._session = Answers(answer)
    try:
        function(np.zeros(2), [np.zeros((1, 3), "int8")])
    except (TypeError, WireError, StudentError):
        pass
    except Exception as error:
        assert isinstance(answer, wire.Raised) and type(error) is getattr(builtins, answer.type_name)


@st.composite
def many_parts(draw) -> bytes:
    """Return a message of very many parts or very deep, sound or with a head in it that claims more than there is."""
    count = draw(st.sampled_from([1, 9, 57, 58, 59, 1_000, 24_000, 33_000, 49_900, 99_980, 100_001]))
    unit = draw(st.sampled_from([None, "a", 0.5, Bytes(b""), List([]), Opaque("x"), ARRAYS[0], Function(1, "f")]))
    kind = draw(st.sampled_from(["list", "tuple", "pairs", "deep", "shape", "moved", "changed", "epochs", "inputs"]))
    nested: Any = unit
    for _ in range(min(count, 200) if kind == "deep" else 0):
        nested = List([nested])
    values = {
        "list": lambda: List([unit] * count),
        "tuple": lambda: Tuple([unit] * count),
        "pairs": lambda: Dict([(str(number), unit) for number in range(count)]),
        "deep": lambda: nested,
        "shape": lambda: Array("ndarray", "int8", [1] * count, b"1"),
        "epochs": lambda: History([1] * count, {str(number): [] for number in range(count // 2)}),
        "inputs": lambda: Model(True, [Layer("InputLayer", {}, [], []), Layer("Add", {}, [], [0] * count)], [0], [1]),
    }
    message = wire.Reply(
        b"12345678",
        values[kind]() if kind in values else unit,
        changed=[(0, ARRAYS[0])] * (count if kind == "changed" else 0),
        random_moved=["numpy"] * (count if kind == "moved" else 0),
    )
    body = msgspec.msgpack.encode(message)
    at = draw(st.integers(0, 60))
    return body[:at] + draw(st.just(b"") | st.sampled_from(HEADS)) + body[at:]


def judge_many(body: bytes) -> None:
    """As `judge`; and what is decoded at all has no more parts than may cross, counted here in another way."""
    judge(body)
    with suppress(WireError):
        wire.decode(body, wire.Answer)
        assert _parts(msgspec.msgpack.decode(body)) <= wire.MAX_NODES


def _parts(tree: Any) -> int:
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return 1 + sum(map(_parts, inner)) + (len(tree) if isinstance(tree, dict) else 0)


@dataclass(frozen=True)
class Stream:
    """Frames one after the other, fed in pieces of these sizes; then the other side is gone."""

    bodies: list[bytes]
    pieces: list[int]
    cut: int
    announced: int | None


streams = st.builds(
    Stream,
    st.lists(st.sampled_from(BODIES) | edited_bytes(st.sampled_from(BODIES), HEADS), min_size=1, max_size=4),
    st.lists(st.integers(0, 60), min_size=1, max_size=20).filter(any),
    st.just(0) | st.integers(0, 30),
    st.none() | st.none() | st.integers(0, 2**32 - 1),
)


def receive(stream: Stream) -> None:
    """Read a stream to its end: every whole frame is the message that decoding it gives, or its refusal."""
    frames = [struct.pack(">I", len(body)) + body for body in stream.bodies]
    if stream.announced is not None:
        frames[-1] = struct.pack(">I", stream.announced) + stream.bodies[-1]
    data = b"".join(frames)[: sum(map(len, frames)) - stream.cut]
    ends = itertools.accumulate(map(len, frames))
    whole = sum(end <= len(data) for end in ends) - (stream.announced is not None and not stream.cut)
    ours, theirs = socket.socketpair()
    sizes = itertools.cycle(stream.pieces)

    def wait() -> float:
        nonlocal data
        size = next(sizes)
        if data:
            theirs.sendall(data[:size])
            data = data[size:]
        if not data:
            theirs.close()
        return 0.001

    with ours, theirs:
        for body in stream.bodies[: max(0, whole)]:
            received = _outcome(lambda: wire.receive(ours, wire.Answer, wait))
            assert received == _outcome(lambda body=body: wire.decode(body, wire.Answer))
        with suppress(WireError, EOFError):
            while True:
                wire.receive(ours, wire.Answer, wait)


def _outcome(read: Callable[[], Any]) -> Any:
    try:
        return msgspec.msgpack.encode(read())  # encoded, since a NaN is not equal to itself
    except WireError as error:
        return str(error)


# Models


def _network(*layers: Any, **compiled: Any) -> Any:
    model = keras.Sequential([keras.Input((4, 1)), *layers])
    if compiled:
        model.compile(**compiled)
    return encode_keras(model)


def _two_ways() -> Any:
    given = keras.Input((4, 2))
    left, right = keras.layers.GRU(3)(given), keras.layers.LSTM(3)(given)
    joined = keras.layers.Concatenate()([left, keras.layers.Add()([left, right])])
    return encode_keras(keras.Model(given, keras.layers.LayerNormalization()(joined)))


def _translator() -> Any:
    """Return a model of two inputs, masks, states that are handed on, and layers in layers."""
    layers = keras.layers
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    outputs = layers.Bidirectional(layers.LSTM(2, return_state=True))(layers.Embedding(5, 2, mask_zero=True)(source))
    states = [layers.Add()([outputs[1], outputs[3]]), layers.Concatenate()([outputs[2]])]
    written = layers.LSTM(2, return_sequences=True)(layers.Embedding(4, 3)(target), initial_state=states)
    return encode_keras(keras.Model([source, target], layers.TimeDistributed(layers.Dense(4))(written)))


def model_trees() -> list[Any]:
    """Return answers that hold models of every layer that crosses."""
    layers = keras.layers
    models = [
        _network(layers.SimpleRNN(3), layers.Dense(1, activation="tanh"), optimizer="adam", loss="mse"),
        _network(layers.Flatten(), layers.RepeatVector(3), layers.BatchNormalization(), layers.Dropout(0.5)),
        _network(layers.Reshape((2, 2)), layers.Activation("relu"), layers.ReLU(), layers.LeakyReLU(), layers.ELU()),
        _two_ways(),
        _translator(),
        encode_keras(
            keras.Sequential([keras.Input((3,)), layers.Embedding(5, 2), layers.LSTM(2, return_sequences=True)])
        ),
        encode_keras(keras.Sequential([keras.Input((40_960,)), layers.Dense(1)])),
        encode_keras(keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), layers.SimpleRNN(2, stateful=True)])),
    ]
    assert all(isinstance(model, Model) for model in models)
    return [tree_of(reply(model)) for model in models]


ODD_MODEL = [*ODD_TEXT[:3], None, True, -1, 0, 7, 4096, 4096, 4096, 2**63 - 1, 0.1, -0.5, math.nan, [], {}, DEEP[0]]
ODD_MODEL += [[None, 4096], [None, 40_960], [40_960, 4, 100], [-1], [-1, -1], [1] * 60, [0] * 20_000, [40_960] * 20]
ODD_MODEL += ["LSTM", "InputLayer", "Concatenate", "Lambda", "softmax", "int32", "string", "adam", tree_of(ARRAYS[0])]


# Notebooks and zips

NOTEBOOKS = [
    *(
        broken.data
        for broken in broken_files(GOOD).values()
        if broken.file_name.endswith("ipynb") and broken.data[:1] == b"{"
    ),
    json.dumps(json.loads(GOOD), ensure_ascii=False, indent=1).replace("x = 1", "é \U0001f600").encode(),
]
NOTEBOOK_TREES = [
    tree for data in NOTEBOOKS if isinstance(tree := msgspec.json.decode(data) if data[-1:] == b"}" else 0, dict)
]
NOTEBOOK_TREES[0]["cells"][0]["metadata"] = {"tags": ["a"], "otter": {"ignore": False, "tests": ["q1"]}}
ODD_JSON = [*ODD, *DEEP, *GIANT, "\ud800", ["a"] * 20_000, [{"cell_type": "raw"}] * 3_000]
as_json = st.tuples(edited_tree(NOTEBOOK_TREES, ODD_JSON), st.booleans()).map(
    lambda case: json.dumps(case[0], ensure_ascii=case[1]).encode("utf-8", "surrogatepass")
)
notebooks = as_json | edited_bytes(st.sampled_from(NOTEBOOKS) | as_json, MARKS) | st.binary(max_size=200)


def refused_or(read: Callable[[], Any]) -> Any:
    """Return what is read, or None when it is refused with one line that moves no terminal."""
    try:
        return read()
    except SubmissionError as error:
        assert str(error).isprintable() and len(str(error)) < 700
        return None


# In an entry of the directory: places and sizes of flags, method, times, sums, sizes, lengths of names and the offset
FIELDS = [*((at, 2) for at in (4, 6, 8, 10, 12, 28, 30, 32, 34)), *((at, 4) for at in (16, 20, 24, 38, 42))]
member_names = st.sampled_from(["sum.ipynb", "sum.ipynb", "a/b.ipynb", "../x.ipynb", "a.zip", "é.txt"])
member_names |= st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=8)
contents = st.sampled_from([GOOD, GOOD, b"", export_zip(GOOD), bytes(10**5)]) | st.binary(max_size=40)
Members = list[tuple[str, bytes]]


@st.composite
def zips(draw, members: st.SearchStrategy[Members]) -> bytes:
    """Return a zip after edits of whole fields of its tables: sizes, offsets, flags, methods, extra fields."""
    data = bytearray(
        pack_all([(name.replace("\0", "") or "x", data) for name, data in draw(members)], compress=draw(st.booleans()))
    )
    for _ in range(draw(st.integers(0, 3))):
        table = data.rfind(draw(st.sampled_from([b"PK\x01\x02", b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"])))
        at, size = draw(st.sampled_from(FIELDS))
        number = draw(st.sampled_from([0, 1, 8, 12, 14, 22, 99, len(data), 2**31]) | st.integers(0, 2**32 - 1))
        if table >= 0 and table + at + size <= len(data):
            data[table + at : table + at + size] = (number % 256**size).to_bytes(size, "little")
    if draw(st.integers(0, 4)) == 0:
        data = _with_zip64(
            data,
            draw(st.sampled_from([0, 2**31, 2**63 - 1, 2**63, 2**64 - 1])),
            draw(st.sampled_from([0, 7, 8, 8, 16, 24])),
        )
    return bytes(data)


def _with_zip64(data: bytearray, number: int, size: int) -> bytearray:
    """Return a zip whose last member says that its sizes and its offset stand in an extra field of 64 bits each."""
    table, end = data.rfind(b"PK\x01\x02"), data.rfind(b"PK\x05\x06")
    if table < 0 or end < table + 46:
        return data
    extra = struct.pack("<HH", 1, size) + number.to_bytes(8, "little") * (size // 8) + bytes(size % 8)
    after = table + 46 + int.from_bytes(data[table + 28 : table + 30], "little")
    data[table + 42 : table + 46] = b"\xff" * 4
    data[table + 30 : table + 32] = struct.pack("<H", len(extra))
    length = (int.from_bytes(data[end + 12 : end + 16], "little") + len(extra)) % 2**32
    data[end + 12 : end + 16] = struct.pack("<I", length)
    data[after:after] = extra
    return data


handed_in = zips(st.lists(st.tuples(member_names, contents), min_size=1, max_size=2))
damaged_zips = handed_in | edited_bytes(st.just(export_zip(GOOD)) | handed_in, MARKS)
file_names = st.tuples(
    st.binary(min_size=1, max_size=40)
    .map(lambda name: name.translate(None, b"/\0"))
    .filter(lambda name: name not in (b"", b".", b".."))
    | st.sampled_from(
        [b"ann", b"ANN", b"a n n", b"CON", b".hidden", b"-rf", b"\xff\xfe", "\uff41nn".encode(), b"x" * 200, b"a" * 30]
    ),
    st.sampled_from([b".ipynb", b".ipynb", b".zip", b".IPYNB", b".csv", b"", b".py"]),
).map(b"".join)
folders = st.lists(
    st.tuples(
        st.sampled_from([b"", b"", b"ann/", b"b\xffb/c/"]),
        file_names,
        st.sampled_from(NOTEBOOKS) | damaged_zips | as_json,
    ),
    max_size=4,
)


def collect_all(files: list[tuple[bytes, bytes, bytes]]) -> None:
    """Every file that is not skipped becomes a submission under a name of its own, which any system takes."""
    with tempfile.TemporaryDirectory() as folder:
        for parent, name, data in files:
            with suppress(OSError):  # a name that is a folder already, or a folder that is a file
                (Path(folder) / parent.decode(errors="surrogateescape")).mkdir(parents=True, exist_ok=True)
                (Path(folder) / (parent + name).decode(errors="surrogateescape")).write_bytes(data)
        found = collect([Path(folder)], "sum")
        names = [submission.name.casefold() for submission in found]
        assert len(set(names)) == len(names)
        for submission in found:
            assert submission.problem.isprintable() and (submission.notebook is None) == bool(submission.problem)
            assert 0 < len(submission.name.encode()) <= 110 and not set(submission.name) & set("<>:\"/\\|?*'(). \0\n")
            if submission.notebook is not None:
                read_notebook(submission.notebook, "sum")


# YAML

CASE = "title: Wrong\nkind: wrong\nbase: template\nskip: [q1]\npoints:\n  q2: [0, 1.5]\n"
CONFIGS = {
    "course": (CourseEntry, COURSE + "    limits: {cell_seconds: 9, run_seconds: 500}\n"),
    "case": (CaseFile, CASE),
    "assignment": (source.AssignmentConfig, "# ASSIGNMENT CONFIG\nname: tiny\nfiles:\n  - numbers.csv\n"),
    "question": (source.QuestionConfig, "# BEGIN QUESTION\nname: q1\n"),
    "test": (source.CaseConfig, "points: 1\nhidden: true\nfailure_message: Think.\n"),
    "rubric": (source.Rubric, "# RUBRIC\nitems:\n  - id: good\n    text: Good\n    points: 2\n"),
}
YAML_TREES = {name: yaml.safe_load(text) for name, (_, text) in CONFIGS.items()}
TOKENS = ["- ", "? ", ": ", ", ", "&a ", "*a", "<<: ", "[", "]", "{", "}", "\n", "\n  ", "| ", ">", "'", '"', "# "]
TOKENS += ["---", "...", "%YAML 1.2"]
TOKENS += ["!!int ", "!!float ", "!!bool ", "!!timestamp ", "!!binary ", "!!set ", "!!map ", "!!seq "]
TOKENS += ["!!python/name:os.system ", "!x "]
TOKENS += ["0x_", "0b_", "0o9", "1:00", "1:99.5", ".inf", ".nan", "9" * 5000, "0x" + "f" * 5000, "2026-02-30", "~"]
TOKENS += ["\\ud800", "\x85", "\0"]
TOKENS += ["title", "points", "assignments", "limits", "items", "due", "é", "[" * 300, "- " * 300, "{a: " * 300]
TOKENS += ["1:" * 2_000]


@st.composite
def configs(draw) -> tuple[Any, str]:
    """Return a shape and a text that is nearly YAML of that shape."""
    name = draw(st.sampled_from(["course", "course", *CONFIGS]))
    shape, text = CONFIGS[name]
    match draw(st.sampled_from(["tree", "text", "tokens"])):
        case "tree":
            odd = [*ODD, *DEEP, *GIANT[:2], b"\0", {1: 2}, {None: []}]
            text = yaml.safe_dump(
                draw(edited_tree([YAML_TREES[name]], odd)), allow_unicode=draw(st.booleans()), sort_keys=False
            )
        case "text":
            for _ in range(draw(st.integers(1, 4))):
                at = draw(st.integers(0, len(text)))
                text = (
                    text[:at]
                    + draw(st.sampled_from(TOKENS) | st.text(max_size=4))
                    + text[at + draw(st.integers(0, 6)) :]
                )
        case "tokens":
            text = "".join(draw(st.lists(st.sampled_from(TOKENS), max_size=25)))
    return shape, text


def read_config(case: tuple[Any, str]) -> None:
    shape, text = case
    try:
        read_yaml(text, shape, "course.yml", ConfigError)
    except ConfigError as error:
        assert str(error).startswith("course.yml") and len(str(error)) < 2 * len(text) + 1_000


def read_course_file(text: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "course.yml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        with suppress(ConfigError):
            course = read_course(path)
            assert all(0 < item.points <= 10_000 and item.limits.cell_seconds > 0 for item in course.assignments)
            assert all(item.due is None or item.due.tzinfo for item in course.assignments)


course_texts = st.one_of(
    configs().filter(lambda case: case[0] is CourseEntry).map(lambda case: case[1]),
    edited_bytes(st.just(COURSE.encode()), [*MARKS, b"0001-01-01T00:00", b"9999-12-31T23:59:59+23:59", b"24:00", b"-"]),
)

# Records and grader zips

RECORD = result_json(
    Result(
        *("ann", "Ann", "sum", Status.GRADED, 1.5, 2.0),
        questions=(
            QuestionResult(
                "q1", "Add", 1.5, 2.0, cases=(CaseResult("q1 - 1", "T", True, False, 0.5, 1, "h", "m", "c"),)
            ),
            QuestionResult("q2", "Tell", None, 3.0, manual=True),
        ),
        note="n",
        facts=Facts(
            "a" * 64, "b" * 64, "0.1", {"python": "3.11"}, 7, "uid", cell_errors=(CellError(1, "E", "\x1b\u202e"),)
        ),
    )
)
records = st.one_of(
    edited_tree([json.loads(RECORD)], ODD_JSON).map(json.dumps),
    edited_bytes(st.just(RECORD.encode()), [*MARKS, b"Infinity", b"1" * 5000]).map(
        lambda data: data.decode(errors="replace")
    ),
    st.sampled_from(["[" * 10**5, '{"a":' * 10**5, "9" * 10**5]),
)


def read_record(text: str) -> None:
    with suppress(AutograderError):
        result = read_result(text)
        assert json.loads(result_json(result)) == json.loads(text)
        assert (result.status is Status.GRADED) == (result.score is not None)


INFO = GraderInfo("sum", "Sum", "sum", (Question("q1", "Add", 2), Question("q2", "Tell", 3, True)), Limits())
info_texts = edited_tree([msgspec.to_builtins(INFO)], ODD_JSON).map(json.dumps).map(str.encode)
members = st.fixed_dictionaries(
    {
        "grader.json": st.just(msgspec.json.encode(INFO)) | info_texts,
        "tests/q1.py": st.just(b"OK_FORMAT = False") | st.binary(max_size=9),
        "files/reference.py": st.just(b"x = 1") | st.binary(max_size=9),
    },
    optional={"tests/q9.py": st.binary(max_size=9), "files/a.csv": st.just(bytes(10**5)), "kit/x.py": st.just(b"x")},
)
grader_zips = zips(members.map(lambda found: list(found.items())))


def read_grader_file(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sum-autograder.zip")
        path.write_bytes(data)
        with suppress(AutograderError):
            grader = read_grader(path)
            assert all(question.manual or question.name in grader.tests for question in grader.info.questions)


wire_trees = edited_tree([tree_of(message) for message in MESSAGES], ODD_WIRE).map(msgspec.msgpack.encode)

FUZZERS = {
    "answers, nearly right": Fuzzer(wire_trees, judge, 20, 16),
    "answers, damaged": Fuzzer(
        edited_bytes(st.sampled_from(BODIES), [*BODIES, *HEADS]) | st.binary(max_size=300), judge, 20, 16
    ),
    "answers of very many parts": Fuzzer(many_parts(), judge_many, 0.5, 32),
    "streams": Fuzzer(streams, receive, 8, 4),
    "models": Fuzzer(
        st.deferred(lambda: edited_tree(model_trees(), ODD_MODEL)).map(msgspec.msgpack.encode),
        judge,
        2,
        256,
        native=True,
    ),
    "notebooks": Fuzzer(notebooks, lambda data: refused_or(lambda: read_notebook(data, "sum")), 16, 4, times=25),
    "zips": Fuzzer(damaged_zips, lambda data: refused_or(lambda: _unzip(data)), 12, 64),
    "folders": Fuzzer(folders, collect_all, 2.5, 64),
    "configurations": Fuzzer(configs(), read_config, 8, 32),
    "course.yml": Fuzzer(course_texts, read_course_file, 2, 32),
    "records": Fuzzer(records, read_record, 6, 32),
    "grader zips": Fuzzer(grader_zips | edited_bytes(grader_zips, MARKS), read_grader_file, 3, 64),
}


@pytest.mark.parametrize("name", FUZZERS)
def test_a_few_cases(name):
    """Nothing but the documented exception, within the bounds of time and memory: the same cases every time."""
    run(FUZZERS[name], QUICK_CASES, derandomize=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", FUZZERS)
def test_a_hundred_thousand_cases(name):
    """As above, with 100,000 cases in all, drawn anew."""
    run(FUZZERS[name], SLOW_CASES, derandomize=False)


def test_the_shares_add_up():
    """The number that is stated is the number that runs."""
    assert sum(fuzzer.percent for fuzzer in FUZZERS.values()) == 100


# Found by the fuzzers, each in its smallest form


@pytest.mark.parametrize(
    "text",
    [
        *("? [a]\n: b", "? {a: b}\n: c", "!!map a", "!!int x", "!!int ''", "!!float x", "!!bool x", "0b_", "0x_"),
        *(
            "!!timestamp x",
            "!!timestamp 2001-99-99",
            "9" * 5_000,
            "title: 0x" + "f" * 5_000,
            "1:" + "00:" * 300 + "0.5",
        ),
        *("%YAML 1." + "9" * 5_000, "[" * 2_000, "title: *a", "&a [*a]", '"\\ud800"'),
    ],
    ids=lambda text: text[:20],
)
def test_yaml_that_its_own_library_stumbles_over_is_refused(text):
    """PyYAML raises seven kinds of exception that are not its own; staff get the file and what is wrong."""
    with pytest.raises(ConfigError, match=r"^course.yml.*not YAML that can be read"):
        read_yaml(text, CourseEntry, "course.yml", ConfigError)


@pytest.mark.parametrize("key", [" - at `$.a", "x` - at `$.title[0].b"])
def test_a_key_that_reads_like_a_path_is_named(key):
    """What the library says of a place is not taken for the place itself."""
    with pytest.raises(ConfigError, match=r"^course\.yml:\d+: "):
        read_yaml(f"{COURSE}'{key}': 1\n", CourseEntry, "course.yml", ConfigError)


def test_an_alias_in_yaml_is_refused_before_it_multiplies():
    """Nine lines of aliases stand for a billion words."""
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with bounded(peak_mb=4), pytest.raises(ConfigError, match=r"course.yml:2: .*an alias"):
        read_yaml("\n".join([*laughs, "title: *a8"]), CourseEntry, "course.yml", ConfigError)


def test_a_long_value_in_yaml_is_quoted_in_short():
    """A message is read by a person."""
    with pytest.raises(ConfigError) as caught:
        read_yaml(f"title: [{'word, ' * 10_000}]", CourseEntry, "course.yml", ConfigError)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("offset", [2**63, 2**64 - 1])
def test_a_zip_with_an_offset_of_64_bits_is_damaged(offset):
    """An OverflowError of zipfile would have ended the whole batch."""
    data = bytes(_with_zip64(bytearray(pack({"sum.ipynb": GOOD})), offset, 8))
    with pytest.raises(SubmissionError, match="damaged"):
        _unzip(data)


def test_a_small_file_takes_little_memory(tmp_path):
    """Reading up to 64 MiB took all 64 at once, for each file of a class."""
    (tmp_path / "ann.ipynb").write_bytes(GOOD)
    with bounded(peak_mb=2):
        collect([tmp_path], "sum")


def test_a_grader_zip_that_claims_a_gigabyte_takes_no_gigabyte(tmp_path):
    """Sizes in a zip are claims."""
    data = bytearray(pack({"grader.json": msgspec.json.encode(INFO)}))
    table = data.index(b"PK\x01\x02")
    data[table + 20 : table + 28] = struct.pack("<II", 2**30, 200 * MIB)
    (tmp_path / "sum-autograder.zip").write_bytes(data)
    with bounded(peak_mb=2), pytest.raises(AutograderError, match="not a grader zip"):
        read_grader(tmp_path / "sum-autograder.zip")


def test_a_grader_zip_that_is_a_bomb_is_refused(tmp_path):
    """What it unpacks to is bounded before any of it is unpacked."""
    data = bytearray(pack({"grader.json": msgspec.json.encode(INFO)}))
    table = data.index(b"PK\x01\x02")
    data[table + 24 : table + 28] = struct.pack("<I", 2**30)
    (tmp_path / "sum-autograder.zip").write_bytes(data)
    with pytest.raises(AutograderError, match="unpacks to 1024 MiB"):
        read_grader(tmp_path / "sum-autograder.zip")


@pytest.mark.parametrize("shape", [[0, 2**26, 2**26, 2**26], [*[2**26] * 7, 0]], ids=str)
def test_an_empty_array_of_uncountable_size_is_refused(shape):
    """NumPy's ValueError is not what the judge waits for."""
    with pytest.raises(WireError, match="does not cross"):
        decode_array(Array("ndarray", "float64", shape, b""))


def model_of(*layers: Layer) -> bytes:
    given = Layer("InputLayer", {"batch_shape": [40_960, 1, 1], "dtype": "float32"}, [], [])
    return msgspec.msgpack.encode(reply(Model(True, [given, *layers], [0], [len(layers)])))


def test_a_layer_of_very_many_inputs_is_refused_at_once():
    """Joining 20,000 tensors took 13 seconds of the judge's time, and four times that for twice as many."""
    message = wire.decode(model_of(Layer("Concatenate", {}, [], [0] * 20_000)), wire.Answer)
    with bounded(16), pytest.raises(TypeError, match="a layer of 20000 inputs"):
        Environment(Answers(message)).get("model")


def test_the_states_of_a_model_are_counted_as_its_parameters():
    """Twenty small stateful layers on a large batch took 600 MiB in the judge."""
    config = {"units": 100, "stateful": True, "return_sequences": True}
    message = wire.decode(model_of(*(Layer("LSTM", config, [], [n]) for n in range(20))), wire.Answer)
    with bounded(64, native=True), pytest.raises(TypeError, match="parameters"):
        Environment(Answers(message)).get("model")


def test_a_setting_of_a_layer_is_quoted_in_short():
    """A box that sends a megabyte where a number belongs makes no message of a megabyte."""
    message = wire.decode(model_of(Layer("Dense", {"units": "x" * MIB}, [], [0])), wire.Answer)
    with pytest.raises(TypeError) as caught:
        Environment(Answers(message)).get("model")
    assert len(str(caught.value)) < 300


# The bounds at full size: a notebook takes up to 25 times its 20 MiB, a frame up to 6 times its 80 MiB

WIDE = "\U0001f600".encode()  # one such character, and Python keeps four bytes for each of the text
LARGEST = {
    "tags": (b'{"cell_type": "code", "metadata": {"tags": [', b'"a",', b'"a"]}}'),
    "lines": (b'{"cell_type": "code", "source": [', b'"",', b'""]}'),
    "cells": (b"", b'{"cell_type":"raw"},', b'{"cell_type": "raw"}'),
    "wide text": (b'{"cell_type": "code", "source": "' + WIDE, b"x", b'"}'),
    "wide text and NaN": (b'{"cell_type": "code", "source": "' + WIDE, b"x", b'", "outputs": [NaN]}'),
}


@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_notebooks_take_a_bounded_memory(kind):
    """Whatever 20 MiB of a notebook are made of, they fit 25 times over."""
    first, unit, last = LARGEST[kind]
    head, tail = b'{"nbformat": 4, "metadata": {"otter": {"assignment_name": "sum"}}, "cells": [', b"]}"
    count = (FILE_BYTES - len(head + first + last + tail)) // len(unit)
    data = head + first + unit * count + last + tail
    with bounded(25 * FILE_BYTES // MIB, native=True), suppress(SubmissionError):
        read_notebook(data, "sum")


@pytest.mark.parametrize(
    "value",
    [
        Bytes(bytes(79 * MIB)),
        Array("ndarray", "float64", [79 * MIB // 8], bytes(79 * MIB)),
        "\U0001f600" + "x" * (79 * MIB),
    ],
    ids=["bytes", "array", "text"],
)
def test_the_largest_frames_take_a_bounded_memory(value):
    """What a box can make the judge take is a few times the largest frame."""
    body = msgspec.msgpack.encode(wire.Reply(b"", value))
    with bounded(6 * wire.MAX_FRAME_BYTES // MIB, native=True):
        Environment(Answers(wire.decode(body, wire.Answer))).get("x")
