"""The cells and settings that `build` adds to a source: Otter's settings, the badge, the set-up cell, the export cells.

Pure functions on notebooks. What a student sees of the kit stands in this file and nowhere else.
"""

import ast
import hashlib
import json
import re
from collections import Counter
from copy import deepcopy

import msgspec
import nbformat
from nbformat import NotebookNode, v4

from autograder.source import Source, SourceQuestion, parts

OTTER = "otter-grader==7.0.0"

_SETTINGS = {
    "init_cell": False,
    "check_all_cell": False,
    "export_cell": False,
    "run_tests": False,
    "tests": {"files": False, "ok_format": False},
}

# Neither the machine nor the versions that built the notebook may show in it.
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

_LOCKED = {"deletable": False, "editable": False}

_BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/@REPOSITORY@/blob/main/assignments/@ID@/@ID@.ipynb)"
)

_SET_UP = """\
# Run this cell first, and again after every restart: it loads the checks into `grader`.
def load_checks():
    import json, os, subprocess, sys, urllib.request
    from pathlib import Path

    def metadata(path):
        try:
            return json.loads(Path(path).read_text(encoding="utf-8"))["metadata"]["otter"]
        except (OSError, ValueError, LookupError, TypeError):
            return {}

    if "google.colab" in sys.modules:  # Colab opens this notebook alone: install Otter, fetch the checks and the data
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "@OTTER@"], check=True)
        source = "https://raw.githubusercontent.com/@REPOSITORY@/main/assignments/@ID@/"
        print("Fetching the checks from", source)
        for name in @FILES@:
            urllib.request.urlretrieve(source + name, name)
        Path("tests").mkdir(exist_ok=True)
        for question, test in metadata("@ID@.ipynb")["tests"].items():
            Path("tests", question + ".py").write_text(test, encoding="utf-8")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    messages, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)  # TensorFlow would begin with red lines about this machine, none of them an error
        import otter, tensorflow
    except ModuleNotFoundError as error:
        todo = "Run  %pip install @OTTER@ tensorflow matplotlib  in a cell, then restart the kernel."
        raise ModuleNotFoundError(f"{error.name} is not installed. {todo}") from None
    finally:
        os.dup2(messages, 2)

    # You may have renamed this file: take the open one, or else the one in this folder that is "@ID@".
    opened = globals().get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    names = [os.path.basename(opened), "@ID@.ipynb", *sorted(map(str, Path().glob("*.ipynb")))]
    try:
        return otter.Notebook(next((n for n in names if metadata(n).get("assignment_name") == "@ID@"), "@ID@.ipynb"))
    except FileNotFoundError:
        todo = f"Save this notebook as @ID@.ipynb in the folder {os.getcwd()} and run this cell again."
        raise FileNotFoundError("The checks are in the notebook's file, which was not found. " + todo) from None


grader = load_checks()"""

_EXPORT_TEXT = """\
## Hand in

1. Restart the kernel and run all cells, so that the results are those of the code you see.
2. **Save the notebook** (Ctrl+S, on a Mac Cmd+S): what is exported is the saved file.
3. Look through it: does every check say that it passed?
4. Run the cell below, again if it ran with all the others: it exports the file that you saved last. It shows a link to
   a zip file, which also lies beside this notebook. Upload that zip file, as it is, where your course collects
   submissions.

On Colab the cell tells you what to do instead."""

_EXPORT = """\
import sys

if "google.colab" in sys.modules:
    print("On Colab: File > Download > Download .ipynb, then submit that file.")
else:
    grader.export(pdf=False)"""


def prepare(notebook: NotebookNode, source: Source, assignment_id: str, repository: str) -> NotebookNode:
    """Return what Otter Assign reads: the source with everything added, without rubrics.

    Answer cells carry `metadata.question`, and every cell `metadata.within`, the question it stands in: for `finish` to
    find and remove.
    """

    values = {
        "REPOSITORY": repository,
        "FILES": json.dumps([f"{assignment_id}.ipynb", *source.files]),
        "OTTER": OTTER,
        "ID": assignment_id,
    }

    def fill(text: str) -> str:
        return re.sub("@([A-Z]+)@", lambda mark: values[mark[1]], text)

    added = _LOCKED | {"within": ""}
    settings = _SETTINGS | {"name": source.name, "files": list(source.files)}
    cells = []
    titled = False
    for part in parts(notebook, assignment_id):
        cell = deepcopy(part.cell)
        cell.metadata = {key: cell.metadata[key] for key in ("tags", "jupyter") if key in cell.metadata}
        if part.kind == "rubric":
            continue
        cell.metadata["within"] = part.question
        if part.kind == "config":
            cell.source = "# ASSIGNMENT CONFIG\n" + msgspec.yaml.encode(settings).decode()
        if part.kind == "solution":
            cell.metadata["question"] = part.question
        cells.append(cell)
        if cell.cell_type == "markdown" and not titled:
            heading, _, text = cell.source.partition("\n")
            cell.source = f"{heading}\n\n{fill(_BADGE)}\n{text}".rstrip()
            cells.append(v4.new_code_cell(fill(_SET_UP), metadata=added))
            titled = True
    cells.append(v4.new_markdown_cell(_EXPORT_TEXT, metadata=added))
    cells.append(v4.new_code_cell(_EXPORT, metadata=added))
    return v4.new_notebook(cells=cells, metadata=_METADATA)


def finish(
    template: NotebookNode, answered: NotebookNode, source: Source
) -> tuple[NotebookNode, NotebookNode, dict[str, list[int]], list[str]]:
    """Normalise Otter's two notebooks.

    Args:
        template: Otter's student notebook.
        answered: Otter's autograder notebook.
        source: what both were made from.

    Returns:
        The template; the same notebook with the solution's answers in its cells, as a student would hand it in; for
        each question the indices of its answer cells in both; and for each cell the question it stands in, or "".
    """
    template, solved = deepcopy(template), deepcopy(template)
    answers: dict[str, list[int]] = {}
    index = -1
    for cell in answered.cells:
        question = cell.metadata.get("question")
        if not question or cell.cell_type == "code":
            index += 1
            solved.cells[index].source = cell.source
            if question:
                answers.setdefault(question, []).append(index)
        elif _awaits_text(template.cells[index]) and index not in answers.get(question, []):
            # Otter drops the model answer from the template and puts an empty answer cell just before it.
            solved.cells[index].source = cell.source
            answers.setdefault(question, []).append(index)
    within = _within(template)
    identifiers = _identifiers(template)
    otter = deepcopy(template.metadata["otter"])
    for question in source.questions:
        if question.cases:
            otter["tests"][question.name] = author_text(otter["tests"][question.name], question)
    for notebook in (template, solved):
        notebook.metadata["otter"] = otter
        for cell, identifier in zip(notebook.cells, identifiers, strict=True):
            cell.id = identifier
            cell.metadata.pop("question", None)
            cell.metadata.pop("within", None)
    return template, solved, answers, within


def _within(notebook: NotebookNode) -> list[str]:
    """Return for each cell the question it stands in; what Otter adds, checks and answer cells, belongs to the last."""
    within: list[str] = []
    for cell in notebook.cells:
        within.append(cell.metadata.get("within", within[-1] if within else ""))
    return within


def _awaits_text(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and "otter_answer_cell" in cell.metadata.get("tags", [])


def author_text(test_file: str, question: SourceQuestion) -> str:
    """Return Otter's test file with the functions as their author wrote them.

    Otter writes what `ast.unparse` makes of them: other text under another Python, and under 3.12 f-strings that 3.11
    cannot read.
    """
    for case in question.cases:
        test_file = test_file.replace(ast.unparse(ast.parse(case.code).body[0]), case.code)
    return test_file


def _identifiers(notebook: NotebookNode) -> list[str]:
    """Return an id for each cell, of its content and how often that came before: it stays when other cells change."""
    seen: Counter[str] = Counter()
    identifiers = []
    for cell in notebook.cells:
        content = json.dumps([cell.cell_type, cell.source])
        seen[content] += 1
        identifiers.append(hashlib.sha256(f"{seen[content]} {content}".encode()).hexdigest()[:12])
    return identifiers


def as_bytes(notebook: NotebookNode) -> bytes:
    """Return the notebook as it stands in a file."""
    return f"{nbformat.writes(notebook)}\n".encode()
