"""What the commands share: the two consoles, messages for staff, the course of this folder, the progress bar."""

import contextlib
import errno
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as TimeLeftColumn

from autograder.course import read_course
from autograder.errors import AutograderError, ConfigError, IsolationError
from autograder.folders import grader_path
from autograder.grader import Grader, read_grader
from autograder.model import Course
from autograder.text import plain

# What a machine refuses, and what helps.
MACHINE = {
    errno.ENOSPC: "Free some space, or give --out on another disk.",
    errno.EDQUOT: "Free some space, or give --out on another disk.",
    errno.EROFS: "Give --out a folder that can be written.",
    errno.EACCES: "Check the permissions, or give --out a folder of your own.",
    errno.EPERM: "Check the permissions, or give --out a folder of your own.",
    errno.EIO: "Check the disk.",
    errno.EMFILE: "Allow more open files (ulimit -n 1024).",
    errno.ENFILE: "Close other programs: this machine has no file descriptors left.",
    errno.ENOMEM: "Close other programs, or use fewer --jobs.",
    errno.EAGAIN: "Close other programs, or use fewer --jobs.",
}

console = Console(highlight=False)
messages = Console(stderr=True, highlight=False)


@contextlib.contextmanager
def mistakes_explained() -> Iterator[None]:
    """Turn a mistake of staff into a message and an exit code; a bug of ours keeps its trace."""
    try:
        yield
    except AutograderError as mistake:
        messages.print(f"[bold red]error:[/] {shown(str(mistake))}", soft_wrap=True)
        sys.exit(2 if isinstance(mistake, ConfigError | IsolationError) else 1)
    except OSError as refusal:
        if refusal.errno not in MACHINE:
            raise
        where = f" ({shown(str(refusal.filename))})" if refusal.filename else ""
        messages.print(
            f"[bold red]error:[/] {refusal.strerror}{where}. {MACHINE[refusal.errno]} "
            "Nothing is lost: the same command goes on from here.",
            soft_wrap=True,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        messages.print("[bold]Stopped.[/]")
        sys.exit(130)


def shown(text: str) -> str:
    """Return text, which may hold the name of a file that a stranger named, so that the terminal only shows it."""
    return escape("\n".join(plain(line) for line in text.splitlines()))


def find_course() -> tuple[Path, Course]:
    """Return the folder of course.yml, this one or the nearest above it, and the course.

    Raises:
        ConfigError: when there is none, or it has a mistake.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "course.yml").is_file():
            return folder, read_course(folder / "course.yml")
    raise ConfigError(f"No course.yml in {here} or above it. Change into the folder of your course.")


def choose_assignments(course: Course, wanted: tuple[str, ...]) -> list[str]:
    """Return the assignments asked for, all when none is named.

    Raises:
        ConfigError: when course.yml does not list one of them.
    """
    known = [assignment.id for assignment in course.assignments]
    for name in wanted:
        if name not in known:
            raise ConfigError(f"course.yml lists no assignment {name!r}; it has {', '.join(known)}.")
    return list(wanted) or known


def find_grader(assignment: str, zip_path: Path | None) -> tuple[Path, Course, Grader]:
    """Return the course's folder, the course, and the grader of one of its assignments.

    Raises:
        AutograderError: when one of them is not there or broken.
    """
    root, course = find_course()
    choose_assignments(course, (assignment,))
    return root, course, read_grader(zip_path or grader_path(root, assignment))


def say_whether_verified(grader: Grader, assignment: str) -> None:
    """Say so when nobody has proven this grader fair."""
    if not grader.info.verified:
        messages.print(
            "[bold yellow]Grader not verified:[/] nobody has proven it fair yet; "
            f"`autograder verify {assignment}` does.",
            soft_wrap=True,
        )


def progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[dim]{task.fields[counts]}"),
        TimeElapsedColumn(),
        TextColumn("[dim]left"),
        TimeLeftColumn(),
        console=console,
    )


dask_option = click.option(
    "--dask",
    metavar="ADDRESS",
    help="Work on a Dask cluster: tcp://HOST:PORT, tls://HOST:PORT, or local:N for N processes on this machine.",
)


def refuse_jobs_on_cluster(jobs: int | None, dask: str | None) -> None:
    """Refuse a number of jobs beside a cluster.

    Raises:
        UsageError: says why.
    """
    if dask and jobs:
        raise click.UsageError("--jobs is for this machine alone; on a cluster each worker brings its threads.")


def warn_without_isolation(level: str) -> None:
    """Say what notebooks can do that run at the isolation level `none`."""
    if level == "none":
        messages.print("[bold red]No isolation (--unsafe):[/] these programs can read and change all that you can.")


def tell_above(sentence: str) -> None:
    """Say something while a progress line moves, which puts what is printed above itself."""
    print("\n".join(plain(line) for line in sentence.splitlines()), file=sys.stderr)
