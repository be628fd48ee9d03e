"""Traced functions -> programs that XLA compiles once for all networks that are alike.

TensorFlow names functions, nodes and arguments by counters of the process, and XLA takes programs with other names for
other programs. Here equal computations get equal text: in a process the second training of a kind is not compiled
again, and what was compiled elsewhere is found in the folder of `use_folder`.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# as TensorFlow writes them, and traces.py
NAME = re.compile(r"xla_compile_cache__[0-9]+__[0-9]+__XLA_CPU_JIT\.pb|trace_[0-9a-f]{64}")


def use_folder(programs: dict[str, bytes]) -> Path:
    """Make a folder of compiled programs, name -> content, in which XLA looks first; an empty one keeps what it makes.

    Without effect once this process has compiled something.
    """
    folder = Path(".programs").absolute()
    folder.mkdir(exist_ok=True)
    for name, content in programs.items():
        (folder / name).write_bytes(content)
    writing = "read_only=true" if programs else "read_only=false"
    os.environ["TF_XLA_FLAGS"] = f"--tf_xla_persistent_cache_directory={folder} --tf_xla_persistent_cache_{writing}"
    return folder


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the compiled programs in a folder by the names that XLA finds them by."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if NAME.fullmatch(path.name)}


class Program:
    """The functions of a training, to be called with batches; XLA compiles the first, which runs an epoch of full ones.

    Args:
        definitions: of the epoch, and of all that it calls.
        step: number of the definition that trains on one batch, of any size.
        captured: the variables that the epoch reads and changes, as TensorFlow's handles, and those of the step.
    """

    def __init__(self, definitions: list[Any], step: int, captured: tuple[list[Any], list[Any]]) -> None:
        from tensorflow.python.eager import context

        self.definitions, self.step_number, self.captured = definitions, step, captured
        self._context = context.context()
        definitions[0].attr["_XlaMustCompile"].b = True
        for definition in definitions:
            if not self._context.has_function(definition.signature.name):
                self._context.add_function_def(definition)

    def run_epoch(self, *batches: Any) -> None:
        """Train on arrays of full batches, the number of a batch first."""
        self._call(0, *batches, *self.captured[0])

    def run_step(self, *batch: Any) -> None:
        """Train on one batch."""
        self._call(self.step_number, *batch, *self.captured[1])

    def _call(self, number: int, *inputs: Any) -> None:
        signature = self.definitions[number].signature
        self._context.call_function(signature.name.encode(), list(inputs), len(signature.output_arg))


def make_program(epoch: Any, step: Any) -> Program:
    """Make a program of two concrete functions of TensorFlow; the first calls the second."""
    definitions, numbers = _canonical(epoch)
    return Program(
        definitions, numbers[step.function_def.signature.name], (epoch.captured_inputs, step.captured_inputs)
    )


def _canonical(traced: Any) -> tuple[list[Any], dict[str, int]]:
    """Return the definitions of a function and of all that it calls, itself first, named by what they compute.

    And the number of each, by the name that it had.
    """
    library = {definition.signature.name: definition for definition in traced.graph.as_graph_def().library.function}
    top = traced.function_def
    library[top.signature.name] = top
    numbers: dict[str, int] = {}
    pending = [top.signature.name]
    while pending:
        name = pending.pop()
        if name not in numbers:
            numbers[name] = len(numbers)
            pending += [called.name for node in library[name].node_def for called in _called(node)]
    definitions = [
        _renamed(library[name], {name: f"f{number}" for name, number in numbers.items()}) for name in numbers
    ]
    text = b"".join(definition.SerializeToString(deterministic=True) for definition in definitions)
    prefix = f"epoch_{hashlib.sha256(text).hexdigest()[:32]}_"
    for definition in definitions:
        definition.signature.name = prefix + definition.signature.name
        for called in (called for node in definition.node_def for called in _called(node)):
            called.name = prefix + called.name
    return definitions, numbers


def _called(node: Any) -> Iterator[Any]:
    """Yield what a node calls, to be read or renamed, in an order of its own."""
    for key in sorted(node.attr):
        yield from [node.attr[key].func] if node.attr[key].HasField("func") else node.attr[key].list.func


def _renamed(definition: Any, functions: dict[str, str]) -> Any:
    """Return a copy of a FunctionDef in which everything is named by its place; `functions`: old name -> new name."""
    copy = type(definition)()
    copy.CopyFrom(definition)
    signature = copy.signature
    signature.name = functions[signature.name]
    inputs = {argument.name: f"a{number}" for number, argument in enumerate(signature.input_arg)}
    outputs = {argument.name: f"o{number}" for number, argument in enumerate(signature.output_arg)}
    nodes = {node.name: f"n{number}" for number, node in enumerate(copy.node_def)}
    places = inputs | nodes

    def renamed(reference: str) -> str:  # "^node", "argument" or "node:output:0"
        dependency, name = reference.startswith("^"), reference.lstrip("^")
        head, colon, rest = name.partition(":")
        return "^" * dependency + places[head] + colon + rest

    for argument in (*signature.input_arg, *signature.output_arg):
        argument.name = (inputs | outputs)[argument.name]
        argument.ClearField("handle_data")
    for node in copy.node_def:
        node.name = nodes[node.name]
        node.input[:] = [renamed(reference) for reference in node.input]
        node.ClearField("experimental_debug_info")
        for key in [key for key in node.attr if key.startswith("_")]:  # notes on where it came from
            del node.attr[key]
        for called in _called(node):
            called.name = functions[called.name]
    returned = {outputs[name]: renamed(reference) for name, reference in copy.ret.items()}
    kept = sorted({places[name] for name in copy.control_ret.values()}, key=lambda name: int(name[1:]))
    for field in ("attr", "resource_arg_unique_id", "arg_attr", "ret", "control_ret"):
        copy.ClearField(field)
    copy.ret.update(returned)
    copy.control_ret.update({name: name for name in kept})
    signature.control_output[:] = kept
    return copy
