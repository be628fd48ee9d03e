"""The gate: an assignment in, what is proven of its grader out.

reference    every point, by our engine and by stock Otter's
template     no point but those that are allowed, and no error that the student did not cause
known        every known submission gets its exact points, test case by test case
mutants      a plausible mistake costs points
calibration  a right answer does not fail by bad luck
notebook     nothing is missing, given away, slow, or dependent on the order of test cases
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from autograder.build import Built, build_assignment
from autograder.errors import AutograderError, Fault, SourceError
from autograder.grading import Engine, code_cells
from autograder.known import KnownSubmission, known_submissions
from autograder.model import Assignment, Course, Result, Status, Submission
from autograder.notebook import read_notebook
from autograder.precedents import Precedents
from autograder.proof import answers, calibrate, mutants, notebook_checks, order, summary
from autograder.proof.findings import Finding
from autograder.proof.places import places_of
from autograder.proof.record import CHECKS, BoundCount, MutantCount, Proof, proof_inputs, write_mutants
from autograder.proof.stock import stock_scores

KILLED = 0.95  # of the mutants that are not equivalent

Report = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
Item = TypeVar("Item")
Answer = TypeVar("Answer")


def verify(
    engine: Engine,
    root: Path,
    course: Course,
    assignment: Assignment,
    jobs: int,
    report: Report,
    left_out: Collection[str] = (),
) -> Proof:
    """Prove the grader of one assignment; writes solutions/<id>/mutants.csv unless that is left out, and nothing else.

    Args:
        engine: warmed; closed when this is interrupted.
        root: folder of course.yml.
        jobs: how many notebooks run at the same time.
        report: is called as the work goes on.
        left_out: checks that are not made: "stock", "mutants", "calibration".

    Raises:
        Fault: when the kit, not the assignment, failed.
        AutograderError: when a file beside the source has a mistake, or one changes meanwhile.
    """
    before = proof_inputs(root, assignment)
    try:
        built = build_assignment(root, course, assignment)
    except SourceError as mistake:
        file = f"solutions/{assignment.id}/{assignment.id}.py"
        text = str(mistake).removeprefix(f"{file}: ")
        return Proof(assignment.id, before, findings=[Finding("notebook", file, 0, text, "Nothing else was checked.")])
    gate = _Gate(engine, root, built, jobs, report, frozenset(left_out))
    gate.answers()
    gate.texts()
    gate.orders()
    count, bounds = gate.mutants(), gate.calibration()
    inputs = proof_inputs(root, assignment)
    if _written_by_hand(inputs) != _written_by_hand(before):
        raise AutograderError(f"solutions/{assignment.id}: a file changed while it was verified. Verify it again.")
    cases = [case for question in built.source.questions for case in question.cases]
    kinds = [case.kind for case in gate.known]
    return Proof(
        assignment=assignment.id,
        inputs=inputs,
        questions=len(built.source.questions),
        manual=sum(question.manual for question in built.source.questions),
        public=sum(not case.hidden for case in cases),
        hidden=sum(case.hidden for case in cases),
        known={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        mutants=count,
        bounds=bounds,
        findings=sorted(gate.findings, key=_in_order),
    )


def _in_order(finding: Finding) -> tuple[int, str, int, str]:
    return CHECKS.index(finding.check), finding.file, finding.line, finding.text


def _written_by_hand(inputs: dict[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in inputs.items() if not name.endswith("/mutants.csv")}


class _Gate:
    """One assignment on its way through the checks.

    Attributes:
        known: the known submissions.
        findings: what fell short so far.
    """

    def __init__(
        self, engine: Engine, root: Path, built: Built, jobs: int, report: Report, left_out: frozenset[str]
    ) -> None:
        self._engine, self._root, self._built, self._jobs, self._report = engine, root, built, jobs, report
        engine.precedents = Precedents(most=0)  # every known submission is judged for itself
        self._grader = calibrate.grader_of(built)
        self._folder = root / "solutions" / built.assignment
        file = f"solutions/{built.assignment}/{built.assignment}.py"
        self._places = places_of(built.text, file)
        self.known = known_submissions(root, built)
        self.findings: list[Finding] = []
        self._reference, self._template = answers.own_answers(built, self.known)
        own = (self._reference, self._template)
        same = [(case.notebook, case.expected) for case in own]
        others = [case for case in self.known if (case.notebook, case.expected) not in same]
        self._cases = {case.name: case for case in (*own, *others)}
        self._results: dict[str, Result] = {}
        self._made = () if "mutants" in left_out else mutants.make(built)
        self._left_out = left_out
        ways = len(own) + len(self._cases)  # of running the test cases in another order
        self._done, self._total = 0, len(self._cases) + ("stock" not in left_out) + ways + 1 + len(self._made)

    def answers(self) -> None:
        """Check what reference, template and known submissions get, and the reference by stock Otter too."""
        with ThreadPoolExecutor(1, thread_name_prefix="stock") as pool:
            scores = None if "stock" in self._left_out else pool.submit(self._stock)
            for case, result in self._each("known answers", self._grade, self._cases.values()):
                self._results[case.name] = result
                listed = case in self.known
                self.findings += answers.unexpected(self._built, self._places, case, listed, result)
            if scores:
                self.findings += scores.result()
                self._step("stock Otter")
        self.findings += answers.toothless(self._built, self._places, self.known)
        template = self._results[self._template.name]
        self.findings += answers.template_errors(self._built, self._places, template)

    def texts(self) -> None:
        """Check what the source and the notebooks say, without running anything."""
        reference = self._results[self._reference.name]
        self.findings += notebook_checks.lacking(reference, self._built, self._places)
        self.findings += notebook_checks.given_away(self._built, self._places)

    def orders(self) -> None:
        """Check that no test case leans on another, and that the reference has time to spare."""
        own = (self._reference, self._template)
        items: list[tuple[str, order.Way, str]] = [("in reverse order", order.backwards, case.name) for case in own]
        items += [("alone", order.alone, name) for name in self._cases]
        found = dict(self._each("order of test cases", self._in_another_order, items))
        moved: dict[tuple[str, int], Finding] = {}
        for item in items:
            for one in found[item]:
                moved.setdefault((one.question, one.index), self._moved(one, item[0], item[2]))
        self.findings += moved.values()
        limits, causes = order.hurried(self._engine, self._cells(self._reference), self._grader)
        self._step("time")
        for cause in causes:
            text = (
                f"{self._built.assignment}: with half of its limits ({limits.cell_seconds} s a cell,"
                f" {limits.run_seconds} s a run) the reference falls short: {cause.rstrip('.')}."
            )
            advice = "A student's way may take twice the time of yours: raise the limits, or let the task cost less."
            self.findings.append(Finding("notebook", "course.yml", 0, text, advice))

    def mutants(self) -> MutantCount:
        """Check that mutants of the reference lose points, unless it loses some itself; writes mutants.csv."""
        if "mutants" in self._left_out or any(finding.check == "reference" for finding in self.findings):
            return MutantCount()
        made = self._made
        equivalents = mutants.read_equivalents(self._folder / "mutants.yml", made)
        accepted = mutants.read_survivors(self._folder / "mutants.yml", made)
        outcomes = []
        for outcome in mutants.run(self._engine, self._built, self._grader, made, self._jobs):
            outcomes.append(outcome)
            self._step("mutants")
        rows = mutants.rows(outcomes, equivalents, accepted)
        write_mutants(self._root, self._built.assignment, mutants.HEADER, rows)
        marked = equivalents | accepted
        for one in (outcome for outcome in outcomes if outcome.killed_by and outcome.mutant.key in marked):
            text = f"mutants.yml gives a reason why {one.mutant.key} may survive, but {one.killed_by!r} notices it."
            self._find("mutants", one.mutant.line, text, "Take it out of mutants.yml.")
        counted = [outcome for outcome in outcomes if outcome.mutant.key not in equivalents]
        survivors = [outcome.mutant for outcome in counted if not outcome.killed_by]
        killed = len(counted) - len(survivors)
        if killed < KILLED * len(counted):
            text = f"{killed} of {len(counted)} mutants lose points, {KILLED:.0%} must."
            self._find("mutants", 0, text, "Strengthen the test cases that the next findings name.")
        for mutant in (mutant for mutant in survivors if mutant.key not in accepted):
            change = f"{mutant.before.strip()}` -> `{mutant.after.strip()}"
            text = f"No test case of {mutant.question} notices this mistake ({mutant.operator}): `{change}`."
            advice = f"Test it, or, if no test could tell, write a reason for {mutant.key} into mutants.yml."
            self._find("mutants", mutant.line, text, advice)
        return MutantCount(len(made), len(outcomes) - len(counted), killed)

    def calibration(self) -> BoundCount:
        """Check the numeric bounds by the calibration that is stored; nothing is run."""
        if "calibration" in self._left_out:
            return BoundCount()
        stored = calibrate.plan(self._root, self._built, self._grader)
        self.findings += calibrate.findings(stored, self._places.file)
        return summary.count(stored)

    def _find(self, check: str, line: int, text: str, advice: str) -> None:
        self.findings.append(Finding(check, self._places.file, line, text, advice))

    def _step(self, what: str) -> None:
        self._done += 1
        self._report(what, self._done, self._total)

    def _each(
        self, what: str, function: Callable[[Item], Answer], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Answer]]:  # fmt: skip
        """Yield each item with what the function makes of it, as they end."""
        pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="verify")
        try:
            running = {pool.submit(function, item): item for item in items}
            for future in as_completed(running):
                yield running[future], future.result()
                self._step(what)
        except BaseException:
            self._engine.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _grade(self, case: KnownSubmission) -> Result:
        digest = hashlib.sha256(case.notebook).hexdigest()
        submission = Submission(case.name, "", Path(case.name), case.notebook, sha256=digest)
        result = self._engine.grade(submission, self._grader)
        if result.status is Status.FAULT:
            raise Fault(f"{self._built.assignment}: {case.name}: {result.note}")
        return result

    def _stock(self) -> list[Finding]:
        built = self._built
        try:
            scores = stock_scores(built.assignment, self._reference.notebook, built.files[built.zip_path])
        except AutograderError as failure:
            advice = "Run `otter run` on the solved notebook by hand."
            return [
                Finding("stock", self._places.file, 0, f"Stock Otter does not grade the reference: {failure}", advice)
            ]
        return list(answers.stock_differences(self._places, self._reference, scores))

    def _in_another_order(self, item: tuple[str, order.Way, str]) -> list[order.Moved]:
        _, way, name = item
        if self._results[name].status is not Status.GRADED:
            return []
        return way(self._engine, self._cells(self._cases[name]), self._results[name], self._grader)

    def _cells(self, case: KnownSubmission) -> order.Cells:
        return code_cells(read_notebook(case.notebook, self._grader.info.name))

    def _moved(self, one: order.Moved, way: str, name: str) -> Finding:
        function = answers.case_names(self._built, one.question)[one.index]
        text = (
            f"Test case {function} of {one.question} depends on others: {name} gets {one.before:g} for it in order,"
            f" {one.after:g} {way}."
        )
        advice = "Let it make all that it needs, and leave nothing behind: no state in the notebook or in a module."
        return Finding("notebook", self._places.file, self._places.case(one.question, function), text, advice)
