"""The fast Keras profile: trains and evaluates the same models on the same batches with the same numbers, in less time.

In goes Keras as the student's code sees it; out comes the same Keras whose `fit` runs an epoch as one XLA program and
whose `predict` skips tracing, for plain models on plain arrays. What it does not know runs as it would have.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

MIN_STEPS = 1_500  # compiling an epoch takes about 2 s of CPU, a stock step about 1.5 ms
MAX_BYTES = 64 << 20  # of training data: the whole of it becomes part of the program
CHUNK = 4_096  # samples that `predict` computes at a time
MAX_TIME_STEPS = 250  # without tracing each time step costs about 1 ms, tracing 0.3 s

# layers without randomness and without state that a program of a whole epoch would see differently
_LAYERS = {
    *["InputLayer", "SimpleRNN", "LSTM", "GRU", "Dense", "Embedding", "BatchNormalization", "LayerNormalization"],
    *["Activation", "ReLU", "LeakyReLU", "ELU", "Flatten", "Reshape", "RepeatVector", "Add", "Concatenate"],
}


def seed(value: int) -> None:
    """Seed the global generators of Python, NumPy and TensorFlow in this process.

    Forks of the warmed process all begin with the same state; without this a judge's and a box's would follow it.
    """
    keras.utils.set_random_seed(value)


def install() -> None:
    """Replace `fit` and `predict` of Keras' models in this process."""
    stock_fit, stock_predict = keras.Model.fit, keras.Model.predict

    @functools.wraps(stock_fit)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        plan = _plan(self, *args, **kwargs)
        return stock_fit(self, *args, **kwargs) if plan is None else _fit_by_epochs(self, stock_fit, **plan)

    @functools.wraps(stock_predict)
    def predict(self: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        if args or set(kwargs) - {"batch_size", "verbose"} or not _predicts_directly(self, x):
            return stock_predict(self, x, *args, **kwargs)
        chunks = [np.asarray(self(x[start : start + CHUNK], training=False)) for start in range(0, len(x), CHUNK)]
        return np.concatenate(chunks)

    keras.Model.fit, keras.Model.predict = fit, predict


def _plan(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: Any = True,
    **rest: Any,
) -> dict[str, Any] | None:
    """Return the arguments of `_fit_by_epochs` for a call of `fit`, None where stock Keras has to do it."""
    if rest or validation_split or not (_is_array(x) and _is_array(y) and len(x) == len(y)):
        return None
    if type(shuffle) is not bool or type(epochs) is not int or type(batch_size) not in (int, type(None)):
        return None
    batch = batch_size or 32
    listed = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
    steps = -(-len(x) // batch)
    worth_it = steps * epochs >= MIN_STEPS and x.nbytes + y.nbytes <= MAX_BYTES
    if not worth_it or any(_sees_batches(callback) for callback in listed) or not _is_plain(model):
        return None
    return {
        "x": x,
        "y": y,
        "batch": batch,
        "epochs": epochs,
        "verbose": verbose,
        "callbacks": listed,
        "validation_data": validation_data,
        "shuffle": shuffle,
    }


def _fit_by_epochs(
    model: Any,
    stock_fit: Callable[..., Any],
    *,
    x: Any,
    y: Any,
    batch: int,
    epochs: int,
    verbose: Any,
    callbacks: list[Any],
    validation_data: Any,
    shuffle: bool,
) -> Any:
    """Let stock `fit` do all but the steps: it shuffles the numbers of samples, and hands over an epoch at a time."""
    try:
        train_epoch = _epoch_program(model, x, y, batch)
    except Exception:  # data that does not fit the model: stock Keras says so in its own words
        return stock_fit(
            model, x, y, batch, epochs, verbose, callbacks, validation_data=validation_data, shuffle=shuffle
        )  # fmt: skip
    watchers = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=epochs,
        steps=-(-len(x) // batch),
        model=model,
    )
    before = model.train_function, model.steps_per_execution
    model.train_function, model.steps_per_execution = train_epoch, 1
    try:
        return stock_fit(
            model,
            np.arange(len(x)),
            batch_size=len(x),
            epochs=epochs,
            callbacks=watchers,
            validation_data=validation_data,
            validation_batch_size=batch,
            shuffle=shuffle,
        )
    finally:
        model.train_function, model.steps_per_execution = before


def _epoch_program(model: Any, x: Any, y: Any, batch: int) -> Callable[[Any], Any]:
    """Return a train function as Keras has them: takes an iterator over an epoch's order, trains, returns logs."""
    import tensorflow as tf

    inputs, targets = (tf.constant(_as_keras_would(array)) for array in (x, y))
    full = len(x) // batch
    model._symbolic_build(data_batch=(inputs[:batch], targets[:batch]))

    def run_epoch(order: Any) -> Any:
        batches = tf.reshape(order[: full * batch], (full, batch))
        batch_inputs, batch_targets = tf.gather(inputs, batches), tf.gather(targets, batches)

        def step(number: Any) -> Any:
            model.train_step((batch_inputs[number], batch_targets[number]))
            return number + 1

        if full:
            tf.while_loop(lambda number: number < full, step, [tf.constant(0)])
        if full * batch < len(x):
            rest = order[full * batch :]
            model.train_step((tf.gather(inputs, rest), tf.gather(targets, rest)))
        return tf.constant(0)

    program = tf.function(run_epoch, jit_compile=True, autograph=False)

    def train_epoch(iterator: Any) -> Any:
        program(next(iterator))
        return model.get_metrics_result()

    return train_epoch


def _as_keras_would(array: Any) -> Any:
    return array.astype(keras.config.floatx()) if np.issubdtype(array.dtype, np.floating) else array


def _is_array(thing: Any) -> bool:
    return type(thing) is np.ndarray and thing.ndim > 0 and len(thing) > 0 and thing.dtype.kind in "fiub"


def _predicts_directly(model: Any, x: Any) -> bool:
    if not (_is_array(x) and _has_known_layers(model)):
        return False
    return bool(x.ndim < 3 or x.shape[1] * -(-len(x) // CHUNK) <= MAX_TIME_STEPS)


def _has_known_layers(model: Any) -> bool:
    """Tell whether a model is Keras' own through and through, with one input and one output."""
    if type(model) is not keras.Sequential and type(model).__name__ != "Functional":
        return False
    if not model.built or len(model.inputs) != 1 or len(model.outputs) != 1:
        return False
    return all(_is_known(layer) for layer in model._flatten_layers(include_self=False, recursive=False))


def _is_known(layer: Any) -> bool:
    name = type(layer).__name__
    if name == "Functional":  # what a Sequential model wraps
        return all(_is_known(inner) for inner in layer.layers)
    if name not in _LAYERS or type(layer) is not getattr(keras.layers, name):
        return False
    if getattr(layer, "stateful", False) or getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0):
        return False
    functions = [getattr(layer, kind, None) for kind in ("activation", "recurrent_activation")]
    return all(function is None or _is_of_keras(function) for function in functions)


def _is_plain(model: Any) -> bool:
    """Tell whether a compiled model's training step holds nothing but Keras' own code."""
    if not _has_known_layers(model) or not getattr(model, "compiled", False) or model.run_eagerly:
        return False
    settings = model.get_compile_config() or {}
    losses_and_metrics = [settings.get(name) for name in ("loss", "metrics", "weighted_metrics", "loss_weights")]
    if not all(setting is None or _is_named(setting) for setting in losses_and_metrics):
        return False
    return _is_of_keras(type(model.optimizer)) and model.distribute_strategy.num_replicas_in_sync == 1


def _is_named(setting: Any) -> bool:
    """Tell whether a loss or metrics are given by Keras' names, or as objects of Keras' own classes."""
    if isinstance(setting, (list, tuple)):
        return all(_is_named(item) for item in setting)
    return isinstance(setting, str) or (isinstance(setting, dict) and setting.get("registered_name") is None)


def _is_of_keras(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).split(".")[0] == "keras"


def _sees_batches(callback: Any) -> bool:
    stock = keras.callbacks.Callback
    hooks = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
    if not isinstance(callback, stock):
        return True
    if any(hook in vars(callback) for hook in hooks):  # as LambdaCallback has them
        return True
    return any(getattr(type(callback), hook) is not getattr(stock, hook) for hook in hooks)
