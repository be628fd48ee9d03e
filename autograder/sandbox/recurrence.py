"""Runs the loop of Keras' SimpleRNN over time in fewer operations: same formula, same gradients, other rounding.

In goes a layer with a sequence, out come its states. What all steps share leaves the loop: the product of the inputs
with the kernel and, on the way back, the gradient of the recurrent matrix. What is no plain SimpleRNN, or stands in a
program that a student traces, keeps Keras' own loop.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

# The derivative of an activation, by its value h: enough to go back without the sum that was under it.
_SLOPES: dict[str, Callable[[Any], Any]] = {
    "linear": lambda h: h * 0 + 1,
    "tanh": lambda h: 1 - h * h,
    "sigmoid": lambda h: h * (1 - h),
    "relu": lambda h: keras.ops.cast(h > 0, h.dtype),
}
# The same activations on an array, in place.
_IN_PLACE: dict[str, Callable[[Any], Any]] = {
    "linear": lambda h: h,
    "tanh": lambda h: np.tanh(h, out=h),
    "sigmoid": lambda h: np.reciprocal(1 + np.exp(-h), out=h),
    "relu": lambda h: np.maximum(h, 0, out=h),
}
_training_program = False


def install() -> None:
    """Replace the loop of SimpleRNN in this process."""
    kind = keras.layers.SimpleRNN
    stock_loop, stock_cell, stock_step = kind.inner_loop, keras.layers.SimpleRNNCell, keras.layers.SimpleRNNCell.call

    @functools.wraps(stock_loop)
    def inner_loop(self: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        cell = self.cell
        plain = type(self) is kind and type(cell) is stock_cell and stock_cell.call is stock_step
        if not plain or "call" in vars(cell) or mask is not None or not _is_known(self, cell, sequences):
            return stock_loop(self, sequences, initial_state, mask, training)
        return _run(self, sequences, initial_state, lambda: stock_loop(self, sequences, initial_state, mask, training))

    kind.inner_loop = inner_loop


@contextlib.contextmanager
def training_program() -> Iterator[None]:
    """Say that what is traced inside is a training step of ours: nothing but its gradients will be asked for."""
    global _training_program
    _training_program = True
    try:
        yield
    finally:
        _training_program = False


def _is_known(layer: Any, cell: Any, sequences: Any) -> bool:
    if layer.unroll or layer.go_backwards or cell.dropout or cell.recurrent_dropout or not sequences.shape[1]:
        return False
    known = getattr(cell.activation, "__name__", "") in _SLOPES
    of_keras = cell.activation is getattr(keras.activations, getattr(cell.activation, "__name__", ""), None)
    return known and of_keras and cell.compute_dtype == sequences.dtype.name in ("float32", "float64")


def _run(layer: Any, sequences: Any, initial_state: Any, stock: Callable[[], Any]) -> Any:
    """Return last output, outputs and states, as `inner_loop` does."""
    import tensorflow as tf
    from tensorflow.python.eager.record import could_possibly_record

    if not (tf.executing_eagerly() or _training_program):
        return stock()
    cell = layer.cell
    (first,) = initial_state if isinstance(initial_state, (list, tuple)) else (initial_state,)
    if tf.executing_eagerly() and not could_possibly_record():
        last, states = _loop_of_arrays(cell, np.asarray(sequences), np.asarray(first))
        states = states if layer.return_sequences else last[:, None]
        last, outputs = tf.convert_to_tensor(last), tf.convert_to_tensor(states)
        return last, outputs, [last]
    inputs = tf.tensordot(tf.transpose(sequences, (1, 0, 2)), tf.convert_to_tensor(cell.kernel), 1)
    if cell.bias is not None:
        inputs += tf.convert_to_tensor(cell.bias)
    loop = _loop_of_eager_steps if tf.executing_eagerly() else _loop_of_a_program
    last, states = loop(cell.activation, inputs, first, tf.convert_to_tensor(cell.recurrent_kernel))
    outputs = tf.transpose(states, (1, 0, 2)) if layer.return_sequences else last[:, None]
    return last, outputs, [last]


def _loop_of_arrays(cell: Any, sequences: Any, first: Any) -> tuple[Any, Any]:
    """Return the last state (n, H) and all states (n, T, H). Without gradients to keep, NumPy's calls cost least."""
    recurrent, change = np.asarray(cell.recurrent_kernel), _IN_PLACE[cell.activation.__name__]
    with np.errstate(all="ignore"):  # as TensorFlow does
        states = np.tensordot(sequences, np.asarray(cell.kernel), 1)
        if cell.bias is not None:
            states += np.asarray(cell.bias)
        state = first
        for t in range(states.shape[1]):
            state = state @ recurrent
            state += states[:, t]
            change(state)
            states[:, t] = state
    return state, states


def _loop_of_eager_steps(activation: Any, inputs: Any, first: Any, recurrent: Any) -> tuple[Any, Any]:
    """Return the last state (n, H) and all states (T, n, H)."""
    import tensorflow as tf

    state, states = first, []
    for element in tf.unstack(inputs):
        state = activation(element + tf.matmul(state, recurrent))
        states.append(state)
    return state, tf.stack(states)


def _loop_of_a_program(activation: Any, inputs: Any, first: Any, recurrent: Any) -> tuple[Any, Any]:
    """Return what `_loop_of_eager_steps` does, with a gradient of its own: that of a `while_loop` is long."""
    import tensorflow as tf

    slope = _SLOPES[activation.__name__]
    steps, one = inputs.shape[0], inputs.shape[1:]

    def array(content: Any = None) -> Any:
        empty = tf.TensorArray(inputs.dtype, steps, element_shape=one)
        return empty if content is None else empty.unstack(content)

    def loop(inputs: Any, first: Any, recurrent: Any) -> Any:
        elements = array(inputs)

        def forth(t: Any, state: Any, states: Any) -> Any:
            state = activation(elements.read(t) + tf.matmul(state, recurrent))
            return t + 1, state, states.write(t, state)

        _, last, written = tf.while_loop(lambda t, *_: t < steps, forth, (0, first, array()))
        states = written.stack()

        def gradient(of_last: Any, of_states: Any) -> Any:
            slopes, given, back = array(slope(states)), array(of_states), tf.transpose(recurrent)

            def step(t: Any, of_state: Any, of_sums: Any) -> Any:
                of_sum = (of_state + given.read(t)) * slopes.read(t)
                return t - 1, tf.matmul(of_sum, back), of_sums.write(t, of_sum)

            _, of_first, written = tf.while_loop(lambda t, *_: t >= 0, step, (steps - 1, of_last, array()))
            of_sums = written.stack()
            before = tf.concat([first[None], states[:-1]], 0)
            return of_sums, of_first, tf.tensordot(before, of_sums, [[0, 1], [0, 1]])

        return (last, states), gradient

    last, states = tf.custom_gradient(loop)(inputs, first, recurrent)
    return last, states
