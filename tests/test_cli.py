"""The command as people meet it: what it says, its exit codes, and what is on disk when it ends or is interrupted."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import nbformat
import pytest
from click.testing import CliRunner
from tiny import COURSE, SOURCE, claim_proven, write_course

from autograder import grading
from autograder.build import Built, build_assignment, solved_notebook, write_built
from autograder.cli import main
from autograder.course import read_course
from autograder.errors import IsolationError
from autograder.model import Status
from autograder.results import ResultsFolder


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Built]:
    root = write_course(tmp_path_factory.mktemp("course"))
    claim_proven(root)
    course = read_course(root / "course.yml")
    built = build_assignment(root, course, course.assignments[0], verified=True)
    write_built(root, built)
    return root, built


class Desk:
    """Where a member of staff sits: the course's folder, a folder of submissions, and the command."""

    def __init__(self, root: Path, solved: bytes, folder: Path) -> None:
        self.root, self._solved = root, solved
        self.inbox, self.out = folder / "inbox", folder / "grades"
        self.inbox.mkdir()

    def hand_in(self, name: str, code: str = "") -> Path:
        """Put the solved notebook into the inbox, with a cell of `code` in front of everything."""
        notebook = nbformat.reads(self._solved.decode(), as_version=4)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(code, id="mine"))
        path = self.inbox / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
        return path

    def run(self, *command: str):
        return CliRunner().invoke(main, command)

    def grade(self, *more: str):
        return self.run("grade", "tiny", str(self.inbox), "--out", str(self.out), *more)

    def table(self) -> dict[str, dict[str, str]]:
        """Return grades.csv: submission -> row."""
        with open(self.out / "grades.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {row["submission"]: row for row in rows}


@pytest.fixture
def desk(built, tmp_path, monkeypatch) -> Desk:
    root, made = built
    monkeypatch.chdir(root)
    return Desk(root, solved_notebook(made), tmp_path)


class Shared:
    """The engine of all tests, lent to a command: it outlives it, and remembers what it graded."""

    def __init__(self, engine) -> None:
        self._engine, self.level, self.graded = engine, engine.level, []

    def __call__(self, unsafe: bool = False) -> "Shared":
        return self

    def __enter__(self) -> "Shared":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass

    def grade(self, submission, grader):
        self.graded.append(submission.name)
        return self._engine.grade(submission, grader)

    def regrade(self, earlier, grader, live):
        return self._engine.regrade(earlier, grader, live)


@pytest.fixture
def shared(engine, monkeypatch) -> Shared:
    shared = Shared(engine)
    monkeypatch.setattr(grading, "Engine", shared)
    return shared


# Help


COMMANDS = {(): main} | {(name,): command for name, command in main.commands.items()}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path[0] if path else "autograder")
def test_every_command_has_help_that_teaches(path):
    """It says in a sentence what the command does, shows files, an example or exit codes, and explains every option."""
    command = COMMANDS[path]
    shown = CliRunner().invoke(main, [*path, "-h"])
    assert shown.exit_code == 0
    text = " ".join(command.help.split())
    assert len(text.split()) > 25 and text.split(". ")[0][0].isupper()
    assert re.search(r"\w+\.(ipynb|csv|html)|Exit code", shown.output)
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help and option.help.split(".")[0] in " ".join(shown.output.split()), option.name


def test_the_command_alone_shows_the_way():
    """Who types `autograder` sees its commands and a first example."""
    shown = CliRunner().invoke(main, [])
    assert all(name in shown.output for name in main.commands)
    assert "autograder grade sum" in shown.output


# Mistakes


def test_an_unknown_assignment_is_a_usage_error(desk):
    """The message lists those that course.yml has."""
    shown = desk.run("grade", "sun", str(desk.inbox))
    assert shown.exit_code == 2
    assert "no assignment 'sun'; it has tiny" in shown.output
    assert desk.run("build", "sun").exit_code == 2


def test_no_course_is_a_configuration_error(desk, monkeypatch):
    """The message names the folder and what to do."""
    monkeypatch.chdir("/")
    for command in (["build"], ["grade", "tiny", "."]):
        shown = desk.run(*command)
        assert shown.exit_code == 2
        assert "No course.yml in / or above it. Change into the folder of your course." in shown.output


def test_a_broken_course_is_a_configuration_error(desk, tmp_path, monkeypatch):
    """The message names what is wrong in it."""
    (tmp_path / "course.yml").write_text(COURSE.replace("points:", "pints:"))
    monkeypatch.chdir(tmp_path)
    shown = desk.run("build")
    assert shown.exit_code == 2
    assert "pints" in shown.output and "points" in shown.output


def test_the_course_is_found_from_below(desk, monkeypatch):
    """One may stand in any folder of the course."""
    monkeypatch.chdir(desk.root / "solutions" / "tiny")
    assert desk.run("build", "--check").exit_code == 0


def test_a_missing_grader_zip_needs_a_person(desk):
    """The message holds the command that makes it."""
    shown = desk.grade("--grader", str(desk.root / "nothing" / "tiny-autograder.zip"))
    assert shown.exit_code == 1
    assert "autograder build tiny" in shown.output


def test_a_missing_path_needs_a_person(desk):
    """The message names the nearest one that is there; nothing is graded."""
    shown = desk.run("grade", "tiny", str(desk.inbox.with_name("inbx")), "--out", str(desk.out))
    assert shown.exit_code == 1
    assert "did you mean" in shown.output and "inbox" in shown.output
    assert not desk.out.exists()


def test_an_empty_folder_needs_a_person(desk):
    """Nothing to grade is no success, and no results folder is made."""
    shown = desk.grade()
    assert shown.exit_code == 1
    assert "Nothing to grade" in shown.output
    assert not desk.out.exists()


def test_without_isolation_grading_is_refused(desk, monkeypatch):
    """Exit code 2, the reason and the way out; a class that is graded already stays as it is."""

    def refuse(unsafe: bool) -> None:
        raise IsolationError("Submissions cannot be isolated on this machine.")

    monkeypatch.setattr(grading, "Engine", refuse)
    desk.hand_in("a")
    shown = desk.grade()
    assert shown.exit_code == 2
    assert "cannot be isolated" in shown.output
    assert not (desk.out / "grades.csv").exists()


def test_an_interrupt_before_anything_is_graded_is_an_interrupt(desk, monkeypatch):
    """Exit code 130 whatever the command was doing."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.cli.shared.read_course", interrupted)
    for command in (["build"], ["grade", "tiny", "."]):
        shown = desk.run(*command)
        assert shown.exit_code == 130
        assert "Stopped" in shown.output


# Grading


def test_a_class_that_is_graded_is_a_success(desk, shared):
    """Exit code 0; the table, the path of the page, and all kinds of files; runs.csv alone tells times."""
    for name in ("Ada", "Bob"):
        desk.hand_in(name)
    shown = desk.grade()
    assert shown.exit_code == 0, shown.output
    assert "Ada" in shown.output and "index.html" in shown.output
    assert {name: (row["status"], row["score"]) for name, row in desk.table().items()} == {
        "Ada": ("graded", "4"),
        "Bob": ("graded", "4"),
    }
    files = [path.relative_to(desk.out) for path in desk.out.rglob("*") if path.is_file()]
    assert sum(path.parts[0] == "evidence" for path in files) == 1  # both have handed in the same
    names = {path.as_posix() for path in files if path.parts[0] != "evidence"}
    assert names == {
        *("grades.csv", "runs.csv", "index.html", "feedback/Ada.html", "feedback/Bob.html"),
        *("results/Ada.json", "results/Bob.json", ".lock"),
    }
    with open(desk.out / "runs.csv", encoding="utf-8", newline="") as file:
        runs = list(csv.DictReader(file))
    assert [(row["submission"], row["boxes"], float(row["cpu_seconds"]) > 0) for row in runs] == [
        ("Ada", "1", True),
        ("Bob", "1", True),
    ]


def test_a_rejected_file_needs_a_person(desk, shared):
    """Exit code 1; the others are graded and the note says why."""
    desk.hand_in("Ada")
    (desk.inbox / "Bob.ipynb").write_text("")
    shown = desk.grade()
    assert shown.exit_code == 1
    table = desk.table()
    assert (table["Ada"]["score"], table["Bob"]["status"], table["Bob"]["score"]) == ("4", "rejected", "")
    assert table["Bob"]["note"] and "Bob" in shown.output


def test_what_is_graded_is_not_graded_again(desk, shared):
    """A second run says so and starts nothing; its tables are the same to the byte."""
    desk.hand_in("Ada")
    desk.grade()
    before = {path: path.read_bytes() for path in desk.out.rglob("*.*")}
    again = desk.grade()
    assert again.exit_code == 0
    assert "1 of 1 are graded already" in again.output
    assert shared.graded == ["Ada"]
    assert {path: path.read_bytes() for path in desk.out.rglob("*.*")} == before


def test_a_changed_submission_is_graded_again(desk, shared):
    """And only that one."""
    desk.hand_in("Ada")
    desk.hand_in("Bob")
    desk.grade()
    desk.hand_in("Bob", "raise ValueError")
    desk.grade()
    assert sorted(shared.graded) == ["Ada", "Bob", "Bob"]


def test_a_latecomer_joins_the_class_that_is_graded(desk, shared):
    """Grading one file into the same folder keeps everybody's row."""
    desk.hand_in("anna")
    desk.grade()
    late = desk.hand_in("late/ben")
    desk.run("grade", "tiny", str(late), "--out", str(desk.out))
    assert sorted(desk.table()) == ["anna", "ben"]


def test_another_file_of_the_same_name_is_announced(desk, shared):
    """Its result replaces the earlier one, and the command says so."""
    desk.hand_in("anna")
    desk.grade()
    other = desk.hand_in("elsewhere/anna", "x = 1")
    done = desk.run("grade", "tiny", str(other), "--out", str(desk.out))
    assert "1 replace results of other files of the same name: anna" in done.output


def test_results_among_the_submissions_are_refused(desk):
    """The next run would take them for submissions."""
    desk.hand_in("anna")
    refused = desk.run("grade", "tiny", str(desk.inbox), "--out", str(desk.inbox / "out"))
    assert refused.exit_code == 2
    assert "choose another --out" in refused.stderr
    assert not (desk.inbox / "out").exists()


def test_force_grades_everything_again(desk, shared):
    """As after a change of the machine."""
    desk.hand_in("Ada")
    desk.grade()
    assert desk.grade("--force").exit_code == 0
    assert shared.graded == ["Ada", "Ada"]


def test_an_unverified_grader_says_so(desk, shared, tmp_path):
    """In the terminal and on the page of the class; it grades all the same. A verified one says nothing."""
    desk.hand_in("Ada")
    assert "not verified" not in desk.grade().output
    assert "not verified" not in (desk.out / "index.html").read_text()
    shown = desk.grade("--grader", changed_zip(tmp_path / "changed", ("A short story.", "Another one.")))
    assert shown.exit_code == 0
    assert shown.output.count("Grader not verified") == 1 and "autograder verify tiny" in shown.output
    assert (desk.out / "index.html").read_text().count("Grader not verified") == 1


def test_a_changed_grader_grades_everything_again(desk, shared, tmp_path):
    """A grade under another grader is not the same grade."""
    desk.hand_in("Ada")
    desk.grade()
    root = write_course(_folder(tmp_path / "new"), SOURCE.replace("(-5, 7)", "(-5, 8)"))
    course = read_course(root / "course.yml")
    write_built(root, build_assignment(root, course, course.assignments[0]))
    desk.grade("--grader", str(root / "dist" / "tiny-autograder.zip"))
    assert shared.graded == ["Ada", "Ada"]


def test_a_fault_is_graded_again(desk, shared, monkeypatch):
    """Exit code 1 and no score at first; the same command then puts it right."""
    desk.hand_in("Ada")
    desk.hand_in("Bob")
    grade = shared.grade

    def faulty(submission, grader):
        result = grade(submission, grader)
        if submission.name == "Bob":
            return grading.blank_result(submission, grader, Status.FAULT)
        return result

    monkeypatch.setattr(shared, "grade", faulty)
    shown = desk.grade()
    assert shown.exit_code == 1 and "fault" in shown.output
    assert (desk.table()["Bob"]["status"], desk.table()["Bob"]["score"]) == ("fault", "")
    monkeypatch.setattr(shared, "grade", grade)
    assert desk.grade().exit_code == 0
    assert desk.table()["Bob"]["score"] == "4"
    assert sorted(shared.graded) == ["Ada", "Bob", "Bob"]


def test_submissions_with_the_same_file_name_stay_apart(desk, shared):
    """Two folders, two students, two rows, each with its own marks."""
    desk.hand_in("one/tiny")
    desk.hand_in("two/tiny", "import numpy as np\nSCALE = 1\nraise SystemExit")
    shown = desk.run("grade", "tiny", *map(str, sorted(desk.inbox.rglob("*.ipynb"))), "--out", str(desk.out))
    assert shown.exit_code == 0, shown.output
    records = [json.loads(path.read_text())["facts"] for path in sorted((desk.out / "results").iterdir())]
    assert len(desk.table()) == len(records) == 2
    assert [len(facts["cell_errors"]) for facts in records] == [0, 1]


HOSTILE = ["\x1b[31mred\x1b[0m", "[bold]b[/bold]", "[link=file:,,]x[/]", "\u202etxt.exe", "a\nb", "\x07bell", "=1+1"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_only_shown(desk, shared, name):
    """Wherever it is printed, it moves no cursor, gives no colour and starts no line; markup stays as it is typed."""
    desk.hand_in(name)
    (desk.inbox / f"{name} two.ipynb").write_text("")
    shown = desk.grade()
    missing = desk.run("grade", "tiny", str(desk.inbox / f"{name} three"))
    empty = _folder(desk.inbox.parent / name)
    nothing = desk.run("grade", "tiny", str(empty))
    for output in (shown.output, missing.output, nothing.output):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", output), ascii(output)
    assert [shown.exit_code, missing.exit_code, nothing.exit_code] == [1, 1, 1]
    assert "Nothing to grade" in nothing.output
    if "[" in name and "\x1b" not in name:
        assert name in missing.output and name in nothing.output


# Stopping and going on


def test_a_batch_that_is_stopped_goes_on_to_the_same_table(desk, shared, monkeypatch):
    """After Ctrl-C the same command grades what is missing; the table is that of a run without it."""
    for number in range(4):
        desk.hand_in(f"s{number}", "raise ValueError" if number == 2 else "")
    (desk.inbox / "s5.ipynb").write_text("")
    desk.grade("--jobs", "1")
    straight, desk.out = desk.table(), desk.out.with_name("stopped")
    shared.graded.clear()
    write, written = ResultsFolder.write, []

    def stop_at_third(folder, result) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        write(folder, result)
        written.append(result.submission)

    monkeypatch.setattr(ResultsFolder, "write", stop_at_third)
    stopped = desk.grade("--jobs", "1")
    assert stopped.exit_code == 130
    assert "3 are still to be graded; the same command goes on" in stopped.output
    assert list(desk.table()) == written and (desk.out / "index.html").is_file()
    monkeypatch.setattr(ResultsFolder, "write", write)
    shared.graded.clear()
    assert desk.grade("--jobs", "1").exit_code == 1
    assert set(shared.graded).isdisjoint(written)
    assert desk.table() == straight


def test_ctrl_c_ends_within_seconds_and_leaves_whole_files(desk, shared):
    """As a terminal does it: SIGINT to the whole process group while it grades."""
    for number in range(6):
        desk.hand_in(f"s{number}", "" if number == 0 else "import time\ntime.sleep(8)")
    command = [sys.executable, "-m", "autograder.cli", "grade", "tiny", str(desk.inbox), "--out", str(desk.out)]
    process = subprocess.Popen(
        [*command, "--jobs", "2"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    end = time.monotonic() + 60
    while not list((desk.out / "results").glob("s0.json")) and time.monotonic() < end:
        time.sleep(0.05)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    start = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert time.monotonic() - start < 10
    assert process.returncode == 130, said
    assert "5 are still to be graded; the same command goes on from here" in said
    assert "Traceback" not in said
    assert list(desk.table()) == ["s0"] and (desk.out / "index.html").is_file()
    assert [path.name for path in (desk.out / "results").iterdir()] == ["s0.json"]
    assert children and not any(Path(f"/proc/{child}").exists() for child in children)
    assert (
        "1 of 1 are graded already"
        in desk.run("grade", "tiny", str(desk.inbox / "s0.ipynb"), "--out", str(desk.out)).output
    )


# Building


@pytest.fixture
def own_course(built, tmp_path, monkeypatch) -> Path:
    """A course of one's own, built, to be changed."""
    root = tmp_path / "course"
    shutil.copytree(built[0], root)
    monkeypatch.chdir(root)
    return root


def test_build_says_what_it_wrote(own_course, desk, monkeypatch):
    """And what was current already."""
    monkeypatch.chdir(own_course)
    assert "tiny is current" in desk.run("build").output
    (own_course / "assignments" / "tiny" / "tiny.ipynb").unlink()
    shown = desk.run("build", "tiny")
    assert shown.exit_code == 0
    assert "wrote" in shown.output and "assignments/tiny/tiny.ipynb" in shown.output


def test_a_check_of_a_stale_file_fails_with_the_command_to_run(own_course):
    """It names the file, and writes nothing."""
    notebook = own_course / "assignments" / "tiny" / "tiny.ipynb"
    notebook.write_text("old")
    shown = CliRunner().invoke(main, ["build", "--check"])
    assert shown.exit_code == 1
    assert "assignments/tiny/tiny.ipynb is stale: run `autograder build tiny`." in shown.output
    assert notebook.read_text() == "old"


def test_a_check_tells_a_file_left_over_from_a_stale_one(own_course):
    """No build renews it: it is to be removed."""
    (own_course / "assignments" / "tiny" / "solution.py").write_text("x")
    shown = CliRunner().invoke(main, ["build", "--check"])
    assert shown.exit_code == 1
    assert "assignments/tiny/solution.py is not made by the source, but would be published: remove it." in shown.output
    assert "autograder build" not in shown.output


def test_a_check_says_everything_at_once(own_course):
    """The second assignment is checked although the first is stale."""
    entry = COURSE.partition("assignments:\n")[2]
    (own_course / "course.yml").write_text(COURSE + entry.replace("tiny", "wee"))
    shutil.copytree(own_course / "solutions" / "tiny", own_course / "solutions" / "wee")
    source = (own_course / "solutions" / "wee" / "tiny.py").read_text()
    (own_course / "solutions" / "wee" / "wee.py").write_text(source.replace("name: tiny", "name: wee"))
    (own_course / "assignments" / "tiny" / "tiny.ipynb").write_text("old")
    shown = CliRunner().invoke(main, ["build", "--check"])
    assert shown.exit_code == 1
    assert "run `autograder build tiny`" in shown.output and "run `autograder build wee`" in shown.output


def test_a_check_of_what_is_current_is_silent_success(own_course):
    """Exit code 0, and not a word of complaint."""
    shown = CliRunner().invoke(main, ["build", "--check"])
    assert (shown.exit_code, "stale" in shown.output) == (0, False)


def test_a_check_may_leave_out_the_proofs(own_course):
    """With --unverified only what is stale counts."""
    (own_course / "solutions" / "tiny" / "proof.json").unlink()
    assert CliRunner().invoke(main, ["build", "--unverified"]).exit_code == 0
    assert CliRunner().invoke(main, ["build", "--check"]).exit_code == 1
    assert CliRunner().invoke(main, ["build", "--check", "--unverified"]).exit_code == 0


def test_a_source_that_cannot_be_built_needs_a_person(own_course):
    """The message names file and place; no traceback."""
    source = own_course / "solutions" / "tiny" / "tiny.py"
    source.write_text(SOURCE.replace("# # BEGIN TESTS", "# # BEGIN TEST"))
    shown = CliRunner().invoke(main, ["build"])
    assert shown.exit_code == 1
    assert "solutions/tiny/tiny.py" in shown.output and "Traceback" not in shown.output


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


# Regrading


def changed_zip(folder: Path, *changes: tuple[str, str]) -> str:
    """Return the grader zip that `build` makes after the teacher changed the source."""
    folder.mkdir()
    root = write_course(folder)
    path = root / "solutions" / "tiny" / "tiny.py"
    source = path.read_text()
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    path.write_text(source)
    course = read_course(root / "course.yml")
    made = build_assignment(root, course, course.assignments[0])
    write_built(root, made)
    return str(root / made.zip_path)


def test_a_regrade_says_what_changed_without_running_anything(desk, shared, tmp_path):
    """Submission, question, points before and after, and why; the files of the class are not needed."""
    for name in ("Ada", "Bob"):
        desk.hand_in(name)
    desk.grade()
    shutil.rmtree(desk.inbox)
    # the message of a failing assertion must not ask again: a second call is new, and would run the notebook
    asserted = 'assert add(1, 2) == 3, f"expected 3, got {add(1, 2)}"'
    harder = changed_zip(tmp_path / "changed", (asserted, "assert add(1, 2) == 4"))
    shown = desk.run("regrade", "tiny", "--out", str(desk.out), "--grader", harder)
    assert shown.exit_code == 0, shown.output
    assert re.search(r"Ada\s+q1\s+4\s+3\s+Adds one and two: passed -> failed", shown.output)
    assert "2 regraded: 2 from evidence, 0 by running the notebook again." in shown.output
    assert {name: row["score"] for name, row in desk.table().items()} == {"Ada": "3", "Bob": "3"}
    again = desk.run("regrade", "tiny", "--out", str(desk.out), "--grader", harder)
    assert again.exit_code == 0 and "All 2 are graded by this grader already" in again.output


def test_a_regrade_that_changes_nothing_says_so(desk, shared, tmp_path):
    """A new hint is a new grader, and no mark moves."""
    desk.hand_in("Ada")
    desk.grade()
    reworded = changed_zip(tmp_path / "changed", ("Look at the sum of one and two.", "Look again."))
    shown = desk.run("regrade", "tiny", "--out", str(desk.out), "--grader", reworded)
    assert shown.exit_code == 0
    assert "No mark changed." in shown.output
    assert "Look again." not in (desk.out / "feedback" / "Ada.html").read_text()  # it passed


def test_a_regrade_runs_what_the_tests_ask_anew(desk, shared, tmp_path):
    """From the cells that the evidence holds."""
    desk.hand_in("Ada")
    desk.grade()
    shutil.rmtree(desk.inbox)
    other = changed_zip(tmp_path / "changed", ("assert add(1, 2) == 3", "assert add(2, 2) == 4"))
    shown = desk.run("regrade", "tiny", "--out", str(desk.out), "--grader", other)
    assert "1 regraded: 0 from evidence, 1 by running the notebook again." in shown.output
    assert desk.table()["Ada"]["score"] == "4"


def test_a_regrade_that_fails_leaves_the_grade(desk, shared, tmp_path):
    """Evidence that is damaged costs nobody a grade: it is said, and tried again by the same command."""
    desk.hand_in("Ada")
    desk.grade()
    (evidence,) = (desk.out / "evidence").iterdir()
    evidence.write_bytes(b"damaged")
    harder = changed_zip(tmp_path / "changed", ("assert add(1, 2) == 3", "assert add(1, 2) == 4"))
    for _ in range(2):
        shown = desk.run("regrade", "tiny", "--out", str(desk.out), "--grader", harder)
        assert shown.exit_code == 1
        assert "1 keep their earlier grade" in shown.output
        assert desk.table()["Ada"]["score"] == "4"


def test_a_regrade_that_is_stopped_goes_on(desk, shared, tmp_path, monkeypatch):
    """What is done is written and shown, and is not done again."""
    for name in ("Ada", "Bob", "Cy"):
        desk.hand_in(name)
    desk.grade()
    asserted = 'assert add(1, 2) == 3, f"expected 3, got {add(1, 2)}"'  # its message would be something new
    harder = changed_zip(tmp_path / "changed", (asserted, "assert add(1, 2) == 4"))
    command = ("regrade", "tiny", "--out", str(desk.out), "--grader", harder, "--jobs", "1")

    def until_bob(earlier, grader, live):
        if earlier.submission == "Bob":
            raise KeyboardInterrupt
        return shared._engine.regrade(earlier, grader, live)

    with monkeypatch.context() as patch:
        patch.setattr(shared, "regrade", until_bob)
        shown = desk.run(*command)
    assert shown.exit_code == 130
    assert "1 regraded: 1 from evidence" in shown.output and "Traceback" not in shown.output
    assert "2 are still to be regraded; the same command goes on from here." in shown.output
    assert {name: row["score"] for name, row in desk.table().items()} == {"Ada": "3", "Bob": "4", "Cy": "4"}
    assert "2 regraded: 2 from evidence" in desk.run(*command).output
    assert {row["score"] for row in desk.table().values()} == {"3"}


def test_who_grades_without_isolation_is_warned(desk, shared):
    """Each time that notebooks may run, and else not."""
    desk.hand_in("Ada")
    warning = "No isolation (--unsafe): these programs can read and change all that you can."
    assert warning not in desk.grade().output
    shared.level = "none"
    assert warning in desk.grade("--force").output
    assert warning in desk.run("regrade", "tiny", "--out", str(desk.out), "--live").output


def test_a_regrade_of_nothing_shows_the_way(desk):
    """Exit code 2, and the command that comes first."""
    shown = desk.run("regrade", "tiny", "--out", str(desk.out))
    assert shown.exit_code == 2
    assert "autograder grade tiny" in " ".join(shown.output.split())


def test_results_without_evidence_are_named(desk, shared):
    """They stay as they are, and the exit code asks for a person."""
    desk.hand_in("Ada")
    desk.grade()
    shutil.rmtree(desk.out / "evidence")
    shown = desk.run("regrade", "tiny", "--out", str(desk.out), "--live")
    assert shown.exit_code == 1
    assert "1 have no evidence; hand their files to `autograder grade`: Ada" in shown.output
    assert desk.table()["Ada"]["score"] == "4"
