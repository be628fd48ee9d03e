"""When something was handed in and what was agreed in; out come days or hours late, late days, points taken off.

All moments are compared in UTC: two of one time zone would otherwise compare as their clocks show, which repeat an hour
each autumn.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from autograder.model import Assignment
from autograder.records import Attempt, Extension, LatePolicy

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What holds for one student in one assignment.

    Attributes:
        due: the student's own, in UTC; None when there is none: then nothing is late.
        closes: in UTC; what is handed in after it does not count.
        extended: an extension moved `due`.
        max_points: of the assignment; zone: of the course.
    """

    due: datetime | None
    closes: datetime | None
    extended: bool
    policy: LatePolicy
    max_points: Fraction
    zone: ZoneInfo


@lru_cache(4096)  # a class of 1,000 has the same few numbers of points over and over
def exact(points: float) -> Fraction:
    """Return the decimal number that is meant: sums of tenths in binary miss theirs by some 1e-16."""
    return Fraction(repr(round(float(points), 9)))


def utc(moment: datetime | None) -> datetime | None:
    """Return the same moment in UTC."""
    return moment and moment.astimezone(UTC)


def terms_of(assignment: Assignment, extensions: Iterable[Extension], zone: ZoneInfo) -> Terms:
    """Return the terms of a student with these extensions of the assignment, of which the latest counts.

    An extension never makes a due date earlier. Where it reaches past the drop-dead date, that moves to its end, grace
    included. Without one the drop-dead date stands as it is: grace does not reach past it.
    """
    due, closes, policy = utc(assignment.due), utc(assignment.closes), assignment.late
    in_order = sorted(extensions, key=lambda extension: extension.at.astimezone(UTC))
    until = utc(in_order[-1].until) if in_order else None
    extended = bool(until and due and until > due)
    if until and extended:
        due = until
        closes = closes and max(closes, until + timedelta(minutes=policy.grace_minutes))
    return Terms(due, closes, extended, policy, exact(assignment.points), zone)


def lateness_units(
    submitted_at: datetime, due: datetime, policy: LatePolicy, zone: ZoneInfo, days_spent: int = 0
) -> int:
    """Return how many days or hours (`policy.per`) have begun after due, 0 when in time.

    Up to due and grace, that moment included, is in time; what is later is counted from due. The first day ends at the
    due time of the next day by the clock of `zone`, that moment included; an hour is 60 minutes elapsed.

    Args:
        submitted_at, due: timezone-aware, of any time zone.
        days_spent: late days, each of which moves the due date by a day of the clock.
    """
    submitted_at, moved = submitted_at.astimezone(UTC), days_after(due, days_spent, zone)
    if submitted_at <= moved + timedelta(minutes=policy.grace_minutes):
        return 0
    if policy.per == "hour":
        return -((moved - submitted_at) // HOUR)
    units = max(1, (submitted_at - moved) // DAY - 1)
    while submitted_at > days_after(due, days_spent + units, zone):
        units += 1
    return units


def days_after(due: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the same time by the clock of `zone` some days later, in UTC.

    Where the clock shows that time twice, or skips it, the later of the two moments that can be meant.
    """
    if not days:
        return due.astimezone(UTC)
    local = due.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def units_of(attempt: Attempt, terms: Terms, days_spent: int = 0) -> int:
    """Return the days or hours begun after a student's due date when an attempt was handed in.

    The LMS's word is taken only where there is no time: late is then one day or hour, unless the student has an
    extension, of which the LMS may not know.
    """
    if terms.due is None:
        return 0
    if attempt.submitted_at is None:
        return int(bool(attempt.late) and not terms.extended and not days_spent)
    return lateness_units(attempt.submitted_at, terms.due, terms.policy, terms.zone, days_spent)


def penalty_of(units: int, policy: LatePolicy, max_points: Fraction) -> Fraction:
    """Return the points that lateness takes off, whatever was earned: percents of the most points, up to the cap."""
    return max_points * min(units * exact(policy.percent), exact(policy.cap_percent)) / 100


def days_to_spend(attempt: Attempt, terms: Terms, left: int) -> int:
    """Return how many of the late days left are spent on an attempt: the fewest with which least is taken off.

    So none is spent where lateness costs nothing, or where no number of those left would lower what is taken off.
    """
    costs: list[Fraction] = []
    for days in range(left + 1):
        costs.append(penalty_of(units_of(attempt, terms, days), terms.policy, terms.max_points))
        if not costs[-1]:
            break
    return costs.index(min(costs))
