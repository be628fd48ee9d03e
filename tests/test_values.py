"""Values that cross, and those that do not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.sandbox.values import (
    DTYPES,
    Array,
    Dict,
    List,
    Opaque,
    WireError,
    decode_array,
    decode_value,
    encode,
)


def opaque(thing):
    return Opaque(type(thing).__name__)


def there_and_back(thing):
    return decode_value(encode(thing, opaque), lambda value: value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(-(1 << 63), (1 << 64) - 1), inner)
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(plain)
def test_plain_data_comes_back_the_same(thing):
    """Value and type."""
    back = there_and_back(thing)
    assert back == thing and type(back) is type(thing)


@settings(max_examples=200, deadline=None)
@given(arrays.arrays(st.sampled_from(sorted(DTYPES)), arrays.array_shapes(min_dims=0, max_side=5)))
def test_arrays_come_back_the_same(array):
    """dtype, shape and every bit."""
    back = there_and_back(array)
    assert back.dtype == array.dtype and back.shape == array.shape and back.tobytes() == array.tobytes()


def test_special_numbers_come_back():
    """NaN, both infinities, a NumPy scalar and Ellipsis."""
    back = there_and_back([math.inf, -math.inf, math.nan, np.float32(1.5), ...])
    assert back[:2] == [math.inf, -math.inf] and math.isnan(back[2])
    assert type(back[3]) is np.float32 and back[4] is ...


class Lying(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    "thing",
    [
        Lying(3),
        type("L", (list,), {})(),
        type("D", (dict,), {})(),
        {1.5: 2},
        {True: 2},
        {1 << 70: 2},
        {1, 2},
        1 << 70,
        object(),
        lambda: 1,
    ],
    ids=lambda thing: type(thing).__name__,  # the same in every process
)
def test_what_is_not_exactly_plain_is_handed_on(thing):
    """Subclasses are refused, not converted."""
    assert isinstance(encode(thing, opaque), Opaque)


def test_object_arrays_and_text_arrays_do_not_cross():
    """The list of dtypes is closed."""
    assert isinstance(encode(np.array([object()]), opaque), Opaque)
    assert isinstance(encode(np.array(["a"]), opaque), Opaque)


@pytest.mark.parametrize(
    "forged",
    [
        Array("ndarray", "float64", [-1], b""),
        Array("ndarray", "float64", [2**62, 4], b""),
        Array("ndarray", "float64", [1], b"1234"),
        Array("ndarray", "object", [1], b"12345678"),
        Array("ndarray", "float64", [1] * 20, b"12345678"),
        Array("ndarray", "bool", [1], b"\x07"),
        Array("scalar", "float64", [1], b"12345678"),
    ],
    ids=str,
)
def test_forged_arrays_are_refused(forged):
    """Header and content must agree, before memory is taken."""
    with pytest.raises(WireError):
        decode_array(forged)


def test_a_repeated_key_is_refused():
    """A dictionary says one thing."""
    with pytest.raises(WireError, match="repeated key"):
        decode_value(Dict([("a", 1), ("a", 2)]), lambda value: value)


def test_nesting_ends():
    """A list that holds itself does not hang the encoder."""
    endless = []
    endless.append(endless)
    assert isinstance(encode(endless, opaque), List)
