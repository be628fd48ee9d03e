"""Keeps what tracing a training step gave, for the next network that is equal: tracing takes 0.15 s each time.

In go a compiled model and the shapes of its batches; out comes the program of an equal one, bound to the variables of
this one. Equal is what Keras describes in the same words, as long as nobody has changed Keras itself.
"""

import hashlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
from msgspec import Struct, msgpack

from autograder.sandbox.programs import Program


class Trace(Struct):
    """A Program without its variables: their places among `_variables` of a model instead.

    Attributes:
        definitions: serialised, of the epoch and of what it calls.
        step: number of the definition of the step.
        captured: places of the variables of the epoch, and of the step.
    """

    definitions: list[bytes]
    step: int
    captured: tuple[list[int], list[int]]


_CONNECTIONS = {"keras_history", "input_layers", "output_layers"}
_NAMED = ("keras.layers", "keras.models", "keras.src.models", "keras.optimizers")
_MADE_LATER = {"__annotations__"}  # of a class, by Python itself when somebody asks
_OF_EACH = {"build", "quantize", "loss"}  # what Keras itself sets on its layers and models
_kept: dict[str, Trace] = {}
_folder: Path | None = None
_stock: list[tuple[Any, dict[str, Any]]] = []


def watch() -> None:
    """Take note of what Keras and TensorFlow are now: traces are kept only for as long as they stay so."""
    import tensorflow as tf
    from keras.src.backend import tensorflow as backend

    classes: set[type] = set()
    for group in (keras.layers, keras.optimizers, keras.losses, keras.metrics, keras.models):
        classes |= {base for kind in vars(group).values() if isinstance(kind, type) for base in kind.__mro__}
    classes -= {object}
    parts = [part for module in (backend, keras.src.ops) for part in vars(module).values() if _is_of_keras(part)]
    modules = [tf, tf.nn, tf.math, tf.linalg, keras.src.activations, keras.src.ops, backend, *parts]
    _stock[:] = [(holder, dict(vars(holder))) for holder in (*classes, *modules)]


def use_folder(folder: Path) -> None:
    """Look for traces in a folder, and write new ones there."""
    global _folder
    _folder = folder


def fingerprint(model: Any, data: list[Any], full: int, size: int) -> str:
    """Return what a training's functions depend on, as a hash; "" where that cannot be said.

    Args:
        model: built and compiled, of Keras' own parts.
        data: arrays of samples; `full` batches of `size` of them are trained in an epoch.
    """
    parts = [model, model.optimizer, *model._flatten_layers(include_self=False)]
    if any(_is_changed(part) for part in parts) or not _is_stock():
        return ""
    order = {layer.name: number for number, layer in enumerate(model.layers)}
    try:
        described = [
            *(_without_names(part, order) for part in (model.get_config() | {"name": ""}, model.get_compile_config())),
            _without_names(model.optimizer.get_config() | {"name": ""}, order),
            [(type(part).__name__, getattr(part, "trainable", None)) for part in parts],
            [(list(variable.shape), str(variable.dtype), variable.trainable) for variable in _variables(model)],
            [(list(part.shape[1:]), part.dtype.name) for part in data],
            [full, size, keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()],
        ]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    except (NotImplementedError, TypeError, ValueError, RecursionError):
        return ""


def find(key: str, model: Any) -> Program | None:
    """Return the program of an equal training, bound to the variables of this model."""
    from tensorflow.core.framework.function_pb2 import FunctionDef

    trace = _kept.get(key)
    if trace is None and key and _folder is not None:
        path = _folder / f"trace_{key}"
        if path.exists():
            trace = msgpack.decode(path.read_bytes(), type=Trace)
    if trace is None:
        return None
    handles = [variable.value.handle for variable in _variables(model)]
    definitions = [FunctionDef.FromString(definition) for definition in trace.definitions]
    of_epoch, of_step = ([handles[place] for place in places] for places in trace.captured)
    return Program(definitions, trace.step, (of_epoch, of_step))


def keep(key: str, model: Any, program: Program) -> Program:
    """Keep the trace of a program, unless it holds something that is no variable of the model; return the program."""
    places = {id(variable.value.handle): place for place, variable in enumerate(_variables(model))}
    if key and all(id(handle) in places for captured in program.captured for handle in captured):
        of_epoch, of_step = ([places[id(handle)] for handle in captured] for captured in program.captured)
        definitions = [definition.SerializeToString(deterministic=True) for definition in program.definitions]
        _kept[key] = Trace(definitions, program.step_number, (of_epoch, of_step))
        if _folder is not None:
            (_folder / f"trace_{key}").write_bytes(msgpack.encode(_kept[key]))
    return program


def _variables(model: Any) -> list[Any]:
    """Return every variable that a training reads or changes, each once, in an order that equal models share."""
    listed = [*model.variables, *model.optimizer.variables]
    listed += [variable for metric in model.metrics for variable in metric.variables]
    return list({id(variable): variable for variable in listed}.values())


def _without_names(described: Any, order: dict[str, int], by_name: bool = False) -> Any:
    """Return a configuration without what does not change what is computed: names, and how weights began.

    `order`: name of a layer -> its place, which stands for it where a configuration says what is connected with what.
    """
    match described:
        case dict():
            kept = {key: part for key, part in described.items() if "initializer" not in key}
            if str(kept.get("module")).startswith(_NAMED):
                kept |= {"name": "", "config": {**kept["config"], "name": ""}}
            return {key: _without_names(part, order, key in _CONNECTIONS) for key, part in kept.items()}
        case list() | tuple():
            return [_without_names(part, order, by_name) for part in described]
        case str() if by_name:
            return order.get(described, described)
    return described


def _is_of_keras(thing: Any) -> bool:
    return isinstance(thing, ModuleType) and thing.__name__.startswith("keras.")


def _is_changed(part: Any) -> bool:
    """Tell whether a method of a layer, a model or an optimizer was replaced in this one."""
    kind = type(part)
    return any(callable(getattr(kind, name, None)) for name in vars(part) if name not in _OF_EACH)


def _is_stock() -> bool:
    """Tell whether classes and modules hold what they held; modules may have loaded more."""
    return bool(_stock) and all(
        (isinstance(holder, ModuleType) or not vars(holder).keys() - then.keys() - _MADE_LATER)
        and all(vars(holder).get(name) is thing for name, thing in then.items())
        for holder, then in _stock
    )
