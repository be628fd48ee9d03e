"""After a change of tests: grade from the evidence of earlier runs, and say what changed and why.

In go earlier results with their evidence and the new grader; out come new results. Student code runs again only for a
submission of which the new tests ask what its evidence does not hold.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from autograder.grader import Grader
from autograder.grading import Engine
from autograder.model import CaseResult, Change, QuestionResult, Regraded, Result


def regrade_batch(
    engine: Engine, earlier: Iterable[Result], grader: Grader, jobs: int, live: bool = False
) -> Iterator[Regraded]:
    """Yield each submission, graded by `grader`, as it ends, `jobs` at a time.

    When the caller stops iterating or is interrupted, what runs is killed and no result is made of it.

    Args:
        earlier: graded results with their evidence; each is taken when its turn comes, and its evidence let go after.
        live: run the code of all of them again.
    """
    waiting = iter(earlier)
    running: dict[Future[tuple[Result, bool]], Result] = {}
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="regrade")
    try:
        while True:
            while len(running) < jobs and (before := next(waiting, None)) is not None:
                running[pool.submit(engine.regrade, before, grader, live)] = replace(before, evidence=b"")
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                after, ran = future.result()
                yield Regraded(running.pop(future), after, ran)
    except BaseException:
        engine.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def changes(before: Result, after: Result) -> list[Change]:
    """Return the questions whose points differ, in the order of the new grader; questions that are gone come last."""
    old = {question.name: question for question in before.questions}
    new = {question.name: question for question in after.questions}
    return [
        Change(
            after.submission, name, _points(old.get(name)), _points(new.get(name)), _why(old.get(name), new.get(name))
        )
        for name in [*new, *(name for name in old if name not in new)]
        if _points(old.get(name)) != _points(new.get(name))
    ]


def _points(question: QuestionResult | None) -> float | None:
    return None if question is None else question.points


def _why(old: QuestionResult | None, new: QuestionResult | None) -> str:
    """Say in a few words which test cases changed, by title: numbers move when a case is put in between."""
    if old is None or new is None:
        return "the question is new" if old is None else "the question is gone"
    before, after = _by_title(old), _by_title(new)
    said = [f"new: {title} ({_outcome(case)})" for title, case in after.items() if title not in before]
    said += [f"gone: {title} (was {_outcome(case)})" for title, case in before.items() if title not in after]
    for title, case in after.items():
        if title in before and before[title].points != case.points:
            was, now = _outcome(before[title]), _outcome(case)
            said.append(f"{title}: {was} -> {now}" if was != now else f"{title}: worth {case.max_points:g}")
    return "; ".join(said)


def _by_title(question: QuestionResult) -> dict[str, CaseResult]:
    cases: dict[str, CaseResult] = {}
    for case in question.cases:
        title, number = case.title, 1
        while title in cases:
            number += 1
            title = f"{case.title} ({number})"
        cases[title] = replace(case, title=title)
    return cases


def _outcome(case: CaseResult) -> str:
    return "passed" if case.passed else "failed"
