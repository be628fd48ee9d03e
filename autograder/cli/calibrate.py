"""`autograder calibrate`: right answers under many seeds; the runs beside the source, a page of what met each bound."""

import contextlib
import os
import sys
import time
from pathlib import Path

import click
from rich.markup import escape

from autograder import grading
from autograder.cli.shared import choose_assignments, console, find_course, messages, mistakes_explained, progress_bar
from autograder.errors import AutograderError
from autograder.model import Assignment, Course
from autograder.reports.calibration import calibration_html, calibration_table

SAVE_SECONDS = 10
RUNS = 200  # without a failure among them, at most 1.49 % of right answers fail


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--runs", type=click.IntRange(1, 100_000), default=RUNS, show_default=True, help="Seeds of each answer.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Notebooks run at the same time.  [number of cores]")
@click.option(
    "--unsafe", is_flag=True, help="Run notebooks without isolation, where the machine gives none. Your own files only."
)
def calibrate(ids: tuple[str, ...], runs: int, jobs: int | None, unsafe: bool) -> None:
    """Find out how often a numeric bound fails a right answer by bad luck.

    A test such as `assert mse < 0.05` fails some networks that are trained as they should be. This runs the solution
    and every known right answer with other seeds and notes what meets each bound: comparisons with < and >,
    np.isclose, np.testing and their like, wherever a test asserts one. You mark nothing.

    \b
      failed     of the runs of the right answer that comes off worst
      up to      so many right answers may fail, with 95 % confidence; 1.5 % are allowed (0 of 199 runs)
      margin     from the mean to the bound, in standard deviations
      estimate   the chance to fail by the distribution that fits the values; 0.1 % is allowed
      nearest    the known wrong answer that comes nearest to the bound from its other side

    Only the cells that a question's tests depend on run, and no more than five times where the seed changes nothing.
    Every run is kept in solutions/ID/calibration.json, so the same command goes on after Ctrl-C, and more --runs add to
    what is there. Commit that file: `autograder verify` reads it. All assignments are calibrated unless some are named.

    Exit code 1: a bound is too tight, or there are too few runs to tell.
    """
    with mistakes_explained():
        root, course = find_course()
        chosen = [course.assignment(name) for name in choose_assignments(course, ids)]
        with console.status("Warming up TensorFlow, once for all"):
            engine = grading.Engine(unsafe)
        with engine:
            short = [_calibrated(engine, root, course, one, runs, jobs or os.cpu_count() or 1) for one in chosen]
        sys.exit(1 if any(short) else 0)


def _calibrated(
    engine: grading.Engine, root: Path, course: Course, assignment: Assignment, runs: int, jobs: int
) -> bool:  # fmt: skip
    """Calibrate one assignment and show what came out; return whether anything falls short."""
    from autograder.build import build_assignment
    from autograder.proof.calibrate import calibrate as missing_runs
    from autograder.proof.calibrate import findings, grader_of, plan
    from autograder.proof.calibration import calibration_path, write_calibration
    from autograder.proof.summary import met_bounds, summaries

    with console.status(f"Building {assignment.id}"):
        built = build_assignment(root, course, assignment)
        grader = grader_of(built)
        calibration = plan(root, built, grader)
    stop: BaseException | None = None
    try:
        with (
            progress_bar() as progress,
            contextlib.closing(missing_runs(engine, grader, calibration, runs, jobs)) as running,
        ):
            line = progress.add_task(f"Calibrating {assignment.id}", total=None, counts="")
            began = saved = time.monotonic()
            before = sum(len(series.runs) for series in calibration.series)
            for step in running:
                now = time.monotonic()
                rate = 60 * (step.done - before) / (now - began) if step.done > before else 0.0
                progress.update(line, completed=step.done, total=step.total, counts=f"{rate:.0f} runs a minute")
                if now - saved > SAVE_SECONDS:
                    write_calibration(root, calibration)
                    saved = now
    except (KeyboardInterrupt, AutograderError) as reason:
        stop = reason
    write_calibration(root, calibration)
    found = findings(calibration, calibration.source)
    met = met_bounds(summaries(calibration))
    page = root / ".autograder" / "calibration" / f"{assignment.id}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(calibration_html(assignment.title, course.title, met, list(map(str, found))), encoding="utf-8")
    console.print(calibration_table(met))
    for finding in found:
        messages.print(f"[bold red]calibration[/] {escape(str(finding))}", soft_wrap=True)
    console.print(f"Runs: [bold]{escape(calibration_path(assignment.id))}[/]", soft_wrap=True)
    console.print(f"Report: [bold]{escape(str(page))}[/]", soft_wrap=True)
    if isinstance(stop, KeyboardInterrupt):
        messages.print("[bold]Stopped.[/] What has run is kept; the same command goes on from here.")
        sys.exit(130)
    if stop is not None:
        raise stop
    return bool(found)
