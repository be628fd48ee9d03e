"""The loops of recurrent layers in fewer operations give the states and gradients of Keras' own."""

import itertools
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from autograder.sandbox import recurrence

STOCK = {kind: kind.inner_loop for kind in (layers.SimpleRNN, layers.GRU, layers.LSTM)}
CLOSE = {"rtol": 2e-5, "atol": 2e-6}  # the second times the largest number


@pytest.fixture
def installed(monkeypatch) -> None:
    for kind, loop in STOCK.items():
        monkeypatch.setattr(kind, "inner_loop", loop)
    recurrence.install()


def outcome(layer: Any, X: Any, *states: Any) -> list[Any]:
    """Return outputs, without and with a tape, and the gradients of a sum of their squares by inputs and weights."""
    X = tf.convert_to_tensor(X)
    alone = layer(X, initial_state=list(states)) if states else layer(X)
    with tf.GradientTape() as tape:
        tape.watch(X)
        outputs = layer(X, initial_state=list(states) or None) if states else layer(X)
        total = sum(tf.reduce_sum(part**2) for part in tf.nest.flatten(outputs))
    gradients = tape.gradient(total, [X, *[weight.value for weight in layer.trainable_weights]])
    return [*tf.nest.flatten(alone), *tf.nest.flatten(outputs), *gradients]


def assert_close(got: list[Any], right: list[Any], **tolerance: float) -> None:
    assert len(got) == len(right)
    rtol, atol = (tolerance or CLOSE).values()
    for one, other in zip(got, right, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=atol * max(1.0, float(np.abs(other).max())))


def drawn(*shape: int, dtype: str = "float32") -> Any:
    return np.random.default_rng(7).normal(size=shape).astype(dtype)


def both(layer: Any, *arguments: Any, program: bool = False) -> tuple[list[Any], list[Any]]:
    """Return what our loop and what Keras' own makes of a layer; in a traced training step with `program`."""
    layer.build(arguments[0].shape)
    with pytest.MonkeyPatch.context() as patch:
        for kind, loop in STOCK.items():
            patch.setattr(kind, "inner_loop", loop)
        right = outcome(layer, *arguments)
    if not program:
        return outcome(layer, *arguments), right
    with recurrence.training_program():
        traced = tf.function(lambda: outcome(layer, *arguments), autograph=False)
        return traced(), right


KINDS = list(itertools.product(["tanh", "relu", "linear", "sigmoid"], [True, False]))


@pytest.mark.parametrize(("activation", "all_states"), KINDS)
@pytest.mark.parametrize("program", [False, True], ids=["eager", "program"])
def test_states_and_gradients_are_those_of_keras(installed, activation, all_states, program):
    """For each activation, for the last state and for all, at once and in a traced training step."""
    layer = layers.SimpleRNN(4, activation=activation, return_sequences=all_states)
    assert_close(*both(layer, drawn(3, 6, 2), program=program))


@pytest.mark.parametrize("program", [False, True], ids=["eager", "program"])
def test_other_arguments(installed, program):
    """Without bias, in float64, with the last state returned too, from a given state, for one step and one sample."""
    assert_close(*both(layers.SimpleRNN(3, use_bias=False), drawn(2, 5, 1), program=program))
    wide = layers.SimpleRNN(3, dtype="float64")
    assert_close(*both(wide, drawn(2, 5, 1, dtype="float64"), program=program), rtol=1e-12, atol=1e-12)
    encoder = layers.SimpleRNN(3, return_state=True, return_sequences=True)
    assert_close(*both(encoder, drawn(2, 5, 2), drawn(2, 3), program=program))
    assert_close(*both(layers.SimpleRNN(3), drawn(1, 1, 1), program=program))


def test_our_loop_is_used(installed, monkeypatch):
    """In eager calls and training programs it is; a function that a student traces keeps Keras' loop."""
    used: list[str] = []
    for name in ("loop_of_arrays", "_loop_of_eager_steps", "_loop_of_a_program"):
        stock = getattr(recurrence, name)
        monkeypatch.setattr(recurrence, name, lambda *a, stock=stock, name=name: (used.append(name), stock(*a))[1])
    layer, X = layers.SimpleRNN(2), drawn(2, 3, 1)
    layer(X)
    with tf.GradientTape():
        layer(X)
    tf.function(layer)(X)
    with recurrence.training_program():
        tf.function(lambda: layer(X), autograph=False)()
    assert used == ["loop_of_arrays", "_loop_of_eager_steps", "_loop_of_a_program"]


class Doubled(layers.SimpleRNNCell):
    """A student's own step."""

    def call(self, sequence: Any, states: Any, training: bool = False) -> Any:
        output, states = super().call(sequence, states, training)
        return 2 * output, [2 * states[0]]


class Masked(layers.SimpleRNN):
    """A student's own layer."""


STRANGE = {
    "backwards": lambda: layers.SimpleRNN(2, go_backwards=True),
    "unrolled": lambda: layers.SimpleRNN(2, unroll=True),
    "own cell": lambda: layers.RNN(Doubled(2)),
    "own layer": lambda: Masked(2),
    "other activation": lambda: layers.SimpleRNN(2, activation="softsign"),
    "own activation": lambda: layers.SimpleRNN(2, activation=lambda x: tf.tanh(x) / 2),
    "dropout": lambda: layers.SimpleRNN(2, recurrent_dropout=0.5),
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
def test_what_is_not_plain_runs_as_it_would_have(installed, make):
    """To the last bit."""
    keras.utils.set_random_seed(3)
    got, right = both(make(), drawn(2, 4, 1))
    assert_close(got, right, rtol=0, atol=0)


def test_a_step_that_a_student_replaced_is_the_one_that_runs(installed, monkeypatch):
    """The cell's `call` belongs to whoever changes it."""
    monkeypatch.setattr(layers.SimpleRNNCell, "call", lambda self, x, states, training=False: (states[0], states))
    assert not np.any(layers.SimpleRNN(2)(drawn(2, 3, 1)))


GATED = {
    "gru": layers.GRU,
    "gru, reset before": lambda units, **given: layers.GRU(units, reset_after=False, **given),
    "lstm": layers.LSTM,
    "other activations": lambda units, **given: layers.GRU(
        units, activation="relu", recurrent_activation="sigmoid", **given
    ),
}


@pytest.mark.parametrize("all_states", [True, False], ids=["all", "last"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "none"])
@pytest.mark.parametrize("make", GATED.values(), ids=GATED)
def test_gated_layers_are_those_of_keras(installed, make, bias, all_states):
    """Outputs and last states, with random biases; where gradients are kept it is Keras' own loop."""
    layer = make(4, use_bias=bias, return_sequences=all_states, return_state=True)
    layer.build((3, 6, 2))
    layer.set_weights([drawn(*weight.shape) for weight in layer.get_weights()])
    assert_close(*both(layer, drawn(3, 6, 2)))
    states = [drawn(3, 4)] * (2 if type(layer) is layers.LSTM else 1)
    assert_close(*both(layer, drawn(3, 6, 2), *states))


def test_gated_layers_in_float64(installed):
    """To its own precision."""
    for kind in (layers.GRU, layers.LSTM):
        assert_close(*both(kind(3, dtype="float64"), drawn(2, 5, 1, dtype="float64")), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", STOCK, ids=lambda kind: kind.__name__)
def test_gated_layers_run_on_arrays(installed, monkeypatch, kind):
    """Where no gradients are kept; a function that a student traces, and a tape over a GRU, keep Keras' loop."""
    used: list[str] = []
    stock = recurrence.loop_of_arrays
    monkeypatch.setattr(recurrence, "loop_of_arrays", lambda *a: (used.append("arrays"), stock(*a))[1])
    layer, X = kind(2), drawn(2, 3, 1)
    layer(X)
    assert used == ["arrays"]
    with tf.GradientTape():
        layer(X)
    tf.function(layer)(X)
    assert used == ["arrays"]


MASKS = {
    "behind": [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]],
    "before and between": [[0, 1, 0, 1, 1], [0, 0, 0, 0, 1]],
    "everywhere": [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]],
}


@pytest.mark.parametrize("zeros", [True, False], ids=["zeros", "kept"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("kind", STOCK, ids=lambda kind: kind.__name__)
def test_masked_steps_are_skipped_as_by_keras(installed, kind, mask, zeros):
    """States stay, the output stays or is zero."""
    layer = kind(3, return_sequences=True, return_state=True, zero_output_for_mask=zeros)
    X, mask = drawn(2, 5, 2), np.array(mask, bool)
    got = layer(X, mask=mask)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "inner_loop", STOCK[kind])
        assert_close([*got], [*layer(X, mask=mask)])


def test_masked_steps_are_left_out(installed):
    """As the mask of an Embedding says."""
    network = keras.Sequential([keras.Input((4,)), layers.Embedding(5, 3, mask_zero=True), layers.SimpleRNN(2)])
    short, padded = np.array([[1, 2, 3, 0]]), np.array([[1, 2, 3, 0]])
    padded[0, 3] = 4
    assert not np.allclose(network(short), network(padded))
    again = keras.Sequential([keras.Input((3,)), layers.Embedding(5, 3), layers.SimpleRNN(2)])
    again.set_weights(network.get_weights())
    np.testing.assert_allclose(network(short), again(short[:, :3]), **CLOSE)
