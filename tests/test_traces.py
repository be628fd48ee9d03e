"""An equal network is not traced again, and trains to the same numbers; what differs in anything is traced."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from autograder.sandbox import epochs, traces

X = np.random.default_rng(0).random((640, 4, 2), dtype=np.float32)
Y = X.sum(axis=(1, 2))[:, None]


@pytest.fixture(autouse=True)
def traced(monkeypatch) -> list[int]:
    """Begin without traces; return what grows by one with each tracing."""
    calls: list[int] = []
    stock = epochs._trace
    monkeypatch.setattr(epochs, "_trace", lambda *arguments: (calls.append(1), stock(*arguments))[1])
    monkeypatch.setattr(traces, "_kept", {})
    monkeypatch.setattr(traces, "_folder", None)
    traces.watch()
    return calls


def network(kind: Any = layers.SimpleRNN, out: int = 1, **arguments: Any) -> Any:
    return keras.Sequential([keras.Input((4, 2)), kind(3, **arguments), layers.Dense(out)])


def compiled(model: Any = None, optimizer: Any = "adam", loss: Any = "mse", **arguments: Any) -> Any:
    model = model or network()
    model.compile(optimizer=optimizer, loss=loss, **arguments)
    return model


def prepare(model: Any, samples: int = 640, batch: int = 32, X: Any = X, Y: Any = Y) -> Callable[[Any], Any]:
    work = epochs.Work((X[:samples], Y[:samples]), batch, 1, False, 0, [], {})
    train = epochs.epoch_program(model, work)
    assert train is not None
    return train


def train(model: Any, samples: int = 640) -> list[Any]:
    """Return the weights after an epoch from given ones."""
    begin = np.random.default_rng(1)
    model.set_weights([begin.normal(size=weight.shape) for weight in model.get_weights()])
    prepare(model, samples)(iter([tf.range(samples, dtype=tf.int64)]))
    return [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]


@pytest.mark.parametrize("samples", [640, 650 - 3], ids=["full batches", "and a partial one"])
def test_an_equal_network_is_not_traced_again(traced, samples):
    """To the last bit the numbers of a traced one, and the first network's stay as they are."""
    global X, Y
    more = np.concatenate([X, X[:7]]), np.concatenate([Y, Y[:7]])
    X, Y = more
    try:
        first = compiled()
        one = train(first, samples)
        again = train(compiled(), samples)
        assert len(traced) == 1
        np.testing.assert_array_equal(first.get_weights()[0], one[0])
        traces._kept.clear()
        anew = train(compiled(), samples)
        assert len(traced) == 2
    finally:
        X, Y = X[:640], Y[:640]
    for a, b, c in zip(one, again, anew, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


def functional(skip: bool) -> Any:
    begin = keras.Input((4, 2))
    one = layers.SimpleRNN(3)(begin)
    two = layers.Dense(3)(one)
    return keras.Model(begin, layers.Dense(1)(layers.Add()([one if skip else two, two])))


def frozen() -> Any:
    model = network()
    model.layers[0].trainable = False
    return model


def half_frozen() -> Any:
    model = network()
    model.layers[1].bias.trainable = False
    return model


def clipped_later() -> Any:
    model = compiled()
    model.optimizer.clipnorm = 0.5
    return model


def named_like_activations(activation: str) -> Any:
    return keras.Sequential([keras.Input((4, 2)), layers.SimpleRNN(3, activation, name=activation), layers.Dense(1)])


OTHERS: dict[str, Callable[[], Any]] = {
    "units": lambda: compiled(keras.Sequential([keras.Input((4, 2)), layers.SimpleRNN(4), layers.Dense(1)])),
    "layer": lambda: compiled(network(layers.GRU)),
    "activation": lambda: compiled(network(activation="relu")),
    "activation and name": lambda: compiled(named_like_activations("sigmoid")),
    "another activation and name": lambda: compiled(named_like_activations("linear")),
    "bias": lambda: compiled(network(use_bias=False)),
    "direction": lambda: compiled(network(go_backwards=True)),
    "regulariser": lambda: compiled(network(kernel_regularizer="l2")),
    "constraint": lambda: compiled(network(kernel_constraint="non_neg")),
    "type": lambda: compiled(network(dtype="float64")),
    "optimizer": lambda: compiled(optimizer="sgd"),
    "rate": lambda: compiled(optimizer=keras.optimizers.Adam(0.01)),
    "clipping": lambda: compiled(optimizer=keras.optimizers.Adam(clipnorm=1.0)),
    "clipping by value": lambda: compiled(optimizer=keras.optimizers.Adam(clipvalue=1.0)),
    "clipping set later": clipped_later,
    "schedule": lambda: compiled(optimizer=keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1, 9, 1))),
    "loss": lambda: compiled(loss="mae"),
    "metric": lambda: compiled(metrics=["mae"]),
    "weight of the loss": lambda: compiled(loss_weights=[2.0]),
    "frozen layer": lambda: compiled(frozen()),
    "frozen bias": lambda: compiled(half_frozen()),
    "functional": lambda: compiled(functional(skip=False)),
    "other connections": lambda: compiled(functional(skip=True)),
}


def test_whatever_differs_is_traced(traced):
    """Each change alone gives another fingerprint, and the numbers of its own."""
    prepare(compiled())
    for number, (name, make) in enumerate(OTHERS.items(), 2):
        prepare(make())
        assert len(traced) == number, name
    prepare(compiled(), batch=64)
    prepare(compiled(), samples=320)
    assert len(traced) == len(OTHERS) + 3
    prepare(compiled(), X=X[:, :, :], Y=Y[:, 0])
    assert len(traced) == len(OTHERS) + 4


EQUAL: dict[str, Callable[[], Any]] = {
    "names": lambda: compiled(
        keras.Sequential([keras.Input((4, 2)), layers.SimpleRNN(3, name="a"), layers.Dense(1, name="b")], name="c"),
        optimizer=keras.optimizers.Adam(name="d"),
    ),
    "initialisers": lambda: compiled(network(recurrent_initializer="identity")),
}


@pytest.mark.parametrize("make", EQUAL.values(), ids=EQUAL)
def test_what_changes_no_number_is_not_traced(traced, make):
    """Names and first weights are no part of a trace."""
    prepare(compiled(optimizer=keras.optimizers.Adam()))
    prepare(make())
    assert len(traced) == 1


def test_connections_are_told_apart_and_names_in_them_not(traced):
    """A functional model's layers are known by their places."""
    for skip in (False, False, True, True, False):
        prepare(compiled(functional(skip)))
    assert len(traced) == 2


class Halved(keras.Model):
    """Stands for a step that a student writes into Keras itself."""

    def step(self, data: Any) -> Any:
        for variable in self.trainable_variables:
            variable.assign(variable * 0.5)
        return {}


CHANGES: dict[str, Callable[[Any, Any], None]] = {
    "training step of all models": lambda patch, model: patch.setattr(keras.Model, "train_step", Halved.step),
    "layer's class": lambda patch, model: patch.setattr(layers.Dense, "call", lambda self, x, training=None: x[:, :1]),
    "one layer": lambda patch, model: patch.setattr(model.layers[1], "call", lambda x, training=None: x[:, :1]),
    "operation of TensorFlow": lambda patch, model: patch.setattr(tf, "matmul", lambda *a, **k: 1 / 0),
    "operation of Keras": lambda patch, model: patch.setattr(keras.src.backend.nn, "relu", lambda x: x),
    "update": lambda patch, model: patch.setattr(keras.optimizers.Adam, "update_step", lambda *a: None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_is_found_once_keras_was_changed(traced, monkeypatch, change):
    """What a student did to Keras is what trains the student's network."""
    prepare(compiled())
    model = compiled()
    data = [tf.constant(X), tf.constant(Y)]
    model._symbolic_build(data_batch=(X[:32], Y[:32]))
    assert traces.fingerprint(model, data, 20, 32)
    change(monkeypatch, model)
    assert traces.fingerprint(model, data, 20, 32) == ""
    assert traces.find("", model) is None


def test_a_trace_is_found_in_the_folder(traced, tmp_path):
    """As another process finds it: the numbers are the same to the last bit."""
    traces.use_folder(tmp_path)
    one = train(compiled())
    (path,) = tmp_path.iterdir()
    traces._kept.clear()
    again = train(compiled())
    assert len(traced) == 1
    for a, b in zip(one, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert path.stat().st_size < 200_000
