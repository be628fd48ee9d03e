"""Earlier results that still hold: what `grade` and `regrade` need not do again."""

from autograder.grader import Grader
from autograder.model import Result, Status, Submission
from autograder.versions import kit_version


def split_current(
    submissions: tuple[Submission, ...], earlier: dict[str, Result], grader: Grader
) -> tuple[list[Result], tuple[Submission, ...]]:
    """Return the earlier results that still hold, and the submissions that are to be graded."""
    kept, todo = [], []
    for submission in submissions:
        result = earlier.get(submission.name)
        if result is not None and is_current(result, submission, grader):
            kept.append(result)
        else:
            todo.append(submission)
    return kept, tuple(todo)


def is_another_file(earlier: dict[str, Result], submission: Submission) -> bool:
    """Tell whether an earlier result bears the submission's name but came from a file with other content."""
    facts = earlier[submission.name].facts if submission.name in earlier else None
    return facts is not None and facts.submission_sha256 != submission.sha256


def is_current(result: Result, submission: Submission, grader: Grader) -> bool:
    """Tell whether a result of an earlier run still holds: same submission, same grader, same kit, and no fault."""
    facts = result.facts
    same_file = facts is not None and facts.submission_sha256 == submission.sha256
    return result.status is Status.GRADED and same_file and is_by(result, grader)


def is_by(result: Result, grader: Grader) -> bool:
    """Tell whether a result was made by this grader and this kit."""
    facts = result.facts
    return facts is not None and facts.grader_sha256 == grader.sha256 and facts.kit == kit_version()
