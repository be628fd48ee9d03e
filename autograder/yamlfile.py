"""YAML that a person wrote -> a typed value, or an error that names file, line, key, what was found and expected.

It never guesses: unknown keys, keys given twice and values of another type are refused, and a date stays text.
"""

import difflib
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
import yaml  # type: ignore[import-untyped]

from autograder.errors import AutograderError

T = TypeVar("T")
Path = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML without implicit dates (`due` is read by its owner, who knows the time zone), repeated keys and aliases."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):  # a few lines of them stand for more than any memory holds
            raise _mistake("an alias such as `*x` is not read", self.peek_event())
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if type(value) is str:
                value.encode()  # half a character, `"\ud800"`, is no text
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # all of them PyYAML's, for `0x_`
            raise _mistake("a value is not what it begins as, or what its tag says", node) from None
        if type(value) is int and value.bit_length() > 64:
            raise _mistake("a number has more than 64 bits", node)
        return value


def _mistake(problem: str, place: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _mistake("a value is not the mapping that its tag says", node)
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _mistake("a key is not plain text", key)
        if key.value in seen:
            raise _mistake(f"`{key.value}` is given twice", key)
        seen.add(key.value)
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean `x`?" or, when nothing is near, the list of what is known unless that is long."""
    words = sorted(known)
    matches = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    if matches:
        return f" Did you mean `{matches[0]}`?"
    return f" Known: {', '.join(words)}." if len(words) < 20 else ""


def read_yaml(text: str, shape: type[T], name: str, error: type[AutograderError], first_line: int = 1) -> T:
    """Read YAML into a msgspec type.

    Args:
        text: the YAML.
        shape: a msgspec Struct, or any type that msgspec converts to.
        name: what the message calls the place, for example the file.
        error: the exception class to raise.
        first_line: line of the file that `text` starts on.

    Raises:
        AutograderError: of the class `error`, when the text is not YAML or not of that shape.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as mistake:
        mark = mistake.problem_mark
        line = first_line + mark.line if mark else first_line
        wrong = text.splitlines()[mark.line].strip() if mark and mark.line < len(text.splitlines()) else ""
        raise error(
            f"{name}:{line}: this is not YAML that can be read: {mistake.problem} in `{wrong}`. A text that holds"
            " `: ` or ` #` or starts with a special character needs quotes."
        ) from None
    except yaml.YAMLError as mistake:
        raise error(f"{name}: this is not YAML that can be read: {mistake}") from None
    except RecursionError:
        raise error(f"{name}: this is not YAML that can be read: it is nested too deeply.") from None
    except ValueError as mistake:  # PyYAML's, for a number of thousands of digits in %YAML
        raise error(f"{name}: this is not YAML that can be read: {mistake}.") from None
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as mistake:
        path, problem = _explain(str(mistake), data, shape)
        place = f"{name}:{first_line + _line(node, path)}"
        raise error(f"{place}: {dotted(path)}: {problem}" if path else f"{place}: {problem}") from None


def dotted(path: Path) -> str:
    """Write a path as a person would: ("assignments", 1, "due") is "assignments[1].due"."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _explain(message: str, data: Any, shape: Any) -> tuple[Path, str]:
    """Return where msgspec's complaint points to and the complaint with what was found."""
    problem, _, where = message.rpartition(" - at `") if " - at `" in message else (message, "", "")
    where = where.partition("[...]")[0]  # msgspec does not say which key of a mapping
    path: Path = tuple(
        int(index) if index else key for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", where.rstrip("`"))
    )
    path, data = _followed(path, data)
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", problem)
    if unknown:
        key = unknown[1]
        return (*path, key), f"unknown key `{key}`." + nearest(key, _keys(shape, path))
    missing = re.fullmatch(r"Object missing required field `(.*)`", problem)
    if missing:
        return path, f"the key `{missing[1]}` is missing"
    return path, f"{problem[0].lower()}{problem[1:]} (found {_short(data)}){_description(shape, path)}"


def _followed(path: Path, data: Any) -> tuple[Path, Any]:
    """Return as much of the path as the data have, since a key may read like a path, and what stands at its end."""
    for length, part in enumerate(path):
        try:
            data = data[part]
        except (LookupError, TypeError):
            return path[:length], data
    return path, data


def _short(data: Any) -> str:
    text = repr(data)
    return text[:200] + ("..." if len(text) > 200 else "")


def _keys(shape: Any, path: Path) -> list[str]:
    """Return the keys that the Struct at this path knows."""
    info = _info(shape, path)
    while isinstance(info, msgspec.inspect.Metadata):
        info = info.type
    return [field.encode_name for field in getattr(info, "fields", ())]


def _description(shape: Any, path: Path) -> str:
    """Return what the type at this path says of itself, if anything."""
    info = _info(shape, path)
    schema = info.extra_json_schema if isinstance(info, msgspec.inspect.Metadata) else None
    return f"; it is: {schema['description']}" if schema and "description" in schema else ""


def _info(shape: Any, path: Path) -> Any:
    info: Any = msgspec.inspect.type_info(shape)
    for part in path:
        while isinstance(info, msgspec.inspect.Metadata):
            info = info.type
        if isinstance(info, msgspec.inspect.StructType):
            info = next((field.type for field in info.fields if field.encode_name == part), info)
        else:
            info = getattr(info, "item_type", None) or getattr(info, "value_type", info)
    return info


def _line(node: yaml.Node | None, path: Path) -> int:
    """Return the line, counted from 0, of the deepest part of the path that the YAML holds."""
    line: int = node.start_mark.line if node else 0
    for part in path:
        if isinstance(node, yaml.MappingNode):
            key, node = next(((k, v) for k, v in node.value if k.value == part), (None, None))
            line = key.start_mark.line if key else line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
    return line
