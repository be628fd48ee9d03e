"""The gradebook as commands meet it: which one is meant, what of it is to be graded, and what `grade` puts into it."""

import contextlib
import getpass
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.attempts import attempts_to_grade, scores_of, submissions_of
from autograder.book import read_book
from autograder.cli.shared import console, find_course
from autograder.errors import ConfigError, GradebookError
from autograder.folders import submissions_folder
from autograder.grader import Grader
from autograder.intake import SubmissionStore
from autograder.model import Course, Result, Status, Submission
from autograder.records import Standing, Student
from autograder.versions import kit_version

if TYPE_CHECKING:
    from autograder.gradebook import Gradebook

Command = Callable[..., Any]
NAMED = 10  # people in a message


def gradebook_option(command: Command) -> Command:
    """Add --gradebook URL, which AUTOGRADER_GRADEBOOK may give, too."""
    return click.option(
        "--gradebook",
        "url",
        envvar="AUTOGRADER_GRADEBOOK",
        show_envvar=True,
        metavar="URL",
        help="A file, or postgresql://USER@HOST/DATABASE.  [as in course.yml, else .autograder/gradebook.sqlite]",
    )(command)


def author_option(command: Command) -> Command:
    """Add --author NAME: who answers for what is written down."""
    return click.option(
        "--author", default=login_name, metavar="NAME", help="Who decides, for the history.  [your login name]"
    )(command)


def login_name() -> str:
    """Return who is at work, as the system says.

    Raises:
        UsageError: when it does not say.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("This system does not say who you are: give --author NAME.") from None


@contextlib.contextmanager
def opened_gradebook(url: str | None, create: bool = False) -> Iterator["Gradebook"]:
    """Open the gradebook that is given, or that of the course of this folder.

    Raises:
        ConfigError: when none is given and this is no course.
        GradebookError: when it cannot be opened.
    """
    # SQLAlchemy takes a third of a second to import: only who opens a gradebook pays for it.
    from autograder.gradebook import open_gradebook

    if not url:
        root, course = find_course()
        url = gradebook_url("", course, root)
    with open_gradebook(url, create=create) as book:
        yield book


def choose_student(book: "Gradebook", typed: str) -> Student:
    """Return the one student, of now or earlier, whom `typed` names.

    Raises:
        ConfigError: when there is none, or several: lists them.
    """
    from autograder.gradebook import matching_students

    found = matching_students(book.students(with_left=True), typed)
    if not found:
        raise ConfigError(f"Nobody in the gradebook has the id, e-mail or name {typed!r}.")
    if len(found) > 1:
        lines = [f"  {one.id}  {one.name}  {one.email}".rstrip() for one in found[:20]]
        more = [f"  and {len(found) - 20} more"] if len(found) > 20 else []
        raise ConfigError("\n".join([f"{typed!r} may be any of these; give the id:", *lines, *more]))
    return found[0]


def read_moment(text: str, zone: tzinfo) -> datetime:
    """Return the moment that somebody typed; a date alone means its last second.

    Args:
        zone: of times that have none of their own.

    Raises:
        ConfigError: when it is no time, or the clock shows it twice or never.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if ":" not in text:
            moment = moment.replace(hour=23, minute=59, second=59)
        if moment.tzinfo:
            return moment.astimezone(UTC).astimezone(zone)
        moment = moment.replace(tzinfo=zone)
        other = moment.replace(fold=1)
        missing = moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ConfigError(f"Found the time {text!r}, expected one such as 2026-12-07T23:59, or a date.") from None
    if missing:
        raise ConfigError(f"There is no {text} in {zone}: the clock is put forward. Give another time.")
    if moment.utcoffset() != other.utcoffset():
        first, second = (f"{one:%z}" for one in (moment, other))
        raise ConfigError(f"{zone} has {text} twice, as the clock is put back: add {first} or {second} to it.")
    return moment


def clock(moment: datetime, zone: tzinfo) -> str:
    """Return the moment as people in a time zone read it."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def gradebook_url(option: str | None, course: Course, root: Path) -> str:
    """Return which gradebook is meant: the one named, the course's, or the file in the working folder.

    A path in course.yml is taken from the course's folder.
    """
    of_course = course.gradebook
    if of_course.startswith("sqlite:///") and not of_course.startswith("sqlite:////"):
        of_course = str(root / of_course.removeprefix("sqlite:///"))
    return option or of_course or str(root / ".autograder" / "gradebook.sqlite")


def find_gradebook(root: Path, course: Course, url: str | None = None) -> str:
    """Return which gradebook is meant, "" when it is the file in the working folder and that is not there."""
    place = gradebook_url(url, course, root)
    return place if "://" in place or Path(place).is_file() else ""


def submissions_that_count(
    root: Path, course: Course, assignment: str, url: str | None, expected_name: str, hold: bool
) -> tuple[Submission, ...]:
    """Return what the gradebook has to be graded: the attempt in force of each student or group, or all of them where
    the best one counts; `hold` as in `intake.collect`.

    Raises:
        AutograderError: nothing was taken in, or a file is not in the store.
    """
    place = find_gradebook(root, course, url)
    if not place:
        raise ConfigError(
            f"Nothing was taken in yet. `autograder intake {assignment} DOWNLOAD` takes in what the LMS gives; "
            f"`autograder grade {assignment} FOLDER` grades loose files."
        )
    book = read_book(place, course)
    attempts = attempts_to_grade(
        book.attempts[assignment],
        book.standings(course, datetime.now(UTC))[assignment],
        course.assignment(assignment).attempts,
    )
    store = SubmissionStore(submissions_folder(root, assignment))
    return submissions_of(attempts, {student.id: student for student in book.students}, store, expected_name, hold)


def enter_scores(place: str, assignment: str, results: Iterable[Result], kind: str) -> int:
    """Add scores to the gradebook, those that differ from what it has; return how many.

    Args:
        place: of `find_gradebook`; kind: grade or regrade.
    """
    from autograder.gradebook import open_gradebook  # SQLAlchemy takes longer to import than other commands to run

    with open_gradebook(place, create=False) as gradebook:
        known = gradebook.scores(assignment)
        scores = [
            score
            for score in scores_of(results, gradebook.attempts(assignment))
            if score.status != Status.FAULT or score.sha256 not in known  # an earlier grade stands
        ]
        return gradebook.add_scores(assignment, scores, kind, kit_version(), datetime.now(UTC), getpass.getuser())


def enter_rubrics(place: str, grader: Grader) -> None:
    """Let the rubrics of a grader count in the gradebook, and say which points follow.

    Args:
        place: of `find_gradebook`; "" where there is none.
    """
    if not place:
        return
    from autograder.gradebook import open_gradebook  # SQLAlchemy takes longer to import than other commands to run

    rubrics = [question.rubric for question in grader.guide.written]
    with open_gradebook(place, create=False) as gradebook:
        known = gradebook.rubrics(grader.info.assignment)
        now = datetime.now(UTC)
        changed = gradebook.set_rubrics(grader.info.assignment, rubrics, now, login_name())
    again = [name for name in changed if name in known]
    if again:
        console.print(f"The rubric of {', '.join(again)} has changed: the points of its marks follow.")


def check_marked(standings: Iterable[Standing], partial: bool) -> None:
    """Refuse to go on while written answers wait to be marked, unless that is wanted.

    Raises:
        GradebookError: names questions and students.
    """
    waiting = [one for one in standings if one.unmarked and one.score is not None]
    if waiting and not partial:
        questions = ", ".join(dict.fromkeys(name for one in waiting for name in one.unmarked))
        raise GradebookError(
            f"Nobody has marked some written answers ({questions}) of {some(waiting)}. Mark"
            " them, or give --partial to go on with what is known so far."
        )


def some(standings: Sequence[Standing]) -> str:
    """Return the names and ids of the first ten, for a message."""
    names = ", ".join(f"{one.student.name} ({one.student.id})" for one in standings[:NAMED])
    return names + (f" and {len(standings) - NAMED} more" if len(standings) > NAMED else "")
