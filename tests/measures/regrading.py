"""A class graded once, then graded again after a change of tests, by the real commands; once without precedents."""

import hashlib
import os
import zipfile
from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from autograder.grader import read_grader
from autograder.model import Status
from autograder.precedents import Precedents
from autograder.regrade import regrade_batch
from autograder.results import ResultsFolder
from measures.growth import seconds_each
from measures.lab import COURSE, ROOT, Lab, Part, Step
from measures.programs import Cost, autograder, run
from measures.sheets import Goal, Sheet

ASSIGNMENT = "sum"
MOST_SECONDS, CLASS = 30, 300  # on two cores
ALL = "another reference, so of all"
CHANGES = {
    "other tests of one question": ("tests/q6.py",),  # the dearest, that on the trained network
    ALL: ("files/reference.py",),
}


class Regrading(Part):
    """See above."""

    name = "regrade"
    about = "a class in `sum` graded live, and again from evidence after a change of tests"

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._jobs = os.cpu_count() or 1
        self._live: Cost
        self._again: dict[str, Cost] = {}
        self._each = 0.0
        self._unlike = 0.0

    def steps(self) -> list[Step]:
        size = self.lab.size.class_size
        return [
            Step("the known submissions, live", 60, self._grade),
            *(
                Step(f"{size} submissions, {what}", 20 + size / 10, partial(self._regrade, what, changed))
                for what, changed in CHANGES.items()
            ),
            Step(f"{size} submissions, each judged for itself", 20 + size / 5, self._regrade_each),
        ]

    def _folder(self) -> Path:
        return self.lab.place("regrade") / "grades"

    def _grade(self) -> None:
        inbox = self.lab.place("regrade/inbox")
        for case in self.lab.known(ASSIGNMENT).values():
            (inbox / f"{case.name}.ipynb").write_bytes(case.notebook)
        zip_path = self.lab.grader_zip(ASSIGNMENT)
        command = autograder("grade", ASSIGNMENT, inbox, "--out", self._folder(), "--grader", zip_path)
        self._live = run([*command, "--jobs", self._jobs], ROOT)
        self._each = seconds_each(self._folder(), self._jobs)

    def _regrade(self, what: str, changed: Collection[str]) -> None:
        self._fill_class()
        zip_path = self._changed_tests(changed)
        command = autograder("regrade", ASSIGNMENT, "--out", self._folder(), "--grader", zip_path, "--jobs", self._jobs)
        self._again[what] = run(command, ROOT)
        if " 0 by running" not in self._again[what].printed:
            raise RuntimeError(f"Notebooks ran again, which is not what is measured: {self._again[what].printed}")

    def _regrade_each(self) -> None:
        """As if no two had given the same answers: what a class costs at most."""
        self.lab.engine.precedents = Precedents(most=0)
        try:
            with closing(ResultsFolder(self._folder(), self.lab.grader(ASSIGNMENT).info, COURSE.title)) as folder:
                graded = [folder.with_evidence(one) for one in folder.earlier().values()]
            grader, before = read_grader(self._changed_tests(())), self.lab.used()
            other = replace(grader, reference=f"{grader.reference}\n# changed again\n")
            ran = [one.ran for one in regrade_batch(self.lab.engine, graded, other, self._jobs)]
            self._unlike = (self.lab.used() - before).clock
        finally:
            self.lab.engine.precedents = Precedents()
        if any(ran) or len(ran) != self.lab.size.class_size:
            raise RuntimeError(f"{sum(ran)} of {len(ran)} notebooks ran again, which is not what is measured.")

    def _fill_class(self) -> None:
        """Give the class as many members as it is to have, each with evidence of its own."""
        with closing(ResultsFolder(self._folder(), self.lab.grader(ASSIGNMENT).info, COURSE.title)) as folder:
            graded = [folder.with_evidence(one) for one in folder.earlier().values() if one.status is Status.GRADED]
            for number in range(len(graded), self.lab.size.class_size):
                result = graded[number % len(graded)]
                if result.facts is None:
                    raise RuntimeError(f"{result.submission} has no facts.")
                name = f"member-{number}"
                facts = replace(result.facts, submission_sha256=hashlib.sha256(name.encode()).hexdigest())
                folder.write(replace(result, submission=name, student=name, facts=facts))

    def _changed_tests(self, changed: Collection[str]) -> Path:
        path = self.lab.folder / f"changed-{len(changed)}-autograder.zip"
        with zipfile.ZipFile(self.lab.grader_zip(ASSIGNMENT)) as old, zipfile.ZipFile(path, "w") as new:
            for member in old.namelist():
                more = b"\n# changed\n" if member in changed else b""
                new.writestr(member, old.read(member) + more)
        return path

    def sheets(self) -> list[Sheet]:
        known, size = len(self.lab.known(ASSIGNMENT)), self.lab.size.class_size
        live = self._each * size
        rows = [("live", f"{live:.0f}", f"{1000 * self._each:.0f}", f"{self._live.cpu_seconds / known:.2f}")]
        for what, cost in self._again.items():
            each = f"{1000 * cost.clock_seconds / size:.0f}"
            rows.append((f"from evidence, {what}", f"{cost.clock_seconds:.1f}", each, f"{cost.cpu_seconds / size:.2f}"))
        rows.append(
            (
                "from evidence, of all, each judged for itself",
                f"{self._unlike:.1f}",
                f"{1000 * self._unlike / size:.0f}",
                "",
            )
        )
        notes = [
            f"By the clock, {self._jobs} workers. Live: the {known} known submissions, from record to record, as if "
            f"there were {size}. From evidence: the whole command, warming up included, over {size} made of them: "
            "about ten give the same answers, and where these pass all tests of a question they are judged once. Each "
            "for itself: as if no two were equal, without warming up, reading and writing.",
        ]
        columns = ("way", "class, s", "ms a submission", "CPU s a submission")
        return [Sheet(f"A class of {size} in `{ASSIGNMENT}`", columns, rows, notes)]

    def goals(self) -> list[Goal]:
        if self.lab.size.class_size != CLASS:
            return []
        return [
            Goal(
                f"{CLASS} regraded in under {MOST_SECONDS} s, {what}",
                f"{cost.clock_seconds:.1f} s",
                cost.clock_seconds < MOST_SECONDS,
            )
            for what, cost in self._again.items()
        ]
