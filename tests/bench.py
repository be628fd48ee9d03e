"""`make bench`: what grading costs, measured in one run, every part beside what it is compared with.

Run it on a machine that does nothing else; a line shows what is measured and about how long it still takes.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import date
from importlib.metadata import version
from pathlib import Path

from measures.capacity import Capacity
from measures.growth import Growth
from measures.lab import FULL, SMALL, Lab, Part, Size, Step
from measures.mixed import Mixed
from measures.overhead import Overhead
from measures.regrading import Regrading
from measures.sheets import Sheet, as_markdown, as_table, goals_sheet
from measures.single import Single
from rich.console import Console
from rich.status import Status

from autograder.errors import AutograderError
from autograder.versions import kit_version

RESULTS = Path(__file__).with_suffix(".md")
PARTS: tuple[type[Part], ...] = (Single, Mixed, Overhead, Regrading, Growth, Capacity)
PACKAGES = ("tensorflow", "keras", "numpy", "otter-grader", "distributed")

console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
messages = Console(stderr=True, highlight=False)


def main(arguments: list[str]) -> int:
    """Measure, show, and with --write keep; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and (options.only or options.small):
        parser.error("--write keeps a whole run: leave out --only and --small")
    size = FULL if options.full else SMALL if options.small else Size()
    sheets, failed = measure([part for part in PARTS if _is_chosen(part, options)], size)
    problems = [f"{name} was not measured" for name in failed]
    if kit_version.__wrapped__() != kit_version():
        problems.append("somebody changed the kit meanwhile, so the figures are of two kits")
    if problems:
        messages.print(f"[bold red]Not a result:[/] {'; '.join(problems)}.", soft_wrap=True)
        return 1
    if options.write:
        text = "\n".join(map(as_markdown, sheets))
        RESULTS.write_text(f"# What grading costs\n\nMade by `bench.py --write`.\n\n{text}", encoding="utf-8")
        console.print(f"Written: {RESULTS.name}")
    return 0


def measure(kinds: list[type[Part]], size: Size) -> tuple[list[Sheet], list[str]]:
    """Measure parts in order and show each when it is done; return all tables, and the names of parts that failed."""
    sheets, goals, failed = [machine()], [], []
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder, closing(Lab(Path(folder), size)) as lab:
        parts = [kind(lab) for kind in kinds]
        progress = Progress([step for part in parts for step in part.steps()])
        for part in parts:
            try:
                progress.work(part)
                found = part.sheets()
            # the other parts can be measured all the same
            except (RuntimeError, AutograderError, OSError) as error:
                failed.append(part.name)
                messages.print(f"{part.name}: {error}", markup=False, soft_wrap=True)
                continue
            goals += part.goals()
            sheets += found
            console.print(*map(as_table, found), "", sep="\n")
    if goals:
        sheets.append(goals_sheet(goals))
        console.print(as_table(sheets[-1]))
    return sheets, failed


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {part.name:<10}{part.about}" for part in PARTS)
    parser = argparse.ArgumentParser(
        prog="bench.py",
        description=f"Measure what grading costs.\n\nparts:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [part.name for part in PARTS]
    parser.add_argument("--only", metavar="PART", choices=names, action="append", help="measure this part; repeatable")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--small", action="store_true", help="once each and small batches: does it run?")
    sizes.add_argument("--full", action="store_true", help="batches of 10,000 too")
    parser.add_argument("--dask", action="store_true", help="the part dask too")
    parser.add_argument("--write", action="store_true", help=f"write all tables to tests/{RESULTS.name}")
    return parser


def _is_chosen(part: type[Part], options: argparse.Namespace) -> bool:
    if options.only:
        return part.name in options.only
    return part is not Capacity or options.dask


class Progress:
    """Does the steps of parts, and shows what is measured and about how long it still takes.

    A step's share of the time is what it takes on the development machine; how fast this one is shows as it goes.
    """

    def __init__(self, steps: list[Step]) -> None:
        self._count, self._all_seconds = len(steps), sum(step.seconds for step in steps)
        self._number, self._done_seconds = 0, 0.0
        self._start = time.monotonic()

    def work(self, part: Part) -> None:
        """Do the steps of a part.

        Raises:
            RuntimeError: when one fails; the others are left out.
        """
        for step in part.steps():
            self._number += 1
            line = f"[{self._number}/{self._count}] {part.name}: {step.label}, about {self._minutes_left()} min left"
            if messages.is_terminal:
                with Status(line, console=messages):
                    step.action()
            else:
                messages.print(line, markup=False, soft_wrap=True)
                step.action()
            self._done_seconds += step.seconds

    def _minutes_left(self) -> int:
        left = self._all_seconds - self._done_seconds
        elapsed = time.monotonic() - self._start
        pace = elapsed / self._done_seconds if self._done_seconds else 1.0
        return max(1, round(left * pace / 60))


def machine() -> Sheet:
    """Return what the figures were measured on."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    rows = [
        ("processor", _processor()),
        ("cores", str(os.cpu_count())),
        ("memory", f"{memory_mb / 1024:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"),
        ("kit", f"{kit_version()}, commit {_commit()}"),
        ("packages", versions),
        ("date", date.today().isoformat()),
    ]
    return Sheet("Measured on", ("", ""), rows, left=2)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=RESULTS.parent, capture_output=True, text=True
    )
    return described.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
