"""Inside a box: executes cells, stops at each checkpoint, answers the judge's requests.

All of this runs beside the student's code and can be changed by it, so it is trusted with nothing: the judge decides
what is asked and how often, and takes every answer as data.
"""

import contextlib
import os
import platform
import random
import socket
import sys
import tempfile
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from autograder.sandbox import programs, seeds, traces, training, wire
from autograder.sandbox.models import decode_keras, encode_keras
from autograder.sandbox.values import Array, Callback, Function, Opaque, Value, WireError, decode_value, encode_array
from autograder.sandbox.values import encode as encode_value


class Runner:
    """Serves one judge over one socket until the judge hangs up."""

    def __init__(self, sock: socket.socket, shell: Any) -> None:
        self._sock = sock
        self._shell = shell
        self._functions: list[Any] = []
        self._refs: dict[int, int] = {}
        self._calling = False
        self._calls = 0
        self._nonce = b""

    def serve(self, begin: wire.Begin, level: str) -> None:
        """Prepare the notebook's surroundings, say Ready and answer requests for ever.

        Raises:
            EOFError: when the judge hangs up.
        """
        for name, content in begin.files.items():
            Path(name).write_bytes(content)
        if begin.programs:
            traces.use_folder(programs.use_folder(begin.programs))
        seeds.shift(begin.shift)
        training.seed(begin.seed)
        sys.modules["otter"] = stand_in_for_otter(self.checkpoint)
        # a process that a cell forks and that comes back here must not take the notebook's place: it ends
        os.register_at_fork(after_in_child=self._sock.close)
        wire.send_frame(self._sock, wire.Ready(platform.python_version(), level))
        while True:
            self._answer(wire.receive(self._sock, wire.Request))

    def checkpoint(self, question: str) -> None:
        """Tell the judge that the notebook asks for a check, and answer what it wants to know until it says go on."""
        if self._calling:  # a student's function that checks itself while it is being checked
            return
        wire.send_frame(self._sock, wire.Checkpoint(self._executing, question[:200]))
        while True:
            request = wire.receive(self._sock, wire.Request)
            if isinstance(request, wire.Resume):
                return
            self._answer(request)

    def _answer(self, request: wire.Request) -> None:
        match request:
            case wire.Execute():
                self._executing = request.nonce
                error = self._execute(request.source)
                wire.send_frame(self._sock, wire.Done(request.nonce, error, training.take_trainings()))
            case wire.Get():
                self._reply(request.nonce, self._get(request.nonce, request.name))
            case wire.Call():
                self._calling, self._nonce = True, request.nonce
                self._calls += 1
                answer = self._call(request)
                self._calling = False
                self._reply(self._nonce, answer)
            case wire.Compile():
                wire.send_frame(self._sock, wire.Compiled(request.nonce, training.compile_program(request.training)))

    def _reply(self, nonce: bytes, answer: wire.Reply | wire.Raised) -> None:
        try:
            wire.send_frame(self._sock, answer, checked=True)
        except WireError as error:
            wire.send_frame(self._sock, wire.Reply(nonce, Opaque(str(error))))

    def _execute(self, source: str) -> tuple[str, str] | None:
        try:
            if any(getattr(stream, "closed", True) for stream in (sys.stdin, sys.stdout, sys.stderr)):
                silence()  # a cell has closed or removed one; in a kernel the next cell prints all the same
            outcome = self._shell.run_cell(source, store_history=False, silent=False)
        except Exception as failure:  # IPython's own code, on what a cell has left of the process
            return (_name(type(failure)), _text(failure))
        close_figures()
        error = outcome.error_before_exec or outcome.error_in_exec
        return None if error is None else (_name(type(error)), _text(error))

    def _get(self, nonce: bytes, name: str) -> wire.Reply:
        if name not in self._shell.user_ns:
            return wire.Reply(nonce, None, missing=True)
        return wire.Reply(nonce, self._encode(self._shell.user_ns[name]))

    def _call(self, request: wire.Call) -> wire.Reply | wire.Raised:
        args = [self._decode(value) for value in request.args]
        kwargs = {name: self._decode(value) for name, value in request.kwargs.items()}
        arrays = [array for thing in (*args, *kwargs.values()) for array in find_arrays(thing)]
        before = [array.copy() for array in arrays]
        random_before = _random_states()
        try:
            result = self._functions[request.ref](*args, **kwargs)
            value = self._encode(result)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are the student's too
            return wire.Raised(self._nonce, _name(type(error)), _text(error))
        changed = [
            (number, encode_array(array))
            for number, (array, old) in enumerate(zip(arrays, before, strict=True))
            if not _same(array, old)
        ]
        return wire.Reply(
            self._nonce,
            value,
            changed=[(number, array) for number, array in changed if isinstance(array, Array)],
            random_moved=[name for name, state in _random_states().items() if state != random_before[name]],
        )

    def _encode(self, thing: Any) -> Value:
        try:
            return encode_value(thing, self._encode_other)
        except Exception:  # an object may answer anything to anybody who looks at it
            return Opaque(_name(type(thing)))

    def _encode_other(self, thing: Any) -> Value:
        if callable(thing) and not isinstance(thing, keras.Model):
            # the same function has the same number, however often it is asked for: evidence is found by it
            ref = self._refs.setdefault(id(thing), len(self._functions))
            if ref == len(self._functions):
                self._functions.append(thing)  # which keeps it alive, so that its id stays its own
            return Function(ref, _name(thing))
        return encode_keras(thing)

    def _decode(self, value: Value) -> Any:
        def other(value: Value) -> Any:
            if isinstance(value, Callback):
                return self._function_of_the_test(value.ref)
            return decode_keras(value, lambda function: self._functions[function.ref], lambda _: None)

        return decode_value(value, other)

    def _function_of_the_test(self, ref: int) -> Callable[..., Any]:
        """Return a function that asks the judge to run one of its own; it ends with the call that is being made."""
        call = self._calls

        def function(*args: Any, **kwargs: Any) -> Any:
            if not self._calling or call != self._calls:
                raise RuntimeError("a function that was handed over for an earlier call")
            named = {name: self._encode(value) for name, value in kwargs.items()}
            asked = wire.Asked(self._nonce, ref, [self._encode(value) for value in args], named)
            try:
                wire.send_frame(self._sock, asked, checked=True)
            except WireError as error:
                raise ValueError(str(error)) from None
            told: wire.Told = wire.receive(self._sock, wire.Told)
            self._nonce = told.nonce
            if told.failed:
                raise RuntimeError("the function refused its arguments")
            return self._decode(told.value)

        return function


def find_arrays(thing: Any) -> list[Any]:
    """Return the arrays in an argument, its lists, tuples and dictionaries, in the order both sides number them."""
    if type(thing) is np.ndarray:
        return [thing]
    if type(thing) in (list, tuple):
        return [array for item in thing for array in find_arrays(item)]
    if type(thing) is dict:
        return [array for item in thing.values() for array in find_arrays(item)]
    return []


def _same(array: Any, old: Any) -> bool:
    return bool(array.shape == old.shape and array.dtype == old.dtype and array.tobytes() == old.tobytes())


def _random_states() -> dict[str, object]:
    """Return the state of each global generator, to be compared."""
    name, keys, *rest = np.random.get_state(legacy=True)
    return {"numpy": (name, np.asarray(keys).tobytes(), *rest), "python": random.getstate()}


def _name(thing: Any) -> str:
    return _valid(str(getattr(thing, "__name__", type(thing).__name__)))[:100]


def _text(error: BaseException) -> str:
    try:
        return _valid(str(error))[: wire.MAX_TEXT]
    except Exception:
        return ""


def _valid(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot write."""
    return text.encode(errors="replace").decode()


def close_figures() -> None:
    """Forget the plots of a cell: nobody looks at them here, and drawing them costs time."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def stand_in_for_otter(checkpoint: Callable[[str], None]) -> types.ModuleType:
    """Return a module `otter` whose `Notebook.check` is a checkpoint; it never learns whether a test passed."""

    class Notebook:
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            pass

        def check(self, question: str, *args: Any, **kwargs: Any) -> None:
            checkpoint(str(question))

        def _nothing(self, *args: Any, **kwargs: Any) -> None:
            pass

        check_all = export = to_pdf = run_plugin = add_plugin_files = _nothing

    module = types.ModuleType("otter", "Stands in for Otter-Grader while a notebook is graded.")
    vars(module).update(Notebook=Notebook, __version__="7.0.0")
    return module


@cache
def make_shell() -> Any:
    """Return an IPython shell without history, colours or a terminal: cells behave as in a notebook.

    The warmed process makes it for all boxes, and nothing that a box could not see is in it.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    with tempfile.TemporaryDirectory() as folder:  # it insists on folders of its own, and works without them
        shell = InteractiveShell.instance(config=config, ipython_dir=folder)
    shell._tee = lambda channel: contextlib.nullcontext()  # it keeps all that cells print, for a history nobody reads
    shell.showtraceback = lambda *args, **kwargs: None  # formatting a traceback nobody reads reads source files
    return shell


def silence() -> None:
    """Send everything a notebook prints to nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
