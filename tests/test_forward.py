"""What models give in NumPy is what Keras gives; what has no rule, or is not to be computed at once, Keras computes."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from autograder.sandbox import forward, recurrence

STOCK_CALL = keras.Model.__call__
UNITS = st.integers(1, 5)
ACTIVATIONS = st.sampled_from([None, "linear", "tanh", "sigmoid", "relu", "softmax"])
RECURRENT = (layers.SimpleRNN, layers.GRU, layers.LSTM)


@pytest.fixture(autouse=True, scope="module")
def installed():
    """Models are called in NumPy in this module only: its loops would stay for the others."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in RECURRENT:
            patch.setattr(kind, "inner_loop", kind.inner_loop)
        patch.setattr(keras.Model, "__call__", STOCK_CALL)
        recurrence.install()
        forward.install()
        yield


def by_keras(model: Any, given: Any) -> Any:
    with tf.GradientTape():  # what keeps gradients is left to Keras
        return np.asarray(model(given))


def assert_same(model: Any, given: Any) -> None:
    """The model is computed here, and gives what Keras gives."""
    got, right = forward.forward(model, given), by_keras(model, given)
    assert got is not None and got.dtype == right.dtype and got.shape == right.shape
    np.testing.assert_allclose(got, right, rtol=2e-5, atol=2e-6)
    np.testing.assert_array_equal(got, np.asarray(model(given)))


def assert_left(model: Any, given: Any) -> None:
    assert forward.forward(model, given) is None


def drawn(*shape: int, dtype: str = "float32") -> Any:
    return np.random.default_rng(7).normal(size=shape).astype(dtype)


def words(*shape: int) -> Any:
    return np.random.default_rng(7).integers(0, 5, size=shape)


def moved(model: Any) -> Any:
    """Biases begin with zeros; one that is forgotten would not be seen."""
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def a_network(*stack: Any, shape: tuple[int | None, ...] = (6, 2), dtype: str = "float32") -> Any:
    return moved(keras.Sequential([keras.Input(shape, dtype=dtype), *stack]))


@st.composite
def networks(draw: st.DrawFn) -> tuple[Any, Any]:
    """A network of known layers in a row, and what it is applied to."""
    begins_with_words = draw(st.booleans())
    stack: list[Any] = [layers.Embedding(5, draw(UNITS), mask_zero=draw(st.booleans()))] if begins_with_words else []
    for _ in range(draw(st.integers(0, 2))):
        kind, activation = draw(st.sampled_from(RECURRENT)), draw(st.sampled_from(["tanh", "relu", "linear"]))
        bias = draw(st.booleans())
        gates = {"reset_after": draw(st.booleans())} if kind is layers.GRU else {}
        stack.append(kind(draw(UNITS), activation=activation, use_bias=bias, return_sequences=True, **gates))
        stack += [layers.Dense(draw(UNITS), activation=draw(ACTIVATIONS))] if draw(st.booleans()) else []
    stack.append(draw(st.sampled_from(RECURRENT))(draw(UNITS)))
    for _ in range(draw(st.integers(0, 2))):
        after = [layers.Activation(draw(ACTIVATIONS) or "tanh"), layers.RepeatVector(2), layers.Flatten()]
        stack.append(draw(st.sampled_from([layers.Dense(draw(UNITS), activation=draw(ACTIVATIONS)), *after[:1]])))
        if draw(st.booleans()):
            stack += after[1:]
    n, T = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    shape = (None,) if begins_with_words else (None, 2)
    return a_network(*stack, shape=shape), words(n, T) if begins_with_words else drawn(n, T, 2)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_a_network_gives_what_keras_gives(drawn_network):
    """Any row of known layers, with a mask and without, on numbers and on words."""
    assert_same(*drawn_network)


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize("mask", [False, True])
def test_an_encoder_hands_its_states_to_a_decoder(kind, mask):
    """Two inputs, states, a mask on one side: the network of the fourth assignment."""
    src, dec_in = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    _, *states = kind(3, return_state=True)(layers.Embedding(5, 3, mask_zero=mask)(src))
    read = kind(3, return_sequences=True)(layers.Embedding(5, 3)(dec_in), initial_state=states)
    model = moved(keras.Model([src, dec_in], layers.Dense(4, activation="softmax")(read)))
    assert_same(model, [words(3, 6), words(3, 2)])


def test_inputs_are_made_what_the_network_takes():
    """Whole numbers and float64 for float32, whole numbers of 8 bits for words, float64 throughout."""
    model = a_network(layers.SimpleRNN(3))
    assert_same(model, words(3, 6, 2))
    assert_same(model, drawn(3, 6, 2, dtype="float64"))
    assert_same(a_network(layers.Embedding(5, 2), shape=(None,), dtype="int32"), words(3, 4).astype("uint8"))
    assert_same(a_network(layers.SimpleRNN(3, dtype="float64"), dtype="float64"), drawn(3, 6, 2, dtype="float64"))


def test_the_input_stays_as_it_is():
    """Activations write into what they are given; that must not be the student's array."""
    model, X = a_network(layers.Activation("tanh"), layers.Activation("softmax")), drawn(2, 6, 2)
    before = X.copy()
    assert_same(model, X)
    np.testing.assert_array_equal(X, before)
    same = a_network(layers.Activation("linear"))
    same(X).numpy()[:] = 0
    model.predict_on_batch(X)
    np.testing.assert_array_equal(X, before)


def test_what_two_layers_take_stays_as_it_is():
    """One of them changes its values; the other must still find those that were there."""
    x = keras.Input((4,))
    h = layers.Dense(3)(x)
    repeated = layers.RepeatVector(2)(layers.Activation("tanh")(h))
    assert_same(moved(keras.Model(x, layers.SimpleRNN(3)(repeated, initial_state=h))), drawn(2, 4))


@pytest.mark.parametrize("samples", [1, 4])
def test_what_embedded_words_go_to(samples):
    """Recurrent layers and others, one word or a row of words, more words than the table has rows and fewer."""
    x, X = keras.Input((None,), dtype="int32"), words(samples, 4)
    embedded = layers.Embedding(5, 3)(x)
    state = layers.GRU(3)(embedded)
    wide = layers.Dense(3, activation="relu")(embedded)
    assert_same(moved(keras.Model(x, layers.SimpleRNN(3)(wide, initial_state=state))), X)
    assert_same(moved(keras.Model(x, embedded)), X)
    assert_same(a_network(layers.Embedding(5, 3), layers.Dense(2), shape=(), dtype="int32"), X[:, 0])
    first, row = keras.Input((), dtype="int32"), keras.Input((6, 2))
    begun = layers.SimpleRNN(3)(row, initial_state=layers.Embedding(5, 3)(first))
    assert_same(moved(keras.Model([first, row], begun)), [X[:, 0], drawn(samples, 6, 2)])
    twice = a_network(layers.Embedding(5, 3), layers.Embedding(9, 2), layers.Flatten(), shape=(4,), dtype="int32")
    twice.set_weights([np.arange(15).reshape(5, 3) / 2, drawn(9, 2)])
    assert_same(twice, X)


def test_a_network_that_changes_is_computed_anew():
    """Other weights, another activation, one layer more."""
    model, X = a_network(layers.SimpleRNN(3), layers.Dense(2)), drawn(2, 6, 2)
    assert_same(model, X)
    first = np.asarray(model(X))
    moved(model).set_weights([weight * 2 for weight in model.get_weights()])
    assert_same(model, X)
    model.layers[-1].activation = keras.activations.tanh
    assert_same(model, X)
    assert not np.allclose(model(X), first)
    model.add(layers.Dense(1))
    assert_same(model, X)


class Own(layers.Dense):
    """A student's own layer."""


class OwnCell(layers.GRUCell):
    """A student's own step."""


class OwnModel(keras.Sequential):
    """A student's own model."""


def doubled(x: Any) -> Any:
    return 2 * x


def by_name() -> Any:
    x = keras.Input((3,))
    return keras.Model(x, {"score": layers.Dense(2)(x)})


LEFT: dict[str, Any] = {
    "an output that has a name": lambda: (by_name(), drawn(2, 3)),
    "an own layer": lambda: (a_network(Own(2)), drawn(2, 6, 2)),
    "an own activation": lambda: (a_network(layers.Dense(2, activation=doubled)), drawn(2, 6, 2)),
    "an own activation of a recurrent layer": lambda: (a_network(layers.GRU(2, activation=doubled)), drawn(2, 6, 2)),
    "a layer without a rule": lambda: (a_network(layers.LayerNormalization()), drawn(2, 6, 2)),
    "a layer that goes backwards": lambda: (a_network(layers.LSTM(2, go_backwards=True)), drawn(2, 6, 2)),
    "half precision": lambda: (a_network(layers.Dense(2, dtype="float16")), drawn(2, 6, 2)),
    "mixed precision": lambda: (a_network(layers.Dense(2, dtype="mixed_bfloat16")), drawn(2, 6, 2)),
    "an input of another shape": lambda: (a_network(layers.SimpleRNN(2)), drawn(2, 5, 2)),
    "an input without its last axis": lambda: (a_network(layers.SimpleRNN(2), shape=(6, 1)), drawn(2, 6)),
    "an input of no samples": lambda: (a_network(layers.SimpleRNN(2)), drawn(0, 6, 2)),
    "a tensor": lambda: (a_network(layers.SimpleRNN(2)), tf.constant(drawn(2, 6, 2))),
    "a list": lambda: (a_network(layers.SimpleRNN(2)), drawn(2, 6, 2).tolist()),
    "words that are not there": lambda: (a_network(layers.Embedding(5, 2), shape=(3,)), np.array([[1, 2, 5]])),
    "a mask on what is no sequence": lambda: (
        a_network(layers.Embedding(5, 2, mask_zero=True), layers.Flatten(), shape=(3,)),
        words(2, 3),
    ),
    "an output with a mask": lambda: (a_network(layers.Embedding(5, 2, mask_zero=True), shape=(3,)), words(2, 3)),
    "a model that is not built": lambda: (keras.Sequential([layers.Dense(2)]), drawn(2, 3)),
    "no model": lambda: (len, drawn(2, 3)),
}


@pytest.mark.parametrize("case", LEFT)
def test_is_left_to_keras(case):
    """What is not known, and what Keras has words of its own for."""
    assert_left(*LEFT[case]())


def test_an_own_model_is_left_to_keras():
    """Its `call` may be anything."""
    model = OwnModel([keras.Input((3,)), layers.Dense(2)])
    assert_left(model, drawn(2, 3))
    plain = a_network(layers.Dense(2), shape=(3,))
    plain.call = lambda inputs, **_: inputs * 0
    assert_left(plain, drawn(2, 3))
    assert np.all(np.asarray(plain(drawn(2, 3))) == 0)


METHODS = [
    *[(layers.Dense, "call"), (layers.Dense, "__call__"), (layers.Layer, "__call__"), (keras.Sequential, "call")],
    *[(layers.GRU, "call"), (layers.GRU, "inner_loop"), (layers.GRUCell, "call")],
]


@pytest.mark.parametrize(("kind", "method"), METHODS)
def test_changed_methods_are_used(monkeypatch, kind, method):
    """Whoever counts calls, or puts in a function of their own, sees them called."""
    model, X, seen = a_network(layers.GRU(2), layers.Dense(2)), drawn(2, 6, 2), []
    stock = getattr(kind, method)
    monkeypatch.setattr(kind, method, lambda self, *args, **kwargs: (seen.append(1), stock(self, *args, **kwargs))[1])
    assert_left(model, X)
    model(X)
    assert seen


def test_a_layer_with_a_method_or_a_cell_of_its_own_is_left_to_keras():
    """Put into one object, where its class knows nothing of it."""
    X = drawn(2, 6, 2)
    for name in ("call", "inner_loop"):
        model = a_network(layers.GRU(2))
        object.__setattr__(model.layers[0], name, getattr(model.layers[0], name))
        assert_left(model, X)
    model = a_network(layers.GRU(2))
    object.__setattr__(model.layers[0].cell, "call", model.layers[0].cell.call)
    assert_left(model, X)
    model = a_network(layers.GRU(2))
    object.__setattr__(model.layers[0], "cell", OwnCell(2))
    assert_left(model, X)


def test_gradients_are_those_of_keras():
    """With a tape nothing is computed here, nor in a function that is traced, nor in the call of another layer."""
    model, X = a_network(layers.SimpleRNN(3), layers.Dense(1)), drawn(4, 6, 2)
    with tf.GradientTape() as tape:
        assert_left(model, X)
        loss = tf.reduce_sum(model(X) ** 2)
    assert all(gradient is not None for gradient in tape.gradient(loss, model.trainable_variables))
    tf.function(lambda: assert_left(model, X), autograph=False)()

    class Around(layers.Layer):
        def call(self, inputs: Any, training: bool = False) -> Any:
            assert_left(model, X)
            return inputs

    Around()(tf.constant(X))


def test_arguments_other_than_training_are_left_to_keras():
    """`training=False` changes nothing; True does where there is dropout, and a mask may be given by hand."""
    model, X = a_network(layers.SimpleRNN(3)), drawn(2, 6, 2)
    np.testing.assert_array_equal(model(X, training=False), model(X))
    for arguments in ({"training": True}, {"mask": tf.zeros((2, 6), bool)}):
        seen: list[Any] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(forward, "forward", lambda *given, seen=seen: seen.append(given))
            model(X, **arguments)
        assert not seen


def test_a_layer_may_be_used_twice():
    """Each of its calls counts."""
    shared, x = layers.Dense(2, activation="tanh"), keras.Input((2,))
    assert_same(moved(keras.Model(x, shared(shared(x)))), drawn(3, 2))
