"""A source under solutions/ -> the student notebook under assignments/ and the grader zip under dist/, byte for byte.

The only user of otter.assign and jupytext. Otter stamps time into names and members and draws random cell ids: all that
is normalised here. Nothing is run: a source that is wrong in its numbers builds as well as a right one.
"""

import hashlib
import io
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import jupytext
import msgspec
import nbformat
from nbformat import NotebookNode

from autograder.errors import SourceError, StaleError
from autograder.guide import GUIDE, GivenCell, MarkingGuide, WrittenQuestion
from autograder.model import Assignment, Course, GraderInfo, Question
from autograder.records import Rubric, RubricItem
from autograder.reference import reference_module
from autograder.source import Source, SourceQuestion, parts, read_source
from autograder.template import as_bytes, author_text, finish, prepare

_PACKAGE = Path(__file__).parent
_SCRIPTS = ("run_autograder", "setup.sh")
_KIT_README = "Auto-graded course kit: the part that grades. Made by `autograder build`.\n"


@dataclass(frozen=True)
class Built:
    """All that one source makes.

    Attributes:
        text: of the source.
        files: path relative to the root -> content; the notebook and its data, then the grader zip.
        template: what a student gets.
        solved: the same notebook as a student would hand it in who gives the solution's answers.
        answers: question -> indices of its answer cells in both notebooks.
    """

    assignment: str
    text: str
    source: Source
    files: dict[str, bytes]
    template: NotebookNode
    solved: NotebookNode
    answers: dict[str, tuple[int, ...]]

    @property
    def notebook_path(self) -> str:
        """Path of the student notebook, relative to the root."""
        return f"assignments/{self.assignment}/{self.assignment}.ipynb"

    @property
    def zip_path(self) -> str:
        """Path of the grader zip, relative to the root."""
        return f"dist/{self.assignment}-autograder.zip"


def read_percent(text: str) -> NotebookNode:
    """Read a jupytext percent script. What follows `# %%` stands in the cell's metadata as `title`."""
    return jupytext.reads(text, fmt="py:percent")


def build_assignment(root: Path, course: Course, assignment: Assignment, verified: bool = False) -> Built:
    """Build one assignment in memory; `write_built` puts it on disk.

    Args:
        root: folder of course.yml.
        course: for the repository that "Open in Colab" opens.
        assignment: entry of course.yml.
        verified: what the grader zip says of itself; whoever passes it has read the proof.

    Raises:
        SourceError: names file and question.
    """
    folder = root / "solutions" / assignment.id
    file = f"solutions/{assignment.id}/{assignment.id}.py"
    text = _read(root / file, file).decode()
    notebook = read_percent(text)
    source = read_source(notebook, file)
    _check_against_course(source, assignment, file)
    data = {name: _read(folder / name, f"{file}: ASSIGNMENT CONFIG: files: {name}") for name in source.files}
    prepared = prepare(notebook, source, assignment.id, course.repository)
    template, answered, members = _assign(prepared, assignment.id, data, file)
    template, solved, answers, within = finish(template, answered, source)
    for question in source.questions:
        if question.cases:
            member = f"tests/{question.name}.py"
            members[member] = author_text(members[member].decode(), question).encode()
    members["files/reference.py"] = reference_module(notebook, f"{assignment.id}.py").encode()
    members["grader.json"] = _grader_info(source, assignment, verified)
    members[GUIDE] = _json(_marking_guide(notebook, source, template, within, answers))
    members |= {name: (_PACKAGE / "gradescope_files" / name).read_bytes() for name in _SCRIPTS} | _kit()
    files = {f"assignments/{assignment.id}/{assignment.id}.ipynb": as_bytes(template)}
    files |= {f"assignments/{assignment.id}/{name}": content for name, content in data.items()}
    files[f"dist/{assignment.id}-autograder.zip"] = _zip(members)
    frozen = {question: tuple(indices) for question, indices in answers.items()}
    return Built(assignment.id, text, source, files, template, solved, frozen)


def solved_notebook(built: Built) -> bytes:
    """Return the notebook of a student who gives the solution's answers."""
    return as_bytes(built.solved)


def write_built(root: Path, built: Built, with_zip: bool = True) -> list[str]:
    """Put what was built on disk, each file under a temporary name first; the grader zip only `with_zip`.

    Returns:
        The paths that changed, relative to the root.
    """
    changed = [path for path in stale_files(root, built, missing_zip=True) if path in built.files]
    changed = [path for path in changed if with_zip or path != built.zip_path]
    for path in changed:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        temporary.write_bytes(built.files[path])
        temporary.replace(target)
    return changed


def stale_files(root: Path, built: Built, *, missing_zip: bool = False) -> list[str]:
    """Return the paths, relative to the root, whose content is not what the source makes.

    A grader zip that is not there counts only with `missing_zip`: zips are not committed, so a fresh clone has none;
    one that is there and differs always counts. A file in assignments/<id>/ that the source does not make counts, but
    not what running the notebook there leaves behind; `write_built` does not remove it, it may be somebody's work.
    """
    folder = root / "assignments" / built.assignment
    there = [path.relative_to(root) for path in folder.rglob("*") if path.is_file() and path.suffix != ".zip"]
    paths = {path.as_posix() for path in there if not any(part.startswith(".") for part in path.parts)}
    stale = paths - set(built.files)
    for path, content in built.files.items():
        target = root / path
        if target.is_file():
            if target.read_bytes() != content:
                stale.add(path)
        elif missing_zip or path != built.zip_path:
            stale.add(path)
    return sorted(stale)


def check_built(root: Path, built: Built) -> None:
    """Compare what is on disk with what the source makes.

    Raises:
        StaleError: names each file and what to do.
    """
    stale = stale_files(root, built)
    old = [path for path in stale if path in built.files]
    left = [path for path in stale if path not in built.files]
    messages = [f"{_are(old)} stale: run `autograder build {built.assignment}`."] if old else []
    messages += [f"{_are(left)} not made by the source, but would be published: remove it."] if left else []
    if messages:
        raise StaleError(" ".join(messages))


def _are(paths: list[str]) -> str:
    return f"{', '.join(paths)} {'is' if len(paths) == 1 else 'are'}"


def _read(path: Path, place: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{place}: cannot be read ({error.strerror}).") from None


def _check_against_course(source: Source, assignment: Assignment, file: str) -> None:
    if source.name != assignment.id:
        raise SourceError(f"{file}: ASSIGNMENT CONFIG: name: found {source.name!r}, expected {assignment.id!r}.")
    total = round(sum(question.points for question in source.questions), 6)
    if total != assignment.points:
        table = ", ".join(f"{question.name} {question.points:g}" for question in source.questions)
        raise SourceError(
            f"{file}: its questions add up to {total:g} points ({table}), course.yml has {assignment.points:g}."
        )


def _assign(
    prepared: NotebookNode, name: str, data: dict[str, bytes], file: str
) -> tuple[NotebookNode, NotebookNode, dict[str, bytes]]:
    """Run Otter Assign; return its student notebook, its autograder notebook and what is worth keeping of its zip."""
    # Takes seconds to import, and most commands build nothing.
    import otter.assign

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        nbformat.write(prepared, folder / f"{name}.ipynb")
        for member, content in data.items():
            (folder / member).write_bytes(content)
        try:
            otter.assign.main(str(folder / f"{name}.ipynb"), str(folder / "out"), no_pdfs=True, no_run_tests=True)
        except Exception as error:
            raise SourceError(f"{file}: Otter Assign refuses it: {error}") from error
        template = nbformat.read(folder / "out" / "student" / f"{name}.ipynb", as_version=4)
        answered = nbformat.read(folder / "out" / "autograder" / f"{name}.ipynb", as_version=4)
        (path,) = (folder / "out" / "autograder").glob("*.zip")
        with zipfile.ZipFile(path) as archive:
            members = {member: archive.read(member) for member in archive.namelist()}
    # Otter's own scripts install conda and a browser and grade unsealed; ours take their place.
    return template, answered, {k: v for k, v in members.items() if k not in (*_SCRIPTS, "run_otter.py")}


def _grader_info(source: Source, assignment: Assignment, verified: bool) -> bytes:
    questions = tuple(Question(item.name, item.title, item.points, item.manual) for item in source.questions)
    info = GraderInfo(assignment.id, assignment.title, source.name, questions, assignment.limits, verified)
    return _json(info)


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _marking_guide(
    notebook: NotebookNode, source: Source, template: NotebookNode, within: list[str], answers: dict[str, list[int]]
) -> MarkingGuide:
    cells = tuple(
        GivenCell(cell.id, cell.cell_type, question, hashlib.sha256(cell.source.strip().encode()).hexdigest())
        for cell, question in zip(template.cells, within, strict=True)
    )
    written = tuple(
        _written_question(notebook, question, tuple(template.cells[index].id for index in answers[question.name]))
        for question in source.questions
        if question.manual
    )
    return MarkingGuide(cells, written)


def _written_question(notebook: NotebookNode, question: SourceQuestion, cells: tuple[str, ...]) -> WrittenQuestion:
    def markdown(kind: str) -> str:
        own = [
            part.cell for part in parts(notebook, question.name) if (part.kind, part.question) == (kind, question.name)
        ]
        return "\n\n".join(cell.source for cell in own if cell.cell_type == "markdown")

    rubric = question.rubric
    items = tuple(RubricItem(item.id, item.points, item.text) for item in rubric.items) if rubric else ()
    return WrittenQuestion(
        question.name,
        question.title,
        Rubric(question.name, question.points, items),
        markdown("given"),
        markdown("solution"),
        rubric.misconceptions if rubric else (),
        cells,
    )


def _kit() -> dict[str, bytes]:
    """Return the kit itself as members of the zip: what Gradescope installs and grades with."""
    members = {f"kit/{name}": (_PACKAGE.parent / name).read_bytes() for name in ("pyproject.toml", "uv.lock")}
    members["kit/README.md"] = _KIT_README.encode()
    for path in _PACKAGE.rglob("*"):
        inside = path.relative_to(_PACKAGE.parent)
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in inside.parts):
            members[f"kit/{inside.as_posix()}"] = path.read_bytes()
    return members


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    # Stored, not deflated: what deflate makes depends on the zlib that Python was linked with.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # Unix, wherever it is built: only then are the permissions read
            info.external_attr = (0o100755 if name in _SCRIPTS else 0o100644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()
