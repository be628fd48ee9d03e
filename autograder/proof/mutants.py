"""The reference with one plausible mistake each: made from its solution regions, judged by the question it touches.

In go a built assignment and its grader; out come mutants, and for each the test case that noticed it, or that none did.
What a mutant cannot change is not run again: one in a function that the training does not use pays for no training.
"""

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from autograder.build import Built, solved_notebook
from autograder.errors import ConfigError, Fault
from autograder.grader import Grader
from autograder.grading import Engine, code_cells
from autograder.job import Job, Verdict
from autograder.notebook import read_notebook
from autograder.proof import slices
from autograder.proof.changes import changes, difference
from autograder.proof.places import places_of
from autograder.yamlfile import nearest, read_yaml

HEADER = ("mutant", "operator", "question", "line", "change", "outcome")
LEAST_SECONDS = 20  # of CPU time that a mutant may use; an endless loop costs as much
PATIENCE = 4  # times what the reference uses


@dataclass(frozen=True)
class Mutant:
    """The reference with one change.

    Attributes:
        key: question/operator/hash; it stays when other lines of the source change.
        line: in the source, where the change begins.
        before, after: the lines that differ.
        cell: index of the changed cell in the solved notebook; source: its whole text.
    """

    key: str
    operator: str
    question: str
    line: int
    before: str
    after: str
    cell: int
    source: str


@dataclass(frozen=True)
class MutantOutcome:
    """What became of a mutant: `killed_by` is the title of the first test case that failed, "" when all passed."""

    mutant: Mutant
    killed_by: str


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of mutants.yml. `equivalent`: it does what the question asks; false: it does not, but may survive."""

    mutant: str
    reason: Annotated[str, Meta(pattern=r"\S", description="why no test could tell it from a right answer")]
    equivalent: bool = True


@dataclass(frozen=True)
class _Stage:
    """The test cases of a question that need the same cells; `seconds`: CPU time that the reference takes for them."""

    cells: tuple[int, ...]
    cases: tuple[str, ...]
    seconds: float


def make(built: Built) -> tuple[Mutant, ...]:
    """Return all mutants of an assignment's reference, in the order of the source."""
    places = places_of(built.text, f"solutions/{built.assignment}/{built.assignment}.py")
    made: list[Mutant] = []
    for question in built.source.questions:
        solutions = [
            line
            for part, line in places.cells
            if (part.question, part.kind, part.cell.cell_type) == (question.name, "solution", "code")
        ]
        answers = built.answers.get(question.name, ()) if question.cases else ()
        cells = [index for index in answers if built.solved.cells[index].cell_type == "code"]
        for index, line in zip(cells, solutions, strict=bool(cells)):
            made += _of_cell(question.name, index, built.solved.cells[index].source, line)
    return _with_keys(made)


def run(engine: Engine, built: Built, grader: Grader, made: tuple[Mutant, ...], jobs: int) -> Iterator[MutantOutcome]:
    """Yield the outcome of each mutant as it ends, `jobs` at a time.

    When the caller stops iterating or is interrupted, what runs is killed and the engine is closed.

    Raises:
        Fault: when the kit failed; it is never taken for a mutant that was noticed.
    """
    court = _Court(engine, built, grader)
    with ThreadPoolExecutor(jobs, thread_name_prefix="mutants") as pool:
        questions = list(dict.fromkeys(mutant.question for mutant in made))
        stages = dict(zip(questions, pool.map(court.stages, questions), strict=True))
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="mutants")
    try:
        running = [pool.submit(court.judge, mutant, stages[mutant.question]) for mutant in made]
        for future in as_completed(running):
            yield future.result()
    except BaseException:
        engine.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def read_equivalents(path: Path, made: Iterable[Mutant]) -> dict[str, str]:
    """Return key -> reason of the mutants that an author marked as equivalent; nothing when there is no such file.

    Args:
        path: of mutants.yml: a list of `mutant: its key`, `reason: text` and, for one that counts as not killed though
            it may survive, `equivalent: false`.
        made: all mutants of the assignment.

    Raises:
        ConfigError: names file and entry: an unknown key, one that is given twice, no reason.
    """
    return {entry.mutant: _one_line(entry.reason) for entry in _entries(path, made) if entry.equivalent}


def read_survivors(path: Path, made: Iterable[Mutant]) -> dict[str, str]:
    """Return key -> reason of the mutants that are no right answers and may survive all the same.

    Args, Raises: as for `read_equivalents`, from the same file.
    """
    return {entry.mutant: _one_line(entry.reason) for entry in _entries(path, made) if not entry.equivalent}


def _entries(path: Path, made: Iterable[Mutant]) -> list[_Entry]:
    if not path.is_file():
        return []
    entries = read_yaml(path.read_text(encoding="utf-8"), list[_Entry], str(path), ConfigError)
    known, seen = {mutant.key for mutant in made}, set()
    for index, entry in enumerate(entries):
        if entry.mutant not in known:
            advice = nearest(entry.mutant, known) or " `autograder verify` lists all keys in mutants.csv."
            raise ConfigError(f"{path}: [{index}].mutant: there is no mutant `{entry.mutant}` (any more).{advice}")
        if entry.mutant in seen:
            raise ConfigError(f"{path}: [{index}].mutant: `{entry.mutant}` is given twice. Keep one reason.")
        seen.add(entry.mutant)
    return entries


def rows(
    outcomes: Iterable[MutantOutcome], equivalents: dict[str, str], survivors: dict[str, str]
) -> list[tuple[str, ...]]:
    """Return the rows of mutants.csv under HEADER, in the order of the source whatever the order of the outcomes."""
    ordered = sorted(outcomes, key=lambda outcome: (outcome.mutant.line, outcome.mutant.key))
    return [_row(outcome, equivalents, survivors) for outcome in ordered]


def _row(outcome: MutantOutcome, equivalents: dict[str, str], survivors: dict[str, str]) -> tuple[str, ...]:
    mutant = outcome.mutant
    if outcome.killed_by:
        found = f"killed by: {outcome.killed_by}"
    elif mutant.key in equivalents:
        found = f"equivalent: {equivalents[mutant.key]}"
    else:
        found = f"survived: {survivors[mutant.key]}" if mutant.key in survivors else "survived"
    change = f"- {_one_line(mutant.before)} / + {_one_line(mutant.after)}"
    return mutant.key, mutant.operator, mutant.question, str(mutant.line), change, found


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _of_cell(question: str, cell: int, source: str, first_line: int) -> Iterator[Mutant]:
    """Yield the mutants of one cell, still without keys; `first_line` of the cell in the source, 0 when unknown."""
    for operator, changed in changes(source):
        index, before, after = difference(source, changed)
        line = first_line + index if first_line else 0
        yield Mutant("", operator, question, line, before, after, cell, changed)


def _with_keys(made: list[Mutant]) -> tuple[Mutant, ...]:
    counts: dict[tuple[str, ...], int] = {}
    keyed = []
    for mutant in made:
        same = mutant.question, mutant.operator, _one_line(mutant.before), _one_line(mutant.after)
        counts[same] = counts.get(same, 0) + 1
        digest = sha256(repr((*same[2:], counts[same])).encode()).hexdigest()[:6]
        keyed.append(replace(mutant, key=f"{mutant.question}/{mutant.operator}/{digest}"))
    return tuple(keyed)


class _Court:
    """Judges mutants of one assignment, each by as much of the notebook as it can make a difference to."""

    def __init__(self, engine: Engine, built: Built, grader: Grader) -> None:
        self._engine, self._built, self._grader = engine, built, grader
        self._cells = code_cells(read_notebook(solved_notebook(built), grader.info.name))
        self._parameters = {
            (question.name, case.name): slices.parameters(case.code)
            for question in built.source.questions
            for case in question.cases
        }

    def stages(self, question: str) -> tuple[_Stage, ...]:
        """Return the cases of a question by the cells they need, the fewest first; the reference passes all of them.

        Where the reference loses points in its slice, all cells before the check take its place; a case that it fails
        there too judges no mutant.
        """
        groups: dict[tuple[int, ...], list[str]] = {}
        for (name, case), names in self._parameters.items():
            if name == question:
                whole = "env" in names  # Otter's word for all names
                cells = slices.cells_for(self._built.solved, question, names)
                before = slices.cells_before(self._built.solved, question)
                groups.setdefault(before if whole else cells, []).append(case)
        stages = []
        for cells, cases in groups.items():
            stage, failed = self._measured(question, cells, cases)
            if failed:
                stage, failed = self._measured(question, slices.cells_before(self._built.solved, question), cases)
            stages.append(replace(stage, cases=tuple(case for case in cases if case not in failed)))
        return tuple(sorted(stages, key=lambda stage: (len(stage.cells), stage.cells)))

    def _measured(self, question: str, cells: tuple[int, ...], cases: list[str]) -> tuple[_Stage, set[str]]:
        verdict = self._engine.run(self._job(question, cells, cases))
        results = verdict.questions[0].cases
        failed = {case for case, result in zip(cases, results, strict=True) if not result.passed}
        return _Stage(cells, tuple(cases), verdict.cpu_seconds), failed

    def judge(self, mutant: Mutant, stages: tuple[_Stage, ...]) -> MutantOutcome:
        """Run a mutant against one stage after the other until a case fails.

        Raises:
            Fault: when the kit failed.
        """
        line = 1 + difference(self._built.solved.cells[mutant.cell].source, mutant.source)[0]
        for stage in stages:
            cases = [case for case in stage.cases if self._depends(mutant, case, line)]
            if cases:
                job = self._job(mutant.question, stage.cells, cases, mutant)
                killed_by = _killed_by(self._answer(mutant, _with_limits(job, stage.seconds)))
                if killed_by:
                    return MutantOutcome(mutant, killed_by)
        return MutantOutcome(mutant, "")

    def _answer(self, mutant: Mutant, job: Job) -> Verdict:
        try:
            return self._engine.run(job)
        except Fault as fault:
            raise Fault(f"{self._built.assignment}: mutant {mutant.key}, line {mutant.line}: {fault}") from fault

    def _depends(self, mutant: Mutant, case: str, line: int) -> bool:
        names = self._parameters[mutant.question, case]
        return "env" in names or slices.depends(self._built.solved, mutant.question, names, mutant.cell, line)

    def _job(self, question: str, cells: tuple[int, ...], cases: list[str], mutant: Mutant | None = None) -> Job:
        changed = {mutant.cell: mutant.source} if mutant else {}
        kept = (cell for cell in self._cells if cell.number - 1 in cells)
        whole = self._engine.job(
            tuple(replace(cell, source=changed.get(cell.number - 1, cell.source)) for cell in kept), self._grader
        )
        return replace(
            whole,
            questions=tuple(item for item in whole.questions if item.name == question),
            tests={question: slices.only_cases(whole.tests[question], set(cases))},
        )


def _with_limits(job: Job, seconds: float) -> Job:
    """Return the job with limits that end an endless loop early, given what the reference takes."""
    cell_seconds = max(LEAST_SECONDS, math.ceil(PATIENCE * seconds))
    limits = replace(job.limits, cell_seconds=cell_seconds, run_seconds=2 * cell_seconds)
    return replace(job, limits=limits, wall_seconds=limits.wall_factor * limits.run_seconds)


def _killed_by(verdict: Verdict) -> str:
    """Return the title of the first case that lost points, or what died in the notebook; "" when none did."""
    (question,) = verdict.questions
    titles = (case.title for case in question.cases if not case.passed and case.max_points)
    title = next(titles, "")
    return verdict.notes[0] if title and verdict.notes else title
