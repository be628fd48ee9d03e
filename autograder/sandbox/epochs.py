"""Trains a Keras model by epochs: in goes a call of `fit` that training.py has looked over, out comes its history.

Keras' own `train_step` is traced once. All full batches of an epoch run in one XLA program, a loop around that step;
the partial batch at the end runs the same step without XLA, which is cheaper than compiling it for a second size. Stock
`fit` keeps the loop over epochs, validation and callbacks: it is handed a dataset that gives an epoch's order of the
samples at a time, shuffled as Keras shuffles, so the batches are the same ones.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from autograder.sandbox import recurrence, traces
from autograder.sandbox.programs import make_program

# What the flags turn off takes 40 % of the time to compile, and gives these small programs nothing back. XLA ends the
# process over a flag that it does not know, hence the version.
_FLAGS_OF_TENSORFLOW = "2.21."
_XLA_FLAGS = "--xla_cpu_use_fusion_emitters=false"


@dataclass(frozen=True)
class Work:
    """A call of `fit`.

    `data`: inputs, targets and perhaps weights, a sample a row, in the types that Keras would make of them.
    `validation`: the arguments of `fit` whose names begin with that word.
    `inputs`: how many of the arrays are inputs.
    """

    data: tuple[Any, ...]
    batch: int
    epochs: int
    shuffle: bool
    verbose: Any
    callbacks: list[Any]
    validation: dict[str, Any]
    inputs: int = 1

    @property
    def samples(self) -> int:
        return len(self.data[0])

    @property
    def steps(self) -> int:
        return -(-self.samples // self.batch)

    def as_keras_takes_it(self, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return arrays in the order of `data` as a batch of Keras': several inputs are one list."""
        return parts if self.inputs == 1 else (list(parts[: self.inputs]), *parts[self.inputs :])


def set_flags() -> None:
    """Choose how XLA compiles in this process; without effect once it has compiled something."""
    import tensorflow as tf

    if tf.__version__.startswith(_FLAGS_OF_TENSORFLOW):
        os.environ["XLA_FLAGS"] = _XLA_FLAGS


def train_by_epochs(model: Any, stock_fit: Callable[..., Any], work: Work, train_epoch: Callable[[Any], Any]) -> Any:
    """Return what `fit` returns; `train_epoch` is that of `epoch_program`."""
    watchers = keras.callbacks.CallbackList(
        work.callbacks,
        add_history=True,
        add_progbar=work.verbose != 0,
        verbose=work.verbose,
        epochs=work.epochs,
        steps=work.steps,
        model=model,
    )
    before = model.train_function, model.steps_per_execution
    model.train_function, model.steps_per_execution = train_epoch, 1
    try:
        return stock_fit(
            model,
            _orders(work),
            epochs=work.epochs,
            callbacks=watchers,
            shuffle=False,
            steps_per_epoch=1,
            **work.validation,
        )
    finally:
        model.train_function, model.steps_per_execution = before


def _orders(work: Work) -> Any:
    """Return a dataset of one element an epoch; drawn as in keras.src.trainers.data_adapters.array_data_adapter.

    Keras begins a new iterator in each epoch. Where a global seed is set, that gives the same order each time: so it is
    drawn once. Where none is set every order is as good.
    """
    import tensorflow as tf
    from tensorflow.python.eager.context import global_seed

    def order(_: Any) -> Any:
        numbers = tf.range(work.samples, dtype=tf.int64)
        return tf.random.shuffle(numbers) if work.shuffle else numbers

    if global_seed() is None:
        return tf.data.Dataset.range(work.epochs).map(order)
    return tf.data.Dataset.range(1).map(order).cache().repeat(work.epochs)


def epoch_program(model: Any, work: Work) -> Callable[[Any], Any] | None:
    """Return a train function as Keras has them: takes an iterator over an epoch's order, trains, returns logs.

    None when the data do not fit the model: stock Keras says so in its own words.
    """
    import tensorflow as tf

    data = [tf.constant(array) for array in work.data]
    full, size = work.samples // work.batch, work.batch
    try:
        with recurrence.training_program():
            model._symbolic_build(data_batch=work.as_keras_takes_it(tuple(part[:size] for part in data)))
        key = traces.fingerprint(model, data, full, size)
        program = traces.find(key, model) or traces.keep(key, model, make_program(*_trace(model, data, work)))
    except Exception:
        return None

    def run_steps(*batches: Any) -> None:
        for number in range(full):
            program.run_step(*(part[number] for part in batches))

    run_epoch = program.run_epoch

    def train_epoch(iterator: Any) -> Any:
        order = next(iterator)
        nonlocal run_epoch
        if full:
            batches = [tf.gather(part, tf.reshape(order[: full * size], (full, size))) for part in data]
            try:
                run_epoch(*batches)
            except tf.errors.OpError:  # nothing was trained: XLA writes the weights at the end
                run_epoch = run_steps
                run_epoch(*batches)
        if full < work.steps:
            program.run_step(*(tf.gather(part, order[full * size :]) for part in data))
        return model.get_metrics_result()

    return train_epoch


def _trace(model: Any, data: list[Any], work: Work) -> tuple[Any, Any]:
    """Return the concrete functions of an epoch of full batches, and of the step that it repeats."""
    import tensorflow as tf

    full, size = work.samples // work.batch, work.batch

    def train_step(*batch: Any) -> None:
        model.train_step(work.as_keras_takes_it(batch))

    any_size = [tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in data]
    step = tf.function(train_step, input_signature=any_size, autograph=False)
    traced = []

    def run_full_batches(*batches: Any) -> None:
        traced.append(step.get_concrete_function())  # traced in here it has a form that XLA takes

        def run(number: Any) -> Any:
            traced[0](*(part[number] for part in batches))
            return number + 1

        tf.while_loop(lambda number: number < full, run, [tf.constant(0)])

    all_batches = [tf.TensorSpec([full, size, *part.shape[1:]], part.dtype) for part in data]
    with recurrence.training_program():
        epoch = tf.function(run_full_batches, jit_compile=True, autograph=False)
        return epoch.get_concrete_function(*all_batches), traced[0]
