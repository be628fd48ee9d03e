"""One source makes a student notebook and a grader zip: the same bytes every time."""

import io
import json
import os
import subprocess
import sys
import zipfile
from functools import cache
from hashlib import sha256
from pathlib import Path

import nbformat
import pytest
from tiny import COURSE, SOURCE, write_course

from autograder.build import Built, build_assignment, check_built, solved_notebook, stale_files, write_built
from autograder.course import read_course
from autograder.errors import AutograderError, SourceError, StaleError
from autograder.grader import Grader, read_grader
from autograder.guide import MarkingGuide
from autograder.records import Rubric, RubricItem

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = [assignment.id for assignment in read_course(ROOT / "course.yml").assignments]

BUILD = """
import hashlib, sys, time
from pathlib import Path
shift = float(sys.argv[2])
now = time.time
time.time = lambda: now() + shift
from autograder.build import build_assignment
from autograder.course import read_course
root = Path(sys.argv[1])
course = read_course(root / "course.yml")
for path, content in build_assignment(root, course, course.assignments[0]).files.items():
    print(path, hashlib.sha256(content).hexdigest())
"""


@cache
def built_from(root: Path, assignment: str) -> Built:
    course = read_course(root / "course.yml")
    return build_assignment(root, course, course.assignment(assignment))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Built:
    return built_from(write_course(tmp_path_factory.mktemp("tiny")), "tiny")


def members(built: Built) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(built.files[built.zip_path]))


def grader_of(built: Built, folder: Path) -> Grader:
    write_built(folder, built)
    return read_grader(folder / built.zip_path)


# Same bytes


def test_two_builds_give_the_same_bytes(tmp_path_factory):
    """Another folder, hash seed, working directory, locale, time zone and day change nothing."""
    answers = []
    for seed, zone, locale, shift in (("1", "Asia/Tokyo", "C", 0), ("2", "America/New_York", "C.UTF-8", 4e7)):
        root = write_course(tmp_path_factory.mktemp("somewhere"))
        os.utime(root / "solutions" / "tiny" / "numbers.csv", (shift, shift))
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", BUILD, str(root), str(shift)]
        run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        answers.append(run.stdout)
    assert answers[0] == answers[1]
    assert answers[0].count("\n") == 3


def test_tests_stand_as_their_author_wrote_them(tiny):
    """ast.unparse would write other text under another Python, and f-strings that 3.11 cannot read."""
    line = 'assert add(1, 2) == 3, f"expected 3, got {add(1, 2)}"'
    assert line in members(tiny).read("tests/q1.py").decode()
    assert line in tiny.template.metadata.otter.tests.q1


def test_cell_ids_are_valid_and_differ(tiny):
    """Jupyter warns about a notebook with an id missing or given twice."""
    nbformat.validate(tiny.template)
    identifiers = [cell.id for cell in tiny.template.cells]
    assert len(set(identifiers)) == len(identifiers)


def test_an_id_stays_when_another_cell_changes(tiny, tmp_path):
    """A diff of the committed notebook shows what changed and no more."""
    root = write_course(tmp_path, SOURCE.replace("A short story.", "Another story."))
    before = [cell.id for cell in tiny.template.cells]
    after = [cell.id for cell in built_from(root, "tiny").template.cells]
    assert before[0] != after[0] and before[1:] == after[1:]


# What students get


def test_the_template_shows_stubs_and_solved_the_answers(tiny):
    """The same cell holds `...` in one notebook and the solution in the other."""
    index = tiny.answers["q1"][0]
    assert "..." in tiny.template.cells[index].source
    assert "secret_of_the_sum" in tiny.solved.cells[index].source


def test_solved_differs_from_the_template_in_answers_only(tiny):
    """A known submission looks like a student's: same cells, ids and metadata, only public tests."""
    answers = {index for indices in tiny.answers.values() for index in indices}
    assert answers == {
        index
        for index, (stub, answer) in enumerate(zip(tiny.template.cells, tiny.solved.cells, strict=True))
        if stub != answer
    }
    assert tiny.template.metadata == tiny.solved.metadata
    assert b"test_negative" not in solved_notebook(tiny)


def test_the_written_answer_is_one_cell(tiny):
    """The model answer stands where the student is asked to type."""
    (index,) = tiny.answers["q2"]
    assert tiny.template.cells[index].source.startswith("_Type your answer here")
    assert tiny.solved.cells[index].source.startswith("Addition is commutative")


def test_the_notebook_opens_in_colab_and_ends_with_the_export(tiny):
    """The badge stands under the title, the set-up cell behind it, the export at the end."""
    cells = tiny.template.cells
    assert "/github/somebody/tiny-course/blob/main/assignments/tiny/tiny.ipynb)" in cells[0].source.splitlines()[2]
    assert cells[1].source.endswith("grader = load_checks()")
    assert "grader.export(" in cells[-1].source


def test_metadata_holds_nothing_of_the_build(tiny):
    """Kernel, language and Otter's own entry; on cells tags and locks: nothing of jupytext, a machine or a version."""
    assert set(tiny.template.metadata) == {"kernelspec", "language_info", "otter"}
    assert tiny.template.metadata.language_info == {"name": "python"}
    for cell in tiny.template.cells:
        assert set(cell.metadata) <= {"tags", "deletable", "editable"}


# The grader zip


def test_the_zip_holds_what_otter_and_gradescope_need(tiny):
    """Tests, reference, data, our scripts and the kit are there; Otter's own runner is not."""
    names = set(members(tiny).namelist())
    assert {"otter_config.json", "tests/q1.py", "environment.yml", "files/reference.py", "files/numbers.csv"} <= names
    assert {"grader.json", "setup.sh", "run_autograder", "kit/pyproject.toml", "kit/uv.lock"} <= names
    assert {"kit/README.md", "kit/autograder/__init__.py", "kit/autograder/model.py"} <= names
    assert "run_otter.py" not in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_members_have_fixed_modes_and_times(tiny):
    """Scripts can be executed, nothing else can, and no clock shows."""
    for info in members(tiny).infolist():
        executable = info.filename in ("setup.sh", "run_autograder")
        assert info.external_attr >> 16 == (0o100755 if executable else 0o100644), info.filename
        assert info.date_time == (1980, 1, 1, 0, 0, 0), info.filename


def test_scripts_are_bash_that_parses(tiny):
    """Gradescope needs the `#!` line; a slip would show only when the image is built."""
    for name in ("setup.sh", "run_autograder"):
        text = members(tiny).read(name)
        assert text.startswith(b"#!/usr/bin/env bash\n")
        subprocess.run(["bash", "-n"], input=text, check=True)


def test_run_autograder_starts_the_installed_kit(tiny, tmp_path):
    """It runs autograder.gradescope with the Python of the environment, in the folder that it is told."""
    python = tmp_path / "kit" / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$PWD" "$@"\n')
    python.chmod(0o755)
    environment = os.environ | {"AUTOGRADER_ROOT": str(tmp_path), "AUTOGRADER_HOME": str(tmp_path / "kit")}
    script = members(tiny).read("run_autograder")
    run = subprocess.run(["bash"], input=script, env=environment, capture_output=True, check=True)
    assert run.stdout.decode().split() == [str(tmp_path), "-I", "-m", "autograder.gradescope", str(tmp_path)]


def test_grader_json_describes_the_questions(tiny):
    """The grader learns from it what Otter's files do not say."""
    info = json.loads(members(tiny).read("grader.json"))
    assert (info["assignment"], info["name"], info["title"]) == ("tiny", "tiny", "Add and explain")
    assert info["questions"] == [
        {"name": "q1", "title": "Add two numbers", "points": 4.0, "manual": False},
        {"name": "q2", "title": "Explain", "points": 4.0, "manual": True},
    ]
    assert info["limits"]["memory_mb"] == 2048


def test_the_guide_says_what_people_mark_by(tiny, tmp_path):
    """Prompt, rubric, model answer and misconceptions of the written question, as the source has them."""
    (question,) = grader_of(tiny, tmp_path).guide.written
    items = (
        RubricItem("law", 3, "Names the commutative law of addition by its name"),
        RubricItem("example", 1, "Gives an example with two different numbers"),
    )
    assert (question.name, question.title, question.rubric) == ("q2", "Explain", Rubric("q2", 4, items))
    assert question.prompt.startswith("## Question 2: Explain\n\nWhy does")
    assert question.model_answer == "Addition is commutative, as the model answer says."
    assert question.misconceptions == ("Subtraction does not depend on the order either",)


def test_the_guide_knows_the_cells_that_are_handed_out(tiny, tmp_path):
    """Each by id, hash and the question it stands in, the checks and the answer cell that Otter adds among them."""
    guide = grader_of(tiny, tmp_path).guide
    cells = tiny.template.cells
    assert [(cell.id, cell.kind) for cell in guide.cells] == [(cell.id, cell.cell_type) for cell in cells]
    assert [cell.sha256 for cell in guide.cells] == [sha256(cell.source.strip().encode()).hexdigest() for cell in cells]
    assert [cell.question for cell in guide.cells] == ["", "", "", *["q1"] * 4, "", "q2", "q2", "", ""]
    (index,) = tiny.answers["q2"]
    assert guide.question("q2").cells == (cells[index].id,)


def test_a_rubric_is_no_part_of_what_grades(tiny, tmp_path):
    """Results hold when the worth of an item changes: nobody's points of a test depend on it."""
    changed = SOURCE.replace("points: 3\n#     text", "points: 2\n#     text").replace(
        "points: 1\n#     text", "points: 2\n#     text"
    )
    other = grader_of(built_from(write_course(tmp_path / "other", changed), "tiny"), tmp_path / "other")
    one = grader_of(tiny, tmp_path)
    assert [item.points for item in other.guide.question("q2").rubric.items] == [2, 2]
    assert other.guide != one.guide and other.sha256 == one.sha256


def test_a_zip_of_before_there_were_guides_is_read(tiny, tmp_path):
    """It grades as before; nobody marks with it."""
    folder = tmp_path / "unpacked"
    members(tiny).extractall(folder)
    (folder / "marking.json").unlink()
    assert read_grader(folder).guide == MarkingGuide()
    (folder / "marking.json").write_text('{"written": 3}')
    with pytest.raises(AutograderError, match="not a grader zip"):
        read_grader(folder)


def test_no_path_of_the_machine_is_in_what_is_built(tiny):
    """Temporary folders and homes would differ between machines."""
    for path, content in tiny.files.items():
        assert str(ROOT).encode() not in content and b"/tmp/" not in content.partition(b"kit/")[0], path


@pytest.mark.slow
def test_stock_otter_gives_the_solved_notebook_full_marks(tiny, tmp_path):
    """The zip is an Otter autograder like any other."""
    (tmp_path / "grader.zip").write_bytes(tiny.files[tiny.zip_path])
    (tmp_path / "any name.ipynb").write_bytes(solved_notebook(tiny))
    command = [sys.executable, "-m", "otter", "run", "-a", "grader.zip", "any name.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    results = json.loads((tmp_path / "results.json").read_text())
    assert [(test["score"], test["max_score"]) for test in results["tests"] if "score" in test] == [(4, 4)]


# On disk


def test_what_was_written_is_not_stale(tiny, tmp_path):
    """A build and then a check agree."""
    assert write_built(tmp_path, tiny) == sorted(tiny.files)
    assert stale_files(tmp_path, tiny) == []
    assert write_built(tmp_path, tiny) == []
    check_built(tmp_path, tiny)


@pytest.mark.parametrize(
    "path", ["assignments/tiny/tiny.ipynb", "assignments/tiny/numbers.csv", "dist/tiny-autograder.zip"]
)
def test_a_changed_file_is_stale(tiny, tmp_path, path):
    """The check names the file and the command that renews it, and that command does."""
    write_built(tmp_path, tiny)
    (tmp_path / path).write_bytes(b"old")
    with pytest.raises(StaleError, match=rf"{path} is stale: run `autograder build tiny`"):
        check_built(tmp_path, tiny)
    assert write_built(tmp_path, tiny) == [path]


def test_a_missing_notebook_is_stale_and_a_missing_zip_only_on_request(tiny, tmp_path):
    """Zips are not committed: a fresh clone has none and is in order."""
    write_built(tmp_path, tiny)
    for path in tiny.files:
        (tmp_path / path).unlink()
    assert stale_files(tmp_path, tiny) == ["assignments/tiny/numbers.csv", "assignments/tiny/tiny.ipynb"]
    assert stale_files(tmp_path, tiny, missing_zip=True) == sorted(tiny.files)


def test_a_file_left_over_is_stale_and_stays(tiny, tmp_path):
    """What the source does not make would be published; a build does not delete it, it may be somebody's work."""
    write_built(tmp_path, tiny)
    left = tmp_path / "assignments" / "tiny" / "old.csv"
    left.write_text("1")
    with pytest.raises(StaleError, match=r"assignments/tiny/old\.csv is not made by the source.*remove"):
        check_built(tmp_path, tiny)
    assert write_built(tmp_path, tiny) == []
    assert left.exists()


def test_running_the_notebook_in_place_makes_nothing_stale(tiny, tmp_path):
    """Otter's log, Jupyter's checkpoints and an exported zip are ignored."""
    write_built(tmp_path, tiny)
    for name in (".OTTER_LOG", "tiny_2026.zip", ".ipynb_checkpoints/tiny-checkpoint.ipynb"):
        path = tmp_path / "assignments" / "tiny" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    check_built(tmp_path, tiny)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_committed_assignments_are_what_their_sources_make(assignment):
    """Whoever changes a source builds it, too."""
    stale = stale_files(ROOT, built_from(ROOT, assignment))
    assert [path for path in stale if path.startswith("assignments/")] == []


# Author's slips that only a build can see


MISTAKES = {
    "points": (
        SOURCE,
        COURSE.replace("points: 8", "points: 9"),
        r"add up to 8 points \(q1 4, q2 4\), course.yml has 9",
    ),
    "name": (SOURCE.replace("name: tiny", "name: sum"), COURSE, "name: found 'sum', expected 'tiny'"),
    "data": (SOURCE.replace("numbers.csv", "number.csv"), COURSE, r"files: number\.csv: cannot be read"),
}


@pytest.mark.parametrize(("source", "course", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_source_that_does_not_fit_its_course_is_refused(tmp_path, source, course, message):
    """The message names the source and what course.yml or the folder has instead."""
    with pytest.raises(SourceError, match=rf"solutions/tiny/tiny\.py: .*{message}"):
        built_from(write_course(tmp_path, source, course), "tiny")


def test_a_missing_source_is_named(tmp_path):
    """An entry in course.yml without a source is no traceback."""
    write_course(tmp_path)
    (tmp_path / "solutions" / "tiny" / "tiny.py").unlink()
    with pytest.raises(SourceError, match=r"solutions/tiny/tiny\.py: cannot be read"):
        built_from(tmp_path, "tiny")
