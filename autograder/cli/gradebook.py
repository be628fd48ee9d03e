"""The group `autograder gradebook`: backup and restore, a student's data and its deletion."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from autograder.cli.book import author_option, choose_student, gradebook_option, opened_gradebook
from autograder.cli.shared import console, mistakes_explained, shown
from autograder.errors import ConfigError
from autograder.text import plain


@click.group()
def gradebook() -> None:
    """Back the gradebook up, restore it; give students their data, or delete it.

    The gradebook holds who is in the course, what they handed in, what the grader and people made of it. It is a file
    of SQLite, or a database of PostgreSQL; rows are only ever added to it.
    """


@gradebook.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@gradebook_option
def backup(file: Path, force: bool, url: str | None) -> None:
    """Write the whole gradebook into one FILE.

    A zip of JSON lines, the same from SQLite and from PostgreSQL, so that it also moves a gradebook from one to the
    other. It holds names and grades: only you may read it. The submitted files are not in it.

    \b
      autograder gradebook backup ~/backups/rnn-2026-12-07.zip

    Exit code 1: the gradebook or the file refuses; an earlier FILE is still whole then.
    """
    with mistakes_explained(), opened_gradebook(url) as book:
        if file.exists() and not force:
            raise ConfigError(f"{file} is there already. Choose another name, or give --force to overwrite it.")
        if not file.resolve().parent.is_dir():
            raise ConfigError(f"There is no folder {file.parent} for the backup. Make it, or correct the name.")
        console.print(f"{book.backup(file):,} rows are in [bold]{shown(str(file))}[/].", soft_wrap=True)


@gradebook.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@gradebook_option
def restore(file: Path, url: str | None) -> None:
    """Fill a new gradebook from a backup, whole or not at all.

    One that holds anything already is left as it is: nothing is replaced, nothing is mixed.

    \b
      autograder gradebook restore rnn-2026-12-07.zip --gradebook postgresql://grader@db.example.org/rnn

    Exit code 1: the gradebook is not empty, or FILE is no whole backup.
    """
    with mistakes_explained(), opened_gradebook(url, create=True) as book:
        console.print(f"{shown(book.place)}: {book.restore(file):,} rows restored.", soft_wrap=True)


@gradebook.command("student-data")
@click.argument("student")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@gradebook_option
def student_data(student: str, file: Path, url: str | None) -> None:
    """Write everything that the gradebook holds about a student into FILE, for them to read.

    JSON, with the names of the columns; of attempts shared with others nothing about the others. The submitted files
    are not in it: they are those named by the sha256 of the attempts.

    Exit code 2: nobody, or several, may be meant; FILE is there already.
    """
    with mistakes_explained(), opened_gradebook(url) as book:
        who = choose_student(book, student)
        data = book.export_student(who.id)
        try:
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(data)
        except FileExistsError:
            raise ConfigError(f"{file} is there already. Choose another name.") from None
        except FileNotFoundError:
            raise ConfigError(f"There is no folder {file.parent}. Make it, or correct the name.") from None
        console.print(f"All about {shown(who.name)} ({shown(who.id)}): [bold]{shown(str(file))}[/].", soft_wrap=True)


@gradebook.command("delete-student")
@click.argument("student")
@click.option("--yes", is_flag=True, help="Do not ask.")
@author_option
@gradebook_option
def delete_student(student: str, yes: bool, author: str, url: str | None) -> None:
    """Delete everything about a student, for good.

    Roster, attempts, scores that nobody else has, overrides and extensions go. An attempt that others share stays
    theirs, without the names of files. What remains says that somebody was deleted, when and by whom; not who.

    \b
    It says what is left for you to delete, for the gradebook does not hold it:
      files that nobody else has handed in, by their sha256
      results and released pages, backups made before, the roster's file, and what the LMS keeps

    Exit code 1: you said no. Exit code 2: nobody, or several, may be meant.
    """
    with mistakes_explained(), opened_gradebook(url) as book:
        who = choose_student(book, student)
        name = f"{plain(who.name)} ({plain(who.id)})"
        if not yes and not click.confirm(f"Delete everything about {name} from {plain(book.place)}, for good?"):
            console.print("Nothing was deleted.")
            sys.exit(1)
        gone = book.delete_student(who.id, datetime.now(UTC), author)
        shared = f"; {gone.shared} shared ones stay with the others" if gone.shared else ""
        console.print(
            f"Deleted: {gone.attempts} attempts, {gone.scores} scores, {gone.decisions} overrides and extensions"
            f"{shared}.",
            soft_wrap=True,
        )
        if gone.files:
            console.print("Nobody else has handed in these files; delete them where they are stored:")
            for sha256 in gone.files:
                console.print(f"  {shown(sha256)}", soft_wrap=True)
        console.print(
            "Still to be looked through: results and released pages, earlier backups, the roster's file, the LMS.",
            soft_wrap=True,
        )
