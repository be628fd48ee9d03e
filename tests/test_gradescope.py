"""On Gradescope: the unpacked grader zip and one submission in, results.json out, and nothing hidden in it."""

import io
import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tiny import write_course

from autograder import gradescope
from autograder.build import Built, build_assignment, solved_notebook
from autograder.course import read_course
from autograder.errors import Fault, IsolationError
from autograder.grading import blank_result
from autograder.model import Result, Status
from autograder.reports import feedback_html
from autograder.reports.gradescope import gradescope_json

# docs/specs.md of Gradescope's autograder documentation
TOP = {
    *("score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility"),
    *("stdout_visibility", "extra_data", "tests", "leaderboard"),
}
TEST = {
    *("score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags"),
    *("visibility", "extra_data"),
}
VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Built:
    root = write_course(tmp_path_factory.mktemp("course"))
    course = read_course(root / "course.yml")
    return build_assignment(root, course, course.assignments[0])


class Container:
    """A container of Gradescope's: /autograder with the unpacked zip, and the engine of all tests."""

    def __init__(self, root: Path, built: Built, engine: Any) -> None:
        self.root, self._built, self._engine = root, built, engine
        self.level, self.results, self.found_at_start, self.wall_seconds = engine.level, [], [], []
        with zipfile.ZipFile(io.BytesIO(built.files[built.zip_path])) as archive:
            archive.extractall(root / "source")
        (root / "submission").mkdir()

    def __enter__(self) -> "Container":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def grade(self, submission: Any, grader: Any, wall_seconds: float, public_only: bool = False) -> Result:
        self.wall_seconds.append(wall_seconds)
        self.found_at_start = sorted(path.as_posix() for path in self.root.rglob("*") if path.is_file())
        self.results.append(self._engine.grade(submission, grader, wall_seconds, public_only))
        return self.results[-1]

    def hand_in(self, answer: str = "", *more: str, name: str = "tiny.ipynb") -> None:
        """Put the solved notebook there; `answer` replaces the solution's `add`, and cells of code come behind it."""
        notebook = nbformat.reads(solved_notebook(self._built).decode(), as_version=4)
        index = self._built.answers["q1"][0]
        if answer:
            notebook.cells[index].source = answer
        added = [nbformat.v4.new_code_cell(code, id=f"more-{number}") for number, code in enumerate(more)]
        notebook.cells[index + 1 : index + 1] = added
        (self.root / "submission" / name).write_text(nbformat.writes(notebook), encoding="utf-8")

    def run(self) -> dict[str, Any]:
        """Grade what was handed in and return results.json."""
        assert gradescope.main(self.root) == 0
        return json.loads((self.root / "results" / "results.json").read_text(encoding="utf-8"))


@pytest.fixture
def container(tmp_path, built, engine, monkeypatch) -> Container:
    container = Container(tmp_path, built, engine)
    monkeypatch.setattr(gradescope, "Engine", lambda: container)
    return container


def by_visibility(results: dict[str, Any], visibility: str) -> list[dict[str, Any]]:
    return [test for test in results["tests"] if test["visibility"] == visibility]


# results.json


def assert_well_formed(results: dict[str, Any]) -> None:
    """Check what Gradescope's documentation asks of results.json."""
    assert set(results) <= TOP and isinstance(results["score"], int | float)
    assert results["stdout_visibility"] == "hidden"
    for test in results["tests"]:
        assert set(test) <= TEST and test["visibility"] in VISIBILITY
        assert test.get("status", "failed") in ("passed", "failed")
        assert isinstance(test["output"], str) and len(test["output"]) <= 100_000
        assert 0 <= test.get("score", 0) <= test.get("max_score", 0)


def test_a_right_submission_has_full_marks(container):
    """The score is the sum over the questions that tests decide; the written one is named as people's."""
    container.hand_in()
    results = container.run()
    assert_well_formed(results)
    assert results["score"] == 4
    assert [(test.get("score"), test.get("max_score"), test["status"]) for test in results["tests"]] == [
        (None, None, "passed"),
        (4, 4, "passed"),
    ]
    assert "Marked by people and not part of this score: q2 (4 points)." in results["output"]


def test_a_wrong_submission_has_its_marks_and_hints(container):
    """What the public check did not find is lost, with the author's sentence."""
    container.hand_in("def add(a, b):\n    return abs(a) + b")
    results = container.run()
    assert_well_formed(results)
    assert results["score"] == 1
    (question,) = by_visibility(results, "after_published")
    assert (question["score"], question["max_score"], question["status"]) == (1, 4, "failed")
    assert "Look at negative numbers." in question["output"]


def test_what_hidden_tests_decide_is_shown_after_publication(container):
    """At once a student sees public checks only, which tell nothing about hidden ones, and no points."""
    container.hand_in("def add(a, b):\n    return abs(a) + b")
    (checks,) = by_visibility(results := container.run(), "visible")
    assert checks["status"] == "passed" and "score" not in checks
    assert checks["output"] == "q1: 1 of 1 public checks passed"
    assert "negative" not in checks["output"] + results["output"]


def test_a_failed_public_check_is_shown_at_once(container):
    """With its title and hint."""
    container.hand_in("def add(a, b):\n    return 0")
    (checks,) = by_visibility(container.run(), "visible")
    assert checks["status"] == "failed"
    assert "q1: 0 of 1 public checks passed" in checks["output"]
    assert "Look at the sum of one and two." in checks["output"]


def test_the_deadline_is_before_that_of_gradescope(container):
    """The harness writes a zero after ten minutes; we give up earlier, with an error instead."""
    container.hand_in()
    container.run()
    assert all(wall_seconds > 0 for wall_seconds in container.wall_seconds)
    assert container.wall_seconds[1] < 600 - 20 and container.wall_seconds[0] < container.wall_seconds[1]


# Rejected


REJECTED = {
    "nothing": ({}, "No notebook was handed in."),
    "a text": ({"answer.txt": b"3"}, "answer.txt"),
    "an empty notebook": ({"tiny.ipynb": b""}, "notebook"),
    "an empty zip": ({"tiny.zip": b"PK\x05\x06" + bytes(18)}, "zip holds no notebook"),
}


@pytest.mark.parametrize(("files", "said"), REJECTED.values(), ids=REJECTED)
def test_a_submission_without_a_notebook_says_so(container, files, said):
    """A score of 0 with the reason, at once visible: the student can hand in again."""
    for name, content in files.items():
        (container.root / "submission" / name).write_bytes(content)
    results = container.run()
    assert_well_formed(results)
    assert results["score"] == 0 and said in results["output"]
    assert [(test["visibility"], test["output"]) for test in results["tests"]] == [("visible", results["output"])]


def test_two_notebooks_are_too_many(container):
    """Both are named; none is guessed."""
    for name in ("first.ipynb", "second.ipynb"):
        container.hand_in(name=name)
    results = container.run()
    assert_well_formed(results)
    assert results["score"] == 0
    assert "Several notebooks were handed in (first.ipynb, second.ipynb); hand in one." in results["output"]


def test_one_notebook_beside_other_files_is_graded(container):
    """Data and pictures handed in with it do no harm."""
    container.hand_in()
    (container.root / "submission" / "numbers.csv").write_text("1")
    (container.root / "submission" / "plot.png").write_bytes(b"\x89PNG")
    assert container.run()["score"] == 4


# Faults


def refuse(error: Exception) -> Any:
    def engine() -> None:
        raise error

    return engine


@pytest.mark.parametrize("error", [Fault("did not start"), IsolationError("nothing to isolate with")], ids=str)
def test_a_kit_that_cannot_start_writes_nothing(container, monkeypatch, capsys, error):
    """Exit code 1 and no results.json: Gradescope shows an error, not a zero."""
    container.hand_in()
    monkeypatch.setattr(gradescope, "Engine", refuse(error))
    assert gradescope.main(container.root) == 1
    assert str(error) in capsys.readouterr().out
    assert not (container.root / "results" / "results.json").exists()


def test_a_fault_writes_nothing(container, monkeypatch, capsys):
    """A judge that fails is no score either."""
    container.hand_in()

    def fail(submission: Any, grader: Any, wall_seconds: float, public_only: bool = False) -> Result:
        return replace(blank_result(submission, grader, Status.FAULT), note="The judge did not answer.")

    monkeypatch.setattr(container, "grade", fail)
    assert gradescope.main(container.root) == 1
    assert "The judge did not answer." in capsys.readouterr().out
    assert not (container.root / "results").exists()


def test_a_zip_that_is_not_ours_writes_nothing(container):
    """A source folder without tests or grader.json is the course's mistake, not the student's."""
    container.hand_in()
    shutil.rmtree(container.root / "source" / "tests")
    assert gradescope.main(container.root) == 1
    shutil.rmtree(container.root / "source")
    assert gradescope.main(container.root) == 1
    assert not (container.root / "results").exists()


# Nothing hidden

MARK = "MARKOFTHETEST"
SMUGGLE = {
    "exception text": "raise ValueError(mark)",
    "exception type": "raise type(mark, (Exception,), {})()",
    "assertion": "assert False, mark",
    "return value": "return mark",
    "printed": "print(mark); import sys; print(mark, file=sys.stderr); return 0",
    "variable": "globals()['leak'] = mark; globals()[mark] = mark; return 0",
    "type of the value": "return type(mark, (), {})()",
    "name of the function": "add.__name__ = add.__qualname__ = mark; return 0",
    "name of a fatal function": "add.__name__ = mark; import os; os._exit(1)",
    "exit code text": "import sys; sys.exit(mark)",
    "name of the process": "import ctypes; ctypes.CDLL(None).prctl(15, mark.encode()); return 0",
    "docstring": "add.__doc__ = mark; return 0",
    "file": "open(mark, 'w').write(mark); return 0",
    "checkpoint": "import otter; otter.Notebook().check(mark); return 0",
    "fatal checkpoint": "import os, otter; otter.Notebook().check(mark); os._exit(1)",
    "warning": "import warnings; warnings.warn(mark); return 0",
    "title of a model": "import keras; return keras.Sequential([keras.Input((1,), name=mark)], name=mark)",
}


@pytest.mark.parametrize("how", SMUGGLE.values(), ids=SMUGGLE)
def test_nothing_from_the_box_reaches_a_student(container, how, capsys):
    """A hidden input, taken out by any way the student's code has, is in no field of any visibility and in no page."""
    container.hand_in(f"def add(a, b):\n    mark = f'{MARK}{{a}}'\n    {how}", "leak = ''")
    results = container.run()
    assert_well_formed(results)
    capsys.readouterr()  # for staff only: stdout_visibility is hidden
    page = feedback_html(container.results[-1], "Tiny", "Course")
    for text in (json.dumps(results), page):
        assert MARK not in text


def test_a_function_made_of_a_hidden_input_cannot_carry_it_out(classroom, tmp_path):
    """Its own name, which would be named as what died, is in no sentence for the student."""
    code = f"""
        import os
        def make(seed):
            def inner(): os._exit(1)
            inner.__name__ = inner.__qualname__ = f"{MARK}{{seed}}"
            return [inner]
    """
    result = classroom.grade(code, q1="def test_hidden(make):\n    make(4711)[0]()")
    assert result.questions[0].cases[0].cause == "what make returned ended the Python process"
    assert MARK not in feedback_html(result, "Tiny") and "4711" not in result.note


def test_a_kept_hidden_input_cannot_answer_a_public_check(classroom):
    """What a student sees at once is of a run without hidden inputs: it tells nothing of them, hand in as one may."""
    code = """
        kept = []
        def f(n):
            kept.append(n)
            return n
        def g():
            return 1 if 4711 in kept else 2
    """
    tests = {"q1": "def test_hidden(f):\n    assert f(4711) == 4711", "q2": "def test(g):\n    assert g() == 2"}
    submission, grader = classroom.submission(code), classroom.grader(tests)
    result, public = (classroom.engine.grade(submission, grader, 60, public_only=only) for only in (False, True))
    assert [question.points for question in result.questions] == [1, 0]
    results = json.loads(gradescope_json(result, public))
    (checks,) = by_visibility(results, "visible")
    assert (checks["status"], checks["output"]) == ("passed", "q2: 1 of 1 public checks passed")


def test_a_death_by_a_hidden_input_is_told_after_publication(classroom):
    """How a function ends by a hidden input is its own choice of sentence; at once nothing is said."""
    code = "import os\ndef f(n):\n    if n == 4711: os._exit(0)\n    return n"
    submission = classroom.submission(code)
    grader = classroom.grader({"q1": "def test_hidden(f):\n    assert f(4711) == 4711"})
    result, public = (classroom.engine.grade(submission, grader, 60, public_only=only) for only in (False, True))
    results = json.loads(gradescope_json(result, public))
    assert "ended" in result.note and results["output"] == ""
    assert [test["name"] for test in by_visibility(results, "after_published")] == ["q1: About q1", "What happened"]


def test_no_time_and_no_size_of_a_run_is_shown(container):
    """A function could take its time by a hidden input: what a student sees is the same however long a run took."""
    container.hand_in()
    container.run()
    result = container.results[-1]
    facts = replace(result.facts, memory_bytes=99 << 20, boxes=3)
    slow = replace(result, cpu_seconds=98.76, wall_seconds=123.45, facts=facts)
    assert gradescope_json(slow, slow) == gradescope_json(result, result)
    assert feedback_html(slow, "Tiny") == feedback_html(result, "Tiny")


def test_errors_of_cells_are_for_staff(container, capsys):
    """Their text may hold what a cell kept of a hidden input; the student has run the notebook anyway."""
    container.hand_in(
        "", f"raise ValueError('{MARK}')", f"raise type('{MARK}', (Exception,), {{}})", f"print('{MARK}')"
    )
    text = json.dumps(container.run())
    assert container.results[-1].facts.cell_errors[0].text == MARK
    assert MARK not in text and MARK not in feedback_html(container.results[-1], "Tiny")
    assert MARK in capsys.readouterr().out


def test_what_died_is_said_in_a_sentence_of_ours(container):
    """The student learns which function ended the program, by the name the assignment gives it."""
    container.hand_in("import os\ndef add(a, b):\n    if a < 0: os._exit(1)\n    return a + b")
    results = container.run()
    question, happened = by_visibility(results, "after_published")
    assert question["score"] == 1 and "add ended the Python process" in question["output"]
    assert happened["name"] == "What happened" and "add ended the Python process" in happened["output"]


# Without namespaces


def test_at_level_uid_tests_are_gone_before_the_first_box(container):
    """Files of the container have names in a box then; what is hidden is in the grader's memory only."""
    container.level = "uid"
    container.hand_in()
    assert container.run()["score"] == 4
    left = [
        Path(path).relative_to(container.root / "source") for path in container.found_at_start if "/source/" in path
    ]
    outside_kit = {path.as_posix() for path in left if path.parts[0] != "kit"}
    assert not [path for path in outside_kit if path.startswith("tests/") or "reference" in path or "marking" in path]
    assert "grader.json" in outside_kit
    for path in outside_kit:
        text = (container.root / "source" / path).read_text()
        assert "hidden_left_operand" not in text and "Addition is commutative" not in text
    assert (container.root / "source").stat().st_mode & 0o77 == 0


def test_at_level_namespaces_nothing_is_removed(container):
    """No box can name them."""
    container.level = "namespaces"
    container.hand_in()
    container.run()
    assert (container.root / "source" / "tests" / "q1.py").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's id can be taken by root only")
def test_a_box_at_level_uid_finds_no_test_and_no_other_submission(container, engine, monkeypatch):
    """Grading works there too, and the student's program looks for them in vain."""
    monkeypatch.setattr(engine, "level", "uid")
    container.level = "uid"
    search = f"""
import os
found = []
for folder, _, names in os.walk({str(container.root)!r}):
    found += [os.path.join(folder, name) for name in names]
raise ValueError(str(found))
"""
    container.hand_in("", search)
    assert container.run()["score"] == 4
    facts = container.results[-1].facts
    assert facts.level == "uid"
    assert [error.text for error in facts.cell_errors] == ["[]"]
