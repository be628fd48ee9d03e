"""The notebook of a source -> the module `reference` of its grader zip, which hidden tests compare with."""

import ast
import re

from nbformat import NotebookNode

from autograder.errors import SourceError
from autograder.source import parts


def reference_module(notebook: NotebookNode, file: str) -> str:
    """Return the solution's definitions as a Python module: imports in use, functions, classes, literal constants.

    Everything else at top level (training, plots, checks) stays behind, so that importing the module costs nothing and
    has no effect. Only tests import it.
    """
    kept: list[tuple[ast.stmt, str]] = []
    for part in parts(notebook, file):
        if part.kind not in ("given", "solution") or part.cell.cell_type != "code":
            continue
        # Magics are not Python; a blank line keeps the line numbers.
        source = re.sub(r"^[%!].*$", "", part.cell.source, flags=re.MULTILINE)
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            raise SourceError(f"{file}: a cell is not Python: {error.msg} in `{(error.text or '').strip()}`.") from None
        kept += [(node, _text(source, node)) for node in tree.body if _is_definition(node)]
    used = {
        name.id
        for node, _ in kept
        if not isinstance(node, ast.Import | ast.ImportFrom)
        for name in ast.walk(node)
        if isinstance(name, ast.Name)
    }
    texts = [text for node, text in kept if not isinstance(node, ast.Import | ast.ImportFrom) or _binds(node) & used]
    return "\n\n".join([f'"""Definitions of the solution in {file}, for its tests."""', *texts]) + "\n"


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return True
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    try:
        ast.literal_eval(node.value)
    except ValueError:
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return all(isinstance(name, ast.Name | ast.Tuple) for name in targets)


def _binds(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}


def _text(source: str, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])
