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

from autograder.sandbox.network import RECURRENT
from autograder.sandbox.weights import array_of

# The derivative of an activation, by its value h: enough to go back without the sum that was under it.
_SLOPES: dict[str, Callable[[Any], Any]] = {
    "linear": lambda h: h * 0 + 1,
    "tanh": lambda h: 1 - h * h,
    "sigmoid": lambda h: h * (1 - h),
    "relu": lambda h: keras.ops.cast(h > 0, h.dtype),
}
# The same activations on an array, in place.
IN_PLACE: dict[str, Callable[[Any], Any]] = {
    "linear": lambda h: h,
    "tanh": lambda h: np.tanh(h, out=h),
    "sigmoid": lambda h: _sigmoid(h),
    "relu": lambda h: np.maximum(h, 0, out=h),
}
_training_program = False


def install() -> None:
    """Replace the loops of SimpleRNN, GRU and LSTM in this process."""
    for name in RECURRENT:
        _replace_loop(getattr(keras.layers, name), getattr(keras.layers, f"{name}Cell"))


def _replace_loop(kind: Any, cell_kind: Any) -> None:
    stock_loop, stock_step = kind.inner_loop, cell_kind.call

    @functools.wraps(stock_loop)
    def inner_loop(self: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        cell = self.cell
        plain = type(self) is kind and type(cell) is cell_kind and cell_kind.call is stock_step
        looped = None
        if plain and "call" not in vars(cell) and is_known(self, cell, sequences):
            looped = _run(self, sequences, initial_state, mask)
        return stock_loop(self, sequences, initial_state, mask, training) if looped is None else looped

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


def is_known(layer: Any, cell: Any, sequences: Any) -> bool:
    if layer.unroll or layer.go_backwards or cell.dropout or cell.recurrent_dropout or not sequences.shape[1]:
        return False
    activations = [cell.activation, getattr(cell, "recurrent_activation", cell.activation)]
    names = [getattr(activation, "__name__", "") for activation in activations]
    if not all(name in _SLOPES for name in names):
        return False
    of_keras = [getattr(keras.activations, name, None) for name in names]
    return of_keras == activations and cell.compute_dtype == sequences.dtype.name in ("float32", "float64")


def _run(layer: Any, sequences: Any, initial_state: Any, mask: Any) -> Any:
    """Return last output, outputs and states, as `inner_loop` does; None where Keras' own loop has to."""
    import tensorflow as tf
    from tensorflow.python.eager.record import could_possibly_record

    cell = layer.cell
    first = initial_state if isinstance(initial_state, (list, tuple)) else [initial_state]
    (mask,) = mask if isinstance(mask, (list, tuple)) else (mask,)
    if tf.executing_eagerly() and not could_possibly_record():
        last, states, outputs = loop_of_arrays(layer, np.asarray(sequences), [np.asarray(one) for one in first], mask)
        states = [tf.convert_to_tensor(state) for state in states]
        last = tf.convert_to_tensor(last)
        return last, tf.convert_to_tensor(outputs) if layer.return_sequences else last[:, None], states
    if type(layer) is not keras.layers.SimpleRNN or mask is not None:
        return None
    if not (tf.executing_eagerly() or _training_program):
        return None
    inputs = tf.tensordot(tf.transpose(sequences, (1, 0, 2)), tf.convert_to_tensor(cell.kernel), 1)
    if cell.bias is not None:
        inputs += tf.convert_to_tensor(cell.bias)
    loop = _loop_of_eager_steps if tf.executing_eagerly() else _loop_of_a_program
    last, states = loop(cell.activation, inputs, first[0], tf.convert_to_tensor(cell.recurrent_kernel))
    outputs = tf.transpose(states, (1, 0, 2)) if layer.return_sequences else last[:, None]
    return last, outputs, [last]


def loop_of_arrays(
    layer: Any, sequences: Any, first: list[Any], mask: Any, ids: Any = None
) -> tuple[Any, list[Any], Any]:
    """Return the last output (n, H), the last states (n, H) each, and all outputs (n, T, H), None if not asked for.

    Without gradients to keep, NumPy's calls cost least.

    Args:
        sequences: float array (n, T, F); with `ids` a table (V, F), whose rows the sequences are made of.
        first: the states before the first step, (n, H) each.
        mask: None, or a tensor (n, T) or (n, T, 1) that is false at the steps of a sample that it skips.
        ids: None, or an int array (n, T) of rows of the table.
    """
    step, projected = _STEPS[type(layer).__name__](layer.cell, sequences)
    n, steps = sequences.shape[:2] if ids is None else ids.shape
    states, output = first, np.zeros_like(first[0])
    outputs = np.empty((n, steps, output.shape[-1]), output.dtype) if layer.return_sequences else None
    kept = None if mask is None else np.asarray(mask, bool).reshape(n, steps, 1)
    with np.errstate(all="ignore"):  # as TensorFlow does
        for t in range(steps):
            made = step(projected[:, t] if ids is None else projected[ids[:, t]], *states)
            if kept is None:
                states, output = made, made[0]
            else:
                output = np.where(kept[:, t], made[0], 0 if layer.zero_output_for_mask else output)
                states = [np.where(kept[:, t], new, old) for new, old in zip(made, states, strict=True)]
            if outputs is not None:
                outputs[:, t] = output
    return output, states, outputs


# What an element adds to a step, and the old states -> the new states, the output first.
_Step = Callable[..., list[Any]]


def _simple_step(cell: Any, sequences: Any) -> tuple[_Step, Any]:
    """Return the step of a SimpleRNN, and what it takes of each element: h' = f(x W + b + h R)."""
    recurrent, change = array_of(cell.recurrent_kernel), _in_place(cell.activation)

    def step(x: Any, h: Any) -> list[Any]:
        state = h @ recurrent
        state += x
        return [change(state)]

    return step, _project(sequences, cell.kernel, _bias(cell))


def _gru_step(cell: Any, sequences: Any) -> tuple[_Step, Any]:
    """Return the same for a GRU: h' = z h + (1 - z) f(x W_h + b_h + c), gates z and r of x and h.

    The candidate's part of the old state, c, is r * (h R_h + b') with `reset_after`, (r * h) R_h without.
    """
    units, recurrent = cell.units, array_of(cell.recurrent_kernel)
    of_gates, of_candidate = (np.ascontiguousarray(part) for part in np.split(recurrent, [2 * units], axis=1))
    change, change_gate = _in_place(cell.activation), _in_place(cell.recurrent_activation)
    bias, after = _bias(cell), None
    if bias is not None and cell.reset_after:
        bias, after = bias
        bias = bias + np.where(np.arange(3 * units) < 2 * units, after, 0)
        after = after[2 * units :]

    def step(x: Any, h: Any) -> list[Any]:
        gates = h @ of_gates
        gates += x[:, : 2 * units]
        gates = change_gate(gates)
        z, r = gates[:, :units], gates[:, units:]
        if cell.reset_after:
            candidate = h @ of_candidate
            if after is not None:
                candidate += after
            candidate *= r
        else:
            candidate = (r * h) @ of_candidate
        candidate += x[:, 2 * units :]
        candidate = change(candidate)
        candidate *= 1 - z
        candidate += z * h
        return [candidate]

    return step, _project(sequences, cell.kernel, bias)


def _lstm_step(cell: Any, sequences: Any) -> tuple[_Step, Any]:
    """Return the same for an LSTM: c' = f c + i g(.), h' = o g(c'), gates i, f and o, all of x and h."""
    recurrent = array_of(cell.recurrent_kernel)
    change, change_gate = _in_place(cell.activation), _in_place(cell.recurrent_activation)

    def step(x: Any, h: Any, c: Any) -> list[Any]:
        i, f, g, o = (part.copy() for part in np.split(h @ recurrent + x, 4, axis=1))
        c = change_gate(f) * c + change_gate(i) * change(g)
        return [change_gate(o) * change(c.copy()), c]

    return step, _project(sequences, cell.kernel, _bias(cell))


_STEPS: dict[str, Callable[[Any, Any], tuple[_Step, Any]]] = {
    "SimpleRNN": _simple_step,
    "GRU": _gru_step,
    "LSTM": _lstm_step,
}


def _in_place(activation: Any) -> Callable[[Any], Any]:
    return IN_PLACE[activation.__name__]


def _bias(cell: Any) -> Any:
    return None if cell.bias is None else array_of(cell.bias)


def _sigmoid(h: Any) -> Any:
    np.negative(h, out=h)
    np.exp(h, out=h)
    h += 1
    return np.reciprocal(h, out=h)


def _project(sequences: Any, kernel: Any, bias: Any) -> Any:
    """Return what each element adds to a step, float array (..., columns of the kernel)."""
    with np.errstate(all="ignore"):
        projected = np.tensordot(sequences, array_of(kernel), 1)
        if bias is not None:
            projected += bias
    return projected


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
