"""A notebook and the names that a test asks for -> the cells, or the single statements, that make those names.

Read from the syntax of the code cells, nothing is run. Where it cannot know (a call may change its arguments, two names
may mean one object) it takes more rather than less; who uses a slice runs it once and compares (`mutants.run` does).
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

_MAGIC = re.compile(r"^\s*[%!].*$", flags=re.MULTILINE)
_DISPLAY = {"plt", "matplotlib", "warnings"}  # modules whose state no number depends on
_PRINTS = {"print", "display", *_DISPLAY}
_PURE = {*dir(builtins), "np", "numpy", "math", *_PRINTS}  # unless they are called for their effect
_COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}
_VIEWS = {"zip", "enumerate", "reversed", "iter", "next", "list", "tuple", "dict", "sorted"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_STATE = "{} (its state)"  # of a module: a global seed, a default type


@dataclass(frozen=True)
class _Statement:
    """A statement at the top of a cell.

    Attributes:
        cell: index of the cell; lines: in the cell, counted from 1.
        binds: names it gives a value; kills: those whose earlier value is gone for certain.
        touches: names whose value it may change in place.
        reads: names it reads when it runs; later: names that the functions it defines read when they are called.
        same: pairs of names that may mean the same object after it.
        plain: names it binds to a number, a text, a function or a module: nothing changes these in place.
    """

    cell: int
    lines: range
    binds: frozenset[str]
    kills: frozenset[str]
    touches: frozenset[str]
    reads: frozenset[str]
    later: frozenset[str]
    same: frozenset[tuple[str, str]]
    plain: frozenset[str]


def cells_for(notebook: NotebookNode, question: str, names: set[str]) -> tuple[int, ...]:
    """Return the indices of the code cells that must run so that `names` are at the question's check what they are.

    The cell of the check itself is not among them: a judge checks a question that no cell checks at the end.
    """
    cells = _cells(notebook, question)
    picked = _picked([group for group in cells.values() if group], names)
    return tuple(sorted({group[0].cell for group in picked}))


def cells_before(notebook: NotebookNode, question: str) -> tuple[int, ...]:
    """Return the indices of all code cells before the question's check, whether a test needs them or not."""
    return tuple(_cells(notebook, question))


def depends(notebook: NotebookNode, question: str, names: set[str], cell: int, line: int) -> bool:
    """Tell whether one of `names` at the question's check depends on the statement at this line, from 1, of a cell."""
    groups = [[statement] for group in _cells(notebook, question).values() for statement in group]
    return any(group[0].cell == cell and line in group[0].lines for group in _picked(groups, names))


def parameters(case: str) -> set[str]:
    """Return the names that a test function, given as text, takes from the notebook."""
    (function,) = ast.parse(case).body
    assert isinstance(function, ast.FunctionDef)
    return {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}


def only_cases(test_file: str, functions: set[str]) -> str:
    """Return Otter's test file with the other test functions left out."""
    lines = test_file.splitlines(keepends=True)
    for node in ast.parse(test_file).body:
        if isinstance(node, ast.FunctionDef) and node.name not in functions:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = [""] * ((node.end_lineno or first) - first + 1)
    return "".join(lines)


def _picked(groups: list[list[_Statement]], names: set[str]) -> list[list[_Statement]]:
    """Return the groups of statements, each run whole or not at all, that `names` depend on after the last of them."""
    statements = [statement for group in groups for statement in group]
    modules = {name for statement in statements for name in statement.binds if _STATE.format(name) in statement.binds}
    later = _later(statements)
    touched = _touched(statements)
    needed = set(names) | {late for name in names for late in later.get(name, ())}
    picked = []
    for group in reversed(groups):
        if needed.isdisjoint(name for one in group for name in one.binds | touched[one]):
            continue
        picked.append(group)
        for statement in reversed(group):
            reads = statement.reads | {late for name in statement.reads for late in later.get(name, ())}
            needed -= statement.kills
            needed |= reads | {_STATE.format(name) for name in reads & modules}
    return picked


def _later(statements: list[_Statement]) -> dict[str, set[str]]:
    """Return name -> all that its value may read when it is called, through other functions too."""
    found: dict[str, set[str]] = {}
    grown = True
    while grown:
        grown = False
        for statement in statements:
            direct = statement.later | {late for name in statement.reads for late in found.get(name, ())}
            reach = direct | {late for name in direct for late in found.get(name, ())}
            for name in statement.binds:
                before = len(found.setdefault(name, set()))
                found[name] |= reach
                grown = grown or len(found[name]) > before
    return found


def _touched(statements: list[_Statement]) -> dict[_Statement, set[str]]:
    """Return what each statement may change in place, under all names that may mean the same object."""
    bound: dict[str, bool] = {}
    for statement in statements:
        for name in statement.binds:
            bound[name] = bound.get(name, True) and name in statement.plain
    groups: dict[str, set[str]] = {}
    for one, other in (pair for statement in statements for pair in statement.same):
        if not bound.get(one) and not bound.get(other):
            joined = groups.get(one, {one}) | groups.get(other, {other})
            groups |= dict.fromkeys(joined, joined)
    return {
        statement: {same for name in statement.touches if not bound.get(name) for same in groups.get(name, {name})}
        for statement in statements
    }


def _cells(notebook: NotebookNode, question: str) -> dict[int, list[_Statement]]:
    """Return index -> statements of each code cell before the last check of the question, all when there is none."""
    check = re.compile(rf"""^\w+\.check\(\s*["']{re.escape(question)}["']""", flags=re.MULTILINE)
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    checks = [index for index in code if check.search(notebook.cells[index].source)]
    before = [index for index in code if not checks or index < checks[-1]]
    modules: set[str] = set()
    found = {}
    for index in before:
        found[index] = [_read(node, index, modules) for node in _parsed(notebook.cells[index].source)]
    return found


def _parsed(source: str) -> list[ast.stmt]:
    """Return the statements of a cell; none for one in another language, such as `%%bash`."""
    try:
        return [] if source.lstrip().startswith("%%") else ast.parse(_MAGIC.sub("", source)).body
    except SyntaxError:
        return []


def _read(node: ast.stmt, cell: int, modules: set[str]) -> _Statement:
    """Read one statement; `modules`, the names that cells so far have imported, grows."""
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    binds = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    reads = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    later: set[str] = set()
    for child in table.get_children():
        now, then = _globals(child)
        reads |= now
        later |= then
    expressions = list(_run_at_once(node))
    if any(isinstance(one, ast.Lambda) for one in expressions):  # it may be called by what it is handed to
        reads |= later
    kills = binds if isinstance(node, _DEFINITIONS) else set()
    if isinstance(node, ast.Assign):
        kills = {name for target in node.targets for name in _names(target)}
    is_plain = isinstance(node, _DEFINITIONS) or (isinstance(node, ast.Assign) and _is_plain(node.value))
    plain = binds if is_plain else set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules |= binds
        binds = binds | {_STATE.format(name) for name in binds}
    touches = {name for one in expressions for name in _touches(one, modules)}
    return _Statement(
        cell=cell,
        lines=range(_first_line(node), (node.end_lineno or node.lineno) + 1),
        binds=frozenset(binds),
        kills=frozenset(kills),
        touches=frozenset(touches | set(_module_state(node, modules))),
        reads=frozenset(reads | touches),
        later=frozenset(later),
        same=frozenset(pair for one in expressions for pair in _same(one)),
        plain=frozenset(plain),
    )


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _globals(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """Return the names of the notebook that a function or class reads: where it is defined, and when it is called."""
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced()}
    inner = [_globals(child) for child in table.get_children()]
    now, later = own.union(*(one for one, _ in inner)), set[str]().union(*(other for _, other in inner))
    if table.get_type() == "class" or table.get_name() in _COMPREHENSIONS:
        return now, later
    return set(), now | later


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run with the statement: all but the bodies of functions."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and child in _body(node):
            continue
        yield from _run_at_once(child)


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.AST]:
    return [node.body] if isinstance(node.body, ast.expr) else list(node.body)


def _touches(node: ast.AST, modules: set[str]) -> Iterator[str]:
    """Yield the names whose value this node may change in place: what is stored into, and what a call is given."""
    match node:
        case ast.Subscript() | ast.Attribute() if not isinstance(node.ctx, ast.Load):
            yield from _roots(node)
        case ast.AugAssign():
            yield from _roots(node.target)
        case ast.Expr(value=ast.Call() as call) if not _is_pure(call, _PRINTS):
            yield from _arguments(call)  # nobody looks at its result, so it has an effect
        case ast.Call():
            if isinstance(node.func, ast.Attribute):
                yield from set(_roots(node.func)) - modules
            if not _is_pure(node, _PURE):
                yield from _arguments(node)


def _is_pure(call: ast.Call, names: set[str]) -> bool:
    """Tell whether a call belongs to those of `names` (functions, modules) and so leaves its arguments alone."""
    return not names.isdisjoint(_roots(call.func)) and not any(word.arg == "out" for word in call.keywords)


def _arguments(call: ast.Call) -> Iterator[str]:
    yield from _each([*call.args, *(word.value for word in call.keywords)])


def _module_state(node: ast.stmt, modules: set[str]) -> Iterator[str]:
    """Yield the state of a module that a call for its effect may change, such as `np.random.seed(1)`."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        yield from (_STATE.format(name) for name in _roots(node.value.func) if name in modules - _DISPLAY)


def _roots(node: ast.AST) -> Iterator[str]:
    """Yield the names that an expression may hand on as they are: `a` of `a.b[1]`, of `[a]`, of `a.items()`."""
    match node:
        case ast.Name():
            yield node.id
        case ast.Attribute() | ast.Subscript() | ast.Starred() | ast.NamedExpr():
            yield from _roots(node.value)
        case ast.Call(func=ast.Attribute()):
            yield from _roots(node.func)
        case ast.Call(func=ast.Name(id=name)) if name in _VIEWS:
            yield from _each(node.args)
        case ast.Tuple() | ast.List() | ast.Set():
            yield from _each(node.elts)
        case ast.Dict():
            yield from _each(node.values)
        case ast.IfExp():
            yield from _each([node.body, node.orelse])
        case ast.BoolOp():
            yield from _each(node.values)


def _each(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        yield from _roots(node)


def _same(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the pairs of names that may mean one object after this node."""
    match node:
        case ast.Assign(targets=targets, value=value):
            pass
        case ast.For(target=target, iter=value) | ast.NamedExpr(target=target, value=value):
            targets = [target]
        case _:
            return
    for name in (name for target in targets for name in _names(target)):
        yield from ((name, root) for root in _roots(value) if root != name)
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    yield from ((names[0], other) for other in names[1:])


def _names(target: ast.AST) -> Iterator[str]:
    """Yield the plain names that an assignment gives a value: none of `a[0]` and `a.b`."""
    match target:
        case ast.Name():
            yield target.id
        case ast.Tuple() | ast.List():
            for element in target.elts:
                yield from _names(element)
        case ast.Starred():
            yield from _names(target.value)


def _is_plain(node: ast.expr) -> bool:
    """Tell whether the value is a number or a text written out, or a tuple of such."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Tuple):
        return all(_is_plain(element) for element in node.elts)
    return isinstance(node, ast.UnaryOp | ast.BinOp) and all(
        isinstance(part, ast.Constant | ast.UnaryOp | ast.BinOp | ast.operator | ast.unaryop)
        for part in ast.iter_child_nodes(node)
    )
