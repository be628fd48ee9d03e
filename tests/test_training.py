"""The fast Keras profile changes no number, no log and no setting that a notebook can look at."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from trainings import FLOAT32, assert_same, install, outcome

from autograder.sandbox import training


def sequences(samples: int, steps: int) -> tuple[Any, Any]:
    X = np.random.default_rng(5).random((samples, steps, 1)).astype("float32")
    return X, X.sum(axis=1)


def network(steps: int = 5, **compiled: Any) -> Any:
    made = keras.Sequential([keras.Input((steps, 1)), layers.SimpleRNN(10), layers.Dense(1)])
    made.compile(**{"optimizer": "adam", "loss": "mse", **compiled})
    return made


def training_of(**compiled: Any) -> Any:
    def train(fit: Any) -> Any:
        (X, y), model = sequences(330, 5), network(**compiled)
        return model, fit(model, X, y), X

    return train


def _some(cases: dict[str, Any], *quick: str) -> list[Any]:
    """Return the cases as parameters, all but the quick ones marked as slow."""
    return [pytest.param(case, id=name, marks=[] if name in quick else [SLOW]) for name, case in cases.items()]


SLOW = pytest.mark.slow  # each compiles programs of its own, a few seconds


@pytest.fixture
def profile(monkeypatch) -> Callable[[], list[Any]]:
    """Return a function that installs the profile until the test's end and returns the list of programs made."""
    return lambda: install(monkeypatch)


CALLBACKS = {
    "stopping early": lambda: [keras.callbacks.EarlyStopping("loss", min_delta=10, patience=1)],
    "restoring weights": lambda: [
        keras.callbacks.EarlyStopping("loss", min_delta=10, patience=1, restore_best_weights=True)
    ],
    "a schedule": lambda: [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)],
    "a plateau": lambda: [keras.callbacks.ReduceLROnPlateau("loss", min_delta=10, patience=1)],
    "a lambda": lambda: [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=0.5))],
    "nan": lambda: [keras.callbacks.TerminateOnNaN()],
}


@pytest.mark.parametrize("callbacks", _some(CALLBACKS, "stopping early"))
def test_callbacks_that_steer_the_training_steer_it(profile, callbacks):
    """Stopping, restoring, changing the rate and adding to the logs work as in stock Keras."""
    stock = outcome(training_of(), callbacks)
    profile()
    assert_same(stock, outcome(training_of(), callbacks), FLOAT32)


SETTINGS = {
    "compiling": {"jit_compile": True},
    "not compiling": {"jit_compile": False},
    "several steps": {"steps_per_execution": 5},
}


@pytest.mark.parametrize("settings", _some(SETTINGS, "several steps"))
def test_settings_of_the_student_are_left_alone(profile, settings):
    """What they were before `fit` they are after it, and the numbers are those of stock Keras."""
    stock = outcome(training_of(**settings))
    profile()
    assert_same(stock, outcome(training_of(**settings)), FLOAT32)


def test_small_trainings_are_not_touched(profile, monkeypatch):
    """Compiling would cost more than it saves."""
    programs = profile()
    monkeypatch.setattr(training, "MIN_STEPS", 1_500)
    outcome(training_of())
    assert programs == []


MISTAKES = {
    "other lengths": lambda X, y: (X, y[:-1]),
    "other targets": lambda X, y: (X, np.zeros((len(X), 3))),
    "other inputs": lambda X, y: (X[:, :, [0, 0]], y),
    "texts": lambda X, y: (X, y.astype(str)),
    "nothing": lambda X, y: (X[:0], y[:0]),
    "objects": lambda X, y: (X, y.astype(object)),
    "lists": lambda X, y: (X.tolist(), y.tolist()),
}


@pytest.mark.parametrize("spoil", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_the_words_of_stock_keras(profile, spoil):
    """The student sees the same type of exception, and the same first line."""

    def told() -> tuple[str, str]:
        try:
            network().fit(*spoil(*sequences(64, 5)), verbose=0)
        except Exception as error:
            return type(error).__name__, str(error).split("\n")[0][:60]
        return "no error", ""

    expected = told()
    profile()
    assert told() == expected


@pytest.mark.parametrize(("word", "label"), [(9, 1), (8, 2), (-1, 1)], ids=["words", "classes", "negative words"])
def test_numbers_out_of_range_are_told_as_in_stock_keras(profile, word, label):
    """XLA would train on; TensorFlow raises on what the model does not have, or counts words from the end."""
    X, y = np.zeros((64, 4), int), np.zeros(64, int)
    X[40, 2], y[40] = word, label

    def told() -> str:
        model = keras.Sequential([keras.Input((4,)), layers.Embedding(9, 2), layers.Flatten(), layers.Dense(2)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        try:
            model.fit(X, y, verbose=0)
        except Exception as error:
            return type(error).__name__
        return "no error"

    expected = told()
    programs = profile()
    assert told() == expected and programs == []
    assert (expected == "no error") == (word < 0)


@pytest.mark.parametrize("place", [0, 1])
def test_words_out_of_range_in_any_input_are_told_as_in_stock_keras(profile, place):
    """Also where one layer reads both inputs."""
    both = [np.zeros((64, 4), int), np.zeros((64, 4), int)]
    both[place][40, 2] = 9
    inputs, shared = [keras.Input((4,)), keras.Input((4,))], layers.Embedding(9, 2)
    model = keras.Model(inputs, layers.Add()([layers.Flatten()(shared(given)) for given in inputs]))
    model.compile("adam", "mse")
    programs = profile()
    with pytest.raises(Exception, match="9"):
        model.fit(both, np.zeros((64, 8)), verbose=0)
    assert programs == []


def test_what_xla_cannot_compile_trains_without_it(profile, monkeypatch):
    """The same numbers, an epoch as one program of TensorFlow's own."""
    import tensorflow as tf

    stock = outcome(training_of())
    compute = layers.Dense.call
    through_python = lambda got: tf.ensure_shape(tf.py_function(lambda t: t, [got], got.dtype), got.shape)  # noqa: E731
    monkeypatch.setattr(
        layers.Dense,
        "call",
        lambda self, x, training=None: compute(self, x) + 0 * tf.stop_gradient(through_python(x))[:, :1],
    )
    programs = profile()
    assert_same(stock, outcome(training_of()), FLOAT32)
    assert programs


def test_a_step_given_to_a_model_is_used(profile):
    """A function put in the place of a model's `train_step` is the student's own, and stock Keras calls it."""
    (X, y), model = sequences(64, 5), network()
    step, called = model.train_step, []
    model.train_step = lambda data: called.append(True) or step(data)
    programs = profile()
    model.fit(X, y, verbose=0)
    assert called and programs == []


def test_a_model_that_is_not_compiled_says_so(profile):
    """As stock Keras does."""
    profile()
    with pytest.raises(ValueError, match="compile"):
        keras.Sequential([keras.Input((5, 1)), layers.Flatten(), layers.Dense(1)]).fit(*sequences(64, 5), verbose=0)


def test_an_interrupted_training_can_be_taken_up_again(profile):
    """An exception in a callback leaves a model that stock Keras can go on with."""
    profile()

    def fail(epoch: int, logs: Any) -> None:
        raise RuntimeError("enough")

    (X, y), model = sequences(330, 5), network()
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(X, y, epochs=3, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=fail)])
    history = model.fit(X, y, epochs=1, verbose=0, sample_weight=np.ones(330))
    assert history.epoch == [0] and int(model.optimizer.iterations) == 22


@pytest.mark.parametrize("shape", [(1, 5, 1), (50, 5, 1), (5000, 5, 1), (3, 700, 1)], ids=str)
def test_predictions_are_those_of_stock_keras(profile, shape):
    """Shape, dtype and, up to rounding, every number."""
    model, X = network(shape[1]), np.random.default_rng(0).random(shape)
    expected = model.predict(X, verbose=0)
    profile()
    got = model.predict(X, verbose=0)
    assert type(got) is np.ndarray and got.dtype == expected.dtype and got.shape == expected.shape
    np.testing.assert_allclose(got, expected, **FLOAT32)


def test_predicting_from_what_is_no_array_is_left_to_keras(profile):
    """A dataset, a list and a tensor are predicted as before; callbacks are called."""
    import tensorflow as tf

    model, (X, _) = network(), sequences(40, 5)
    expected = model.predict(X, verbose=0)
    profile()
    for given in (tf.constant(X), tf.data.Dataset.from_tensor_slices(X).batch(7)):
        np.testing.assert_allclose(model.predict(given, verbose=0), expected, **FLOAT32)
    called = []
    model.predict(X, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_predict_end=called.append)])
    assert model.predict(X, batch_size=3, verbose=0).shape == (40, 1)


def test_predictions_that_have_a_name_keep_it(profile):
    """A dict of one array, as stock Keras gives it."""
    x = keras.Input((3,))
    model, X = keras.Model(x, {"score": layers.Dense(2)(x)}), np.ones((2, 3), np.float32)
    expected = model.predict(X, verbose=0)["score"]
    profile()
    for got in (model.predict(X, verbose=0), model.predict_on_batch(X)):
        np.testing.assert_allclose(got["score"], expected, **FLOAT32)


def test_predictions_on_a_batch_are_those_of_stock_keras(profile, monkeypatch):
    """Also of a network with two inputs, and once it is traced because it was asked often; the caller may write."""
    first, second = keras.Input((4,)), keras.Input((None, 2))
    _, state = layers.GRU(3, return_state=True)(layers.Embedding(6, 3, mask_zero=True)(first))
    model = keras.Model([first, second], layers.Dense(2)(layers.GRU(3)(second, initial_state=state)))
    X = [np.array([[1, 2, 0, 0], [5, 4, 3, 2]]), np.random.default_rng(3).random((2, 5, 2))]
    expected = model.predict_on_batch(X)
    profile()
    traced = []
    stock = keras.Model.make_predict_function
    monkeypatch.setattr(keras.Model, "make_predict_function", lambda self: (traced.append(1), stock(self))[1])
    for number in range(training.MAX_DIRECT_BATCHES + 2):
        got = model.predict_on_batch(X)
        np.testing.assert_allclose(got, expected, **FLOAT32)
        assert (got.dtype, got.flags.writeable) == (expected.dtype, True)
        assert bool(traced) == (number >= training.MAX_DIRECT_BATCHES)


def test_variables_keep_their_names_and_share_their_operation(profile, monkeypatch):
    """TensorFlow builds the operation that makes a variable once for each name for debugging: there is one name."""
    from tensorflow.python.ops import gen_resource_variable_ops as operations

    given: list[Any] = []
    stock = operations.var_handle_op
    monkeypatch.setattr(operations, "var_handle_op", lambda *a, **k: (given.append(k["debug_name"]), stock(*a, **k))[1])
    profile()
    names = [variable.path.rsplit("/", 1)[1] for variable in network().weights]
    assert names == ["kernel", "recurrent_kernel", "bias", "kernel", "bias"]
    assert len(given) > 5
    assert set(given) == {""}
