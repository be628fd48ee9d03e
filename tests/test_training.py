"""The fast Keras profile changes no number, no log and no setting that a notebook can look at."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from autograder.sandbox import training

# XLA sums in another order: rounding of float32, grown over some hundred steps
TOLERANCE = {"rtol": 1e-3, "atol": 1e-5}


@dataclass
class Watcher:
    """What a callback of the student's sees: everything but the batches."""

    seen: list[Any] = field(default_factory=list)

    def callback(self) -> Any:
        seen = self.seen

        class Look(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                seen.append(("begin", self.params["epochs"], self.params["steps"], dict(logs or {})))

            def on_epoch_begin(self, epoch, logs=None):
                seen.append(("epoch", epoch, dict(logs or {})))

            def on_epoch_end(self, epoch, logs=None):
                rate = float(self.model.optimizer.learning_rate)
                seen.append(("end", epoch, int(self.model.optimizer.iterations), rate, dict(logs)))

            def on_train_end(self, logs=None):
                seen.append(("over", dict(logs)))

        return Look()


class Batches(keras.callbacks.Callback):
    """A callback that looks at every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


def sequences(samples: int, steps: int) -> tuple[Any, Any]:
    X = np.random.default_rng(5).random((samples, steps, 1)).astype("float32")
    return X, X.sum(axis=1)


def network(steps: int = 5, *inner: Any, **compiled: Any) -> Any:
    made = keras.Sequential([keras.Input((steps, 1)), *(inner or [layers.SimpleRNN(10)]), layers.Dense(1)])
    made.compile(**{"optimizer": "adam", "loss": "mse", **compiled})
    return made


def labels(fit: Callable[..., Any], **compiled: Any) -> Any:
    """Train a classifier; `class_weight` needs one."""
    X, total = sequences(200, 5)
    model = keras.Sequential([keras.Input((5, 1)), layers.SimpleRNN(4), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, fit(model, X, (total[:, 0] > 2.5).astype(int), **compiled), X


def plainly(
    samples: int = 330, steps: int = 5, *inner: Any, compiled: Any = None, **options: Any
) -> Callable[..., Any]:
    """Return a function that trains the course's network with these options of `fit`."""

    def train(fit: Callable[..., Any]) -> Any:
        X, y = sequences(samples, steps)
        model = network(steps, *(make() for make in inner), **(compiled() if callable(compiled) else compiled or {}))
        return model, fit(model, X, y, **options), X

    return train


def on_dataset(fit: Callable[..., Any]) -> Any:
    import tensorflow as tf

    (X, y), model = sequences(330, 5), network()
    return model, fit(model, tf.data.Dataset.from_tensor_slices((X, y)).batch(32)), X


def on_generator(fit: Callable[..., Any]) -> Any:
    (X, y), model = sequences(320, 5), network()

    def batches() -> Iterator[Any]:
        while True:
            for start in range(0, 320, 32):
                yield X[start : start + 32], y[start : start + 32]

    return model, fit(model, batches(), steps_per_epoch=10), X


def on_flat_targets(fit: Callable[..., Any]) -> Any:
    (X, y), model = sequences(330, 5), network()
    return model, fit(model, X, y[:, 0].astype("float64")), X


def twice(fit: Callable[..., Any]) -> Any:
    (X, y), model = sequences(330, 5), network()
    fit(model, X, y)
    return model, fit(model, X, y, batch_size=10), X


def frozen(fit: Callable[..., Any]) -> Any:
    (X, y), model = sequences(330, 5), network()
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    return model, fit(model, X, y), X


def own_loss(y: Any, got: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y - got))


def _some(cases: dict[str, Any], *quick: str) -> list[Any]:
    """Return the cases as parameters, all but the quick ones marked as slow."""
    return [pytest.param(case, id=name, marks=[] if name in quick else [SLOW]) for name, case in cases.items()]


WEIGHTS = np.linspace(0, 1, 330)
SLOW = pytest.mark.slow  # each compiles programs of its own, a few seconds
FAST = {
    "the network of sum": plainly(1000),
    "the network of memory": plainly(330, 30),
    "not shuffled": plainly(shuffle=False),
    "small batches": plainly(batch_size=7),
    "one batch": plainly(batch_size=1000),
    "one sample": plainly(1),
    "validation data": plainly(validation_data=sequences(90, 5)),
    "metrics": plainly(compiled={"metrics": ["mae"]}),
    "another optimizer": plainly(compiled={"optimizer": "rmsprop", "loss": "huber"}),
    "clipped gradients": plainly(compiled=lambda: {"optimizer": keras.optimizers.SGD(0.1, clipnorm=0.1)}),
    "flat targets": on_flat_targets,
    "labels": labels,
    "normalised": plainly(330, 5, lambda: layers.SimpleRNN(4), layers.BatchNormalization),
    "gru": plainly(330, 5, lambda: layers.GRU(4)),
    "trained twice": twice,
    "frozen layer": frozen,
}
STOCK = {
    "generator": on_generator,
    "tf.data": on_dataset,
    "eagerly": plainly(64, compiled={"run_eagerly": True}),
    "sample weights": plainly(sample_weight=WEIGHTS),
    "validation split": plainly(validation_split=0.2),
    "steps per epoch": plainly(steps_per_epoch=3),
    "dropout": plainly(330, 5, lambda: layers.SimpleRNN(4, dropout=0.5), lambda: layers.Dropout(0.5)),
    "own loss": plainly(compiled={"loss": own_loss}),
    "own activation": plainly(330, 5, lambda: layers.SimpleRNN(4, activation=lambda x: x / 2)),
    "class weights": lambda fit: labels(lambda *a, **k: fit(*a, class_weight={0: 1.0, 1: 5.0}, **k)),
}


@pytest.fixture
def profile(monkeypatch) -> Callable[[], list[Any]]:
    """Return a function that installs the profile until the test's end and returns the list of epoch programs made."""
    monkeypatch.setattr(training, "MIN_STEPS", 1)
    for method in ("fit", "predict"):
        monkeypatch.setattr(keras.Model, method, getattr(keras.Model, method))

    def install() -> list[Any]:
        programs, make = [], training._epoch_program

        def counted(*args: Any) -> Any:
            programs.append(args)
            return make(*args)

        monkeypatch.setattr(training, "_epoch_program", counted)
        training.install()
        return programs

    return install


def outcome(train: Callable[..., Any], callbacks: Callable[[], list[Any]] = list, epochs: int = 2) -> tuple[Any, ...]:
    """Train from the same seed; return all that a notebook can see afterwards."""
    keras.utils.set_random_seed(1)
    watcher = Watcher()

    def fit(model: Any, *data: Any, **options: Any) -> Any:
        watched = [*callbacks(), watcher.callback()]
        return model.fit(*data, **{"epochs": epochs, "verbose": 0, "callbacks": watched, **options})

    model, history, X = train(fit)
    facts = (
        *(history.epoch, list(history.history), int(model.optimizer.iterations), model.stop_training),
        *(model.jit_compile, model.steps_per_execution, model.run_eagerly, type(history).__name__),
        *(history.params, history.model is model, model.history is history, history.history and watcher.seen),
    )
    numbers = [*history.history.values(), model.predict(X, verbose=0), model.evaluate(X, X[:, 0], verbose=0)]
    numbers += model.get_weights()
    drawn = random.random(), np.random.rand(), float(keras.random.uniform(()))
    return _without_numbers(facts), [*numbers, *_numbers(watcher.seen)], drawn


def _without_numbers(thing: Any) -> Any:
    if isinstance(thing, float):
        return "a number"
    if isinstance(thing, dict):
        return {key: _without_numbers(value) for key, value in thing.items()}
    return [_without_numbers(item) for item in thing] if isinstance(thing, (list, tuple)) else thing


def _numbers(thing: Any) -> list[float]:
    if isinstance(thing, float):
        return [thing]
    items = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, (list, tuple)) else []
    return [number for item in items for number in _numbers(item)]


def assert_same(stock: tuple[Any, ...], fast: tuple[Any, ...]) -> None:
    assert fast[0] == stock[0]
    for expected, got in zip(stock[1], fast[1], strict=True):
        np.testing.assert_allclose(got, expected, **TOLERANCE)
    assert fast[2] == stock[2], "the global random generators were moved"


@pytest.mark.parametrize(
    "train", _some(FAST, "the network of sum", "the network of memory", "validation data", "one batch")
)
def test_a_fast_training_gives_the_same_numbers(profile, train):
    """History, weights, predictions, what callbacks saw, and the random numbers drawn afterwards."""
    stock = outcome(train)
    programs = profile()
    assert_same(stock, outcome(train))
    assert programs, "nothing was made faster"


@pytest.mark.parametrize(
    "train", _some(STOCK, "generator", "tf.data", "eagerly", "sample weights", "validation split", "class weights")
)
def test_what_the_profile_does_not_know_runs_as_it_would_have(profile, train):
    """Stock Keras does it; the numbers are the same."""
    stock = outcome(train)
    programs = profile()
    assert_same(stock, outcome(train))
    assert programs == []


def test_a_callback_that_looks_at_batches_sees_every_batch(profile):
    """It would see an epoch as one batch otherwise."""
    profile()
    looking = Batches()
    X, y = sequences(330, 5)
    network().fit(X, y, epochs=2, verbose=0, callbacks=[looking])
    assert len(looking.losses) == 22


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
    stock = outcome(plainly(), callbacks)
    profile()
    assert_same(stock, outcome(plainly(), callbacks))


SETTINGS = {
    "compiling": {"jit_compile": True},
    "not compiling": {"jit_compile": False},
    "several steps": {"steps_per_execution": 5},
}


@pytest.mark.parametrize("settings", _some(SETTINGS, "several steps"))
def test_settings_of_the_student_are_left_alone(profile, settings):
    """What they were before `fit` they are after it, and the numbers are those of stock Keras."""
    stock = outcome(plainly(compiled=settings))
    profile()
    assert_same(stock, outcome(plainly(compiled=settings)))


def test_small_trainings_are_not_touched(profile, monkeypatch):
    """Compiling would cost more than it saves."""
    programs = profile()
    monkeypatch.setattr(training, "MIN_STEPS", 1_500)
    outcome(plainly())
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
    history = model.fit(X, y, epochs=1, verbose=0, sample_weight=WEIGHTS)
    assert history.epoch == [0] and int(model.optimizer.iterations) == 22


@pytest.mark.parametrize("shape", [(1, 5, 1), (50, 5, 1), (5000, 5, 1), (3, 700, 1)], ids=str)
def test_predictions_are_those_of_stock_keras(profile, shape):
    """Shape, dtype and, up to rounding, every number."""
    model, X = network(shape[1]), np.random.default_rng(0).random(shape)
    expected = model.predict(X, verbose=0)
    profile()
    got = model.predict(X, verbose=0)
    assert type(got) is np.ndarray and got.dtype == expected.dtype and got.shape == expected.shape
    np.testing.assert_allclose(got, expected, **TOLERANCE)


def test_predicting_from_what_is_no_array_is_left_to_keras(profile):
    """A dataset, a list and a tensor are predicted as before; callbacks are called."""
    import tensorflow as tf

    model, (X, _) = network(), sequences(40, 5)
    expected = model.predict(X, verbose=0)
    profile()
    for given in (tf.constant(X), tf.data.Dataset.from_tensor_slices(X).batch(7)):
        np.testing.assert_allclose(model.predict(given, verbose=0), expected, **TOLERANCE)
    called = []
    model.predict(X, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_predict_end=called.append)])
    assert model.predict(X, batch_size=3, verbose=0).shape == (40, 1)
