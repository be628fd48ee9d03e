"""What the kit itself takes for a submission, by stage, on submissions that train nothing."""

import json
import statistics
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from autograder import evidence
from autograder.evidence import Evidence, Transcript
from autograder.grading import code_cells
from autograder.intake import collect
from autograder.job import CodeCell, Job
from autograder.model import Question, Result
from autograder.notebook import read_notebook
from autograder.precedents import Precedents
from autograder.results import ResultsFolder
from autograder.sandbox.box import Box
from measures.lab import ASSIGNMENTS, COURSE, Lab, Part, Step, Used
from measures.sheets import Goal, Sheet

# They train and measure nothing, so that what is left is ours; the models of those untrained cross all the same.
QUICK = {"sum": "untrained", "memory": "svd-norm", "gradients": "with-tensorflow", "seq2seq": "untrained-by-hand"}
ALL, AGAIN = "all", "all, where another gave the same answers"
MOST_MS = 300
SECONDS = 5.0  # for a round
FIRST_OPERATION = """\
from otter.test_files import test_case
OK_FORMAT = False
name = "q1"
points = None

@test_case(points=1)
def test_first_operation():
    import tensorflow as tf
    assert tf.constant(1.0) + 1 == 2
"""


class Overhead(Part):
    """See above."""

    name = "overhead"
    about = "what the kit itself takes for a submission, by stage, in milliseconds"

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._read: dict[tuple[str, str], list[Used]] = defaultdict(list)
        self._cells: dict[str, tuple[CodeCell, ...]] = {}

    def steps(self) -> list[Step]:
        rounds = self.lab.size.repeats
        return [
            Step(f"{one}: round {number} of {rounds}", SECONDS, partial(self._round, one, counts=number > 0))
            for one in ASSIGNMENTS
            for number in range(rounds + 1)
        ]

    def _round(self, assignment: str, counts: bool) -> None:
        """Do each stage once."""
        grader = self.lab.grader(assignment)
        path = self.lab.place(f"overhead-{assignment}") / "quick.ipynb"
        path.write_bytes(without_plots(self.lab.known(assignment)[QUICK[assignment]].notebook))
        with closing(ResultsFolder(path.parent / "grades", grader.info, COURSE.title)) as folder:
            result = self._grade(path, folder, assignment)
            self._cells[assignment] = tuple(evidence.unpack(result.evidence).cells)
            stages: dict[str, Callable[[], object]] = {
                "read": lambda: self._read_file(path, assignment),
                "write": lambda: folder.write(result),
                "whole": lambda: self._grade(path, folder, assignment, first=True),
                "again": lambda: self._grade(path, folder, assignment),
                **{name: partial(self.lab.engine.run, job) for name, job in self._jobs(assignment, result).items()},
                "box": lambda: self._open_and_close("none", assignment),
                "confined": lambda: self._open_and_close(self.lab.engine.level, assignment),
            }
            for name, stage in stages.items():
                before = self.lab.used()
                stage()
                if counts:
                    self._read[assignment, name].append(self.lab.used() - before)

    def _grade(self, path: Path, folder: ResultsFolder, assignment: str, first: bool = False) -> Result:
        """All from the file to the record; `first`: as if nobody had given these answers before."""
        if first:
            self.lab.engine.precedents = Precedents()
        grader = self.lab.grader(assignment)
        (found,) = collect([path], grader.info.name)
        result = self.lab.engine.grade(found, grader)
        if result.score is None:
            raise RuntimeError(f"{assignment}: {result.note}")
        folder.write(result)
        return result

    def _read_file(self, path: Path, assignment: str) -> None:
        """As the command does: when it collects, and again when it grades."""
        name = self.lab.grader(assignment).info.name
        (found,) = collect([path], name)
        code_cells(read_notebook(found.notebook or b"", name))

    def _open_and_close(self, level: str, assignment: str) -> None:
        """A box that is asked nothing."""
        Box(self.lab.engine._warm, level, self.lab.grader(assignment).info.limits, 0, {}).close()

    def _jobs(self, assignment: str, graded: Result) -> dict[str, Job]:
        """Return jobs that differ by one stage: a judge without a box, with TensorFlow in use; cells; checks."""
        cells = self._cells[assignment]
        checked = self.lab.engine.job(cells, self.lab.grader(assignment))
        unchecked = replace(checked, questions=(), tests={})
        judge = replace(unchecked, cells=(), evidence=evidence.pack(Evidence([], [Transcript([])], False)))
        return {
            "judge": judge,
            "first operation": replace(judge, questions=(Question("q1", "", 1),), tests={"q1": FIRST_OPERATION}),
            "no cells": replace(unchecked, cells=()),
            "idle cells": replace(unchecked, cells=tuple(replace(cell, source="pass") for cell in cells)),
            "unchecked": unchecked,
            "checked": checked,
            "recorded": replace(checked, evidence=graded.evidence),
        }

    def _table(self, assignment: str) -> dict[str, Used]:
        """Return stage -> what it takes, and last what all take together: means of the middle half of the rounds.

        Now and then something else takes a moment, which must not count. Medians of single stages would not do: the
        kernel counts in ticks of milliseconds, of which a short stage would show none.
        """
        rounds = [self._one_round(assignment, number) for number in range(self.lab.size.repeats)]
        middle = sorted(rounds, key=lambda one: one[ALL].cpu)[len(rounds) // 4 : -(len(rounds) // 4) or None]
        return {stage: mean([one[stage] for one in middle]) for stage in middle[0]}

    def _one_round(self, assignment: str, number: int) -> dict[str, Used]:
        """Return the same of one round; all is the whole less what the cells compute."""
        of = {name: read[number] for (one, name), read in self._read.items() if one == assignment}
        first, judging = of["first operation"] - of["judge"], of["recorded"] - of["judge"]
        parts = {
            "read the file": of["read"],
            "fork a judge, hand over, end it": of["judge"],
            "fork a box, begin, end it": of["box"],
            f"confine it ({self.lab.engine.level})": of["confined"] - of["box"],
            "its cells, beyond what they compute": of["idle cells"] - of["no cells"],
            "checks: the judge's first TensorFlow operation": first,
            "checks: all else in the judge": judging - first,
            "checks: answers of the box": of["checked"] - of["unchecked"] - judging,
            "write record, page, evidence": of["write"],
        }
        cells = of["unchecked"] - of["idle cells"]
        total = of["whole"] - cells
        rest = total
        for tree in parts.values():
            rest -= tree
        return {**parts, "else, and what does not add up": rest, ALL: total, AGAIN: of["again"] - cells}

    def sheets(self) -> list[Sheet]:
        tables = {assignment: self._table(assignment) for assignment in ASSIGNMENTS}
        rows = []
        for stage in next(iter(tables.values())):
            trees = [table[stage] for table in tables.values()]
            values = [value for tree in trees for value in (tree.cpu, tree.clock)]
            rows.append((stage, *(f"{1000 * value:.1f}" for value in values)))
        columns = ("stage", *(f"{one}: {what}" for one in ASSIGNMENTS for what in ("CPU ms", "clock ms")))
        used = ", ".join(f"{one}: {QUICK[one]}, {len(self._cells[one])} cells" for one in ASSIGNMENTS)
        notes = [
            f"Means of the middle half of {self.lab.size.repeats} rounds, by what all took, one at a time: the "
            f"command, the warmed process, judge and box together. Known submissions ({used}), what comes after their "
            "last check left out. All: from the file to the record, without what the cells compute.",
            "Checks are the grader's own tests, with the student's functions that they call: the run with them less "
            "the run without. In the judge: the same, judged again from evidence, where there is no box. Where another "
            "gave the same answers, the judge asks and compares, but runs no test.",
        ]
        return [Sheet("The kit's own time for a submission", columns, rows, notes)]

    def goals(self) -> list[Goal]:
        found = []
        for assignment in ASSIGNMENTS:
            for what in (ALL, AGAIN):
                ms = 1000 * self._table(assignment)[what].cpu
                goal = f"{assignment}: overhead under {MOST_MS} ms of CPU, {what}"
                found.append(Goal(goal, f"{ms:.0f} ms", ms < MOST_MS))
        return found


def mean(read: list[Used]) -> Used:
    """Return the means of both times."""
    return Used(statistics.fmean(one.cpu for one in read), statistics.fmean(one.clock for one in read))


def without_plots(notebook: bytes) -> bytes:
    """Return a submission that computes nothing after its last check, where a notebook shows what its network does."""
    whole = json.loads(notebook)
    cells = [cell for cell in whole["cells"] if cell["cell_type"] == "code"]
    last = max(number for number, cell in enumerate(cells) if "grader.check(" in "".join(cell["source"]))
    for cell in cells[last + 1 :]:
        cell["source"] = "pass"
    return json.dumps(whole).encode()
