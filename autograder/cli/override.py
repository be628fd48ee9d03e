"""`autograder override`: points that a person sets, with a reason, into the gradebook."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from autograder.cli.book import author_option, choose_student, gradebook_option, opened_gradebook
from autograder.cli.shared import choose_assignments, console, find_course, messages, mistakes_explained, shown
from autograder.errors import ConfigError
from autograder.records import Override

if TYPE_CHECKING:
    from autograder.gradebook import Gradebook


@click.command()
@click.argument("assignment")
@click.argument("student")
@click.option("--question", default="", metavar="NAME", help="Of one question.  [the whole assignment]")
@click.option("--points", type=float, metavar="POINTS", help="The points that count instead of the grader's.")
@click.option("--excuse", is_flag=True, help="The assignment does not count for this student.")
@click.option("--withdraw", is_flag=True, help="Take an earlier override back.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the student's history.")
@author_option
@gradebook_option
def override(
    assignment: str,
    student: str,
    question: str,
    points: float | None,
    excuse: bool,
    withdraw: bool,
    reason: str,
    author: str,
    url: str | None,
) -> None:
    """Set points by hand, of a question or of a whole assignment, with a reason.

    The points count before lateness is taken off, and stay when the class is regraded; the latest override of a
    question counts. Earlier ones stay in `autograder history`.

    \b
      autograder override sum ada --question q2 --points 1.5 --reason "rounding is fine"
      autograder override sum ada --excuse --reason "was ill"
      autograder override sum ada --question q2 --withdraw --reason "mistaken for another"

    Writes to the gradebook. Exit code 1: there is nothing to take back, or the points are no number from 0 up.
    Exit code 2: assignment, student or question is unclear.
    """
    if sum([points is not None, excuse, withdraw]) != 1:
        raise click.UsageError("Give one of --points, --excuse and --withdraw.")
    if excuse and question:
        raise click.UsageError("--excuse is for the whole assignment: leave --question out.")
    with mistakes_explained(), opened_gradebook(url) as book:
        _root, course = find_course()
        choose_assignments(course, (assignment,))
        who = choose_student(book, student)
        most = _most_points(book, assignment, question) or course.assignment(assignment).points
        standing = {(one.student, one.question): one for one in book.overrides(assignment)}
        earlier = standing.get((who.id, question))
        what = f"{who.name} ({who.id}), {assignment}{' ' + question if question else ''}"
        if withdraw and earlier is None:
            messages.print(f"{shown(what)}: there is no override to take back.", soft_wrap=True)
            sys.exit(1)
        book.add_override(
            Override(assignment, who.id, question, points, author, reason, datetime.now(UTC), excused=excuse)
        )
        told = "excused" if excuse else "override taken back" if withdraw else f"{points:g} points"
        console.print(f"{shown(what)}: {told}.", soft_wrap=True)
        if earlier:
            was = "excused" if earlier.excused else f"{earlier.points:g} points"
            console.print(shown(f"Before: {was}, by {earlier.author}: {earlier.reason}"), soft_wrap=True)
        if points is not None and points > most:
            messages.print(f"[bold yellow]More than the {most:g} points[/] that there are; it counts all the same.")


def _most_points(book: "Gradebook", assignment: str, question: str) -> float | None:
    """Return the most points of a question, None for the whole or when nothing has been graded yet.

    Raises:
        ConfigError: when what has been graded has no such question.
    """
    known = {name: most for score in book.scores(assignment).values() for name, (_, most) in score.questions.items()}
    if question and known and question not in known:
        raise ConfigError(f"{assignment} has no question {question!r}; it has {', '.join(known)}.")
    return known.get(question)
