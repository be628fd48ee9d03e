"""Both notebooks of each assignment in a real Jupyter kernel with stock Otter's checks: solved, and as handed out.

Each runs once, as a student's "run all cells"; the tests read what it left.
"""

import re
import resource
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder.build import Built, build_assignment, solved_notebook
from autograder.course import read_course

ROOT = Path(__file__).resolve().parent.parent
COURSE = read_course(ROOT / "course.yml")
ASSIGNMENTS = [assignment.id for assignment in COURSE.assignments]
LONG = {"memory", "gradients"}  # a minute each in a stock kernel; `make verify` has stock Otter run the solved ones
SCREEN_LINES = 40
# the set-up; the rules of two languages, to be looked up; how sentences are drawn from them
REFERENCE = ("# Run this cell", "ARTICLES = ", "def clause_pools")
CPU_SECONDS = 90
BUSY = 1.5  # what shared caches and hyperthreads add to the same work (measured on 2 cores beside three to five others)


@dataclass(frozen=True)
class Run:
    """A notebook after its run. `cpu_seconds`: of the kernel and all it started, imports included."""

    notebook: NotebookNode
    folder: Path
    cpu_seconds: float

    def cells(self, *kinds: str) -> list[NotebookNode]:
        """Return the code cells that left an output of one of these kinds: a type, or a stream's name."""
        return [cell for cell in self.notebook.cells if any(kind_of(output) in kinds for output in outputs(cell))]

    def checks(self) -> dict[str, str]:
        """Return question -> what its `grader.check` shows."""
        found = {}
        for cell in self.notebook.cells:
            if check := re.match(r'grader\.check\("(\w+)"\)', cell.source):
                found[check[1]] = "".join(shown(output) for output in cell.outputs)
        return found


def outputs(cell: NotebookNode) -> list[NotebookNode]:
    return cell.get("outputs", [])


def kind_of(output: NotebookNode) -> str:
    return output.get("name", output.output_type)


def shown(output: NotebookNode) -> str:
    """Return an output as text."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def cpu_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(content: bytes, folder: Path, name: str) -> Run:
    """Save a notebook under its own name in an empty folder and run all its cells there, whatever they raise."""
    (folder / f"{name}.ipynb").write_bytes(content)
    notebook = nbformat.reads(content.decode(), as_version=4)
    place = {"metadata": {"path": str(folder)}}
    before = cpu_seconds_of_children()
    NotebookClient(notebook, timeout=1800, kernel_name="python3", allow_errors=True, resources=place).execute()
    return Run(notebook, folder, cpu_seconds_of_children() - before)


@pytest.fixture(
    scope="module",
    params=[pytest.param(one, marks=[pytest.mark.slow] if one in LONG else []) for one in ASSIGNMENTS],
)
def built(request) -> Built:
    return build_assignment(ROOT, COURSE, COURSE.assignment(request.param))


@pytest.fixture(scope="module")
def template(built, tmp_path_factory) -> Run:
    return run(built.files[built.notebook_path], tmp_path_factory.mktemp("template"), built.assignment)


@pytest.fixture(scope="module")
def solved(built, tmp_path_factory) -> Run:
    return run(solved_notebook(built), tmp_path_factory.mktemp("solved"), built.assignment)


@pytest.fixture(params=["template", "solved"])
def either(request, built) -> Run:
    return request.getfixturevalue(request.param)


def test_no_cell_raises(either):
    """The template too runs to its end."""
    raised = [(cell.source[:80], output.evalue) for cell in either.cells("error") for output in outputs(cell)]
    assert raised == []
    assert either.notebook.cells[-1].execution_count


def test_nothing_is_said_in_red(either):
    """A student who sees warnings of libraries looks for a mistake that is not there."""
    said = ["".join(map(shown, outputs(cell))) for cell in either.cells("stderr")]
    assert said == []


def test_no_output_speaks_of_python_alone(either):
    """No traceback, and no `Ellipsis` where the student sees `...`."""
    text = "".join(shown(output) for cell in either.notebook.cells for output in outputs(cell))
    assert "Traceback" not in text
    assert "Ellipsis" not in text


def test_every_check_of_the_solved_notebook_passes(built, solved):
    """Stock Otter's own checks."""
    tested = [question.name for question in built.source.questions if not question.manual]
    assert solved.checks() == {name: f"{name} results: All test cases passed!" for name in tested}


def test_every_check_of_the_template_says_what_to_do(built, template):
    """The author's hint, and a message that says what is missing: never an accident such as a TypeError."""
    shown_checks = template.checks()
    for question in built.source.questions:
        if question.manual:
            continue
        text = shown_checks[question.name]
        public = [case for case in question.cases if not case.hidden]
        failures = re.findall(r"^ *(\w+(?:Error|Exception)): (.*)", text, flags=re.MULTILINE)
        assert [kind for kind, message in failures if message] == ["AssertionError"] * len(public), text
        assert text.count(" message: ") == len(public), text


def test_the_template_names_what_to_finish_first(template):
    """Given cells that need an answer say which one, in a line of their own."""
    lines = "".join(shown(output) for cell in template.cells("stdout") for output in outputs(cell)).splitlines()
    assert len([line for line in lines if re.match(r"Finish questions? \d", line)]) >= 4


def test_the_solved_notebook_leaves_nothing_to_finish(solved):
    """Every given cell shows what it has to show."""
    text = "".join(shown(output) for cell in solved.cells("stdout") for output in outputs(cell))
    assert "Finish question" not in text
    assert len(pictures(solved.notebook)) >= 2


def test_the_last_cell_exports_the_notebook(either):
    """The zip lies beside the notebook, holds it as it was saved, and the cell shows a link to it."""
    (path,) = either.folder.glob("*.zip")
    (name,) = [path.name for path in either.folder.glob("*.ipynb")]
    with zipfile.ZipFile(path) as archive:
        assert archive.read(name) == (either.folder / name).read_bytes()
    link = "".join(output.get("data", {}).get("text/html", "") for output in either.notebook.cells[-1].outputs)
    assert path.name in link


def test_the_solved_notebook_takes_under_90_seconds_of_cpu(built, solved):
    """A promise to students, so a limit: processor time, imports and export included, on a machine that may be busy."""
    print(f"\n{built.assignment}: {solved.cpu_seconds:.1f} s of CPU")
    assert solved.cpu_seconds < CPU_SECONDS * BUSY


def test_a_cell_fits_a_screen(built):
    """All but those that nobody needs to read through; answers included."""
    for notebook in (built.template, built.solved):
        sizes = {cell.source[:60]: len(cell.source.splitlines()) for cell in notebook.cells if cell.cell_type == "code"}
        long = {start for start, size in sizes.items() if size > SCREEN_LINES}
        assert [start for start in long if not start.startswith(REFERENCE)] == []


def pictures(notebook: NotebookNode) -> list[int]:
    """Return the indices of the cells that show a picture."""
    return [
        index
        for index, cell in enumerate(notebook.cells)
        if any("image/png" in output.get("data", {}) for output in outputs(cell))
    ]


def test_a_sentence_under_every_picture_says_what_to_see(solved):
    """The next cell is text, and begins with it."""
    for index in pictures(solved.notebook):
        after = solved.notebook.cells[index + 1]
        assert after.cell_type == "markdown"
        assert re.match(r"(\*\*See:\*\*|\*What to see:\*) \w+.*[.?]", after.source, flags=re.DOTALL)


def test_every_picture_has_a_text_for_those_who_cannot_see_it(solved):
    """A sentence in the place where a page of the notebook takes it from."""
    for index in pictures(solved.notebook):
        found = [output for output in outputs(solved.notebook.cells[index]) if "image/png" in output.get("data", {})]
        texts = [output.metadata.get("image/png", {}).get("alt", "") for output in found]
        assert all(len(text) > 40 and text.endswith(".") for text in texts), texts


def test_the_headings_are_an_outline(built):
    """One title, then parts, then parts of parts: no level is left out."""
    text = "\n".join(cell.source for cell in built.template.cells if cell.cell_type == "markdown")
    levels = [len(marks) for marks in re.findall(r"^(#+) \S", text, flags=re.MULTILINE)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert levels.count(2) >= 5
    assert all(level <= before + 1 for before, level in pairwise(levels))


def test_the_badge_opens_this_notebook(built):
    """In the public repository that course.yml names."""
    address = f"https://colab.research.google.com/github/{COURSE.repository}/blob/main/{built.notebook_path}"
    assert f"({address})" in built.template.cells[0].source
