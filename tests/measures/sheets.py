"""What a part of the bench has found: tables and goals, as a terminal and as Markdown show them."""

from dataclasses import dataclass, field

from rich.table import Table


@dataclass(frozen=True)
class Sheet:
    """A table. `left`: how many columns from the left hold words; `notes`: what a reader must know to use it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: list[str] = field(default_factory=list)
    left: int = 1


@dataclass(frozen=True)
class Goal:
    """What was to be reached, the measured value, and whether it was."""

    what: str
    measured: str
    met: bool


def goals_sheet(goals: list[Goal]) -> Sheet:
    """Return the table of all goals."""
    rows = [(goal.what, goal.measured, "yes" if goal.met else "NO") for goal in goals]
    return Sheet("Goals", ("goal", "measured", "met"), rows)


def as_table(sheet: Sheet) -> Table:
    """Return a table for the terminal."""
    table = Table(title=sheet.title, caption="\n".join(sheet.notes), caption_justify="left", title_justify="left")
    for number, column in enumerate(sheet.columns):
        table.add_column(column, justify="left" if number < sheet.left else "right")
    for row in sheet.rows:
        table.add_row(*row)
    return table


def as_markdown(sheet: Sheet) -> str:
    """Return a section of a Markdown page."""
    rules = ["---" if number < sheet.left else "---:" for number in range(len(sheet.columns))]
    lines = [f"| {' | '.join(row)} |" for row in (sheet.columns, rules, *sheet.rows)]
    return "\n\n".join([f"## {sheet.title}", "\n".join(lines), *sheet.notes]) + "\n"
