"""`autograder standings`: what counts for each student in an assignment, and why, in the terminal."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from rich.table import Table

from autograder.book import read_book
from autograder.cli.book import gradebook_option, gradebook_url
from autograder.cli.shared import choose_assignments, console, find_course, mistakes_explained, shown
from autograder.model import Status
from autograder.records import Standing


@click.command()
@click.argument("assignment")
@gradebook_option
def standings(assignment: str, url: str | None) -> None:
    """Show what counts for each student in an assignment, and why.

    Reads the gradebook and course.yml, and writes nothing. The score is what remains after lateness, with what people
    set; it is empty, never 0, where there is none. `autograder export ID --to csv` writes the same as a table.

    Exit code 1: something needs a person: a fault of the grader, an attempt that is not graded, answers not marked.
    """
    with mistakes_explained():
        root, course = find_course()
        choose_assignments(course, (assignment,))
        book = read_book(gradebook_url(url, course, root), course)
        counting = book.standings(course, datetime.now(UTC))[assignment]
        console.print(_table(counting))
        told = Counter(one.status for one in counting)
        console.print(
            ", ".join(f"{count} {status}" for status, count in sorted(told.items())) or "Nobody is in it yet."
        )
        sys.exit(1 if any(one.unmarked or one.status in ("ungraded", Status.FAULT) for one in counting) else 0)


def _table(counting: Sequence[Standing]) -> Table:
    table = Table("student", "status", "score", "why", box=None, pad_edge=False, header_style="bold")
    table.columns[2].justify = "right"
    for one in counting:
        score = "" if one.score is None else f"{one.score:g}/{one.max_score:g}"
        table.add_row(shown(f"{one.student.name} ({one.student.id})"), one.status, score, shown(one.why))
    return table
