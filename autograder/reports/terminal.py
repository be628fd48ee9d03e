"""The class in the terminal: results in, a rich table and a summary out. Prints nothing itself."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.model import Change, Question, Result, Status
from autograder.reports.overview import overview
from autograder.text import number, shortened

MOST_ROWS = 40
MOST_NOTES = 10
_STATUS = {
    Status.GRADED: ("● graded", "green"),
    Status.REJECTED: ("◆ rejected", "yellow"),
    Status.FAULT: ("▲ fault", "bold red"),
}


def class_table(results: Sequence[Result], questions: Sequence[Question], most_rows: int = MOST_ROWS) -> Table:
    """Return one row a submission, sorted, one line each; beyond `most_rows` the caption says where the rest is."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, caption_justify="left", caption_style="dim")
    table.add_column("submission", min_width=12, max_width=32)
    table.add_column("status", no_wrap=True, min_width=10)
    table.add_column("score", no_wrap=True, justify="right", min_width=5)
    for question in questions:
        name = shortened(question.name, 12)
        table.add_column(_line(name), no_wrap=True, justify="right", min_width=max(4, len(name)))
    rows = sorted(results, key=lambda result: result.submission)
    for result in rows[:most_rows]:
        table.add_row(*_cells(result, questions))
    if len(rows) > most_rows:
        table.caption = f"… and {len(rows) - most_rows} more: see index.html"
    return table


def changes_table(changes: Sequence[Change]) -> Table:
    """Return one row for each question whose points changed; `changes` may be empty."""
    table = Table(
        *("submission", "question", "before", "after", "why"), box=SIMPLE_HEAD, pad_edge=False, caption_justify="left"
    )
    for change in sorted(changes, key=lambda change: (change.submission, change.question)):
        names = _line(shortened(change.submission, 32)), Text(shortened(change.question, 12))
        points = (Text("-" if value is None else number(value)) for value in (change.before, change.after))
        table.add_row(*names, *points, Text(shortened(change.why, 400)))
    if not changes:
        table.caption = "No mark changed."
    return table


def class_summary(results: Sequence[Result], questions: Sequence[Question]) -> Text:
    """Return a few lines: counts by status, mean and median, and what needs a person, with its note."""
    numbers = overview(results, questions)
    summary = Text()
    summary.append(f"{numbers.submissions} submission{'s' if numbers.submissions != 1 else ''}", style="bold")
    for status, count in zip(Status, (numbers.graded, numbers.rejected, numbers.fault), strict=True):
        if count:
            summary.append("   ").append(*_STATUS[status]).append(f" {count}")
    if numbers.mean is not None:
        summary.append(f"\nmean {number(numbers.mean)}, median {number(numbers.median)} of {number(numbers.max_score)}")
    if numbers.waiting:
        summary.append(f"\nto be marked by people: {numbers.waiting} answer{'s' if numbers.waiting != 1 else ''}")
    notes = sorted((r for r in results if r.status is not Status.GRADED), key=lambda result: result.submission)
    for result in notes[:MOST_NOTES]:
        name, note = shortened(result.submission, 32), shortened(result.note, 160)
        summary.append("\n").append(*_STATUS[result.status]).append(f" {name}: ").append(note, style="dim")
    if len(notes) > MOST_NOTES:
        summary.append(f"\n… and {len(notes) - MOST_NOTES} more: see index.html", style="dim")
    if numbers.fault:
        summary.append("\nfault: not graded and nothing lost; run the same command again", style="bold red")
    if numbers.unsealed:
        summary.append(f"\nUNSAFE: {numbers.unsealed} of them ran without isolation", style="bold red")
    return summary


def _cells(result: Result, questions: Sequence[Question]) -> list[Text]:
    graded = result.status is Status.GRADED
    points = {question.name: question.points for question in result.questions} if graded else {}
    word, style = _STATUS[result.status]
    return [
        _line(shortened(result.submission, 200)),
        Text(word, style=style),
        Text(number(result.score if graded else None), style="bold"),
        *(Text(number(points.get(question.name))) for question in questions),
    ]


def _line(text: str) -> Text:
    # The column may shrink, so it must count as wrappable; only its text must not wrap.
    return Text(text, no_wrap=True, overflow="ellipsis")
