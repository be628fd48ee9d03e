"""`autograder extend`: another due date for a student, with a reason, into the gradebook."""

import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from autograder.cli.book import (
    author_option,
    choose_student,
    clock,
    gradebook_option,
    opened_gradebook,
    read_moment,
)
from autograder.cli.shared import choose_assignments, console, find_course, messages, mistakes_explained, shown
from autograder.records import Extension


@click.command()
@click.argument("assignment")
@click.argument("student")
@click.option("--until", metavar="WHEN", help="Date and time such as 2026-12-09T23:59, in the course's time zone.")
@click.option("--withdraw", is_flag=True, help="Take an earlier extension back.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the student's history.")
@author_option
@gradebook_option
def extend(
    assignment: str, student: str, until: str | None, withdraw: bool, reason: str, author: str, url: str | None
) -> None:
    """Give a student another due date, with a reason.

    A date alone means the end of that day. The latest extension counts; lateness is worked out anew from it at once,
    for what is handed in already, too. Earlier ones stay in `autograder history`.

    \b
      autograder extend sum ada --until 2026-12-14T12:00 --reason "was ill"
      autograder extend sum ada --withdraw --reason "meant another student"

    Writes to the gradebook. Exit code 1: there is nothing to take back; 2: assignment, student or time
    is unclear.
    """
    if (until is None) != withdraw:
        raise click.UsageError("Give one of --until and --withdraw.")
    with mistakes_explained(), opened_gradebook(url) as book:
        _root, course = find_course()
        choose_assignments(course, (assignment,))
        zone = ZoneInfo(course.timezone)
        moment = None if until is None else read_moment(until, zone)
        who = choose_student(book, student)
        earlier = next((one.until for one in book.extensions(assignment) if one.student == who.id), None)
        what = f"{who.name} ({who.id}), {assignment}"
        if withdraw and earlier is None:
            messages.print(f"{shown(what)}: there is no extension to take back.", soft_wrap=True)
            sys.exit(1)
        book.add_extension(Extension(assignment, who.id, moment, author, reason, datetime.now(UTC)))
        told = f"until {moment:%A} {clock(moment, zone)}" if moment else "extension taken back"
        before = f" (before: {clock(earlier, zone)})" if earlier else ""
        console.print(f"{shown(what)}: {told}{before}.", soft_wrap=True)
        due = course.assignment(assignment).due
        if moment and due and moment <= due:
            messages.print(f"[bold yellow]Not after the due date[/] of everybody, {clock(due, zone)}.", soft_wrap=True)
