"""`autograder regrade`: a results folder and new tests in; new results, and what changed, out."""

import contextlib
import os
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import click
from rich.markup import escape

from autograder import currency, grading
from autograder.cli.book import enter_rubrics, enter_scores, find_gradebook, gradebook_option
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
from autograder.cluster import regrade_on_cluster
from autograder.errors import ConfigError
from autograder.folders import results_folder
from autograder.grader import Grader
from autograder.model import Change, Regraded, Result, Status
from autograder.regrade import changes, regrade_batch
from autograder.reports import changes_table
from autograder.results import ResultsFolder
from autograder.text import plain


@click.command()
@click.argument("assignment")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of the results.  [.autograder/grades/ID]"
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Submissions graded at the same time.  [number of cores]")
@dask_option
@click.option("--grader", "zip_path", type=click.Path(path_type=Path), help="Grader zip.  [dist/ID-autograder.zip]")
@gradebook_option
@click.option("--live", is_flag=True, help="Run every notebook again, even where the evidence would do.")
@click.option(
    "--unsafe", is_flag=True, help="Run notebooks without isolation, where the machine gives none. Your own files only."
)
def regrade(
    assignment: str,
    out: Path | None,
    jobs: int | None,
    dask: str | None,
    zip_path: Path | None,
    url: str | None,
    live: bool,
    unsafe: bool,
) -> None:
    """Grade a class again after a change of tests, in seconds: from the evidence of the first run.

    The files of the students are not needed. A notebook runs again only where the new tests ask something that its
    first run was not asked, or where the kit has changed since.

    \b
      edit solutions/sum/sum.py, then
      autograder build sum
      autograder regrade sum          shows what changed: submission, question, before, after, why

    Exit code 1: some submissions could not be graded; the table says which and why.
    """
    refuse_jobs_on_cluster(jobs, dask)
    with mistakes_explained(), contextlib.ExitStack() as stack:
        root, course, grader = find_grader(assignment, zip_path)
        say_whether_verified(grader, assignment)
        out = out or results_folder(root, assignment)
        if not (out / "results").is_dir():
            raise ConfigError(f"There are no results in {out}. `autograder grade {assignment} FOLDER` makes them.")
        folder = stack.enter_context(contextlib.closing(ResultsFolder(out, grader.info, course.title)))
        place = find_gradebook(root, course, url)
        enter_rubrics(place, grader)
        earlier = folder.earlier()
        held = [result for result in earlier.values() if result.status is Status.GRADED]
        there = [result for result in held if folder.has_evidence(result)]
        lacking = sorted({result.submission for result in held} - {result.submission for result in there})
        todo = [result for result in there if live or not currency.is_by(result, grader)]
        if lacking:
            some = ", ".join(plain(name) for name in lacking[:5]) + (", …" if len(lacking) > 5 else "")
            console.print(f"{len(lacking)} have no evidence; hand their files to `autograder grade`: {escape(some)}")
        if not todo:
            console.print(f"All {len(there)} are graded by this grader already; --live runs them again.")
            sys.exit(1 if lacking else 0)
        new: dict[str, Result] = {}
        failed: list[Result] = []
        changed: list[Change] = []
        ran, interrupted = 0, False
        try:
            running = _regraded(todo, folder, grader, jobs or os.cpu_count() or 1, dask, live, unsafe)
            with contextlib.closing(running):
                for one in running:
                    ran += one.ran
                    if one.after.status is not Status.GRADED:  # a fault leaves the grade that there is
                        failed.append(one.after)
                        continue
                    folder.write(one.after)
                    new[one.after.submission] = replace(one.after, evidence=b"")
                    changed += changes(one.before, one.after)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            results = list((earlier | new).values())
            folder.write_class(results)
        console.print(changes_table(changed))
        done = len(new) + len(failed)
        console.print(
            f"{done} regraded: {done - ran} from evidence, {ran} by running the notebook again.",
            soft_wrap=True,
        )
        console.print(f"Report: [bold]{escape(str(folder.index))}[/]", soft_wrap=True)
        if place:
            console.print(f"Gradebook: {enter_scores(place, assignment, results, 'regrade')} new scores.")
        for result in failed[:10]:
            messages.print(
                f"[bold red]kept as it was:[/] {shown(result.submission)}: {shown(result.note)}", soft_wrap=True
            )
        if failed:
            messages.print(f"{len(failed)} keep their earlier grade; the same command tries them again.")
        if interrupted:
            again = "--live begins anew" if live else "the same command goes on from here"
            messages.print(f"[bold]Stopped.[/] {len(todo) - done} are still to be regraded; {again}.")
            sys.exit(130)
        sys.exit(1 if lacking or failed else 0)


def _regraded(
    todo: list[Result],
    folder: ResultsFolder,
    grader: Grader,
    jobs: int,
    dask: str | None,
    live: bool,
    unsafe: bool,
) -> Generator[Regraded]:
    """Regrade with a live progress line; see `_graded` of `grade`."""
    running: Iterator[Regraded]
    with contextlib.ExitStack() as stack:
        if dask:
            running = stack.enter_context(
                contextlib.closing(
                    regrade_on_cluster(dask, todo, folder.with_evidence, grader, live, unsafe, tell_above)
                )
            )
        else:
            with console.status("Warming up TensorFlow, once for all"):
                engine = stack.enter_context(grading.Engine(unsafe))
            warn_without_isolation(engine.level)
            running = regrade_batch(engine, map(folder.with_evidence, todo), grader, jobs, live)
        progress = stack.enter_context(progress_bar())
        line = progress.add_task("Regrading", total=len(todo), counts="")
        for regraded in running:
            yield regraded
            progress.update(line, advance=1)
