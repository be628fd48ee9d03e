"""The gate names each planted fault, with the line and what to do, and nothing in a clean assignment."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from planted import FAULTS, Fault, write_toy

from autograder import errors, grading
from autograder.build import build_assignment
from autograder.cli import main
from autograder.course import read_course
from autograder.grader import read_grader
from autograder.model import Status
from autograder.proof import verify as gate
from autograder.proof.calibrate import RUNS, calibrate, grader_of, plan
from autograder.proof.calibration import write_calibration
from autograder.proof.record import SLOW, MutantCount, Proof, read_proof

CHEAP = SLOW | {"calibration"}


def verified(engine, root: Path, left_out: frozenset[str] = CHEAP, report=lambda *_: None) -> Proof:
    """Verify the one assignment of a course."""
    course = read_course(root / "course.yml")
    return gate.verify(engine, root, course, course.assignments[0], 2, report, left_out)


def calibrated(engine, root: Path, runs: int) -> None:
    """Store a calibration of the one assignment of a course, as the command does."""
    course = read_course(root / "course.yml")
    built = build_assignment(root, course, course.assignments[0])
    grader = grader_of(built)
    calibration = plan(root, built, grader)
    for _ in calibrate(engine, grader, calibration, runs, 2):
        pass
    write_calibration(root, calibration)


class Lent:
    """The engine of all tests, lent to a command, which may not end it."""

    def __init__(self, engine) -> None:
        self._engine = engine

    def __call__(self, unsafe: bool = False) -> "Lent":
        return self

    def __enter__(self) -> "Lent":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str):
        return getattr(self._engine, name)


@pytest.fixture
def command(engine, monkeypatch):
    """Run `autograder` in a folder, with the engine of all tests."""
    monkeypatch.setattr(grading, "Engine", Lent(engine))

    def run(root: Path, *words: str):
        monkeypatch.chdir(root)
        return CliRunner().invoke(main, words)

    return run


@pytest.fixture(scope="module")
def clean(engine, tmp_path_factory) -> tuple[Path, Result]:
    """A toy course without a fault, calibrated and verified by the command with every check; what it said."""
    root = write_toy(tmp_path_factory.mktemp("clean"))
    calibrated(engine, root, RUNS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading, "Engine", Lent(engine))
        patch.chdir(root)
        return root, CliRunner().invoke(main, ["verify", "toy"])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_named(engine, tmp_path, fault: Fault):
    """By the check that it belongs to, at its line, with what was found; no check that it leaves alone complains."""
    root = write_toy(tmp_path, fault)
    if fault.check == "calibration":
        calibrated(engine, root, 40)
    proof = verified(engine, root, CHEAP - {fault.check})
    told = "\n".join(map(str, proof.findings))
    assert {finding.check for finding in proof.findings} <= {fault.check, *fault.also}, told
    named = [finding for finding in proof.findings if re.search(fault.words, finding.text)]
    assert named and named[0].check == fault.check, told
    line = (root / named[0].file).read_text().splitlines()[named[0].line - 1] if named[0].line else ""
    assert fault.place in line
    assert bool(line) == bool(fault.place)
    assert all(finding.advice for finding in proof.findings)


# A clean assignment


def test_nothing_is_named_in_a_clean_assignment(clean):
    """With every check, stock Otter too: exit code 0, the table, and beside the source what was proven."""
    root, shown = clean
    assert shown.exit_code == 0, shown.output
    proof = read_proof(root, "toy")
    assert (proof.findings, proof.questions, proof.manual, proof.public, proof.hidden) == ([], 3, 1, 2, 2)
    assert proof.known == {"right": 1, "template": 1, "wrong": 3}
    assert proof.mutants.made == proof.mutants.killed > 5
    assert proof.bounds.random == 1 and proof.bounds.runs == RUNS and 0.014 < proof.bounds.worst_limit < 0.015
    assert re.search(r"mutants +✓ +\d+ of \d+ killed", shown.output)
    assert "solutions/toy/proof.json" in shown.output


def test_the_same_source_gives_the_same_proof(engine, clean):
    """No time, no order of threads, no version is in it, nor in the report on mutants."""
    root, _ = clean
    first, report = read_proof(root, "toy"), (root / "solutions" / "toy" / "mutants.csv").read_bytes()
    assert verified(engine, root, frozenset({"stock"})) == first
    assert (root / "solutions" / "toy" / "mutants.csv").read_bytes() == report
    rows = list(csv.reader(report.decode().splitlines()))
    assert len(rows) == 1 + first.mutants.made and all("killed by: " in row[-1] for row in rows[1:])


def test_a_proven_source_may_be_built(command, clean):
    """The grader zip says that it is verified; after a change of the source it is not made again."""
    root, _ = clean
    shown = command(root, "build")
    assert shown.exit_code == 0, shown.output
    assert read_grader(root / "dist" / "toy-autograder.zip").info.verified
    source = root / "solutions" / "toy" / "toy.py"
    source.write_text(source.read_text() + "#\n")
    shown = command(root, "build")
    assert shown.exit_code == 1 and "since solutions/toy/toy.py changed" in shown.output


def test_the_work_is_counted_from_the_first_step_to_the_last(engine, tmp_path):
    """So that the bar and the time left can be believed."""
    steps: list[tuple[str, int, int]] = []
    verified(engine, write_toy(tmp_path), report=lambda *step: steps.append(step))
    assert [done for _, done, _ in steps] == list(range(1, len(steps) + 1))
    assert steps[-1][1] == steps[-1][2]
    assert all(done <= total for _, done, total in steps)


# What is no finding, and what is no proof


def test_without_a_calibration_nothing_is_proven(engine, tmp_path):
    """The finding holds the command."""
    (finding,) = verified(engine, write_toy(tmp_path), SLOW).findings
    assert finding.check == "calibration" and "autograder calibrate toy" in finding.advice


def test_a_fault_of_ours_is_no_finding(engine, tmp_path, monkeypatch):
    """The command ends with what failed: a grader is not blamed for a machine."""

    def fail(submission, grader):
        return replace(grading.blank_result(submission, grader, Status.FAULT), note="The judge did not answer.")

    lent = Lent(engine)
    lent.close = lambda: None
    lent.grade = fail
    with pytest.raises(errors.Fault, match=r"toy: .*The judge did not answer"):
        verified(lent, write_toy(tmp_path))


def test_a_file_that_changes_meanwhile_voids_the_run(engine, tmp_path):
    """What was proven would be of neither the old source nor the new one."""
    root = write_toy(tmp_path)
    path = root / "tests" / "submissions" / "toy" / "squared" / "answers.py"

    def meddle(what: str, done: int, total: int) -> None:
        path.write_text(path.read_text() + "# changed\n")

    with pytest.raises(errors.AutograderError, match="a file changed while it was verified"):
        verified(engine, root, report=meddle)


def test_a_survivor_with_a_reason_is_no_finding(engine, tmp_path):
    """An author says of each why no test could tell it from a right answer; it then counts as equivalent."""
    root = write_toy(tmp_path, FAULTS["tests that mutants survive"])
    first = verified(engine, root, CHEAP - {"mutants"})
    keys = [re.search(r"reason for (\S+) into", finding.advice) for finding in first.findings]
    entries = [f"- mutant: {key[1]}\n  reason: the same for all that is asked\n" for key in keys if key]
    (root / "solutions" / "toy" / "mutants.yml").write_text("".join(entries))
    proof = verified(engine, root, CHEAP - {"mutants"})
    assert len(entries) > 1 and not [finding for finding in proof.findings if finding.check == "mutants"]
    assert proof.mutants == MutantCount(first.mutants.made, len(entries), first.mutants.killed)


def test_a_quick_look_stores_nothing(command, tmp_path):
    """Exit code 1 with the finding, its line and what to do; no proof."""
    root = write_toy(tmp_path, FAULTS["a reference that loses points"])
    before = sorted(root.rglob("*"))
    shown = command(root, "verify", "--quick")
    assert shown.exit_code == 1
    assert re.search(r"reference solutions/toy/toy.py:\d+: the reference gets 0 for test_below_zero", shown.output)
    assert "left out" in shown.output
    assert sorted(root.rglob("*")) == before
