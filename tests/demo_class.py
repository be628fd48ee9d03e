"""Makes a sample class for `make demo`: right, wrong, broken and hostile submissions, and what each of them must get.

In goes the course; out come `<folder>/submissions/` and `<folder>/expected.json`, the same bytes every time. Nothing is
run. As a script it makes the classes (`make FOLDER`) or compares results with them (`check FOLDER RESULTS`).
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from broken import broken_files, export_zip

from autograder.build import Built, build_assignment
from autograder.course import read_course
from autograder.intake import collect
from autograder.known import KnownSubmission, known_submissions
from autograder.model import Status
from autograder.template import as_bytes

Points = dict[str, tuple[float, ...]]

# Student -> known submission. One name in four hands in Otter's export zip, one in a folder of its own as an LMS does.
STUDENTS = {
    "sum": {
        "Adaeze Okonkwo": "reference",
        "Agnieszka Wiśniewska": "bias-outside",
        "Elif Şahin": "concatenated-weights",
        "Ana-Lucía Quispe Mamani": "count-one-output",
        "Björk Guðmundsdóttir": "einsum",
        "Chidi Anagonye": "float64",
        "Dilnoza Karimova": "global-seed",
        "Đặng Thị Hương": "h0-ignored",
        "Grace O'Malley": "in-place",
        "Hemi Parata": "last-state-only",
        "Jürgen Groß": "random-state-and-loops",
        "Kateryna Шевченко": "sum-over-batch",
        "Leilani Kealoha": "three-tanhs",
        "Mohamed الفاسي": "wh-transposed",
        "नेहा शर्मा": "y-flat",
        "Rafael D'Ávila": "seed-code",
        "Søren Kjærgaard": "template",
        "陈思远": "keras-inside",
        "山田 花子": "untrained",
        "Θεοδώρα Παππά": "length-in-count",
    },
    "memory": {
        "Aroha Ngata": "reference",
        "Bilal Qureshi": "average",
        "Cécile L'Hôte": "finite-differences",
        "Dagny Solberg": "frobenius",
        "Esperanza Ruiz": "normal-interval",
        "김민준": "own-way",
        "Oksana Ткаченко": "one-minus-h",
        "Tomáš Dvořák": "template",
        "+SUM(A1:A9)": "time-reversed",
    },
}
BASE = {"sum": "einsum", "memory": "svd-norm"}  # right, and it trains nothing
FIRST_QUESTION = "q1"
BROKEN = {
    "sum": None,  # every kind
    "memory": ("byte-order mark", "truncated JSON", "wrong assignment", "two notebooks in one zip", "zip bomb"),
}

EXIT = """\
import os

print("No points for me means no points for anybody.")
os._exit(0)
"""

LOOP = """\
def count_params(F, H, O):
    count = 0
    while count >= 0:
        count += 1
    return count
"""

READ = """\
import glob
import os


def count_params(F, H, O):
    found = []
    for place in (os.getcwd(), "/", "/home", "/tmp", "/autograder", os.path.expanduser("~")):
        for pattern in ("**/tests/q4.py", "**/reference.py", "**/*autograder.zip"):
            try:
                found += glob.glob(os.path.join(place, pattern), recursive=place != "/")
            except OSError:
                pass
    if found:
        space = {}
        exec(open(found[0]).read(), space)
        return space["count_params"](F, H, O)
    return 0
"""

FORGE = """\
import gc
import json
import sys

import otter


class Always:
    def __eq__(self, other):
        return True

    def __call__(self, *args, **kwargs):
        return self


def full_marks(*args, **kwargs):
    return Always()


otter.Notebook.check = full_marks
for module in list(sys.modules.values()):
    for name in ("run_tests", "GradingResults", "TestCaseResult", "Checker"):
        if hasattr(module, name):
            setattr(module, name, Always())
for thing in gc.get_objects():
    if type(thing).__name__ in ("TestCaseResult", "CaseResult", "QuestionResult"):
        object.__setattr__(thing, "passed", True)
for path in ("results.json", "/autograder/results/results.json", "results.pkl"):
    try:
        with open(path, "w") as file:
            json.dump({"score": 1000, "q4": {"score": 1000, "possible": 1}}, file)
    except OSError:
        pass
count_params = Always()
"""

PRINT = """\
for _ in range(300):
    print("I will not print in my functions. " * 30_000)


"""

# Student -> the question whose answer is replaced, and the answer; PRINT stands before the right one.
HOSTILE = {
    "sum": {
        "Mallory Exit": ("q4", EXIT),
        "Mallory Loop": ("q4", LOOP),
        "Mallory Reader": ("q4", READ),
        "Mallory Forger": ("q4", FORGE),
        "Mallory Printer": ("q5", PRINT),
    },
    "memory": {
        "Mallory Exit": ("q6", EXIT),
        "Mallory Printer": ("q6", PRINT),
    },
}


@dataclass(frozen=True)
class Expected:
    """What a submission must get. `points`: question -> points of each test case, None unless graded."""

    case: str
    status: Status
    points: Points | None


def make_class(folder: Path, assignment_id: str, root: Path) -> Path:
    """Write a sample class and return the folder of its submissions.

    Args:
        folder: gets `submissions/` and `expected.json`, which maps a submission's name to case, status and points.
        root: folder of course.yml.
    """
    course = read_course(root / "course.yml")
    built = build_assignment(root, course, course.assignment(assignment_id))
    known = {case.name: case for case in known_submissions(root, built)}
    submissions = folder / "submissions"
    submissions.mkdir(parents=True, exist_ok=True)
    expected = {
        **_write_known(submissions, assignment_id, known),
        **_write_broken(submissions, assignment_id, known[BASE[assignment_id]]),
        **_write_hostile(submissions, assignment_id, known[BASE[assignment_id]], built),
    }
    names = {found.path: found.name for found in collect([submissions], built.source.name)}
    if names.keys() != expected.keys():
        raise AssertionError(f"not written or not collected: {sorted(map(str, names.keys() ^ expected.keys()))}")
    record = {names[path]: asdict(fate) for path, fate in expected.items()}
    (folder / "expected.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return submissions


def _write(folder: Path, student: str, number: int, assignment_id: str, notebook: bytes) -> Path:
    """Write a student's notebook: as it is, as Otter's export, or in a folder of the student's."""
    path, data = folder / f"{student}.ipynb", notebook
    if number % 4 == 1:
        path, data = folder / f"{student}.zip", export_zip(notebook, assignment_id)
    elif number % 4 == 3:
        path = folder / student / f"{assignment_id}.ipynb"
        path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def _write_known(folder: Path, assignment_id: str, known: dict[str, KnownSubmission]) -> dict[Path, Expected]:
    return {
        _write(folder, student, number, assignment_id, known[name].notebook): Expected(
            name, Status.GRADED, known[name].expected
        )
        for number, (student, name) in enumerate(STUDENTS[assignment_id].items())
    }


def _write_broken(folder: Path, assignment_id: str, base: KnownSubmission) -> dict[Path, Expected]:
    """Write broken and odd files; one that is graded gets the marks of the notebook that it was made from."""
    expected = {}
    for kind, broken in broken_files(base.notebook).items():
        if kind not in (BROKEN[assignment_id] or (kind,)):
            continue
        points: Points | None = base.expected if broken.status is Status.GRADED else None
        if kind == "missing questions":
            points = {
                name: cases if name == FIRST_QUESTION else tuple(0.0 for _ in cases)
                for name, cases in base.expected.items()
            }
        (folder / broken.file_name).write_bytes(broken.data)
        expected[folder / broken.file_name] = Expected(kind, broken.status, points)
    return expected


def _write_hostile(folder: Path, assignment_id: str, base: KnownSubmission, built: Built) -> dict[Path, Expected]:
    """Write attacks; each costs the question that it stands in, and nothing else."""
    expected = {}
    for number, (student, (question, answer)) in enumerate(HOSTILE[assignment_id].items()):
        notebook = nbformat.reads(base.notebook.decode(), as_version=4)
        cell = notebook.cells[built.answers[question][0]]
        harmless = answer is PRINT
        cell.source = answer + cell.source if harmless else answer
        lost = tuple(0.0 for _ in base.expected[question])
        points = base.expected if harmless else {**base.expected, question: lost}
        path = _write(folder, student, number, assignment_id, as_bytes(notebook))
        expected[path] = Expected(student, Status.GRADED, points)
    return expected


def disagreements(folder: Path, results: Path) -> list[str]:
    """Compare the results folder of a grade with what its class must get; one sentence for each difference."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (results / "results").glob("*.json")}
    sentences = [f"{name}: has no result." for name in sorted(expected.keys() - found.keys())]
    for name, result in sorted(found.items()):
        fate = expected.get(name)
        if fate is None:
            sentences.append(f"{name}: is not in the class.")
        elif result["status"] != fate["status"]:
            sentences.append(f"{name} ({fate['case']}): is {result['status']}, expected {fate['status']}.")
        elif fate["points"] is not None:
            points = {
                question["name"]: [case["points"] for case in question["cases"]]
                for question in result["questions"]
                if not question["manual"]
            }
            sentences += [
                f"{name} ({fate['case']}): {question} has {points.get(question)}, expected {cases}."
                for question, cases in fate["points"].items()
                if points.get(question) != cases
            ]
    return sentences


def main(arguments: list[str]) -> int:
    """Make the classes of all assignments, or compare results; return the exit code."""
    match arguments:
        case ["make", folder]:
            for assignment_id in STUDENTS:
                print(make_class(Path(folder) / assignment_id, assignment_id, Path(__file__).parent.parent))
            return 0
        case ["check", folder, results]:
            sentences = disagreements(Path(folder), Path(results))
            print("\n".join(sentences) or "Every submission of the sample class got exactly what it must.")
            return 1 if sentences else 0
    print(f"usage: {Path(__file__).name} make FOLDER | check FOLDER/ID RESULTS")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
