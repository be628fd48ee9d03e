"""The group `autograder gradebook`: backup and restore, a student's data and its deletion."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from autograder.attempts import SHA_CHARS, page_name
from autograder.cli.book import author_option, choose_student, gradebook_option, opened_gradebook
from autograder.cli.shared import console, find_course, mistakes_explained, shown
from autograder.errors import ConfigError
from autograder.folders import released_folder, results_folder, submissions_folder
from autograder.intake import SubmissionStore
from autograder.records import Student
from autograder.results import CLASS_FILES, evidence_path, read_results
from autograder.text import plain


@click.group()
def gradebook() -> None:
    """Back the gradebook up, restore it; give students their data, or delete it.

    The gradebook holds who is in the course, what they handed in, what the grader and people made of it. It is a file
    of SQLite, or a database of PostgreSQL; rows are only ever added to it.

    \b
      autograder gradebook backup rnn-2026-12-07.zip
      autograder gradebook student-data ada ada.json
      autograder gradebook --help, and the same with each of these names

    Exit code 1: it refuses, or you said no. Exit code 2: a name or a path is wrong.
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

    Roster, attempts, overrides and extensions go, and the scores and marks of files that nobody else has. An attempt
    that others share stays theirs, without the names of files. What remains says that somebody was deleted, when and by
    whom; not who.

    With it go the student's files in the working folder of the course: what was handed in, results, evidence, pages.
    Tables of the class, which hold the name too, come again with the next `autograder grade`.

    \b
    Left for you to delete:
      what a group shared, whose results bear all names
      backups made before, results in other folders, the roster's file, and what the LMS keeps

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
            f"Deleted: {gone.attempts} attempts, {gone.scores} scores, {gone.marks} marks, {gone.decisions} overrides"
            f" and extensions{shared}.",
            soft_wrap=True,
        )
        removed = _remove_files(who, gone.files)
        console.print(f"{len(removed)} files removed from the working folder.")
        console.print(
            "Still to be looked through: what a group shared, earlier backups, the roster's file, the LMS.",
            soft_wrap=True,
        )


def _remove_files(who: Student, files: Sequence[str]) -> list[Path]:
    """Delete a student's files from the working folder of the course; `files`: sha256 of what nobody else handed in."""
    root, course = find_course()
    removed: list[Path] = []
    for assignment in course.assignments:
        grades = results_folder(root, assignment.id)
        store = SubmissionStore(submissions_folder(root, assignment.id))
        found = [released_folder(root, assignment.id) / page_name(who), *map(store.find, files)]
        for sha256 in files:
            found += grades.glob(f"*/*-{sha256[:SHA_CHARS]}.*")
        records = read_results(grades, assignment.id)
        theirs = [records[path.stem] for path in found if path and path.suffix == ".json" and path.stem in records]
        found += [evidence_path(grades, result) for result in theirs]
        if theirs:  # they name everybody
            found += [grades / name for name in CLASS_FILES]
        for path in found:
            if path and path.is_file():
                path.unlink()
                removed.append(path)
    return removed
