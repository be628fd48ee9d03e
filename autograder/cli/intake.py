"""`autograder intake`: what an LMS gives in, attempts in the gradebook and files in the store out."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.markup import escape
from rich.table import Table

from autograder.cli.book import author_option, gradebook_option, gradebook_url, opened_gradebook
from autograder.cli.shared import choose_assignments, console, find_course, mistakes_explained, progress_bar, shown
from autograder.errors import ConfigError
from autograder.folders import submissions_folder
from autograder.intake import (
    LeftOut,
    Match,
    Parcel,
    Reading,
    Roster,
    SubmissionStore,
    attempt,
    match_all,
    missing,
    open_listings,
    parcels_of,
    read_decisions,
    recognise,
    unpack,
)
from autograder.intake.matching import BY_EMAIL, BY_ID, BY_NAME, BY_STAFF, SET_ASIDE
from autograder.model import Course
from autograder.records import SYSTEMS, Attempt, Student
from autograder.roster import read_roster

if TYPE_CHECKING:
    from autograder.gradebook import AddedAttempts, RosterChange

MOST_SHOWN = 50
WORDS = {
    BY_ID: "matched by id",
    BY_EMAIL: "matched by e-mail address",
    BY_NAME: "matched by name",
    BY_STAFF: "matched by --match",
    SET_ASIDE: "set aside by --match",
    "": "not matched",
}


@click.command()
@click.argument("assignment", metavar="ID")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--from", "system", type=click.Choice(SYSTEMS), help="Where it comes from.  [found out]")
@click.option(
    "--roster", "roster_path", type=click.Path(path_type=Path), help="CSV of the class.  [roster: in course.yml]"
)
@click.option(
    "--match", "match_path", type=click.Path(path_type=Path), help="CSV with the columns place,id: whose is whose."
)
@gradebook_option
@author_option
@click.option("--dry-run", is_flag=True, help="Say what would be matched; write nothing.")
def intake(
    assignment: str,
    paths: tuple[Path, ...],
    system: str | None,
    roster_path: Path | None,
    match_path: Path | None,
    url: str | None,
    author: str,
    dry_run: bool,
) -> None:
    """Take in what an LMS gives: match it to the roster and add it to the gradebook.

    PATH is the zip that Canvas, Moodle, Gradescope or Brightspace makes of an assignment, or its folder; nbgrader's
    course folder; or any folder, zip or files named by students. Nothing is unpacked or run.

    An id decides before an e-mail address, an address before a name; in doubt nothing is matched, and the table
    says why. You decide with --match: lines `place,id`, several with one place for a group, the id - for nobody's.

    \b
    Reads the roster: a CSV with id,name and any of
      email, canvas, sis, login, moodle, gradescope, brightspace, brightspace-user
    Writes:
      the gradebook                              every attempt; what is known already is not added again
      .autograder/submissions/ID/<sha256>.ipynb  the files, each once

    Exit code 1: something was not matched, cannot be graded or was left out; the table says which and why.
    """
    with mistakes_explained():
        root, course = find_course()
        choose_assignments(course, (assignment,))
        url = gradebook_url(url, course, root)
        listed = _listed_students(root, course, roster_path)
        roster = Roster(listed or _known_students(url))
        store = None if dry_run else SubmissionStore(submissions_folder(root, assignment))
        reading = Reading(assignment, ZoneInfo(course.timezone))
        taken = _take_in(paths, system or "", roster, match_path, reading, store)
        _print_table(taken, roster)
        _print_details(taken, roster)
        if dry_run:
            console.print("[bold]Dry run:[/] nothing was written.")
        else:
            _print_outcome(*_write(url, listed, taken.attempts, author))
        sys.exit(0 if taken.is_clear else 1)


@dataclass(frozen=True)
class _Taken:
    """What was found and read. `matches`: one a parcel; `attempts`: of those that are matched."""

    parcels: Sequence[Parcel]
    matches: Sequence[Match]
    attempts: Sequence[Attempt]
    left_out: Sequence[LeftOut]

    @property
    def is_clear(self) -> bool:
        """Whether nothing needs a person."""
        matched = all(match.how for match in self.matches)
        return bool(self.parcels) and matched and not self.left_out and not any(one.problem for one in self.attempts)


def _take_in(
    paths: Sequence[Path],
    system: str,
    roster: Roster,
    match_path: Path | None,
    reading: Reading,
    store: SubmissionStore | None,
) -> _Taken:
    """Find out whose everything is, then read and store what is somebody's."""
    with open_listings(paths) as listings:
        sources = [recognise(listing, system) for listing in listings]
        for one in sources:
            console.print(f"[bold]{shown(one.listing.name)}[/]: {one.system} ({shown(one.why)})", soft_wrap=True)
        with console.status("Looking at what is there"):
            parcels = [parcel for source in sources for parcel in parcels_of(source, reading)]
        uploads = [parcel.upload for parcel in parcels]
        decisions = read_decisions(match_path, uploads, roster) if match_path else {}
        matches = match_all(uploads, roster, decisions)
        attempts = _read(parcels, matches, store, reading.assignment)
        return _Taken(parcels, matches, attempts, [one for listing in listings for one in listing.left_out])


def _listed_students(root: Path, course: Course, roster_path: Path | None) -> tuple[Student, ...]:
    """Return the students of the roster's file; nobody when there is no such file in course.yml either."""
    path = roster_path or (root / course.roster if course.roster else None)
    return read_roster(path) if path else ()


def _known_students(url: str) -> tuple[Student, ...]:
    """Return the students that the gradebook knows from an earlier roster.

    Raises:
        ConfigError: there are none.
    """
    students: tuple[Student, ...] = ()
    if "://" in url or Path(url).is_file():
        with opened_gradebook(url) as gradebook:
            students = gradebook.students()
    if not students:
        raise ConfigError(
            "There is no roster yet: give one with --roster FILE.csv, or name it in course.yml (roster:)."
        )
    return students


def _read(
    parcels: Sequence[Parcel], matches: Sequence[Match], store: SubmissionStore | None, assignment: str
) -> list[Attempt]:
    """Read what is matched, one file after the other, and store it; what is nobody's is not even read."""
    attempts = []
    wanted = [(parcel, match) for parcel, match in zip(parcels, matches, strict=True) if match.students]
    with progress_bar() as progress:
        line = progress.add_task("Reading", total=len(wanted), counts="")
        for parcel, match in wanted:
            upload = unpack(parcel, assignment)
            if store and upload.data:
                store.add(upload.data, upload.file_name)
            attempts.append(attempt(upload, match, assignment))
            progress.update(line, advance=1)
    if store:
        store.settle()
    return attempts


def _write(
    url: str, students: Sequence[Student], attempts: Sequence[Attempt], author: str
) -> "tuple[RosterChange | None, AddedAttempts]":
    """Add roster and attempts to the gradebook, the files being stored."""
    now = datetime.now(UTC)
    with opened_gradebook(url, create=True) as gradebook:
        change = gradebook.set_roster(students, now, author) if students else None
        return change, gradebook.add_attempts(attempts, now, author)


def _print_table(taken: _Taken, roster: Roster) -> None:
    counts = Counter(match.how for match in taken.matches)
    rows = [(words, counts[how]) for how, words in WORDS.items() if counts[how]]
    groups = sum(len(one.students) > 1 for one in taken.attempts)
    late = sum(one.late is True for one in taken.attempts)
    nothing = len(missing(taken.matches, roster))
    rows += [("of groups", groups)] if groups else []
    rows += [("late, as the LMS says", late)] if late else []
    rows += [(f"of {len(roster.students)} students have handed in nothing here", nothing)]
    table = Table(show_header=False, box=None)
    table.add_column(justify="right")
    table.add_column()
    for words, count in rows:
        table.add_row(f"[bold]{count:,}[/]", words)
    console.print(table)


def _print_details(taken: _Taken, roster: Roster) -> None:
    """Name all that needs a person, and who has handed in nothing."""
    unmatched = _unmatched(taken, roster)
    _print_list("Not matched", unmatched, most=len(unmatched))
    if unmatched:
        console.print("Say whose they are in a CSV with the columns place,id, and give it with --match.")
    broken = [one for one in taken.attempts if one.problem]
    _print_list("Nothing to grade", [f"{one.place} ({', '.join(one.students)}): {one.problem}" for one in broken])
    _print_list("Left out", [f"{one.place}: {one.reason}" for one in taken.left_out])
    _print_list("Handed in nothing here", [f"{one.name} ({one.id})" for one in missing(taken.matches, roster)])
    untimed = sum(one.submitted_at is None and one.late is None for one in taken.attempts)
    if untimed:
        console.print(f"{untimed} attempts come without a time: whether they are late cannot be told.")


def _unmatched(taken: _Taken, roster: Roster) -> list[str]:
    """Return a line for each place that is not matched: why, and whose it might be."""
    lines: list[str] = []
    for parcel, match in zip(taken.parcels, taken.matches, strict=True):
        if not match.how:
            # looking for near names takes a while, and so many are no slips
            near = match.candidates or (roster.suggest(parcel.upload) if len(lines) < MOST_SHOWN else ())
            known = [one for one in near if f"({one.id})" not in match.reason]
            hint = f" Perhaps {', '.join(f'{one.name} ({one.id})' for one in known[:5])}?" if known else ""
            lines.append(f"{parcel.upload.place}: {match.reason}.{hint}")
    return lines


def _print_list(title: str, lines: Sequence[str], most: int = MOST_SHOWN) -> None:
    if not lines:
        return
    console.print(f"[bold]{title}[/]")
    for line in lines[:most]:
        console.print(f"  {shown(line)}", soft_wrap=True)
    if len(lines) > most:
        console.print(f"  … and {len(lines) - most:,} more")


def _print_outcome(change: "RosterChange | None", added: "AddedAttempts") -> None:
    """Say what is new; a second run of the same import says that nothing is."""
    is_other = bool(change and (change.added or change.changed or change.left))
    if change and is_other:
        told = f"{len(change.added)} new, {len(change.changed)} changed, {len(change.left)} have left"
        console.print(f"Roster: {told}.")
        if change.left:
            _print_list("Have left", [f"{one.name} ({one.id})" for one in change.left])
    if not added.new and not added.changed:
        nothing = "" if is_other else ", and nothing was changed"
        console.print(f"Nothing new: {len(added.known):,} attempts are known already{nothing}.")
        return
    told = f"{len(added.new):,} new attempts"
    told += f", {len(added.changed):,} of which the LMS now says something else" if added.changed else ""
    console.print(f"[green]Added[/] {escape(told)}; {len(added.known):,} were known already.")
