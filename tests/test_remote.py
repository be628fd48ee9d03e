"""What a test sees instead of the student's objects, and what it may hand to the student's functions."""

import copy
import math
import operator

import keras
import numpy as np
import pytest

from autograder.remote import Environment, StudentError
from autograder.sandbox import wire
from autograder.sandbox.models import encode_keras
from autograder.sandbox.values import Array, Dict, Function, Opaque, encode


class Answers:
    """A session that answers from a table and remembers what it was asked."""

    def __init__(self, answer=None, **names):
        self._answer, self._names, self.calls = answer, names, []

    def get(self, name):
        if name not in self._names:
            return wire.Reply(b"", None, missing=True)
        return wire.Reply(b"", self._names[name])

    def call(self, ref, subject, args, kwargs):
        self.calls.append((ref, subject, args, kwargs))
        return self._answer


def function_that(answer, **names):
    """Return a function of the notebook whose call gets this answer, and the session behind it."""
    session = Answers(answer, f=Function(7, "named_by_the_student"), **names)
    return Environment(session).get("f"), session


# Things that did not cross

SENTENCE = "thing is of type 'Socket', which the grader cannot examine"
BINARY = [
    *["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift"],
    *["eq", "ne", "lt", "le", "gt", "ge", "iadd", "isub", "imul", "contains", "getitem"],
]
UNARY = {name: getattr(operator, name) for name in ("neg", "pos", "abs", "invert", "index", "truth", "not_")} | {
    "len": len,
    "int": int,
    "float": float,
    "complex": complex,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "hash": hash,
    "iter": iter,
    "next": next,
    "reversed": reversed,
    "list": list,
    "call": lambda thing: thing(1),
    "bytes": bytes,
    "open": open,
    "attribute": lambda thing: thing.shape,
    "set attribute": lambda thing: setattr(thing, "shape", 1),
    "delete attribute": lambda thing: delattr(thing, "shape"),
    "set item": lambda thing: operator.setitem(thing, 0, 1),
    "delete item": lambda thing: operator.delitem(thing, 0),
    "hasattr": lambda thing: hasattr(thing, "shape"),
    "in": lambda thing: 1 in thing,
    "member of a list": lambda thing: thing in [1],
    "divmod": lambda thing: divmod(thing, 2),
    "with": lambda thing: thing.__enter__(),
    "asarray": np.asarray,
    "allclose": lambda thing: np.allclose(thing, 1.0),
    "array arithmetic": lambda thing: np.zeros(3) + thing,
    "array comparison": lambda thing: np.zeros(3) == thing,
    "unpack": lambda thing: (lambda *args: args)(*thing),
}


@pytest.fixture
def thing():
    return Environment(Answers(thing=Opaque("Socket"))).get("thing")


@pytest.mark.parametrize("name", BINARY)
def test_no_operator_takes_what_did_not_cross(thing, name):
    """A test fails with one sentence on whichever side of the operator the thing stands."""
    for arguments in ((thing, 2), (2, thing)):
        if name in ("contains", "getitem") and arguments[1] is thing:
            continue
        with pytest.raises(TypeError) as caught:
            getattr(operator, name)(*arguments)
        assert str(caught.value) == SENTENCE


@pytest.mark.parametrize("use", UNARY.values(), ids=UNARY)
def test_no_use_of_what_did_not_cross_passes(thing, use):
    """Every use says which name of the notebook is of which type."""
    with pytest.raises(TypeError) as caught:
        use(thing)
    assert str(caught.value) == SENTENCE


def test_what_did_not_cross_can_be_shown(thing):
    """A test may print it in its message, as the number it expected; `is None` is decided without asking it."""
    assert repr(thing) == str(thing) == f"{thing:.2f}" == f"<{SENTENCE}>"
    assert thing is not None


def test_a_thing_inside_plain_data_is_named_too():
    """A list crosses although one of its members does not."""
    value = encode([1, object()], lambda item: Opaque(type(item).__name__))
    got = Environment(Answers(pair=value)).get("pair")
    assert got[0] == 1
    with pytest.raises(TypeError, match="pair is of type 'object'"):
        got[1] + 1


def test_what_a_function_returned_is_named_after_the_call():
    """The sentence says which function returned it."""
    function, _ = function_that(wire.Reply(b"", Opaque("Socket")))
    with pytest.raises(TypeError, match="what f returned is of type 'Socket'"):
        function() + 1


def test_a_forged_value_fails_the_test_that_reads_it():
    """A value that cannot be what it says is a TypeError with the name, like any other that does not cross."""
    names = Answers(
        x=Array("ndarray", "float32", [9], b"abc"),
        y=Dict([("a", 1), ("a", 2)]),
        z=Array("pickle", "float32", [0], b""),
    )
    for name in "xyz":
        with pytest.raises(TypeError, match=f"{name} cannot be examined"):
            Environment(names).get(name)


# Names


def test_a_missing_name_is_the_default_as_in_a_dictionary():
    """Otter fills a parameter with None when the notebook lacks its name."""
    environment = Environment(Answers(x=3))
    assert environment.get("y") is None and environment.get("y", 5) == 5 and environment["x"] == 3
    assert "x" in environment and "y" not in environment
    with pytest.raises(KeyError, match="y"):
        environment["y"]


# Exceptions


@pytest.mark.parametrize(
    "name", ["ValueError", "KeyError", "ZeroDivisionError", "OSError", "AssertionError", "NotImplementedError"]
)
def test_an_exception_of_a_built_in_type_is_of_that_type(name):
    """So `pytest.raises` and `except ValueError` in a test mean what they say."""
    function, _ = function_that(wire.Raised(b"", name, "no"))
    with pytest.raises(Exception, match="no") as caught:
        function()
    assert type(caught.value).__name__ == name


@pytest.mark.parametrize(
    "name", ["Mine", "print", "eval", "SystemExit", "KeyboardInterrupt", "GeneratorExit", "UnicodeDecodeError", ""]
)
def test_every_other_exception_is_a_student_error(name):
    """Nothing that is no ordinary exception is raised in the judge because a box names it."""
    function, _ = function_that(wire.Raised(b"", name, "no"))
    with pytest.raises(StudentError, match=f"^{name}: no$"):
        function()


# Arguments


@pytest.mark.parametrize(
    "argument",
    [object(), {1, 2}, {1.5: 2}, 1 << 70, open, pytest, np.array([object()]), type],
    ids=["object", "set", "dict with fractions", "large int", "built-in", "module", "array", "class"],
)
def test_an_argument_that_cannot_cross_is_refused(argument):
    """The author of the test learns it at once; nothing is sent."""
    function, session = function_that(wire.Reply(b"", None))
    for attempt in (lambda: function(argument), lambda: function([argument]), lambda: function(x=argument)):
        with pytest.raises(TypeError, match="a test cannot pass a value of type"):
            attempt()
    assert session.calls == []


def test_what_did_not_cross_cannot_be_handed_back(thing):
    """A test cannot pass on a value that it cannot look at either."""
    function, _ = function_that(wire.Reply(b"", None))
    with pytest.raises(TypeError, match=SENTENCE):
        function(thing)


def test_a_function_of_the_notebook_can_be_handed_back():
    """It goes back as what it came: a reference."""
    function, session = function_that(wire.Reply(b"", None))
    function(function, key=[function])
    assert session.calls == [(7, "f", [Function(7, "named_by_the_student")], session.calls[0][3])]


def test_a_function_is_called_by_the_name_the_notebook_gives_it():
    """Its own name, which a student can make of a hidden input, is in no sentence that a student reads."""
    function, session = function_that(wire.Reply(b"", Function(8, "secret")))
    function()()()
    subjects = [subject for _, subject, _, _ in session.calls]
    assert subjects == ["f", "what f returned", "what what f returned returned"]


def test_an_array_that_was_not_given_cannot_be_changed():
    """A box that claims so fails the test."""
    answer = wire.Reply(b"", None, changed=[(1, Array("ndarray", "float64", [1], bytes(8)))])
    function, _ = function_that(answer)
    with pytest.raises(TypeError, match="changed an array that it was not given"):
        function(np.zeros(1))


def test_an_array_changed_to_another_shape_is_seen_as_changed():
    """Nothing the box sends gets another shape or type into the test's own array."""
    answer = wire.Reply(b"", None, changed=[(0, Array("ndarray", "int8", [2, 2], b"abcd"))])
    function, _ = function_that(answer)
    array = np.ones(3)
    function(array)
    assert array.shape == (3,) and array.dtype == float and not array.any()


# In a real box


def test_text_that_is_not_unicode_costs_no_box(classroom):
    """A lone surrogate in an exception, a name or a value is no crash of the student's program."""
    code = """
        x = "\\ud800"
        def f(): raise ValueError("\\ud800")
        def g(): return 1
        g.__name__ = "\\ud800"
        raise KeyError("\\ud800")
    """
    q1 = """
        def test_value(x):
            assert x != 1
        def test_exception(f):
            try:
                f()
            except ValueError:
                return
            assert False
        def test_name(g):
            assert g() == 1
    """
    result = classroom.grade(code, q1=q1)
    assert (result.facts.boxes, result.note) == (1, "")
    # a value that did not cross can be compared with nothing
    assert [case.points for case in result.questions[0].cases] == [0, 1, 1]


def test_an_object_that_resists_being_looked_at_costs_no_box(classroom):
    """What raises when it is encoded is a value that does not cross."""
    code = """
        import keras
        class Shy:
            @property
            def __class__(self): raise RuntimeError("no")
            def __getattr__(self, name): raise RuntimeError("no")
        shy = Shy()
        odd = keras.callbacks.History()
        odd.epoch, odd.history = [0], {"loss": ["text"]}
        symbolic = keras.Input((3,))
    """
    q1 = """
        def test(shy, odd, symbolic):
            told = []
            for thing in (shy, odd, symbolic):
                try:
                    thing.history
                except TypeError as error:
                    told.append(str(error).split("'")[1])
            assert told == ["Shy", "History", "KerasTensor"], told
    """
    result = classroom.grade(code, q1=q1)
    assert result.questions[0].cases[0].points == 1, result.questions[0].cases[0].message
    assert result.facts.boxes == 1


def test_copying_what_did_not_cross_gives_no_usable_copy(thing):
    """Neither copy is an object that a test could compare."""
    with pytest.raises(TypeError):
        copy.copy(thing) == 1  # noqa: B015


def network(units=3):
    made = keras.Sequential([keras.Input((4, 1)), keras.layers.SimpleRNN(units), keras.layers.Dense(1)])
    made.compile(optimizer="adam", loss="mse")
    return made


def test_a_model_of_the_notebook_is_built_once_for_all_test_cases():
    """As in one process, where every test case gets the same object."""
    crossed = encode_keras(network())
    one, two = Environment(Answers(model=crossed)).get("model"), Environment(Answers(model=crossed)).get("model")
    assert one is two
    assert encode_keras(two) == crossed


def test_what_was_traced_for_one_test_case_is_no_other_s():
    """A TimeDistributed layer that was traced for other shapes fails on some."""
    session = Answers(model=encode_keras(network()))
    model = Environment(session).get("model")
    model.make_predict_function()
    assert model.predict_function is not None
    assert Environment(session).get("model") is model
    assert model.predict_function is None


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.layers[0].set_weights([0 * weight for weight in model.layers[0].get_weights()]),
        lambda model: model.compile(optimizer="sgd", loss="mse"),
        lambda model: model.pop(),
    ],
    ids=["weights", "compiled", "layers"],
)
def test_a_model_that_a_test_has_changed_is_built_anew(change):
    """No test case sees what another has made of it."""
    session = Answers(model=encode_keras(network()))
    change(Environment(session).get("model"))
    assert encode_keras(Environment(session).get("model")) == session.get("model").value


def test_another_model_under_the_same_name_is_another():
    """The notebook may have trained it on between two checks."""
    Environment(Answers(model=encode_keras(network(3)))).get("model")
    assert Environment(Answers(model=encode_keras(network(5)))).get("model").layers[0].units == 5


def test_models_that_a_function_returns_are_each_their_own():
    """Two networks that are equal are still two, as `build()` in one process would make them."""
    build, _ = function_that(wire.Reply(b"", encode_keras(network())))
    assert build() is not build()
