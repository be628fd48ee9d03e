"""What is taken out of the way around small models changes no number and no object."""

import inspect
import json
import os
import subprocess
import sys
from typing import Any

import keras
import pytest
from keras import layers

from autograder.sandbox import bookkeeping
from autograder.sandbox.zygote import COMPUTING

# Operations of all kinds, eager and traced, a training and what tape and models give; prints every number.
COMPUTE = """
import json, sys
import keras, numpy as np, tensorflow as tf
from tensorflow.python import pywrap_tfe

asked = []
stock = pywrap_tfe.TFE_ContextOptionsSetRunEagerOpAsFunction
def tell(options, wanted):
    asked.append(wanted)
    stock(options, wanted)
pywrap_tfe.TFE_ContextOptionsSetRunEagerOpAsFunction = tell
if sys.argv[1] == "ours":
    from autograder.sandbox import bookkeeping
    bookkeeping.install()
keras.utils.set_random_seed(3)
x = tf.random.normal((5, 4))
out = [x, x @ tf.transpose(x), tf.nn.softmax(x), tf.reduce_mean(x, 0), tf.cumsum(x), tf.sort(x)]
out += [tf.einsum("ij,kj->ik", x, x), tf.concat([x, x], 1), tf.nn.relu(x), tf.math.erf(x)]
out += [tf.linalg.svd(x, compute_uv=False), tf.where(x > 0, x, -x), tf.cast(x * 9, tf.int32), tf.one_hot([1, 3], 5)]
out += [tf.random.uniform((3,), seed=1), tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * x), (0, x))[1]]
v = tf.Variable(x)
v.assign_add(x)
v[1].assign(tf.ones(4))
out += [v.read_value(), tf.function(lambda y: tf.tanh(y) @ tf.transpose(y))(v)]
for kind in (keras.layers.SimpleRNN, keras.layers.GRU, keras.layers.LSTM):
    model = keras.Sequential([keras.Input((4, 1)), kind(3), keras.layers.Dropout(0.2), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    data = np.random.default_rng(1).random((40, 4, 1), dtype=np.float32)
    history = model.fit(data, data.sum(axis=1), epochs=2, verbose=0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(data) ** 2)
    out += [history.history["loss"], *model.get_weights(), model.predict(data, verbose=0), loss]
    out += tape.gradient(loss, model.trainable_variables)
print(json.dumps([asked, [np.asarray(one, float).tolist() for one in out]]))
"""


def computed(how: str) -> Any:
    command = [sys.executable, "-c", COMPUTE, how]
    run = subprocess.run(command, env=os.environ | COMPUTING, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def test_operations_run_bare_and_give_the_same_numbers():
    """To the last bit, in a process of its own each; and TensorFlow was told so, once."""
    (asked, ours), (asked_before, right) = computed("ours"), computed("stock")
    assert (asked, asked_before) == ([False], [True])
    assert ours == right


class Odd(layers.Layer):
    """A student's layer with all kinds of attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.plain, self.text, self.nothing = 3, "three", None
        self.change, self.first, self.kind = abs, keras.initializers.GlorotUniform(seed=1), keras.DTypePolicy("float32")
        self.build_shape, self.spec = (lambda shape: shape), layers.InputSpec(ndim=2)
        self.inner = layers.Dense(2)
        self.inner = None  # Keras goes on tracking the first one
        self.listed = [layers.Dense(1)]
        self.weight = self.add_weight(shape=(2,))
        self.flag = True

    @property
    def fixed(self) -> int:
        return 5

    @property
    def doubled(self) -> int:
        return 2 * self.plain

    @doubled.setter
    def doubled(self, value: int) -> None:
        self.plain = value // 2


def look(layer: Any) -> Any:
    """Return all that is in a layer, in words."""
    held = {name: type(value).__name__ for name, value in vars(layer).items()}
    kept = [type(one).__name__ for one in (*layer._layers, *layer._trainable_variables)]
    return held, kept, layer.plain, layer.text, layer.nothing, layer.flag, len(layer.weights)


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(layers.Layer, "__setattr__", layers.Layer.__setattr__)
    bookkeeping._set_plain_attributes_at_once()


def test_attributes_are_set_as_keras_does():
    """What is tracked is tracked, and properties of both kinds work."""
    before = look(Odd())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers.Layer, "__setattr__", layers.Layer.__setattr__)
        bookkeeping._set_plain_attributes_at_once()
        assert look(Odd()) == before


def test_properties_keep_their_rules(quick):
    """A setter is called; without one Keras takes the value that is there already, and refuses another."""
    layer = Odd()
    layer.doubled = 8
    assert layer.plain == 4
    layer.fixed = 5
    with pytest.raises(AttributeError):
        layer.fixed = 6


def test_plain_attributes_of_layers_are_not_looked_into(quick, monkeypatch):
    """That is what saves the time; all else is."""
    layer, seen = Odd(), []
    stock = layer._tracker.track
    monkeypatch.setattr(layer._tracker, "track", lambda value: (seen.append(type(value)), stock(value))[1])
    layer.plain, layer.text = 9, "nine"
    layer.kernel_initializer, layer.activation = keras.initializers.Zeros(), keras.activations.tanh
    assert (layer.plain, layer.text, layer.activation, seen) == (9, "nine", keras.activations.tanh, [])
    layer.listed = [layers.Dense(1)]
    assert list in seen


def test_a_model_is_the_same_model(quick):
    """Built, saved as a configuration and built again."""
    model = keras.Sequential([keras.Input((4, 1)), layers.SimpleRNN(3), layers.Dense(1)])
    assert [len(layer.weights) for layer in model.layers] == [3, 2]
    assert keras.Sequential.from_config(model.get_config()).count_params() == model.count_params()


class Halved(layers.Dense):
    """A student's layer whose call has an argument more."""

    def call(self, inputs: Any, training: Any = None, half: bool = True) -> Any:
        return super().call(inputs, training) / (2 if half else 1)


@pytest.mark.parametrize("name", ["signature", "getfullargspec"])
def test_signatures_are_those_that_python_reads(name, monkeypatch):
    """Of functions and methods of Keras, which are read once, and of a student's, which are read each time."""
    read = getattr(inspect, name)
    seen = []
    kept = bookkeeping._kept(lambda thing, **settings: (seen.append(thing), read(thing, **settings))[1])
    dense, halved = layers.Dense(1), Halved(1)
    things = [
        layers.Dense.__init__,
        layers.Dense.call,
        dense.call,
        layers.LSTM.__init__,
        halved.call,
        look,
        layers.Dense,
    ]
    for thing in (*things, *things):
        assert kept(thing) == read(thing)
    assert len(seen) == len(things) + 3
    monkeypatch.setattr(Halved, "call", lambda self, inputs: inputs)
    assert kept(halved.call) == read(halved.call)
    if name == "signature":
        assert kept(dense.call, follow_wrapped=False) == read(dense.call, follow_wrapped=False)
