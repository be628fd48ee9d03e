"""The fast Keras profile: trains the same models on the same batches in less time.

In goes Keras as the student's code sees it; out comes the same Keras with `fit` compiling an epoch at a time where the
student's code leaves that choice alone. What it cannot speed up runs as it would have.
"""

import functools
from typing import Any

import keras
import numpy as np

MIN_STEPS = 300  # below, compiling costs more than it saves (measured: SimpleRNN(10), length 5, batch 32)


def install() -> None:
    """Replace `keras.Model.fit` in this process."""
    stock = keras.Model.fit

    @functools.wraps(stock)
    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        prepare(self, *args, **kwargs)
        return stock(self, *args, **kwargs)

    keras.Model.fit = fit


def prepare(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    **rest: Any,
) -> None:
    """Set `jit_compile` and `steps_per_execution` of a compiled model for one call of `fit`, where nobody can tell.

    Args:
        model: compiled; left alone unless its class, step functions and both settings are Keras' own.
        x, y: only arrays are sped up.
    """
    if not (_is_plain(model) and isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
        return
    if any(_sees_batches(callback) for callback in _as_list(callbacks)):
        return
    steps = -(-len(x) // (batch_size or 32))
    if steps * epochs < MIN_STEPS:
        return
    model.jit_compile = True
    model.steps_per_execution = steps


def _is_plain(model: Any) -> bool:
    if type(model) is not keras.Sequential and type(model).__name__ != "Functional":
        return False
    return bool(getattr(model, "compiled", False)) and model.steps_per_execution == 1 and not model.run_eagerly


def _as_list(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


def _sees_batches(callback: Any) -> bool:
    stock = keras.callbacks.Callback
    hooks = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
    return any(getattr(type(callback), hook, None) is not getattr(stock, hook) for hook in hooks)
