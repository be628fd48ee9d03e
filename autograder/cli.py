"""The command `autograder`: reads arguments and the clock, prints, exits; no logic.

Exit codes: 0 all is done, 1 something needs a person, 2 usage or configuration, 130 interrupted.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as TimeLeftColumn
from rich.table import Table

from autograder import grading
from autograder.course import read_course
from autograder.doctor import examine
from autograder.errors import AutograderError, ConfigError, IsolationError, StaleError
from autograder.grader import Grader, read_grader
from autograder.intake import collect
from autograder.model import Course, Result, Status, Submission
from autograder.reports import class_summary, class_table
from autograder.reports.text import plain
from autograder.results import ResultsFolder
from autograder.sandbox.box import Warm

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
        messages.print(f"[bold red]error:[/] {_shown(str(mistake))}", soft_wrap=True)
        sys.exit(2 if isinstance(mistake, ConfigError | IsolationError) else 1)
    except OSError as refusal:
        if refusal.errno not in MACHINE:
            raise
        where = f" ({_shown(str(refusal.filename))})" if refusal.filename else ""
        messages.print(
            f"[bold red]error:[/] {refusal.strerror}{where}. {MACHINE[refusal.errno]} "
            "Nothing is lost: the same command goes on from here.",
            soft_wrap=True,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        messages.print("[bold]Stopped.[/]")
        sys.exit(130)


def _shown(text: str) -> str:
    """Return text, which may hold the name of a file that a stranger named, so that the terminal only shows it."""
    return escape("\n".join(plain(line) for line in text.splitlines()))


def find_root() -> Path:
    """Return the folder of course.yml: this one or the nearest above it.

    Raises:
        ConfigError: when there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "course.yml").is_file():
            return folder
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


def check_outside(out: Path, paths: tuple[Path, ...]) -> None:
    """Refuse results among the submissions: the next run would take them for submissions. Hidden folders are skipped.

    Raises:
        ConfigError: names the folder and what to do.
    """
    for path in paths:
        if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            inside = out.resolve().relative_to(path.resolve()).parts
            if not any(part.startswith(".") for part in inside):
                raise ConfigError(f"The results would lie among the submissions in {path}: choose another --out.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="autograder")
def main() -> None:
    """Make assignments from one source each, grade what students hand in, prove that the grader is fair.

    \b
    A course in three lines:
      autograder build                     notebooks for students, grader zips for you
      autograder grade sum inbox/          grade a folder of submissions, sealed
      open .autograder/grades/sum/index.html
    """


@main.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--check", is_flag=True, help="Write nothing; say what is stale and exit with 1 if anything is.")
def build(ids: tuple[str, ...], check: bool) -> None:
    """Make the student notebook and the grader zip of assignments from their sources.

    \b
      solutions/sum/sum.py  ->  assignments/sum/sum.ipynb       publish this
                                dist/sum-autograder.zip         keep this secret

    All assignments of course.yml are built unless some are named. The same source gives the same bytes.
    """
    with mistakes_explained():
        from autograder.build import build_assignment, check_built, write_built

        root = find_root()
        course = read_course(root / "course.yml")
        stale: list[str] = []
        for name in choose_assignments(course, ids):
            with console.status(f"Building {name}"):
                built = build_assignment(root, course, course.assignment(name))
            if check:
                try:
                    check_built(root, built)
                except StaleError as error:
                    stale.append(str(error))
                continue
            changed = write_built(root, built)
            for path in changed:
                console.print(f"[green]wrote[/]  {escape(path)}")
            if not changed:
                console.print(f"[dim]{name} is current[/]")
        if stale:
            raise StaleError("\n".join(stale))


@main.command()
@click.argument("assignment")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.  [.autograder/grades/ID]"
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Submissions graded at the same time.  [number of cores]")
@click.option("--grader", "zip_path", type=click.Path(path_type=Path), help="Grader zip.  [dist/ID-autograder.zip]")
@click.option("--force", is_flag=True, help="Grade again what is graded already.")
@click.option(
    "--unsafe", is_flag=True, help="Grade without isolation, where the machine gives none. Your own files only."
)
def grade(
    assignment: str,
    paths: tuple[Path, ...],
    out: Path | None,
    jobs: int | None,
    zip_path: Path | None,
    force: bool,
    unsafe: bool,
) -> None:
    """Grade notebooks, Otter export zips, and folders of either.

    Each submission runs in a sealed box of its own; hidden tests never do. What is graded already, under the same
    submission, grader and kit, is not graded again: after Ctrl-C the same command goes on.

    \b
    Writes to the results folder:
      index.html                    the class at a glance
      grades.csv                    one row a submission; runs.csv: what each run took
      feedback/<submission>.html    a page to hand to the student
      results/<submission>.json     every test case, for staff

    Exit code 1: some submissions could not be graded; the table says which and why.
    """
    with mistakes_explained(), contextlib.ExitStack() as stack:
        root = find_root()
        course = read_course(root / "course.yml")
        choose_assignments(course, (assignment,))
        grader = read_grader(zip_path or root / "dist" / f"{assignment}-autograder.zip")
        submissions = collect(paths, grader.info.name)
        if not submissions:
            places = _shown(", ".join(map(str, paths)))
            messages.print(f"Nothing to grade in {places}: no .ipynb and no .zip.", soft_wrap=True)
            sys.exit(1)
        out = out or root / ".autograder" / "grades" / assignment
        check_outside(out, paths)
        folder = stack.enter_context(contextlib.closing(ResultsFolder(out, grader.info, course.title)))
        earlier = folder.earlier()
        kept, todo = grading.split_current(submissions, {} if force else earlier, grader)
        if kept:
            console.print(f"{len(kept)} of {len(submissions)} are graded already; --force grades them again.")
        changed = [submission.name for submission in todo if grading.is_another_file(earlier, submission)]
        if changed:
            some = ", ".join(plain(name) for name in changed[:5]) + (", …" if len(changed) > 5 else "")
            console.print(f"{len(changed)} replace results of other files of the same name: {escape(some)}")
        graded: list[Result] = []
        interrupted = False
        try:
            with contextlib.closing(_graded(todo, grader, jobs or os.cpu_count() or 1, unsafe)) as running:
                for result in running:
                    folder.write(result)
                    graded.append(result)
        except KeyboardInterrupt:
            interrupted = True
        # a latecomer graded alone joins the class that is in the folder already
        results = list((earlier | {result.submission: result for result in graded}).values())
        folder.write_class(results)
        console.print(class_table(results, grader.info.questions))
        console.print(class_summary(results, grader.info.questions))
        others = len(results) - len(kept) - len(graded)
        if others and not interrupted:
            console.print(f"{others} of them are from earlier runs into this folder.")
        console.print(f"Report: [bold]{escape(str(folder.index))}[/]", soft_wrap=True)
        if interrupted:
            missing = len(todo) - len(graded)
            messages.print(f"[bold]Stopped.[/] {missing} are still to be graded; the same command goes on from here.")
            sys.exit(130)
        sys.exit(0 if all(result.status is Status.GRADED for result in [*kept, *graded]) else 1)


def _graded(todo: tuple[Submission, ...], grader: Grader, jobs: int, unsafe: bool) -> Generator[Result]:
    """Grade with a live progress line, which counts a result when the caller has written it and comes back."""
    if not todo:
        return
    with console.status("Warming up TensorFlow, once for all"):
        engine = grading.Engine(unsafe)
    if engine.level == "none":
        messages.print("[bold red]No isolation (--unsafe):[/] these programs can read and change all that you can.")
    counts = dict.fromkeys(Status, 0)
    with engine, _progress() as progress:
        line = progress.add_task("Grading", total=len(todo), counts="")
        for result in grading.grade_batch(engine, todo, grader, jobs):
            yield result
            counts[result.status] += 1
            shown = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
            progress.update(line, advance=1, counts=shown)


def _progress() -> Progress:
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


@main.command()
@click.option("--level", type=click.Choice(["namespaces", "uid"]), help="Try this level.  [the best that works here]")
def doctor(level: str | None) -> None:
    """Prove the isolation on this machine: attack it from inside a box and show what came of it.

    Each line is a program that tries to read hidden tests, reach the grader, the network or the next box, gain rights,
    or use more than it may. Exit code 1: something was not as it must be; do not grade strangers' files here.
    """
    with mistakes_explained():
        with console.status("Warming up"):
            warm = Warm(grading.JUDGE)
        with contextlib.closing(warm):
            in_force = level or grading.choose_level(warm.hello.level, warm.hello.obstacle, unsafe=False)
            table = Table("probe", "expected", "seen", "", box=SIMPLE_HEAD, title=f"Isolation level: {in_force}")
            bad = 0
            with console.status("Probing") as status:
                for finding in examine(warm, in_force):
                    status.update(f"Probing: {escape(finding.name)}")
                    mark = "[green]ok[/]" if finding.ok else "[bold red]DIFFERS[/]"
                    table.add_row(escape(finding.name), finding.expected, escape(plain(finding.seen)), mark)
                    bad += not finding.ok
        console.print(table)
        if in_force != warm.hello.level:
            console.print(f"This level was asked for; grading on this machine uses {warm.hello.level}.")
        elif warm.hello.obstacle:
            console.print(f"No better level, because: {escape(warm.hello.obstacle)}")
        if bad:
            messages.print(
                f"[bold red]{bad} of {table.row_count} probes differ.[/] Do not grade strangers' files here."
            )
            sys.exit(1)
        console.print(f"All {table.row_count} probes saw what they must.")


if __name__ == "__main__":
    main()
