"""The rules of the house, read from the syntax tree of every file: who may import whom, how long a file is."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "autograder"

# From top to bottom; a module imports from its own floor's package or from floors below, never sideways or up.
FLOORS = [
    ["cli", "gradescope"],
    ["web"],
    ["regrade", "cluster", "proof", "attempts", "book"],
    ["grading", "currency", "results", "known", "doctor", "glossary", "gradebook"],
    [
        "judge",
        "build",
        "reports",
        "exports",
        "scoring",
        "intake",
        "grader",
        "course",
        "probes",
        "programs",
        "precedents",
        "answers",
        "similarity",
        "analysis",
    ],
    ["check", "hearing", "observe", "template", "reference", "notebook", "roster"],
    ["remote"],
    ["session", "source"],
    ["evidence"],
    ["sandbox", "yamlfile"],
    ["job"],
    ["model", "guide"],
    ["records", "text"],
    ["errors", "versions", "folders"],
]

# Each risky third party has one home.
HOMES = {
    "otter.assign": {"build"},
    "jupytext": {"build"},
    "keras": {"sandbox"},
    "tensorflow": {"sandbox"},
    "ctypes": {"sandbox"},
    "subprocess": {"sandbox", "proof.stock"},
    "click": {"cli"},
    "sqlalchemy": {"gradebook"},
    "alembic": {"gradebook"},
    "dask": {"cluster"},
    "distributed": {"cluster"},
    "starlette": {"web", "cli.serve"},
    "uvicorn": {"web", "cli.serve"},
    "nh3": {"web"},
    "markdown_it": {"web"},
    "latex2mathml": {"web"},
    "sklearn": {"similarity"},
    "rapidfuzz": {"similarity"},
    "pickle": set(),
    "dill": set(),
}


def modules() -> dict[str, set[str]]:
    """Return module name -> everything it imports, by full name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        imports = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imports |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imports |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        found[path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".")] = imports
    return found


def home(module: str) -> str:
    return module.split(".")[0]


def floor(name: str) -> int:
    return next(number for number, names in enumerate(FLOORS) if name in names)


MODULES = modules()


@pytest.mark.parametrize("module", [name for name in MODULES if name != "__init__"])
def test_imports_point_down(module):
    """A stage does not import another: they meet in grading.py."""
    own = home(module)
    for imported in MODULES[module]:
        if imported.startswith("autograder."):
            theirs = imported.split(".")[1]
            assert theirs == own or floor(theirs) > floor(own), f"{module} imports {imported}"


@pytest.mark.parametrize("library", HOMES)
def test_each_risky_library_has_one_home(library):
    """Where code is run, unpickled or confined can be found by looking in one place."""
    users = {module for module, imports in MODULES.items() if any(_is_in(name, library) for name in imports)}
    assert not {user for user in users if not any(_is_in(user, place) for place in HOMES[library])}


def _is_in(name: str, library: str) -> bool:
    return name == library or name.startswith(library + ".")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_a_file_is_one_noun_and_says_which(path):
    """About 300 lines at most, and a docstring on top."""
    text = path.read_text()
    assert len(text.splitlines()) <= 330
    assert ast.get_docstring(ast.parse(text))
