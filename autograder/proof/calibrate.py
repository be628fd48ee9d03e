"""Runs right answers under many seeds and notes what meets each numeric bound; says which bounds are too tight.

In go an assignment as built and what earlier runs have found; out comes a Calibration. The reference and each known
right answer run with every seed of the notebook made another one, the known wrong answers with a few, each question
with only the cells that its tests depend on.
"""

import hashlib
import json
import math
import tempfile
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.build import Built
from autograder.errors import AutograderError
from autograder.grader import Grader, read_grader
from autograder.grading import SEED, Engine, code_cells
from autograder.job import CodeCell, Job, Verdict
from autograder.known import KnownSubmission, known_submissions
from autograder.notebook import read_notebook
from autograder.proof import slices
from autograder.proof.bounds import find_bounds, instrument
from autograder.proof.calibration import (
    FIRST_RUNS,
    Calibration,
    Place,
    Run,
    Seen,
    Series,
    calibration_path,
    read_runs,
)
from autograder.proof.findings import Finding
from autograder.proof.places import places_of
from autograder.proof.statistics import upper_limit
from autograder.proof.summary import MOST_CHANCE, MOST_UPPER, Summary, excess, summaries
from autograder.reports.calibration import percent, sigmas
from autograder.source import SourceQuestion
from autograder.template import as_bytes

RUNS = 200
WRONG_RUNS = 3


@dataclass(frozen=True)
class Progress:
    """How many runs are done, of how many that are planned so far."""

    done: int
    total: int


def grader_of(built: Built) -> Grader:
    """Return the grader of an assignment that was built in memory."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / Path(built.zip_path).name
        path.write_bytes(built.files[built.zip_path])
        return read_grader(path)


def plan(root: Path, built: Built, grader: Grader) -> Calibration:
    """Return all series of an assignment, with the runs that are stored and still hold.

    Args:
        root: folder of course.yml.
        grader: of the same build.

    Raises:
        AutograderError: when the stored calibration or a known submission has a mistake.
    """
    source = f"solutions/{built.assignment}/{built.assignment}.py"
    where = places_of((root / source).read_text(encoding="utf-8"), source)
    places: list[Place] = []
    series: list[Series] = []
    known = known_submissions(root, built)
    for question in built.source.questions:
        bounds = find_bounds(question.name, grader.tests[question.name]) if question.cases else ()
        lines = {bound: where.case(question.name, bound.function) + bound.offset for bound in bounds}
        places += [Place(bound, number, lines[bound]) for number, bound in enumerate(bounds)]
        if bounds:
            series += _series(question, built, grader, known)
    stored = read_runs(root, built.assignment)
    for one in series:
        earlier = stored.get((one.question, one.answer))
        if earlier is not None:
            if earlier.whole:
                _take_all_cells(one, grader)
            one.outdated = earlier.sha256 != one.sha256
            one.runs = {} if one.outdated else {run.number: run for run in earlier.runs}
    return Calibration(built.assignment, source, tuple(places), tuple(series))


def _series(
    question: SourceQuestion, built: Built, grader: Grader, known: tuple[KnownSubmission, ...]
) -> Iterator[Series]:
    """Yield the series of a question: of the reference, other right answers, wrong ones that lose points in it."""
    names = {name for case in question.cases for name in slices.parameters(case.code)}
    full = tuple(case.points for case in question.cases)

    def series(answer: str, kind: str, notebook: NotebookNode) -> Series:
        # a test that takes the whole notebook, under the name that Otter knows, may ask for any name
        every = _cells(notebook, slices.cells_before(notebook, question.name), grader)
        wanted = slices.cells_for(notebook, question.name, names)
        cells = every if "env" in names else _cells(notebook, wanted, grader)
        return Series(question.name, answer, kind, cells, every, _digest(question.name, cells, grader))

    answers = [("reference", "right", built.solved)]
    for case in known:
        loses = case.expected.get(question.name, full) != full
        if case.kind == ("wrong" if loses else "right"):
            answers.append((case.name, case.kind, nbformat.reads(case.notebook.decode(), as_version=4)))
    seen: set[str] = set()
    for answer in answers:
        one = series(*answer)
        if one.sha256 not in seen:  # the same cells give the same values
            yield one
        seen.add(one.sha256)


def _cells(notebook: NotebookNode, indices: tuple[int, ...], grader: Grader) -> tuple[CodeCell, ...]:
    """Return cells of a notebook as they are run, without the checks in their metadata: a question is checked last."""
    numbers = {index + 1 for index in indices}
    cells = code_cells(read_notebook(as_bytes(notebook), grader.info.name))
    return tuple(replace(cell, checks=()) for cell in cells if cell.number in numbers)


def _take_all_cells(series: Series, grader: Grader) -> None:
    series.cells, series.whole, series.runs = series.all_cells, True, {}
    series.sha256 = _digest(series.question, series.cells, grader)


def _digest(question: str, cells: tuple[CodeCell, ...], grader: Grader) -> str:
    """Return a hash of all that the values depend on, but for the kit and the packages it runs on."""
    files = sorted((name, hashlib.sha256(content).hexdigest()) for name, content in grader.files.items())
    sources = [cell.source for cell in cells]
    parts = [sources, instrument(question, grader.tests[question]), grader.reference, files, SEED]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def calibrate(engine: Engine, grader: Grader, calibration: Calibration, runs: int, jobs: int) -> Generator[Progress]:
    """Do the runs that are missing and add them to the calibration; yield after each.

    The first runs of all series come first, so that those which do not depend on the seed are soon left out. When the
    caller stops iterating or is interrupted, what runs is killed and nothing is made of it.

    Args:
        engine: warmed; closed when this is interrupted.
        runs: of each right answer; jobs: at the same time.

    Raises:
        Fault: when the kit failed.
        AutograderError: when a right answer did not come to its end.
    """
    running: dict[Future[Verdict], tuple[int, Series, tuple[CodeCell, ...]]] = {}
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="calibrate")
    try:
        while True:
            busy = [(number, series) for number, series, _ in running.values()]
            todo = [item for item in _todo(calibration, runs) if item not in busy]
            # the later runs of a series wait until its first ones have shown that they are worth their time
            ready = [item for item in todo if item[0] < FIRST_RUNS or item[1].is_decided()]
            for number, series in ready[: jobs - len(running)]:
                future = pool.submit(engine.run, _job(engine, grader, series, number))
                running[future] = number, series, series.cells
            done = sum(len(series.runs) for series in calibration.series)
            yield Progress(done, done + len(busy) + len(todo))
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                number, series, cells = running.pop(future)
                if cells is series.cells:
                    series.runs[number] = _run(calibration, series, number, future.result())
                if number == 0 and series.answer == "reference" and not series.whole and series.falls_short(0):
                    for one in calibration.series:
                        if one.question == series.question:
                            _take_all_cells(one, grader)
    except BaseException:
        engine.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _todo(calibration: Calibration, runs: int) -> list[tuple[int, Series]]:
    """Return the runs that are missing, as far as is known, the first ones of all series first."""
    return [
        (number, series)
        for number in range(max(runs, WRONG_RUNS))
        for series in calibration.series
        if number not in series.runs and number < series.wants(runs if series.kind == "right" else WRONG_RUNS)
    ]


def _job(engine: Engine, grader: Grader, series: Series, number: int) -> Job:
    question = next(question for question in grader.info.questions if question.name == series.question)
    tests = {series.question: instrument(series.question, grader.tests[series.question])}
    return replace(engine.job(series.cells, grader), questions=(question,), tests=tests, shift=number)


def _run(calibration: Calibration, series: Series, number: int, verdict: Verdict) -> Run:
    """Return what a run has shown."""
    (result,) = verdict.questions
    bounds = [place.bound for place in calibration.places if place.bound.question == series.question]
    seen: list[Seen | None] = [None] * len(bounds)
    for one in verdict.observed:
        seen[one.bound] = Seen(_rounded(one.value), _rounded(one.limit), one.held)
    failed = {bound.case for bound, one in zip(bounds, seen, strict=True) if one is not None and not one.held}
    if series.kind == "right":
        cause = next((case.cause for case in result.cases if case.cause), "")
        if cause:
            raise AutograderError(
                f"{calibration.assignment}: {series.answer}, question {series.question}, run {number} did not end: "
                f"{cause}. Raise the limits in course.yml or mend the answer; the other runs are kept."
            )
    lost = [case.title for case in result.cases if not case.passed and case.title not in failed]
    return Run(number, seen, lost)


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def findings(calibration: Calibration, file: str) -> list[Finding]:
    """Return what keeps a calibration from showing that the tests are fair; empty when it shows it.

    Args:
        file: the source, relative to the root, whose lines are named.
    """
    stored, again = calibration_path(calibration.assignment), f"Run `autograder calibrate {calibration.assignment}`."
    missing = sorted({series.question for series in calibration.series if not series.runs})
    outdated = sorted({series.question for series in calibration.series if series.outdated and not series.runs})
    found = []
    if outdated:
        text = f"the runs of {', '.join(outdated)} are of other cells, tests, answers or data files."
        found.append(Finding("calibration", stored, 0, text, again))
    elif missing:
        text = f"there are no runs of every answer to {', '.join(missing)}."
        found.append(Finding("calibration", stored, 0, text, again))
    worst: dict[Place, Summary] = {}
    for summary in summaries(calibration):
        if excess(summary) >= excess(worst.setdefault(summary.place, summary)):
            worst[summary.place] = summary
    short = [summary for summary in worst.values() if any(excess(summary))]
    few = [summary for summary in short if not summary.failures and not excess(summary)[1]]
    if few:
        needed = next(runs for runs in range(1, 1000) if upper_limit(0, runs) <= MOST_UPPER)
        lines = ", ".join(f"{line}" for line in sorted({summary.place.line for summary in few}))
        text = f"{min(summary.runs for summary in few)} runs are too few for the bounds of {file}, lines {lines}:"
        text += f" {needed} without a failure show that at most {percent(MOST_UPPER)} of right answers fail."
        found.append(Finding("calibration", stored, 0, text, again))
    found += [_finding(summary, file) for summary in short if summary not in few]
    return found + [_finding_beside(series, calibration, file) for series in calibration.series if _beside(series)]


def _finding(summary: Summary, file: str) -> Finding:
    bound, (_, chance) = summary.place.bound, excess(summary)
    text = f"{bound.question}, {bound.case!r}: `{bound.text}`: "
    advice = "Loosen the bound, change the task, or give more tries (of several networks the best one counts)."
    text += f"{summary.failures} of {summary.runs} runs of {summary.answer} fail"
    if summary.failures:
        text += f"; so up to {percent(summary.upper)} of right answers may, {percent(MOST_UPPER)} are allowed"
    if chance and summary.tail:
        text += f"; {sigmas(summary.tail.margin)} from the bound ({summary.tail.model}) about {percent(chance)} fail,"
        text += f" {percent(MOST_CHANCE)} are allowed"
    text += "."
    return Finding("calibration", file, summary.place.line, text, advice)


def _beside(series: Series) -> dict[str, list[int]]:
    """Return title -> runs in which a test case of a right answer fails although every bound holds.

    Not where every run fails but that of the seeds as they stand: such a test states the numbers of one seed.
    """
    if series.kind != "right":
        return {}
    runs = series.runs.values()
    failed = {title: [run.number for run in runs if title in run.lost] for run in runs for title in run.lost}
    return {title: sorted(numbers) for title, numbers in failed.items() if set(numbers) != set(series.runs) - {0}}


def _finding_beside(series: Series, calibration: Calibration, file: str) -> Finding:
    title, numbers = next(iter(_beside(series).items()))
    lines = {place.bound.case: place.line for place in calibration.places if place.bound.question == series.question}
    text = f"{series.question}, {title!r}: {len(numbers)} of {len(series.runs)} runs of {series.answer} fail"
    text += f" (run {numbers[0]} is the first), not at a numeric bound."
    advice = "A right answer must pass whatever its seed: let the test ask for less, or the task say more."
    return Finding("calibration", file, lines.get(title, 0), text, advice)
