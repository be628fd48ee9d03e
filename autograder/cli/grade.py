"""`autograder grade`: submissions in, a results folder out."""

import contextlib
import os
import sys
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import click
from rich.markup import escape

from autograder import currency, grading
from autograder.cli.book import enter_rubrics, enter_scores, find_gradebook, gradebook_option, submissions_that_count
from autograder.cli.shared import (
    console,
    dask_option,
    find_grader,
    messages,
    mistakes_explained,
    progress_bar,
    refuse_jobs_on_cluster,
    say_whether_verified,
    shown,
    tell_above,
    warn_without_isolation,
)
from autograder.cluster import grade_on_cluster
from autograder.errors import ConfigError
from autograder.folders import results_folder
from autograder.grader import Grader
from autograder.intake import collect
from autograder.model import QuestionResult, Result, Status, Submission
from autograder.reports import class_summary, class_table
from autograder.results import ResultsFolder
from autograder.text import plain


@click.command()
@click.argument("assignment")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.  [.autograder/grades/ID]"
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Submissions graded at the same time.  [number of cores]")
@dask_option
@click.option("--grader", "zip_path", type=click.Path(path_type=Path), help="Grader zip.  [dist/ID-autograder.zip]")
@click.option("--force", is_flag=True, help="Grade again what is graded already.")
@gradebook_option
@click.option(
    "--unsafe", is_flag=True, help="Grade without isolation, where the machine gives none. Your own files only."
)
def grade(
    assignment: str,
    paths: tuple[Path, ...],
    out: Path | None,
    jobs: int | None,
    dask: str | None,
    zip_path: Path | None,
    force: bool,
    url: str | None,
    unsafe: bool,
) -> None:
    """Grade what `autograder intake` took in; or the notebooks, Otter export zips and folders of either at PATH.

    Without a PATH the attempts that count are graded, and their scores go into the gradebook. Files at a PATH are
    nobody's: they are graded all the same, for a class without a gradebook, or to try something.

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
    refuse_jobs_on_cluster(jobs, dask)
    with mistakes_explained(), contextlib.ExitStack() as stack:
        root, course, grader = find_grader(assignment, zip_path)
        if paths:
            submissions = collect(paths, grader.info.name, hold=bool(dask))  # what goes to a cluster is sent by value
        else:
            submissions = submissions_that_count(root, course, assignment, url, grader.info.name, bool(dask))
        if not submissions:
            places = shown(", ".join(map(str, paths)) or "the gradebook")
            messages.print(f"Nothing to grade in {places}: no .ipynb and no .zip.", soft_wrap=True)
            sys.exit(1)
        say_whether_verified(grader, assignment)
        out = out or results_folder(root, assignment)
        check_outside(out, paths)
        folder = stack.enter_context(contextlib.closing(ResultsFolder(out, grader.info, course.title)))
        earlier = folder.earlier()
        kept, todo = currency.split_current(submissions, {} if force else earlier, grader)
        if kept:
            console.print(f"{len(kept)} of {len(submissions)} are graded already; --force grades them again.")
        changed = [submission.name for submission in todo if currency.is_another_file(earlier, submission)]
        if changed:
            some = ", ".join(plain(name) for name in changed[:5]) + (", …" if len(changed) > 5 else "")
            console.print(f"{len(changed)} replace results of other files of the same name: {escape(some)}")
        names, expected = {submission.name for submission in submissions}, len(todo)
        waiting = deque(todo)
        del submissions, todo  # each is let go when it is graded, or a large class would be held twice
        graded: list[Result] = []
        alike: dict[QuestionResult, QuestionResult] = {}
        interrupted = False
        try:
            with contextlib.closing(_graded(waiting, grader, jobs or os.cpu_count() or 1, dask, unsafe)) as running:
                for result in running:
                    folder.write(result)
                    # evidence is on the disk; of what is equal, as right answers are, one is enough
                    questions = tuple(alike.setdefault(question, question) for question in result.questions)
                    graded.append(replace(result, evidence=b"", questions=questions))
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
        if not paths:
            place = find_gradebook(root, course, url)
            enter_rubrics(place, grader)
            new = enter_scores(place, assignment, results, "grade")
            console.print(f"Gradebook: {new} new scores. What counts: [bold]autograder standings {assignment}[/]")
        if interrupted:
            missing = expected - len(graded)
            messages.print(f"[bold]Stopped.[/] {missing} are still to be graded; the same command goes on from here.")
            sys.exit(130)
        if not paths:
            again = submissions_that_count(root, course, assignment, url, grader.info.name, bool(dask))
            others = sum(submission.name not in names for submission in again)
            if others:
                messages.print(f"{others} earlier attempts count, since later ones were rejected: grade once more.")
                sys.exit(1)
        sys.exit(0 if all(result.status is Status.GRADED for result in [*kept, *graded]) else 1)


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


def _graded(waiting: deque[Submission], grader: Grader, jobs: int, dask: str | None, unsafe: bool) -> Generator[Result]:
    """Grade with a live progress line, which counts a result when the caller has written it and comes back.

    Takes from `waiting` what is being graded.
    """
    if not waiting:
        return
    total = len(waiting)
    running: Iterator[Result]
    with contextlib.ExitStack() as stack:
        if dask:
            running = stack.enter_context(
                contextlib.closing(grade_on_cluster(dask, tuple(waiting), grader, unsafe, tell_above))
            )
        else:
            with console.status("Warming up TensorFlow, once for all"):
                engine = stack.enter_context(grading.Engine(unsafe))
            warn_without_isolation(engine.level)
            taken = (waiting.popleft() for _ in range(total))
            running = grading.grade_batch(engine, taken, grader, jobs)
        counts = dict.fromkeys(Status, 0)
        progress = stack.enter_context(progress_bar())
        line = progress.add_task("Grading", total=total, counts="")
        for result in running:
            yield result
            counts[result.status] += 1
            told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
            progress.update(line, advance=1, counts=told)
