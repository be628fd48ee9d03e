"""A Keras network -> the calls of layers that it consists of, and what each of them is called with."""

from typing import Any

import keras

from autograder.sandbox.values import WireError

RECURRENT = ("SimpleRNN", "GRU", "LSTM")


def nodes_of(network: Any) -> list[Any]:
    """Return the calls of layers that a network consists of, each after those it needs.

    A mask that Keras itself hands on is left out: the layers of the other side make it again.
    """
    nodes = [node for depth in sorted(network._nodes_by_depth, reverse=True) for node in network._nodes_by_depth[depth]]
    needed = {id(tensor) for tensor in (*network.outputs, *network.inputs)}
    kept: list[Any] = []
    for node in reversed(nodes):
        if any(id(tensor) in needed for tensor in node.output_tensors):
            kept.insert(0, node)
            needed |= {id(tensor) for tensors in sources_of(node) for tensor in tensors}
    return kept


def sources_of(node: Any) -> tuple[list[Any], list[Any]]:
    """Return the tensors that a layer is called with, and those that are its first states."""
    kind = type(node.operation).__name__
    args, kwargs = node.arguments.args, node.arguments.kwargs
    inputs = keras.tree.flatten(args[:1])
    given = args[1] if len(args) == 2 and kind in (*RECURRENT, "Bidirectional") else kwargs.get("initial_state")
    states = [] if given is None else keras.tree.flatten(given)
    mask = [] if kwargs.get("mask") is None else keras.tree.flatten(kwargs["mask"])
    if any(made is not getattr(tensor, "_keras_mask", None) for made, tensor in zip(mask, inputs, strict=False)):
        raise WireError("a mask given by hand does not cross; Embedding(mask_zero=True) makes one that does")
    if {id(tensor) for tensor in node.input_tensors} - {id(tensor) for tensor in (*inputs, *states, *mask)}:
        raise WireError(f"a layer of class {kind} that is called in this way does not cross")
    return inputs, states
