"""The table of all students of an assignment: standings and a search in, the values of people.html out."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from autograder.model import Assignment
from autograder.records import Standing
from autograder.web.listing import Filed, people_path

A_PAGE = 100
SHOWN: dict[str, Callable[[Standing], bool]] = {
    "late": lambda one: one.late_units > 0,
    "to be marked": lambda one: bool(one.unmarked),
    **{
        name: lambda one, name=name: one.status == name  # type: ignore[misc]
        for name in ("graded", "missing", "excused", "ungraded", "rejected", "fault")
    },
}


def people_page_values(
    assignment: Assignment, filed: Filed, zone: ZoneInfo, find: str = "", show: str = "", page: str = "1"
) -> dict[str, object]:
    """Return the values of people.html; whatever is asked for that there is not shows all, or the nearest page.

    Args:
        find: part of a name, an id or an e-mail address.
        show: one of `SHOWN`.
        page: from 1, as typed.
    """
    show = show if show in SHOWN else ""
    chosen = [one for one in filed.standings if _matches(one, find) and (not show or SHOWN[show](one))]
    pages = max(1, -(-len(chosen) // A_PAGE))
    number = min(max(int(page), 1), pages) if page.isascii() and page.isdigit() and len(page) < 9 else 1
    counts = {name: sum(map(wanted, filed.standings)) for name, wanted in SHOWN.items()}
    return {
        "assignment": assignment,
        "rows": [(filed.listed(one), _when(one, zone)) for one in chosen[A_PAGE * (number - 1) : A_PAGE * number]],
        "found": len(chosen),
        "students": len(filed.standings),
        "find": find[:80],
        "show": show,
        "filters": [
            (name, count, people_path(assignment.id, name, find[:80])) for name, count in counts.items() if count
        ],
        "all_path": people_path(assignment.id, find=find[:80]),
        "page": number,
        "pages": pages,
        "before": people_path(assignment.id, show, find[:80], number - 1),
        "after": people_path(assignment.id, show, find[:80], number + 1),
    }


def _matches(standing: Standing, find: str) -> bool:
    student, wanted = standing.student, find.casefold().strip()
    return not wanted or any(wanted in text.casefold() for text in (student.name, student.id, student.email))


def _when(standing: Standing, zone: ZoneInfo) -> str:
    at = standing.attempt.submitted_at if standing.attempt else None
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""
