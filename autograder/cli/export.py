"""`autograder export`: what counts in the gradebook, into a file that the LMS exported."""

import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.markup import escape

from autograder import exports
from autograder.attempts import page_name
from autograder.book import Book, read_book
from autograder.cli.book import check_marked, gradebook_option, gradebook_url, some
from autograder.cli.shared import choose_assignments, console, find_course, messages, mistakes_explained, shown
from autograder.errors import ConfigError, ExportError
from autograder.exports import Filled, Page
from autograder.folders import released_folder
from autograder.model import Assignment, Status
from autograder.records import Mark, Standing

SYSTEMS = ("canvas", "moodle", "gradescope", "brightspace", "csv")
NAMED = 10
FILE_BYTES = 64 * 2**20


@click.command()
@click.argument("assignment")
@click.argument("exported", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--to", "system", required=True, type=click.Choice(SYSTEMS), help="Whose file it is; csv: our own.")
@click.option("--column", default="", help="Title of the column with the scores.  [the assignment's title]")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write.  [FILE-filled.csv]")
@click.option("--partial", is_flag=True, help="Write what is known so far where written answers are not marked yet.")
@click.option("--comments", is_flag=True, help="Moodle: say in the feedback comments how the score came about.")
@click.option(
    "--feedback",
    "pages",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also pack the released pages in this zip.",
)
@gradebook_option
def export(
    assignment: str,
    exported: Path | None,
    system: str,
    column: str,
    out: Path | None,
    partial: bool,
    comments: bool,
    pages: Path | None,
    url: str | None,
) -> None:
    """Put what counts in an assignment into FILE, which the LMS exported.

    Export the gradebook of the LMS (Moodle: the grading worksheet of the assignment), give it here, and import there
    what comes out. The scores go into the column that is there already, no column or row is ever added, and all other
    bytes stay as they are. Students are found by the ids of the LMS in the roster; where anything could be meant in two
    ways, nothing is written and the rows are named. A student without a score keeps what the LMS has.

    \b
    --to canvas, brightspace   the gradebook, exported as CSV
    --to moodle                the grading worksheet; excused students are set in Moodle
    --to gradescope            its table of grades, for your own use: Gradescope imports none
    --to csv                   no FILE: a table of our own, with the reason of every score

    \b
    Writes:
      FILE-filled.csv   beside FILE, which stays as it is
      the zip           of --feedback: pages under the names of the LMS's own download, for its bulk upload

    Exit code 1: something needs a person: a student has no row, a row is locked, a score is missing for a fault.
    """
    if system != "csv" and not exported and not pages:
        raise click.UsageError(f"--to {system} needs the FILE that the LMS exported.")
    if system == "csv" and (exported or column):
        raise click.UsageError("--to csv makes a table of its own: it takes no FILE and no --column.")
    if comments and system != "moodle":
        raise click.UsageError("--comments is for Moodle, whose worksheet has a column for them.")
    with mistakes_explained():
        root, course = find_course()
        choose_assignments(course, (assignment,))
        book = read_book(gradebook_url(url, course, root), course)
        counting = book.standings(course, datetime.now(UTC))[assignment]
        if not counting:
            raise ExportError("The gradebook has no students yet. Import a roster first.")
        check_marked(counting, partial)
        good = True
        if system == "csv":
            out = out or root / ".autograder" / f"{assignment}-standings.csv"
            _write(out, exports.standings_csv(counting))
            console.print(f"{len(counting)} students: [bold]{escape(str(out))}[/]", soft_wrap=True)
        elif exported:
            out = out or exported.with_name(f"{exported.stem}-filled{exported.suffix or '.csv'}")
            _check_other(out, exported)
            filled = fill(system, exported, course.assignment(assignment), counting, column, comments, book)
            good = _tell(filled, counting)
            _write(out, filled.content)
            console.print(f"To be imported: [bold]{escape(str(out))}[/]", soft_wrap=True)
        if pages:
            good = _pack(system, pages, released_folder(root, assignment), counting, exported) and good
        waiting = [one for one in counting if one.status in ("ungraded", Status.FAULT)]
        sys.exit(0 if good and not waiting else 1)


def fill(
    system: str,
    exported: Path,
    assignment: Assignment,
    counting: Sequence[Standing],
    column: str,
    comments: bool,
    book: Book,
) -> Filled:
    """Return the LMS's file with what counts in it.

    Raises:
        ExportError: when something would be a guess.
    """
    marks = marks_of(counting, comments)
    name = exported.name
    content = _read(exported)
    if system == "canvas":
        return exports.canvas.fill(content, marks, assignment.title, name, column)
    if system == "brightspace":
        return exports.brightspace.fill(content, marks, assignment.title, name, column)
    if system == "gradescope":
        return exports.gradescope.fill(content, marks, name, column)
    numbers = participants(book, assignment.id)
    return exports.moodle.fill(content, marks, name, column, numbers, comments)


def marks_of(counting: Sequence[Standing], comments: bool = False) -> list[Mark]:
    """Return what goes out for each student."""
    return [
        Mark(one.student, one.score, one.max_score, one.why if comments else "", one.status == "excused")
        for one in counting
    ]


def participants(book: Book, assignment: str) -> dict[str, str]:
    """Return id of a student -> number in Moodle's worksheet, as the places of their attempts tell it."""
    students = {student.id: student for student in book.students}
    numbers: dict[str, set[str]] = defaultdict(set)
    for attempt in book.attempts[assignment]:
        for student in attempt.students:
            if attempt.system == "moodle" and student in students:
                numbers[student] |= {exports.participant(students[student], attempt)} - {""}
    return {student: some.pop() for student, some in numbers.items() if len(some) == 1}


def _check_other(out: Path, exported: Path) -> None:
    if out.exists() and exported.exists() and out.samefile(exported):
        raise ConfigError(f"--out is {exported} itself, which is never overwritten: choose another name.")


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ConfigError(f"There is no file {str(path)!r}. Give the one that the LMS exported.")
    with open(path, "rb") as file:
        return file.read(FILE_BYTES + 1)


def _tell(filled: Filled, counting: Sequence[Standing]) -> bool:
    """Say what changes and what does not; return whether nothing of it needs a person."""
    status = {one.student.id: one for one in counting}
    rows = {changed.line for changed in filled.changed}
    console.print(
        f"Column {shown(repr(filled.column))}: [bold]{len(rows)} rows change[/], {filled.unchanged} say so already.",
        soft_wrap=True,
    )
    if filled.waiting:
        told = Counter(status[mark.student.id].status for mark in filled.waiting)
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(told.items()))
        console.print(f"No score, so the rows stay as they are: {kinds}.")
    absent = [status[mark.student.id] for mark in filled.absent]
    lost = [one for one in absent if one.score is not None or one.status == "excused"]
    if lost:
        _warn(f"A score but no row: {some(lost)}. Is the roster right, and is this the file of the right course?")
    if len(absent) > len(lost):
        console.print(f"Neither a score nor a row: {len(absent) - len(lost)} of the roster.")
    if filled.by_name:
        names = ", ".join(f"{one.name} ({one.id})" for one in filled.by_name[:NAMED])
        more = f" and {len(filled.by_name) - NAMED} more" if len(filled.by_name) > NAMED else ""
        _warn(f"Found by name alone, as the roster has no id for them: {names}{more}.")
    if filled.left:
        labels = ", ".join(f"{row.label or 'no name'} (line {row.line})" for row in filled.left[:NAMED])
        more = f" and {len(filled.left) - NAMED} more" if len(filled.left) > NAMED else ""
        console.print(f"Rows about nobody in the roster: {shown(labels)}{more}.", soft_wrap=True)
    for skipped in filled.skipped:
        _warn(f"Left as it is, line {skipped.line}: {skipped.student.name} ({skipped.student.id}) {skipped.why}.")
    return not lost and not filled.skipped


def _pack(system: str, out: Path, folder: Path, counting: Sequence[Standing], exported: Path | None) -> bool:
    if exported:
        _check_other(out, exported)
    if not folder.is_dir():
        raise ExportError(
            f"The feedback of {folder.name} is not released: `autograder release {folder.name}` makes it public."
        )
    handed_in = [(one, one.attempt) for one in counting if one.attempt and one.status in set(Status)]
    paths = {one.student.id: folder / page_name(one.student) for one, _ in handed_in}
    pages = [
        Page(one.student, attempt, paths[one.student.id].read_bytes())
        for one, attempt in handed_in
        if paths[one.student.id].is_file()
    ]
    packed = exports.feedback_zip(system, pages)
    _write(out, packed.content)
    console.print(f"Pages of {packed.students} students: [bold]{escape(str(out))}[/]", soft_wrap=True)
    lacking = [one for one, _ in handed_in if not paths[one.student.id].is_file()]
    if lacking:
        _warn(f"No released page: {some(lacking)}. Release again to make one.")
    for student, why in packed.absent:
        _warn(f"Not in the zip: {student.name} ({student.id}): {why}.")
    return not lacking and not packed.absent


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _warn(text: str) -> None:
    messages.print(f"[bold yellow]note:[/] {shown(text)}", soft_wrap=True)
