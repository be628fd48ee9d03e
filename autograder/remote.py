"""What a test sees instead of the student's objects.

An Environment takes the place of the notebook's namespace. Plain data, arrays and models arrive as the judge's own
objects; functions as a RemoteFunction that sends its arguments to the box; all else as an Unusable that fails a test as
soon as it is used.
"""

import builtins
import inspect
import random
from typing import Any

import numpy as np

from autograder.sandbox import wire
from autograder.sandbox.models import decode_keras, encode_keras
from autograder.sandbox.runner import find_arrays
from autograder.sandbox.values import (
    Array,
    Callback,
    Dict,
    Function,
    List,
    Model,
    Opaque,
    Tuple,
    Value,
    WireError,
    decode_array,
    decode_value,
    encode,
)
from autograder.session import Answers

# name in the notebook -> the model as it crossed and as it was built, which takes 7 ms; many test cases ask for it
_models: dict[str, tuple[Model, Any]] = {}


class StudentError(Exception):
    """An exception of a type of the student's own, raised by the student's function."""


class Environment:
    """The notebook's names, read at the moment a test asks for them; Otter's test cases use no more than `get`."""

    def __init__(self, session: Answers) -> None:
        self._session = session

    def get(self, name: str, default: Any = None) -> Any:
        """Return what the notebook binds to a name, or the default as a dictionary does.

        Raises:
            Died: when the box is gone.
            TypeError: when the value claims to be something that it cannot be.
        """
        reply = self._session.get(name)
        if reply.missing:
            return default
        if not isinstance(reply.value, Model):
            return _decode(self._session, reply.value, name)
        built: Any
        crossed, built = _models.get(name, (None, None))
        if crossed != reply.value or encode_keras(built) != reply.value:  # new, or a test has trained it
            built = _decode(self._session, reply.value, name)
            _models[name] = reply.value, built
        # what Keras traced for the shapes of another test case may not fit those of this one
        built.train_function = built.test_function = built.predict_function = None
        return built

    def __getitem__(self, name: str) -> Any:
        missing = object()
        value = self.get(name, missing)
        if value is missing:
            raise KeyError(name)
        return value

    def __contains__(self, name: str) -> bool:
        return not self._session.get(name).missing


class RemoteFunction:
    """A function of the notebook; calling it runs it in the box."""

    def __init__(self, session: Answers, function: Function, path: str) -> None:
        self._session, self._function, self._path = session, function, path
        self.__name__ = function.name[:100]

    def __repr__(self) -> str:
        return f"<function {self.__name__} of the notebook>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        handed = _Handed(self._session, self._path)
        sent = [_encode(value, handed) for value in args]
        sent_by_name = {name: _encode(value, handed) for name, value in kwargs.items()}
        tell = [handed.tell] if handed.functions else []
        answer = self._session.call(self._function.ref, self._path, sent, sent_by_name, *tell)
        if handed.failure is not None:  # as in one process, but nothing that the notebook does can hide it
            raise handed.failure
        if isinstance(answer, wire.Raised):
            raise _exception(answer)
        _mirror_changes(answer, [array for thing in (*args, *kwargs.values()) for array in find_arrays(thing)])
        return _decode(self._session, answer.value, f"what {self._path} returned")


class _Handed:
    """Functions of a test that are arguments of a call: they run here, on what the notebook passes to them.

    The notebook gets what they return and learns nothing else. It may change neither their arguments nor what they
    return: both are copies.
    """

    def __init__(self, session: Answers, path: str) -> None:
        self._session, self._path = session, path
        self.functions: list[Any] = []
        self.failure: Exception | None = None

    def keep(self, function: Any) -> Callback:
        self.functions.append(function)
        return Callback(len(self.functions) - 1)

    def tell(self, asked: wire.Asked) -> wire.Told:
        """Run a function as the notebook asks for it; what it raises is kept for the test."""
        path = f"what {self._path} passed to a function of the test"
        try:
            if not 0 <= asked.ref < len(self.functions):
                raise TypeError(f"{self._path} called a function of the test that does not exist")
            args = [_decode(self._session, value, path) for value in asked.args]
            kwargs = {name: _decode(self._session, value, path) for name, value in asked.kwargs.items()}
            return wire.Told(b"", _encode(self.functions[asked.ref](*args, **kwargs)))
        except Exception as error:
            self.failure = self.failure or error
            return wire.Told(b"", None, failed=True)


class Unusable:
    """A value that did not cross: every use of it fails the test with a sentence that names its type."""

    def __init__(self, type_name: str, path: str) -> None:
        object.__setattr__(self, "_sentence", f"{path} is of type {type_name!r}, which the grader cannot examine")

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_sentence')}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(object.__getattribute__(self, "_sentence"))

    __getattr__ = __setattr__ = __delattr__ = __call__ = __getitem__ = __setitem__ = __iter__ = __len__ = _refuse
    __delitem__ = __next__ = __reversed__ = __enter__ = __exit__ = __array__ = __contains__ = _refuse
    __bool__ = __int__ = __float__ = __complex__ = __index__ = __bytes__ = __fspath__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse
    __neg__ = __pos__ = __abs__ = __invert__ = __round__ = __trunc__ = __floor__ = __ceil__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __matmul__ = __rmatmul__ = __pow__ = __rpow__ = __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = _refuse
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __divmod__ = __rdivmod__ = _refuse
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _refuse


def _encode(thing: Any, handed: _Handed | None = None) -> Value:
    def other(thing: Any) -> Value:
        if type(thing) is RemoteFunction:
            return thing._function
        if handed is not None and (inspect.isfunction(thing) or inspect.ismethod(thing)):
            return handed.keep(thing)
        return encode_keras(thing)

    value = encode(thing, other)
    _refuse_opaque(value)
    return value


def _refuse_opaque(value: Value) -> None:
    match value:
        case Opaque():
            raise TypeError(f"a test cannot pass a value of type {value.type_name} to the notebook")
        case List() | Tuple():
            for item in value.items:
                _refuse_opaque(item)
        case Dict():
            for _, item in value.items:
                _refuse_opaque(item)


def _decode(session: Answers, value: Value, path: str) -> Any:
    def function(value: Function) -> Any:
        # the path gets into feedback, so it never holds the function's own name, which may have been made of an input
        return RemoteFunction(session, value, path)

    def opaque(value: Opaque) -> Any:
        return Unusable(value.type_name[:200], path)

    def other(value: Value) -> Any:
        return decode_keras(value, function, opaque)

    try:
        return decode_value(value, other)
    except WireError as error:
        raise TypeError(f"{path} cannot be examined: {error}") from None


def _exception(answer: wire.Raised) -> Exception:
    kind = getattr(builtins, answer.type_name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            made: Exception = kind(answer.text[: wire.MAX_TEXT])
            return made
        except TypeError:  # the Unicode errors want five arguments
            pass
    return StudentError(f"{answer.type_name[:100]}: {answer.text[: wire.MAX_TEXT]}")


def _mirror_changes(answer: wire.Reply, arrays: list[Any]) -> None:
    """Do to the judge's arguments and random generators what the call did to those in the box.

    A test that asks whether a function left its inputs and the global random state alone then gets the same answer
    here as in one process.
    """
    for number, content in answer.changed:
        if not 0 <= number < len(arrays) or not isinstance(content, Array):
            raise TypeError("the call claims to have changed an array that it was not given")
        try:
            changed = decode_array(content)
        except WireError as error:
            raise TypeError(f"the call claims to have made an array that cannot be: {error}") from None
        target = arrays[number]
        if changed.shape == target.shape and changed.dtype == target.dtype:
            target[...] = changed
        else:
            target[...] = np.zeros((), target.dtype)
    if "numpy" in answer.random_moved:
        np.random.random()
    if "python" in answer.random_moved:
        random.random()
