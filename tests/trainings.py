"""Trains a model and returns all that a notebook can see of it, so that two ways of training can be compared."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest
from tensorflow.python import pywrap_tfe
from tensorflow.python.ops import gen_resource_variable_ops

from autograder.sandbox import training

# After at most some hundred steps: XLA adds in another order, and rounding grows with training.
FLOAT32 = {"rtol": 1e-3, "atol": 1e-5}
FLOAT64 = {"rtol": 1e-9, "atol": 1e-12}

# What the profile replaces, to be put back.
REPLACED = [
    *((keras.Model, name) for name in ("__call__", "fit", "predict", "predict_on_batch")),
    *((kind, "inner_loop") for kind in (keras.layers.SimpleRNN, keras.layers.GRU, keras.layers.LSTM)),
    (keras.Layer, "__setattr__"),
    (gen_resource_variable_ops, "var_handle_op"),
    (pywrap_tfe, "TFE_ContextOptionsSetRunEagerOpAsFunction"),
]

# A training gets a function that calls `fit`, and returns the model, the history and inputs to predict from.
Training = Callable[[Callable[..., Any]], tuple[Any, Any, Any]]


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
        self.seen: list[Any] = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(("batch", batch, dict(logs or {})))

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(("end", batch, int(self.model.optimizer.iterations), dict(logs)))


@dataclass(frozen=True)
class Outcome:
    """`facts` are equal or not; `numbers` by a tolerance; `drawn` are random numbers of each generator afterwards."""

    facts: Any
    numbers: list[Any]
    predictions: Any
    drawn: tuple[float, ...]


def outcome(train: Training, callbacks: Callable[[], list[Any]] = list, epochs: int = 2) -> Outcome:
    """Train from the same seed; return all that a notebook can see afterwards."""
    keras.utils.set_random_seed(1)
    watcher, listed = Watcher(), callbacks()

    def fit(model: Any, *data: Any, **options: Any) -> Any:
        watched = [*listed, watcher.callback()]
        return model.fit(*data, **{"epochs": epochs, "verbose": 0, "callbacks": watched, **options})

    model, history, X = train(fit)
    seen = [watcher.seen, *(callback.seen for callback in listed if isinstance(callback, Batches))]
    facts = (
        *(history.epoch, list(history.history), int(model.optimizer.iterations), model.stop_training),
        *(model.jit_compile, model.steps_per_execution, model.run_eagerly, type(history).__name__),
        *(history.params, history.model is model, model.history is history, history.history, seen),
        [type(values[0]).__name__ for values in history.history.values()],
    )
    numbers = [*history.history.values(), *_numbers(seen), *model.get_weights()]
    numbers += [np.asarray(variable) for variable in model.optimizer.variables if "seed" not in variable.path]
    drawn = random.random(), np.random.rand(), float(keras.random.uniform(()))
    return Outcome(_without_numbers(facts), numbers, model.predict(X, verbose=0), drawn)


def _without_numbers(thing: Any) -> Any:
    if isinstance(thing, float):
        return "a number"
    if isinstance(thing, dict):
        return {key: _without_numbers(value) for key, value in thing.items()}
    return [_without_numbers(item) for item in thing] if isinstance(thing, (list, tuple)) else thing


def _numbers(thing: Any) -> list[float]:
    if isinstance(thing, (float, np.floating)):
        return [float(thing)]
    items = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, (list, tuple)) else []
    return [number for item in items for number in _numbers(item)]


def assert_same(expected: Outcome, got: Outcome, tolerance: dict[str, float] | None) -> None:
    """Compare; without a tolerance history, weights and what callbacks saw must be equal to the last bit."""
    assert got.facts == expected.facts
    for right, number in zip(expected.numbers, got.numbers, strict=True):
        np.testing.assert_allclose(number, right, **(tolerance or {"rtol": 0, "atol": 0}))
    assert got.predictions.dtype == expected.predictions.dtype
    np.testing.assert_allclose(got.predictions, expected.predictions, **(tolerance or FLOAT32))
    assert got.drawn == expected.drawn, "the global random generators were moved"


def install(patch: pytest.MonkeyPatch) -> list[Any]:
    """Install the profile until the patch is undone; return a list of all epoch programs made from now on."""
    programs: list[Any] = []
    make = training.epoch_program

    def counted(*args: Any) -> Any:
        programs.append(make(*args))
        return programs[-1]

    patch.setenv("XLA_FLAGS", "")  # it is set below; the processes of other tests shall not inherit it
    patch.setattr(training, "MIN_STEPS", 1)
    patch.setattr(training, "epoch_program", counted)
    for holder, name in REPLACED:
        patch.setattr(holder, name, getattr(holder, name))
    training.install()
    return programs
