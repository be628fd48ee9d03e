"""Submissions an hour a core: workers of a Dask cluster on this machine beside local ones, for the capacity plan."""

from functools import partial

from autograder.build import solved_notebook
from measures.growth import seconds_each
from measures.lab import ROOT, Lab, Part, Readings, Step
from measures.programs import autograder, run
from measures.sheets import Sheet

ASSIGNMENT = "sum"
SUBMISSIONS, WORKERS = 30, 2
WAYS = {"local workers": ("--jobs", str(WORKERS)), "Dask": ("--dask", f"local:{WORKERS}")}


class Capacity(Part):
    """See above."""

    name = "dask"
    about = f"the reference of `{ASSIGNMENT}`, {SUBMISSIONS} times: Dask beside local workers; only with --dask"

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._read = Readings()
        self._each: dict[str, list[float]] = {way: [] for way in WAYS}

    def steps(self) -> list[Step]:
        return [
            Step(f"{SUBMISSIONS} by {way}", 60, partial(self._grade, way, number))
            for number in range(self.lab.size.rounds)
            for way in WAYS
        ]

    def _grade(self, way: str, number: int) -> None:
        inbox = self.lab.place("capacity/inbox")
        for index in range(SUBMISSIONS):
            (inbox / f"student-{index:02}.ipynb").write_bytes(solved_notebook(self.lab.built(ASSIGNMENT)))
        out = self.lab.folder / "capacity" / f"grades-{way.replace(' ', '-')}-{number}"
        command = autograder("grade", ASSIGNMENT, inbox, "--out", out, "--grader", self.lab.grader_zip(ASSIGNMENT))
        self._read.add(way, run([*command, *WAYS[way]], ROOT))
        self._each[way].append(seconds_each(out, WORKERS))

    def sheets(self) -> list[Sheet]:
        rows = []
        for way, each in self._each.items():
            hourly = 3600 / (sorted(each)[len(each) // 2] * WORKERS)
            cpu_seconds = self._read.median(way) / SUBMISSIONS
            rows.append((way, f"{hourly:,.0f}", f"{cpu_seconds:.2f}", f"{self._read.median(way, 'clock_seconds'):.0f}"))
        columns = ("way", "submissions an hour a core", "CPU s a submission", "whole command, s")
        notes = [
            f"{SUBMISSIONS} times the solved notebook of `{ASSIGNMENT}`, {WORKERS} workers on this machine, medians of "
            f"{self.lab.size.rounds} rounds in turn. An hour: from record to record, without warming up; CPU seconds "
            "are of the whole command with all its processes, warming up included (Dask: once a worker process).",
        ]
        return [Sheet("Capacity", columns, rows, notes)]
