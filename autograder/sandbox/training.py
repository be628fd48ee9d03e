"""The fast Keras profile: trains and evaluates the same models on the same batches with the same numbers, in less time.

In goes Keras as the student's code sees it; out comes the same Keras whose `fit` runs an epoch as one XLA program
(epochs.py) and whose predictions skip tracing, for plain models on plain arrays. What it does not know runs as it would
have: this file decides which is which.
"""

import functools
import math
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights
from msgspec.structs import replace

from autograder.sandbox import bookkeeping, forward, recurrence, traces
from autograder.sandbox.epochs import Work, epoch_program, set_flags, train_by_epochs
from autograder.sandbox.models import decode_keras, encode_keras
from autograder.sandbox.programs import read_folder, use_folder
from autograder.sandbox.values import Model, Training, WireError

MIN_STEPS = 300  # from here on it takes less CPU than stock Keras, compiling included
MAX_BYTES = 64 << 20  # of training data: the whole of it becomes part of the program
CHUNK = 4_096  # samples that `predict` computes at a time
# Predictions run without tracing, which costs 0.3 s, up to
MAX_TIME_STEPS = 250  # of LSTM and GRU for CHUNK samples each
MAX_SIMPLE_STEPS = 5_000  # of SimpleRNN
MAX_DIRECT_BATCHES = 12  # of one model, each of which may take 20 ms more

MAX_NOTES = 8
_trainings: list[Training] = []
_batches: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # model -> how many it has predicted without tracing

# Layers without randomness and without state that a program of a whole epoch would see differently. None normalises:
# a bias before such a layer has a gradient of zero, and Adam makes whole steps of the rounding that is left of it.
_LAYERS = {
    *["InputLayer", "SimpleRNN", "LSTM", "GRU", "Dense", "Embedding"],
    *["Activation", "ReLU", "LeakyReLU", "ELU", "Flatten", "Reshape", "RepeatVector", "Add", "Concatenate"],
}
# what a student may have written and given to a layer
_GIVEN = ("activation", "regularizer", "constraint")


def seed(value: int) -> None:
    """Seed the global generators of Python, NumPy and TensorFlow in this process.

    Forks of the warmed process all begin with the same state; without this a judge's and a box's would follow it.
    """
    keras.utils.set_random_seed(value)


def install() -> None:
    """Replace how models train and predict, and the loops of recurrent layers, in this process and its forks.

    Call it before TensorFlow's first operation.
    """
    set_flags()
    recurrence.install()
    bookkeeping.install()
    forward.install()
    model = keras.Model
    stock_fit, stock_predict, stock_batch = model.fit, model.predict, model.predict_on_batch

    @functools.wraps(stock_fit)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        work = _plan(self, *args, **kwargs)
        train_epoch = None if work is None else epoch_program(self, work)
        if work is None or train_epoch is None:
            return stock_fit(self, *args, **kwargs)
        _take_note(self, work)
        return train_by_epochs(self, stock_fit, work, train_epoch)

    @functools.wraps(stock_predict)
    def predict(self: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        if args or set(kwargs) - {"batch_size", "verbose"} or not _predicts_directly(self, [x]):
            return stock_predict(self, x, *args, **kwargs)
        chunks = [np.asarray(self(x[start : start + CHUNK], training=False)) for start in range(0, len(x), CHUNK)]
        return np.concatenate(chunks)

    @functools.wraps(stock_batch)
    def predict_on_batch(self: Any, x: Any) -> Any:
        direct = _predicts_directly(self, x if type(x) is list else [x])
        if not direct or _batches.get(self, 0) == MAX_DIRECT_BATCHES:
            return stock_batch(self, x)
        _batches[self] = _batches.get(self, 0) + 1
        return np.array(self(x, training=False))

    model.fit, model.predict, model.predict_on_batch = fit, predict, predict_on_batch
    traces.watch()


def take_trainings() -> list[Training]:
    """Return what has been trained by epochs since this was asked last; a few suffice."""
    taken = _trainings.copy()
    _trainings.clear()
    return taken


def _take_note(model: Any, work: Work) -> None:
    described = encode_keras(model)
    if isinstance(described, Model) and work.samples >= work.batch and len(_trainings) < MAX_NOTES:
        bare = replace(described, layers=[replace(layer, weights=[]) for layer in described.layers])
        parts = [(list(part.shape[1:]), part.dtype.name) for part in work.data]
        _trainings.append(Training(bare, work.samples // work.batch, work.batch, parts))


def compile_program(training: Training) -> dict[str, bytes]:
    """Return the compiled program of a training, by the name that XLA finds it by, for other processes like this one.

    Raises:
        WireError: when the training is none that would run by epochs.
    """
    samples = training.steps * training.batch
    shapes = [(samples, *shape) for shape, _ in training.parts]
    if not all(0 < math.prod(shape) <= MAX_BYTES // 8 for shape in shapes):
        raise WireError(f"a training on arrays of the shapes {shapes}")
    folder = use_folder({})
    traces.use_folder(folder)
    model = decode_keras(training.model, lambda _: None, lambda _: None)
    data = tuple(np.zeros(shape, dtype) for shape, (_, dtype) in zip(shapes, training.parts, strict=True))
    work = Work(
        data, training.batch, epochs=1, shuffle=False, verbose=0, callbacks=[], validation={}, inputs=len(model.inputs)
    )
    train_epoch = epoch_program(model, work) if _is_plain(model) else None
    if train_epoch is None:
        raise WireError("a training that does not run by epochs")
    train_epoch(iter([np.arange(samples)]))
    return read_folder(folder)


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
    class_weight: Any = None,
    sample_weight: Any = None,
    **rest: Any,
) -> Work | None:
    """Return what there is to do for a call of `fit`, None where stock Keras has to do it."""
    if set(rest) - {"validation_freq", "validation_batch_size", "validation_steps"}:
        return None
    inputs = tuple(x) if type(x) in (list, tuple) and len(x) > 1 else (x,)
    if not all(_is_array(array) and len(array) == len(inputs[0]) for array in (*inputs, y)):
        return None
    if type(shuffle) is not bool or type(epochs) is not int or type(batch_size) not in (int, type(None)):
        return None
    batch = batch_size or 32
    listed = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
    worth_it = -(-len(y) // batch) * epochs >= MIN_STEPS and sum(array.nbytes for array in (*inputs, y)) <= MAX_BYTES
    if not worth_it or any(_sees_batches(callback) for callback in listed) or not _is_plain(model):
        return None
    if len(inputs) != len(model.inputs):
        return None
    data: tuple[Any, ...] = (*inputs, y)
    if sample_weight is not None:
        if class_weight is not None or not _is_array(sample_weight) or len(sample_weight) != len(y):
            return None
        if sample_weight.shape not in (y.shape[:1], y.shape[:2]):
            return None
        data = (*data, sample_weight)
    if validation_split and validation_data is None:
        kept = math.floor(len(y) * (1.0 - validation_split))  # as Keras cuts
        if not 0 < kept < len(y):
            return None
        left = tuple(array[kept:] for array in data)
        validation_data = (left[0] if len(inputs) == 1 else list(left[: len(inputs)]), *left[len(inputs) :])
        data = tuple(array[:kept] for array in data)
    if class_weight is not None:
        if type(class_weight) is not dict:
            return None
        data = (*data, class_weight_to_sample_weights(data[-1], class_weight))
    if not _numbers_are_in_range(model, data[: len(inputs)], data[len(inputs)]):
        return None
    return Work(
        data=tuple(_as_keras_would(array) for array in data),
        batch=batch,
        epochs=epochs,
        shuffle=shuffle,
        verbose=verbose,
        callbacks=listed,
        validation={"validation_batch_size": batch, "validation_data": validation_data, **rest},
        inputs=len(inputs),
    )


def _numbers_are_in_range(model: Any, inputs: tuple[Any, ...], y: Any) -> bool:
    """Tell whether numbers of words and of classes exist: XLA would go on where TensorFlow raises."""
    for layer in model._flatten_layers(include_self=False):
        if type(layer) is keras.layers.Embedding:
            given = {id(tensor): array for tensor, array in zip(model.inputs, inputs, strict=True)}
            for node in layer._inbound_nodes:
                words = given.get(id(node.input_tensors[0]))
                if words is None or words.dtype.kind not in "iu" or words.min() < 0 or words.max() >= layer.input_dim:
                    return False
    settings = str(model.get_compile_config()).lower()
    return "sparse" not in settings or bool(y.min() >= 0 and y.max() < model.outputs[0].shape[-1])


def _as_keras_would(array: Any) -> Any:
    return array.astype(keras.config.floatx()) if np.issubdtype(array.dtype, np.floating) else array


def _is_array(thing: Any) -> bool:
    return type(thing) is np.ndarray and thing.ndim > 0 and len(thing) > 0 and thing.dtype.kind in "fiub"


def _predicts_directly(model: Any, inputs: list[Any]) -> bool:
    if not (inputs and all(_is_array(x) for x in inputs) and _has_known_layers(model)):
        return False
    if len(inputs) != len(model.inputs):
        return False
    gated = any(type(layer).__name__ in ("LSTM", "GRU") for layer in model._flatten_layers())
    most = MAX_TIME_STEPS if gated else MAX_SIMPLE_STEPS
    return all(x.ndim < 3 or x.shape[1] * -(-len(x) // CHUNK) <= most for x in inputs)


def _has_known_layers(model: Any) -> bool:
    """Tell whether a model is Keras' own through and through, with one output."""
    if type(model) is not keras.Sequential and type(model).__name__ != "Functional":
        return False
    if not model.built or len(model.outputs) != 1 or type(getattr(model, "_outputs_struct", None)) is dict:
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
    if layer.compute_dtype not in ("float32", "float64"):
        return False
    parts = [part for one in (layer, getattr(layer, "cell", None)) for part in getattr(one, "__dict__", {}).items()]
    return all(part is None or _is_of_keras(part) for name, part in parts if name.endswith(_GIVEN))


def _is_plain(model: Any) -> bool:
    """Tell whether a compiled model's training step holds nothing but Keras' own code."""
    if not _has_known_layers(model) or not getattr(model, "compiled", False) or model.run_eagerly:
        return False
    if {"train_step", "call", "compute_loss", "compute_metrics", "get_metrics_result"} & vars(model).keys():
        return False
    try:
        settings = model.get_compile_config() or {}
    except NotImplementedError:  # a part of the student's own, without get_config
        return False
    losses_and_metrics = [settings.get(name) for name in ("loss", "metrics", "weighted_metrics", "loss_weights")]
    if not all(setting is None or _is_named(setting) for setting in losses_and_metrics):
        return False
    rate = getattr(model.optimizer, "_learning_rate", None)
    if not (_is_of_keras(type(model.optimizer)) and _is_of_keras(type(rate))):
        return False
    return bool(model.distribute_strategy.num_replicas_in_sync == 1)


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
