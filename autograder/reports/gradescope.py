"""results.json for Gradescope: a Result in, its text out, by the rule of what a student may see.

The format is gradescope-autograders.readthedocs.io/en/latest/specs. Students see at once which public checks passed,
by a run into which no hidden input ever came; what hidden tests decide is shown after the grades are published. Nothing
that was computed in a box is in it, and no time.
"""

import json
from typing import Any

from autograder.model import QuestionResult, Result, Status
from autograder.text import number

MAX_OUTPUT = 100_000  # characters; Gradescope cuts longer ones


def gradescope_json(result: Result, public: Result) -> str:
    """Return results.json.

    Args:
        result: of all test cases.
        public: of a run of the public ones alone, without any hidden input.

    Raises:
        ValueError: for a fault: without results.json Gradescope shows an error and no score.
    """
    if result.status is Status.FAULT:
        raise ValueError("a fault has no results")
    if result.status is Status.REJECTED:
        tests = [
            {"name": "This file cannot be graded", "status": "failed", "output": result.note, "visibility": "visible"}
        ]
        return _text({"score": 0, "output": result.note, "tests": tests})
    tests = [_public_checks(public), *(_question(question) for question in result.questions if not question.manual)]
    if result.note != public.note:
        tests.append({"name": "What happened", "output": result.note, "visibility": "after_published"})
    output = "\n".join(filter(None, [public.note, _by_people(result)]))
    return _text({"score": result.score, "output": output, "tests": tests})


def _text(content: dict[str, Any]) -> str:
    return json.dumps({"stdout_visibility": "hidden", "output_format": "text", **content}, indent=2) + "\n"


def _public_checks(result: Result) -> dict[str, Any]:
    lines = []
    for question in result.questions:
        public = [case for case in question.cases if not case.hidden]
        passed = sum(case.passed for case in public)
        if public:
            lines.append(f"{question.name}: {passed} of {len(public)} public checks passed")
            lines += [f"    {case.title}: {case.cause or case.hint}" for case in public if not case.passed]
    everything = all(case.passed for question in result.questions for case in question.cases if not case.hidden)
    return {
        "name": "Public checks",
        "status": "passed" if everything else "failed",
        "output": "\n".join(lines)[:MAX_OUTPUT],
        "visibility": "visible",
    }


def _question(question: QuestionResult) -> dict[str, Any]:
    lines = [
        f"{'passed' if case.passed else 'failed'}  {number(case.points)}/{number(case.max_points)}  {case.title}"
        + ("" if case.passed else f"\n        {case.cause or case.hint}")
        for case in question.cases
    ]
    return {
        "name": f"{question.name}: {question.title}",
        "score": question.points,
        "max_score": question.max_points,
        "status": "passed" if question.points == question.max_points else "failed",
        "output": "\n".join(lines)[:MAX_OUTPUT],
        "visibility": "after_published",
    }


def _by_people(result: Result) -> str:
    manual = [question for question in result.questions if question.manual]
    if not manual:
        return ""
    names = ", ".join(f"{question.name} ({number(question.max_points)} points)" for question in manual)
    return f"Marked by people and not part of this score: {names}."
