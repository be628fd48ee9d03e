"""Weights are read and set as Keras reads and sets them."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from autograder.sandbox import weights


@pytest.fixture
def layer() -> Any:
    made = layers.Dense(2)
    made.build((None, 3))
    return made


def test_an_array_is_what_the_variable_holds(layer):
    """Also of whole numbers, of one number, and after it has changed; what was read stays as it was."""
    first = weights.array_of(layer.kernel)
    before = first.copy()
    layer.kernel.assign(layer.kernel * 2)
    np.testing.assert_array_equal(first, before)
    np.testing.assert_array_equal(weights.array_of(layer.kernel), before * 2)
    for value, dtype in ((7, "int64"), (0.5, "float64"), ([1, 2], "bfloat16")):
        variable = keras.Variable(value, dtype=dtype)
        got, right = weights.array_of(variable), np.asarray(variable)
        assert (got.dtype, got.shape) == (right.dtype, right.shape)
        np.testing.assert_array_equal(got, right)


def test_an_array_cannot_be_written_to(layer):
    """It shares its memory with the variable."""
    with pytest.raises(ValueError, match="read-only"):
        weights.array_of(layer.kernel)[0] = 1


def test_a_variable_that_is_cast_is_read_as_it_is_seen(layer):
    """Inside a layer of mixed precision."""
    with keras.src.backend.common.variables.AutocastScope("float16"):
        assert weights.array_of(layer.kernel).dtype == np.float16


def test_weights_are_set_as_by_keras(layer):
    """Of another dtype too."""
    arrays = [np.arange(6.0).reshape(3, 2), np.array([8, 9])]
    weights.set_weights(layer, arrays)
    for got, right in zip(layer.get_weights(), arrays, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, right)


@pytest.mark.parametrize("shapes", [[], [(3, 2)], [(2, 3), (2,)], [(3, 2), (2,), (2,)], [(3, 2), (1,)]])
def test_weights_that_do_not_fit_are_refused(layer, shapes):
    """None of them is set."""
    before = layer.get_weights()
    with pytest.raises(ValueError, match="do not fit the 2 of Dense"):
        weights.set_weights(layer, [np.ones(shape) for shape in shapes])
    for got, right in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, right)
