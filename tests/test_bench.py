"""The bench measures what it says: programs with all their children, nbgrader on the same work, tables as they are."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import bench
import pytest
from bench import PARTS, Progress
from measures.accounting import Account
from measures.growth import seconds_each, tiny_course
from measures.lab import COURSE, ROOT, SMALL, Lab, Part, Step
from measures.programs import autograder, run
from measures.sheets import Sheet, as_markdown
from measures.stock import nbgrader_notebook, script

from autograder.build import build_assignment
from autograder.job import CodeCell

try:
    Account().close()
except RuntimeError as obstacle:
    pytest.skip(str(obstacle), allow_module_level=True)

BURN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"


@pytest.fixture
def lab(tmp_path) -> Iterator[Lab]:
    with closing(Lab(tmp_path, SMALL)) as lab:
        yield lab


def test_the_time_of_a_child_counts(tmp_path):
    """Also of one that the program started and waited for, but not what the bench itself does meanwhile."""
    (tmp_path / "child.py").write_text(BURN.format(seconds=0.5))
    (tmp_path / "parent.py").write_text("import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'])\n")
    cost = run([sys.executable, "parent.py"], tmp_path)
    assert 0.5 <= cost.cpu_seconds < 1.0


def test_the_time_of_a_child_that_nobody_waited_for_counts(tmp_path):
    """As in a box that is killed: what a process reports of its children leaves them out."""
    child = BURN.format(seconds=0.5).replace("\n", "\n    ")
    (tmp_path / "parent.py").write_text(
        "import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        f"if os.fork() == 0:\n    {child}\n    os._exit(0)\n"
        "try:\n    os.wait()\nexcept ChildProcessError:\n    pass\n"
    )
    assert 0.5 <= run([sys.executable, "parent.py"], tmp_path).cpu_seconds < 1.0


@pytest.mark.slow
def test_the_time_of_a_killed_box_counts(lab):
    """A box that computes for a second in a cell, and then does not end by itself."""
    cell = BURN.format(seconds=1) + "import threading\nthreading.Thread(target=time.sleep, args=(600,)).start()"
    job = replace(lab.engine.job((CodeCell(1, cell),), lab.grader("sum")), questions=(), tests={})
    before = lab.used()
    lab.engine.run(job)
    assert 1 <= (lab.used() - before).cpu < 2


def test_the_peak_counts_all_processes_together_and_shared_pages_once(tmp_path):
    """A hundred MiB that a fork shares are a hundred; another hundred of its own come to them."""
    program = (
        "import os, time\nshared = b'x' * (100 << 20)\npid = os.fork()\nown = b'' if pid else b'y' * (100 << 20)\n"
        "time.sleep(1.5)\nif pid: os.waitpid(pid, 0)\n"
    )
    assert 200 <= run([sys.executable, "-c", program], tmp_path).peak_mb < 250


def test_a_program_that_fails_is_not_measured(tmp_path):
    """The message says how it ended and what it said."""
    with pytest.raises(RuntimeError, match=r"exit code 3(.|\n)*no such luck"):
        run([sys.executable, "-c", "print('no such luck'); exit(3)"], tmp_path)
    assert run([sys.executable, "-c", "exit(3)"], tmp_path, check=False).exit_code == 3


def test_the_memory_of_the_command_is_that_of_its_own_process(tmp_path):
    """`--version` imports little; the bench that started it may be large."""
    ballast = bytearray(os.urandom(1 << 20)) * 300
    assert 10 < run(autograder("--version"), tmp_path).own_mb < 200
    assert ballast


def test_time_between_records_leaves_out_the_first_of_each_worker(tmp_path):
    """Ten records: two after warming up for five seconds, then one a second."""
    (tmp_path / "results").mkdir()
    for number in range(10):
        path = tmp_path / "results" / f"{number}.json"
        path.write_text("{}")
        end = 5 if number < 2 else 4 + number
        os.utime(path, (end, end))
    assert seconds_each(tmp_path, jobs=2) == 1.0


@pytest.mark.parametrize("assignment", [assignment.id for assignment in COURSE.assignments])
def test_nbgrader_gets_the_same_work(assignment):
    """Every answer and given cell, every test case of every question, and nothing of Otter's."""
    built = build_assignment(ROOT, COURSE, COURSE.assignment(assignment))
    cells = [cell for cell in nbgrader_notebook(built).cells if cell.cell_type == "code"]
    tests = {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}
    for question in built.source.questions:
        for case in question.cases:
            assert f"\n{case.name}(*" in tests[question.name].source
        if question.cases:
            assert tests[question.name].metadata.nbgrader.points == question.points
    others = [cell.source for cell in cells if "nbgrader" not in cell.metadata]
    assert not any("otter" in source or "grader.check" in source for source in others)
    assert all(source in script(built.solved) for source in others)


def test_a_test_cell_calls_its_cases(tmp_path):
    """Run as a program, the notebook stops at a wrong answer, in a public case or a hidden one."""
    built = tiny_course(tmp_path)
    sources = [cell.source for cell in nbgrader_notebook(built).cells if cell.cell_type == "code"]
    right = "\n\n".join(sources)
    (tmp_path / "reference.py").write_text("def add(a, b):\n    return a + b\n")
    assert run([sys.executable, "-c", right], tmp_path).exit_code == 0
    wrong = right.replace("secret_of_the_sum = a + b", "secret_of_the_sum = abs(a + b)")
    assert wrong != right
    with pytest.raises(RuntimeError, match="test_negative"):
        run([sys.executable, "-c", wrong], tmp_path)


def test_markdown_shows_a_table():
    """Words to the left, numbers to the right, notes below."""
    sheet = Sheet("Costs", ("way", "s"), [("ours", "1.5")], ["One run."])
    assert as_markdown(sheet) == "## Costs\n\n| way | s |\n| --- | ---: |\n| ours | 1.5 |\n\nOne run.\n"


def test_the_usage_names_every_part(capsys):
    """And an unknown one is refused."""
    with pytest.raises(SystemExit):
        bench.main(["--help"])
    usage = capsys.readouterr().out
    assert all(f"  {part.name} " in usage and part.about in usage for part in PARTS)
    with pytest.raises(SystemExit):
        bench.main(["--only", "nothing"])


class _Slow(Part):
    name = "slow"

    def steps(self):
        return [Step(f"step {number}", 60.0, lambda: None) for number in range(5)]


def test_progress_says_what_is_measured_and_how_long_it_takes(capsys):
    """The time left shrinks with each step, at the pace of this machine."""
    part = _Slow(None)
    progress = Progress(part.steps())
    progress.work(part)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[1/5] slow: step 0, about 5 min left"
    assert lines[-1] == "[5/5] slow: step 4, about 1 min left"


class _Quick(Part):
    name = "quick"

    def steps(self):
        return [Step("nothing", 1.0, lambda: None)]

    def sheets(self):
        return [Sheet("Nothing", ("what",), [("it",)])]


class _Broken(_Quick):
    name = "broken"

    def sheets(self):
        raise AssertionError("is not reached")

    def steps(self):
        return [Step("fails", 1.0, _fail)]


def _fail():
    raise RuntimeError("no such luck")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The page that --write writes, and parts that take no time."""
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "bench.md")
    monkeypatch.setattr(bench, "PARTS", (_Quick,))
    return tmp_path / "bench.md"


def test_the_page_names_machine_versions_and_date(written):
    """Figures without them say nothing."""
    assert bench.main(["--write"]) == 0
    text = written.read_text()
    assert "| it |" in text
    for row in ("processor", "cores", "memory", "kit", "packages | tensorflow 2", "date | 20"):
        assert f"| {row}" in text


def test_a_part_that_fails_costs_only_itself(written, monkeypatch, capsys):
    """The others are shown; half a page is not written."""
    monkeypatch.setattr(bench, "PARTS", (_Broken, _Quick))
    assert bench.main(["--write"]) == 1
    shown = capsys.readouterr()
    assert "Nothing" in shown.out and "broken: no such luck" in shown.err and "broken was not measured" in shown.err
    assert not written.exists()


def test_figures_of_two_kits_are_not_written(written, monkeypatch, capsys):
    """Somebody changed the kit while it was measured."""

    def kit_version():
        return "an earlier one"

    kit_version.__wrapped__ = bench.kit_version.__wrapped__
    monkeypatch.setattr(bench, "kit_version", kit_version)
    assert bench.main(["--write"]) == 1
    assert "two kits" in capsys.readouterr().err
    assert not written.exists()


@pytest.mark.parametrize("part_of_a_run", [["--only", "quick"], ["--small"]])
def test_only_a_whole_run_is_written(part_of_a_run, written, capsys):
    """A page that a reader takes for the whole must be it."""
    with pytest.raises(SystemExit):
        bench.main(["--write", *part_of_a_run])
    assert "a whole run" in capsys.readouterr().err
