"""Takes out of the way what Keras and TensorFlow do around small models beside computing: same objects, same numbers.

A course's networks have a few hundred weights. Around them a new operation, a variable and an attribute each cost more
than the arithmetic.
"""

import functools
import importlib
import inspect
import typing
from types import FunctionType, MethodType
from typing import Any
from weakref import WeakKeyDictionary

import keras
from keras.src.layers.layer import Layer

# Types whose objects hold no variable and no layer.
_PLAIN = {type(None), bool, int, float, str, FunctionType, inspect.Signature, keras.DTypePolicy, keras.InputSpec}
_PLAIN |= {kind for kind in vars(keras.initializers).values() if isinstance(kind, type)}


def install() -> None:
    """Make them cheaper in this process and its forks; call it before TensorFlow's first operation."""
    _run_operations_bare()
    _share_kernels_of_variables()
    _set_plain_attributes_at_once()
    _read_signatures_once()


def _run_operations_bare() -> None:
    """Run each operation as it is, without the function that TensorFlow would wrap around it.

    A new operation takes 0.6 ms less: functions of one operation, too, go through all passes of the optimiser.
    """
    bindings = importlib.import_module("tensorflow.python.pywrap_tfe")
    stock = bindings.TFE_ContextOptionsSetRunEagerOpAsFunction
    vars(bindings)["TFE_ContextOptionsSetRunEagerOpAsFunction"] = lambda options, _: stock(options, False)


def _share_kernels_of_variables() -> None:
    """Create variables without a name for debugging: TensorFlow would build an operation anew for each name."""
    operations = importlib.import_module("tensorflow.python.ops.gen_resource_variable_ops")
    stock = operations.var_handle_op

    @functools.wraps(stock)
    def var_handle_op(*args: Any, **kwargs: Any) -> Any:
        return stock(*args, **kwargs | {"debug_name": ""})

    vars(operations)["var_handle_op"] = var_handle_op


def _set_plain_attributes_at_once() -> None:
    """Set attributes of layers that hold no variable and no layer without looking for one; a layer sets a hundred."""
    stock = Layer.__setattr__

    @functools.wraps(stock)
    def __setattr__(self: Any, name: str, value: Any) -> None:
        if type(value) in _PLAIN and "_tracker" in self.__dict__:
            try:
                return object.__setattr__(self, name, value)
            except AttributeError:  # a property: Keras does not mind when it has the value already
                pass
        stock(self, name, value)

    Layer.__setattr__ = __setattr__


def _read_signatures_once() -> None:
    """Keep the signatures of Keras' own functions and what protocols ask for: each new layer wants to know six."""
    for name in ("signature", "getfullargspec"):
        setattr(inspect, name, _kept(getattr(inspect, name)))
    vars(typing)["_get_protocol_attrs"] = functools.cache(vars(typing)["_get_protocol_attrs"])


def _kept(read: Any) -> Any:
    kept: WeakKeyDictionary[Any, dict[type, Any]] = WeakKeyDictionary()

    @functools.wraps(read)
    def kept_or_read(thing: Any, **settings: Any) -> Any:
        function = getattr(thing, "__func__", thing) if type(thing) is MethodType else thing
        if settings or type(function) is not FunctionType or not str(function.__module__).startswith("keras."):
            return read(thing, **settings)
        known = kept.setdefault(function, {})
        if type(thing) not in known:
            known[type(thing)] = read(thing)
        return known[type(thing)]

    return kept_or_read
