"""Graded answers whose points are known -> where they got others: reference, template, known submissions."""

from collections.abc import Iterator

from autograder.build import Built, solved_notebook
from autograder.known import KnownSubmission
from autograder.model import Result, Status
from autograder.proof.findings import Finding
from autograder.proof.places import Places
from autograder.template import as_bytes

_ADVICE = {
    "reference": "Mend the solution or the test case: a right answer must pass.",
    "template": "Let the test case fail on the stub, or state the points in a known submission of kind template.",
    "known": "Mend the test case; where the points in case.yml are wrong, mend those.",
}


def own_answers(built: Built, known: tuple[KnownSubmission, ...]) -> tuple[KnownSubmission, KnownSubmission]:
    """Return the reference, with every point, and the template, with the points that its known submission allows it."""
    full = {
        question.name: tuple(case.points for case in question.cases)
        for question in built.source.questions
        if not question.manual
    }
    nothing = {name: (0.0,) * len(cases) for name, cases in full.items()}
    template = KnownSubmission("the template", "", "template", as_bytes(built.template), nothing)
    listed = (case for case in known if case.kind == "template" and case.notebook == template.notebook)
    return KnownSubmission("the reference", "", "reference", solved_notebook(built), full), next(listed, template)


def unexpected(built: Built, places: Places, case: KnownSubmission, listed: bool, result: Result) -> Iterator[Finding]:
    """Yield each test case for which a submission got other points than the known ones.

    Args:
        listed: it stands in tests/submissions/, where its points can be mended.
        result: of grading it; no fault.
    """
    check = case.kind if case.kind in ("reference", "template") else "known"
    name = f"tests/submissions/{built.assignment}/{case.name}" if listed else case.name
    if result.status is not Status.GRADED:
        yield Finding(check, places.file, 0, f"{name} is {result.status}: {result.note}", "Mend its notebook.")
    for question in result.questions:
        names = case_names(built, question.name)
        for function, got, expected in zip(names, question.cases, case.expected.get(question.name, ()), strict=True):
            if got.points == expected:
                continue
            line = places.case(question.name, function)
            why = [] if got.passed else (got.cause or got.message).strip().splitlines()[-1:]
            text = f"{name} gets {got.points:g} for {function} of {question.name}, expected {expected:g}."
            yield Finding(check, places.file, line, " ".join([text, *why])[:500], _ADVICE[check])


def toothless(built: Built, places: Places, known: tuple[KnownSubmission, ...]) -> Iterator[Finding]:
    """Yield each test case that no known wrong answer fails: nobody knows whether it can."""
    wrong = [case for case in known if case.kind not in ("reference", "template", "right")]
    for question in built.source.questions:
        for index, case in enumerate(question.cases):
            if all(answer.expected[question.name][index] for answer in wrong) and case.points:
                line = places.case(question.name, case.name)
                text = f"No known wrong answer fails {case.name} of {question.name}: nobody knows whether it can fail."
                advice = f"Put the mistake that it is there for under tests/submissions/{built.assignment}/."
                yield Finding("known", places.file, line, text, advice)


def template_errors(built: Built, places: Places, result: Result) -> Iterator[Finding]:
    """Yield what running the untouched notebook raised, and what else went wrong in it."""
    for error in result.facts.cell_errors if result.facts else ():
        line = places.cell(built.template.cells[error.cell - 1].source)
        text = f"The untouched notebook raises {error.type_name} in cell {error.cell}: {error.text[:200]}"
        advice = "Let the given code look whether an answer is there before it uses it."
        yield Finding("template", places.file, line, text, advice)
    if result.note:
        advice = "The given code alone must run to its end."
        yield Finding("template", places.file, 0, f"The untouched notebook: {result.note}", advice)


def stock_differences(
    places: Places, reference: KnownSubmission, scores: dict[str, float]
) -> Iterator[Finding]:  # fmt: skip
    """Yield each question for which stock Otter gave the reference other points than all; `scores`: what it gave."""
    for name, cases in reference.expected.items():
        points, got = round(sum(cases), 6), round(scores.get(name, 0.0), 6)
        if got != points:
            text = f"Stock Otter gives the reference {got:g} points for {name}, expected {points:g}."
            advice = "Use in its test cases only what the notebook and Otter have there too."
            yield Finding("stock", places.file, places.question(name), text, advice)


def case_names(built: Built, question: str) -> list[str]:
    """Return the names of a question's test functions, in the order of the test file."""
    return [case.name for item in built.source.questions if item.name == question for case in item.cases]
