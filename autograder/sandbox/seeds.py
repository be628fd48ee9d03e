"""The same notebook with other random numbers: each seed that it sets becomes another one, the same at each repetition.

In goes the number of a run, 0 for the notebook as it stands; from then on whatever takes a seed takes a mix of that
seed and the number. For `autograder calibrate`; what students hand in is never shifted. The seed of a single draw
(`keras.random.normal(..., seed=1)`) stays.
"""

import functools
import hashlib
import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.initializers.random_initializers import RandomInitializer

_FUNCTIONS = (
    *((random, "seed"), (np.random, "seed"), (np.random, "default_rng"), (tf.random, "set_seed")),
    (keras.utils, "set_random_seed"),
)
_NUMPY_CLASSES = ("RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
_PARAMETERS = {"seed", "a", "x", "entropy"}  # what the functions and classes above call it


def shift(number: int) -> None:
    """Make each seed that is set in this process another, decided by the seed and by `number`; 0 changes nothing."""
    if number == 0:
        return
    for home, name in _FUNCTIONS:
        setattr(home, name, _shifted(getattr(home, name), number))
    # subclasses, so that isinstance goes on working
    random.Random = _subclass(random.Random, "seed", number)  # type: ignore[misc]
    for name in _NUMPY_CLASSES:
        setattr(np.random, name, _subclass(getattr(np.random, name), "__init__", number))
    # of layers; those without a seed ask Python's generator for one, which is shifted
    for kind in (keras.random.SeedGenerator, RandomInitializer):
        kind.__init__ = _shifted(kind.__init__, number, method=True)


def _subclass(base: Any, method: str, number: int) -> Any:
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
    return type(base.__name__, (base,), {**names, method: _shifted(getattr(base, method), number, method=True)})


def _shifted(original: Callable[..., Any], number: int, method: bool = False) -> Callable[..., Any]:
    """Return the same function with its first argument, after `self` of a method, made another seed."""
    place = int(method)

    @functools.wraps(original)
    def shifted(*args: Any, **kwargs: Any) -> Any:
        args = tuple(_mixed(arg, number) if index == place else arg for index, arg in enumerate(args))
        kwargs = {name: _mixed(arg, number) if name in _PARAMETERS else arg for name, arg in kwargs.items()}
        return original(*args, **kwargs)

    return shifted


def _mixed(seed: Any, number: int) -> Any:
    """Return another seed; what is no seed, such as None or a generator, stays."""
    if isinstance(seed, (list, tuple, np.ndarray)):
        return [_mixed(part, number) for part in seed]
    if isinstance(seed, (int, float, str, bytes, np.integer, np.floating)):
        plain = seed.item() if isinstance(seed, np.generic) else seed
        digest = hashlib.sha256(f"{number} {plain!r}".encode()).digest()
        return int.from_bytes(digest[:4]) >> 1  # every one of them takes 31 bits
    return seed
