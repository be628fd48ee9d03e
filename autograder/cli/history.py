"""`autograder history`: a student in, all that happened to them out."""

from zoneinfo import ZoneInfo

import click

from autograder.cli.book import choose_student, clock, gradebook_option, opened_gradebook, read_moment
from autograder.cli.shared import console, find_course, mistakes_explained, shown


@click.command()
@click.argument("student")
@click.option("--as-of", metavar="TIME", help="What was known at that time, such as 2026-12-07T23:59.")
@gradebook_option
def history(student: str, as_of: str | None, url: str | None) -> None:
    """Tell all that happened to a student: roster, attempts, scores, marks, decisions, releases.

    STUDENT is an id, an e-mail address, or a part of a name that only one student has. Nothing in the gradebook is
    ever changed or removed, so this is the whole story, with who did what and when; --as-of tells it up to a time.

    \b
      autograder history ada@example.org
      autograder history lovelace --as-of 2026-12-01

    Reads the gradebook, writes nothing. Exit code 2: nobody, or several, may be meant; they are listed.
    """
    with mistakes_explained(), opened_gradebook(url) as book:
        zone = ZoneInfo(find_course()[1].timezone)
        who = choose_student(book, student)
        events = book.history(who.id, read_moment(as_of, zone) if as_of else None, zone)
        console.print(f"[bold]{shown(who.name)}[/]  {shown(who.id)}  {shown(who.email)}", soft_wrap=True)
        for event in events:
            told = "  ".join(part for part in (f"{event.what:<9}", event.assignment, event.text) if part)
            line = f"{clock(event.at, zone)}  {told}  (by {event.author})"
            console.print(shown(line), soft_wrap=True)
        if not events:
            console.print("Nothing yet at that time.")
