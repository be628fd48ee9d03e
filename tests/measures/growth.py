"""Does a submission get dearer in a large batch? The command `autograder grade` over batches of a trivial notebook."""

from functools import partial
from pathlib import Path

import nbformat
from tiny import write_course

from autograder.build import Built, build_assignment, solved_notebook, write_built
from autograder.course import read_course
from measures.lab import Lab, Part, Step
from measures.programs import Cost, autograder, run
from measures.sheets import Goal, Sheet

WORKERS = (1, 2)
SECONDS, SECONDS_EACH = 8.0, 0.15  # of a command, and for each submission
MORE = 1.25  # a submission or the command may take so many times what it does in the second smallest batch


class Growth(Part):
    """See above."""

    name = "growth"
    about = "batches of a trivial notebook by the real command: time for a submission, memory of the command"

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._found: dict[tuple[int, int], tuple[Cost, float]] = {}

    def steps(self) -> list[Step]:
        return [
            Step(
                f"{size:,} submissions, {jobs} workers", SECONDS + SECONDS_EACH * size, partial(self._batch, size, jobs)
            )
            for size in self.lab.size.batches
            for jobs in WORKERS
        ]

    def _batch(self, size: int, jobs: int) -> None:
        root = self.lab.place("growth")
        inbox = root / f"inbox-{size}"
        if not inbox.exists():
            fill(inbox, tiny_course(root), size)
        out = root / f"grades-{size}-{jobs}"
        cost = run(autograder("grade", "tiny", inbox, "--out", out, "--jobs", jobs), root)
        self._found[size, jobs] = cost, seconds_each(out, jobs)

    def sheets(self) -> list[Sheet]:
        rows = [
            (
                f"{size:,}",
                str(jobs),
                f"{1000 * each:.0f}",
                f"{1000 * cost.cpu_seconds / size:.0f}",
                f"{cost.clock_seconds:.1f}",
                f"{cost.own_mb:.0f}",
            )
            for (size, jobs), (cost, each) in self._found.items()
        ]
        notes = [
            "`autograder grade` over files on disk, results written. A submission: by the clock, from record to "
            "record, so without reading, warming up and the tables at the end; all of that is in the whole command "
            "and in the CPU time. Memory: the most that the command's own process held, without the others.",
            f"Each submission more takes {self._mb_each() * 1024:.1f} KiB of the command's memory.",
        ]
        columns = (
            *("submissions", "workers", "ms a submission", "CPU ms a submission", "whole command, s"),
            "memory of the command, MiB",
        )
        return [Sheet("Growth", columns, rows, notes, left=0)]

    def _mb_each(self) -> float:
        least, most = self.lab.size.batches[0], self.lab.size.batches[-1]
        return (self._found[most, 1][0].own_mb - self._found[least, 1][0].own_mb) / (most - least)

    def goals(self) -> list[Goal]:
        few, many = self.lab.size.batches[1], self.lab.size.batches[-1]
        if few == many:
            return []
        times = [self._found[many, jobs][1] / self._found[few, jobs][1] for jobs in WORKERS]
        memory = [self._found[many, jobs][0].own_mb / self._found[few, jobs][0].own_mb for jobs in WORKERS]
        workers = " and ".join(map(str, WORKERS))
        return [
            Goal(
                f"{what} of {many:,} at most {MORE} times that of {few:,}, {workers} workers",
                ", ".join(f"{ratio:.2f}" for ratio in ratios),
                max(ratios) <= MORE,
            )
            for what, ratios in (("time of a submission", times), ("memory of the command", memory))
        ]


def tiny_course(root: Path) -> Built:
    """Make the tests' tiny course in a folder, built."""
    if not (root / "course.yml").exists():
        write_course(root)
    course = read_course(root / "course.yml")
    built = build_assignment(root, course, course.assignment("tiny"))
    write_built(root, built)
    return built


def fill(inbox: Path, built: Built, size: int) -> None:
    """Write so many notebooks, no two the same, all right."""
    inbox.mkdir()
    notebook = nbformat.reads(solved_notebook(built).decode(), as_version=4)
    for number in range(size):
        notebook.metadata["number"] = number
        (inbox / f"student-{number:06}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")


def seconds_each(out: Path, jobs: int) -> float:
    """Return the time by the clock from one record to the next, the first of each worker not counted."""
    times = sorted(path.stat().st_mtime for path in (out / "results").glob("*.json"))
    return (times[-1] - times[jobs - 1]) / (len(times) - jobs)
