"""Attempts of the gradebook as submissions for the grader, and what it finds as scores of the gradebook.

A submission is named by its students and its file, so the same file has the same name in every run, and two attempts
with one file have one result.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from autograder.errors import AutograderError
from autograder.intake import SubmissionStore, file_name, read_submission
from autograder.model import Result, Submission
from autograder.records import Attempt, Score, Standing, Student

SHA_CHARS = 10  # of a file's name: two files of one group that agree in them are not to be met


def submission_name(attempt: Attempt, students: Mapping[str, Student]) -> str:
    """Return the name of an attempt's submission, safe as a file name.

    Args:
        students: by id; one that is not there goes by the id.
    """
    people = " ".join(students[one].name if one in students else one for one in attempt.students)
    return f"{file_name(people, 80)}-{attempt.sha256[:SHA_CHARS]}"


def page_name(student: Student) -> str:
    """Return the name of a student's feedback page, safe as a file name and no other student's."""
    return f"{file_name(student.name, 80)}-{hashlib.sha256(student.id.encode()).hexdigest()[:SHA_CHARS]}.html"


def attempts_to_grade(attempts: Iterable[Attempt], standings: Iterable[Standing], rule: str) -> tuple[Attempt, ...]:
    """Return the attempts whose score may count, each file once: all where the best one does, else those in force.

    Args:
        standings: of the same assignment, as far as scores are known.
        rule: one of model.ATTEMPTS.
    """
    counting = [standing.attempt for standing in standings if standing.attempt]
    wanted = list(attempts) if rule == "best" else counting
    return tuple({attempt.sha256: attempt for attempt in wanted if attempt.sha256}.values())


def submissions_of(
    attempts: Sequence[Attempt],
    students: Mapping[str, Student],
    store: SubmissionStore,
    expected_name: str,
    hold: bool = True,
) -> tuple[Submission, ...]:
    """Return attempts as submissions for the grader, sorted by name.

    Args:
        expected_name, hold: as in `intake.collect`.

    Raises:
        AutograderError: a file is no longer in the store.
    """
    found = []
    for attempt in attempts:
        path = store.find(attempt.sha256)
        if path is None:
            raise AutograderError(
                f"{attempt.place} is in the gradebook, but its file is not in {store.folder}: take it in again with"
                f" `autograder intake {attempt.assignment} PATH`."
            )
        people = ", ".join(students[one].name if one in students else one for one in attempt.students)
        found.append(read_submission(path, submission_name(attempt, students), people, expected_name, hold=hold))
    return tuple(sorted(found, key=lambda submission: (submission.name.casefold(), submission.name)))


def by_file(results: Iterable[Result]) -> dict[str, Result]:
    """Return the beginning of a file's sha256, as `submission_name` ends -> its result, whoever handed it in."""
    return {result.submission.rpartition("-")[2]: result for result in results}


def scores_of(results: Iterable[Result], attempts: Iterable[Attempt]) -> tuple[Score, ...]:
    """Return results as scores of the files they were made of, without those of loose files, which nobody handed in."""
    files = {attempt.sha256[:SHA_CHARS]: attempt.sha256 for attempt in attempts if attempt.sha256}
    return tuple(
        Score(
            assignment=result.assignment,
            sha256=files[file],
            status=result.status.value,
            questions={question.name: (question.points, question.max_points) for question in result.questions},
            note=result.note,
            kit=result.facts.kit if result.facts else "",
            grader_sha256=result.facts.grader_sha256 if result.facts else "",
        )
        for file, result in by_file(results).items()
        if file in files
    )
