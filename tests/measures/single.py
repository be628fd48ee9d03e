"""One solved notebook of each assignment: stock Otter, nbgrader, a script, and the sealed path, in turn."""

import sys
from collections.abc import Callable
from functools import partial

from autograder.build import solved_notebook
from autograder.precedents import Precedents
from measures.lab import ASSIGNMENTS, ROOT, Lab, Part, Readings, Step, submission
from measures.programs import LOOK_SECONDS, Cost, autograder, run
from measures.sheets import Goal, Sheet
from measures.stock import NBGRADER, Nbgrader, otter_run, script

OTTER, RIVAL, SCRIPT = "`otter run`", "nbgrader autograde", "the cells as a script"
ALONE, SEALED = "`autograder grade`, this file alone", "sealed, one of a batch"
AGAIN = "sealed, answers equal to another's"
# What each takes on the development machine, for the time left.
SECONDS = {OTTER: 30, RIVAL: 30, SCRIPT: 25, ALONE: 10, SEALED: 5, AGAIN: 5}
ROUNDING_SECONDS = 0.05  # of records, and of what the kernel tells of a process
TOGETHER = ("sum", "memory")  # of which the goal of CPU time speaks
MOST_BOX_MB, MOST_GRADE_MB, FEWER_TIMES = 350, 768, 10


class Single(Part):
    """See above."""

    name = "single"
    about = "one solved notebook of each assignment: stock Otter, nbgrader, a script, sealed; CPU and memory"

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._read = Readings()
        self._compiling: dict[str, float] = {}
        self._obstacle = ""
        self._courses: dict[str, Nbgrader] = {}
        self._ways: dict[str, Callable[[str], None]] = {
            OTTER: self._otter,
            RIVAL: self._nbgrader,
            SCRIPT: self._script,
            ALONE: self._alone,
            SEALED: self._sealed,
            AGAIN: self._again,
        }

    def steps(self) -> list[Step]:
        begin = [Step(f"{one}: the first two of a batch", 25, partial(self._begin, one)) for one in ASSIGNMENTS]
        return begin + [
            Step(f"{assignment}: {way}", SECONDS[way], partial(self._ways[way], assignment))
            for assignment in ASSIGNMENTS
            for _ in range(self.lab.size.rounds)
            for way in self._ways
        ]

    def _begin(self, assignment: str) -> None:
        """Grade as often as it takes until what this notebook trains is compiled for all that come later."""
        programs = self.lab.engine.programs
        before = programs.cpu_seconds
        for _ in range(2):
            grader = self.lab.grader(assignment)
            self.lab.engine.grade(submission(solved_notebook(self.lab.built(assignment)), assignment), grader)
        self._compiling[assignment] = programs.cpu_seconds - before

    def _otter(self, assignment: str) -> None:
        path = self.lab.place(f"otter-{assignment}") / f"{assignment}.ipynb"
        path.write_bytes(solved_notebook(self.lab.built(assignment)))
        self._read.add((assignment, OTTER), run(otter_run(self.lab, assignment, path), path.parent))

    def _nbgrader(self, assignment: str) -> None:
        if self._obstacle:
            return
        if assignment not in self._courses:
            self._courses[assignment] = Nbgrader(self.lab, assignment)
            self._obstacle = self._courses[assignment].obstacle
        if not self._obstacle:
            self._read.add((assignment, RIVAL), self._courses[assignment].autograde())

    def _script(self, assignment: str) -> None:
        path = self.lab.place(f"script-{assignment}") / f"{assignment}.py"
        path.write_text(script(self.lab.built(assignment).solved), encoding="utf-8")
        for name, content in self.lab.grader(assignment).files.items():
            (path.parent / name).write_bytes(content)
        self._read.add((assignment, SCRIPT), run([sys.executable, path], path.parent))

    def _alone(self, assignment: str) -> None:
        path = self.lab.place(f"alone-{assignment}") / f"{assignment}.ipynb"
        path.write_bytes(solved_notebook(self.lab.built(assignment)))
        out = path.parent / "grades"
        command = autograder("grade", assignment, path, "--out", out, "--force", "--grader")
        self._read.add((assignment, ALONE), run([*command, self.lab.grader_zip(assignment)], ROOT))

    def _sealed(self, assignment: str) -> None:
        """As the first with its answers: the judge runs every test."""
        self.lab.engine.precedents = Precedents()
        self._grade(assignment, SEALED)

    def _again(self, assignment: str) -> None:
        """After one with the same answers."""
        self._grade(assignment, AGAIN)

    def _grade(self, assignment: str, way: str) -> None:
        notebook = solved_notebook(self.lab.built(assignment))
        grader = self.lab.grader(assignment)
        before = self.lab.used()
        result = self.lab.engine.grade(submission(notebook, assignment), grader)
        used = self.lab.used() - before
        if result.score != result.max_score or result.facts is None:
            raise RuntimeError(f"{assignment}: the solved notebook gets {result.score} points. {result.note}")
        if used.cpu < result.cpu_seconds - ROUNDING_SECONDS:
            raise RuntimeError(f"{assignment}: {used.cpu:.2f} s counted, the record has {result.cpu_seconds:.2f} s.")
        memory_mb = result.facts.memory_bytes / 2**20
        self._read.add((assignment, way), Cost(used.cpu, used.clock, memory_mb))

    def sheets(self) -> list[Sheet]:
        rows = [
            (
                assignment,
                way,
                f"{self._read.median((assignment, way)):.1f}",
                f"{self._times(assignment, way):.1f}",
                f"{self._read.median((assignment, way), 'peak_mb'):,.0f}",
                f"{self._read.median((assignment, way), 'files_mb'):,.0f}" if way not in (SEALED, AGAIN) else "",
            )
            for assignment in ASSIGNMENTS
            for way in self._ways
            if (assignment, way) in self._read
        ]
        rounds = self.lab.size.rounds
        notes = [
            f"Medians of {rounds} rounds in turn. CPU seconds of all processes; of the sealed one of a batch: the "
            "command, the warmed process, judge and box, without what is done once a batch: warming up and compiling "
            f"({', '.join(f'{one} {seconds:.1f} s' for one, seconds in self._compiling.items())}). It is judged as if "
            "it were the first with its answers; where another gave the same before, its judgement is taken over.",
            "Peak: the most that all processes held together, a page that several share counted once, looked at every "
            f"{LOOK_SECONDS} s; of the sealed one of a batch: what the box adds to the warmed process. Of files: pages "
            "of programs and libraries, part of the peak, which the kernel takes back where memory is short.",
            f"nbgrader {NBGRADER}: the notebook without Otter's cells; where `grader.check` stands, a test cell calls "
            "all test cases of the question, public and hidden. The script runs neither tests nor checks.",
        ]
        if self._obstacle:
            notes.append(f"Not measured: {self._obstacle}")
        columns = ("assignment", "way", "CPU s", "times sealed", "peak MiB", "of files")
        return [Sheet("One solved notebook", columns, rows, notes, left=2)]

    def _times(self, assignment: str, way: str) -> float:
        return self._read.median((assignment, way)) / self._read.median((assignment, SEALED))

    def goals(self) -> list[Goal]:
        names, found = " and ".join(TOGETHER), []
        for way in (SEALED, AGAIN):
            stock, ours = (sum(self._read.median((one, each)) for one in TOGETHER) for each in (OTTER, way))
            goal = f"{names}: {FEWER_TIMES} times fewer CPU s than otter run, {way}"
            found.append(Goal(goal, f"{stock / ours:.1f}", stock >= FEWER_TIMES * ours))
        for one in ASSIGNMENTS:
            box_mb, peak_mb = (self._read.median((one, way), "peak_mb") for way in (SEALED, ALONE))
            held_mb = peak_mb - self._read.median((one, ALONE), "files_mb")
            found += [
                Goal(f"{one}: a box adds under {MOST_BOX_MB} MiB", f"{box_mb:.0f} MiB", box_mb < MOST_BOX_MB),
                Goal(
                    f"{one}: a single grade under {MOST_GRADE_MB} MiB, without pages of files",
                    f"{held_mb:.0f} MiB",
                    held_mb < MOST_GRADE_MB,
                ),
            ]
        return found
