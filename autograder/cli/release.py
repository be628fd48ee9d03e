"""`autograder release`: the one moment at which feedback becomes public, and the way back."""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.markup import escape

from autograder.attempts import SHA_CHARS, by_file, page_name
from autograder.book import read_book
from autograder.cli.book import author_option, check_marked, gradebook_option, gradebook_url, some
from autograder.cli.shared import choose_assignments, console, find_course, mistakes_explained, shown
from autograder.errors import GradebookError
from autograder.folders import released_folder, results_folder
from autograder.model import Result
from autograder.records import Standing
from autograder.reports import feedback_html
from autograder.results import read_results


@click.command()
@click.argument("assignment", metavar="ID")
@click.option("--withdraw", is_flag=True, help="Take the release back: remove the pages, and note it.")
@click.option("--partial", is_flag=True, help="Release although written answers are not all marked.")
@author_option
@gradebook_option
def release(assignment: str, withdraw: bool, partial: bool, author: str, url: str | None) -> None:
    """Make the feedback of an assignment public: one page a student, with the score that counts and why.

    Until then nothing leaves the working folder: `autograder export --feedback` packs released pages only. A page shows
    what it showed when it was released; after a regrade or a late mark release again.

    \b
    Reads the gradebook, and what `autograder grade ID` made.
    Writes:
      .autograder/released/ID/<student>.html   the pages
      the gradebook                            who released when

    \b
    Then:
      autograder export ID --to canvas --feedback feedback.zip    the pages under the names of the LMS

    Exit code 1: somebody has no page yet, or nothing can be released; the message says who and why.
    """
    with mistakes_explained():
        from autograder.gradebook import open_gradebook

        root, course = find_course()
        choose_assignments(course, (assignment,))
        place, now = gradebook_url(url, course, root), datetime.now(UTC)
        folder = released_folder(root, assignment)
        if withdraw:
            with open_gradebook(place, create=False) as gradebook:
                new = gradebook.withdraw(assignment, now, author)
            shutil.rmtree(folder, ignore_errors=True)
            console.print(
                "Withdrawn. Pages that were uploaded to the LMS are still there: hide them there."
                if new
                else f"{assignment} was not released."
            )
            return
        book = read_book(place, course)
        standings = [one for one in book.standings(course, now)[assignment] if one.attempt]
        check_marked(standings, partial)
        results = by_file(read_results(results_folder(root, assignment), assignment).values())
        title = course.assignment(assignment).title
        pages = {
            page_name(one.student): feedback_html(result, title, course.title, one, book.rubrics[assignment])
            for one in standings
            if (result := _result(one, results))
        }
        if not pages:
            raise GradebookError(f"{assignment} has nothing to release: run `autograder grade {assignment}` first.")
        _write(folder, pages)
        with open_gradebook(place, create=False) as gradebook:
            gradebook.release(assignment, now, author)
        console.print(f"{len(pages)} pages: [bold]{escape(str(folder))}[/]", soft_wrap=True)
        console.print(f"Into the LMS: [bold]autograder export {assignment} --to SYSTEM --feedback feedback.zip[/]")
        absent = [one for one in standings if page_name(one.student) not in pages]
        if absent:
            console.print(f"{len(absent)} have no page yet, since their file is not graded: {shown(some(absent))}.")
        sys.exit(1 if absent else 0)


def _result(standing: Standing, results: dict[str, Result]) -> Result | None:
    return results.get(standing.attempt.sha256[:SHA_CHARS]) if standing.attempt else None


def _write(folder: Path, pages: dict[str, str]) -> None:
    """Put the pages in the place of those that were there, all at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unfinished-") as temporary:
        made = Path(temporary) / "pages"
        made.mkdir()
        for name, page in pages.items():
            (made / name).write_text(page, encoding="utf-8")
        if folder.exists():
            folder.rename(Path(temporary) / "old")
        made.rename(folder)
