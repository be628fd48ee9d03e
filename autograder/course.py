"""course.yml -> model.Course, checked once, here. Nothing else reads the file, and nothing behind it checks again."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import UNSET, Meta, UnsetType

from autograder import model
from autograder.errors import ConfigError
from autograder.records import LatePolicy
from autograder.yamlfile import nearest, read_yaml

_DEFAULT = model.Limits()
_LATE = LatePolicy()

Text = Annotated[str, Meta(min_length=1)]
Attempts = Literal["last-before-due", "last", "best"]
Grace = Annotated[int, Meta(ge=0, le=10080, description="minutes after the due date that count as in time")]
Percent = Annotated[
    float, Meta(ge=0, le=100, description="percent of the assignment's points taken off for each day or hour begun")
]
Per = Literal["day", "hour"]
Cap = Annotated[float, Meta(ge=0, le=100, description="the most percent that lateness takes off")]


class LimitsEntry(msgspec.Struct, forbid_unknown_fields=True):
    """What one submission may use. What is left out has its default."""

    cell_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="CPU seconds for one cell, or for one call that a test makes")
    ] = _DEFAULT.cell_seconds
    run_seconds: Annotated[int, Meta(ge=1, le=36000, description="CPU seconds for the whole submission")] = (
        _DEFAULT.run_seconds
    )
    wall_factor: Annotated[
        int, Meta(ge=1, le=100, description="time by the clock may be this many times the CPU time")
    ] = _DEFAULT.wall_factor
    idle_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="seconds that a cell or a call may wait without computing anything")
    ] = _DEFAULT.idle_seconds
    memory_mb: Annotated[int, Meta(ge=64, le=65536, description="MiB beyond those of the warmed process")] = (
        _DEFAULT.memory_mb
    )
    disk_mb: Annotated[int, Meta(ge=1, le=4096, description="MiB of files that the submission may write")] = (
        _DEFAULT.disk_mb
    )
    processes: Annotated[int, Meta(ge=1, le=4096, description="processes and threads")] = _DEFAULT.processes


class LateEntry(msgspec.Struct, forbid_unknown_fields=True):
    """What lateness costs in the course. What is left out has its default: nothing is taken off."""

    grace_minutes: Grace = _LATE.grace_minutes
    percent: Percent = _LATE.percent
    per: Annotated[Per, Meta(description="what the percent is taken off for: a day or an hour")] = "day"
    cap_percent: Cap = _LATE.cap_percent
    late_days: Annotated[
        int, Meta(ge=0, le=365, description="late days that a student may spend in the whole course")
    ] = _LATE.late_days


class AssignmentLateEntry(msgspec.Struct, forbid_unknown_fields=True):
    """What lateness costs in one assignment. What is left out is as in the course; late days are the course's."""

    grace_minutes: Grace | UnsetType = UNSET
    percent: Percent | UnsetType = UNSET
    per: Annotated[Per, Meta(description="what the percent is taken off for: a day or an hour")] | UnsetType = UNSET
    cap_percent: Cap | UnsetType = UNSET


class AssignmentEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One assignment: its source is solutions/<id>/<id>.py."""

    id: Annotated[
        str,
        Meta(
            pattern="^[a-z][a-z0-9_-]*$",
            max_length=40,
            description="folder name under solutions/ and assignments/: lower case letters, digits, - and _",
        ),
    ]
    title: Annotated[Text, Meta(description="what students read")]
    points: Annotated[float, Meta(gt=0, le=10000, description="total, questions marked by people included")]
    weight: Annotated[
        float | None,
        Meta(description="percent of the grade of the course; of all assignments or of none, 100 together"),
    ] = None
    due: Annotated[
        str | None,
        Meta(description="date and time such as 2026-12-07T23:59, in the course's time zone unless it has its own"),
    ] = None
    limits: Annotated[LimitsEntry, Meta(description="what one submission may use")] = msgspec.field(
        default_factory=LimitsEntry
    )
    late: Annotated[
        AssignmentLateEntry, Meta(description="what lateness costs here, where it is not as in the course")
    ] = msgspec.field(default_factory=AssignmentLateEntry)
    attempts: (
        Annotated[Attempts, Meta(description="which attempt counts here, where it is not as in the course")] | UnsetType
    ) = UNSET
    closes: Annotated[
        str | None, Meta(description="date and time after which nothing that is handed in counts; not before due")
    ] = None


class CourseEntry(msgspec.Struct, forbid_unknown_fields=True):
    """The course: the one file an instructor fills in."""

    title: Annotated[Text, Meta(description="name of the course")]
    term: Annotated[Text, Meta(description="for example Winter 2026/27")]
    timezone: Annotated[Text, Meta(description="name in the tz database, for example Europe/Berlin or UTC")]
    repository: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$",
            description="owner/name of the public GitHub repository that holds assignments/",
        ),
    ]
    assignments: Annotated[list[AssignmentEntry], Meta(min_length=1, description="in the order of the course")]
    late: Annotated[LateEntry, Meta(description="what lateness costs")] = msgspec.field(default_factory=LateEntry)
    attempts: Annotated[
        Attempts,
        Meta(
            description="which attempt counts: the last in time or else the last late one, the last, or the one with"
            " the highest score after lateness"
        ),
    ] = "last-before-due"
    roster: Annotated[str, Meta(description="CSV file of the students, relative to this file")] = ""
    gradebook: Annotated[
        str,
        Meta(
            description="URL of the database, such as postgresql://user@host/name, without a password; left out, the"
            " gradebook is an SQLite file in the working folder"
        ),
    ] = ""


def read_course(path: Path) -> model.Course:
    """Read and check course.yml.

    Args:
        path: the file.

    Raises:
        ConfigError: names file, line and key, what was found and what is expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}). Run the command in the course's folder."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text. Save it as UTF-8.") from None
    entry = read_yaml(text, CourseEntry, str(path), ConfigError)
    zone = _zone(entry.timezone, path)
    late = LatePolicy(**msgspec.structs.asdict(entry.late))
    assignments: list[model.Assignment] = []
    for index, item in enumerate(entry.assignments):
        place = f"{path}: assignments[{index}]"
        if any(item.id == earlier.id for earlier in assignments):
            raise ConfigError(f"{place}.id: `{item.id}` is given twice. Every assignment needs an id of its own.")
        assignments.append(_assignment(item, entry.attempts, late, zone, place))
    _check_weights(assignments, path)
    return model.Course(
        title=entry.title,
        term=entry.term,
        timezone=entry.timezone,
        repository=entry.repository,
        assignments=tuple(assignments),
        late=late,
        roster=_roster(entry.roster, path),
        gradebook=_gradebook(entry.gradebook, path),
    )


def _check_weights(assignments: list[model.Assignment], path: Path) -> None:
    weights = [assignment.weight for assignment in assignments]
    if weights == [None] * len(weights):
        return
    without = [assignment.id for assignment in assignments if assignment.weight is None]
    if without:
        raise ConfigError(f"{path}: {', '.join(without)}: has no weight, others have one. Give it to all or to none.")
    total = round(sum(weight or 0 for weight in weights), 6)
    if total != 100 or min(weight or 0 for weight in weights) <= 0:
        listed = ", ".join(f"{assignment.id} {assignment.weight:g}" for assignment in assignments)
        raise ConfigError(f"{path}: weights are percents above 0 that add to 100; found {total:g} ({listed}).")


def course_schema() -> dict[str, Any]:
    """Return the JSON Schema of course.yml, made from the same types that read it."""
    return msgspec.json.schema(CourseEntry)


def course_schema_text() -> str:
    """Return course.schema.json as it is committed."""
    encoded = msgspec.json.encode(course_schema(), order="deterministic")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _assignment(item: AssignmentEntry, attempts: str, late: LatePolicy, zone: ZoneInfo, place: str) -> model.Assignment:
    limits = model.Limits(**msgspec.structs.asdict(item.limits))
    if limits.run_seconds < limits.cell_seconds:
        raise ConfigError(
            f"{place}.limits.run_seconds: found {limits.run_seconds}, expected at least cell_seconds"
            f" ({limits.cell_seconds}): a run holds every cell."
        )
    due = _moment(item.due, zone, f"{place}.due", "2026-12-07T23:59")
    closes = _moment(item.closes, zone, f"{place}.closes", "2026-12-14T23:59")
    if due and closes and closes.astimezone(UTC) < due.astimezone(UTC):
        raise ConfigError(
            f"{place}.closes: found {item.closes!r}, expected a date and a time not before due ({item.due}): until then"
            " everything counts."
        )
    here = {key: value for key, value in msgspec.structs.asdict(item.late).items() if value is not UNSET}
    return model.Assignment(
        id=item.id,
        title=item.title,
        points=item.points,
        due=due,
        limits=limits,
        late=replace(late, **here),
        attempts=attempts if item.attempts is UNSET else str(item.attempts),
        closes=closes,
        weight=item.weight,
    )


def _roster(text: str, path: Path) -> str:
    if not text.isprintable() or text != text.strip():
        raise ConfigError(f"{path}: roster: found {text!r}, expected the path of a CSV file such as roster.csv.")
    return text


def _gradebook(url: str, path: Path) -> str:
    """Check a URL without ever showing it: it may hold a password by mistake."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = bool(parts.netloc) or parts.scheme.startswith("sqlite")
        secret = parts.password is not None or any("pass" in key.lower() for key, _ in parse_qsl(parts.query))
    except ValueError:
        raise ConfigError(
            f"{path}: gradebook: this is no URL; expected one such as postgresql://user@host/name."
        ) from None
    if secret:
        raise ConfigError(
            f"{path}: gradebook: the URL holds a password, and this file is shared. Take it out, and give it in the"
            " environment variable PGPASSWORD or in a .pgpass file."
        )
    if parts.scheme.partition("+")[0] not in ("sqlite", "postgresql") or not host:
        raise ConfigError(
            f"{path}: gradebook: expected a URL such as postgresql://user@host/name or sqlite:///gradebook.db; leave"
            " the key out for an SQLite file in the working folder."
        )
    return url


def _zone(name: str, path: Path) -> ZoneInfo:
    if name not in available_timezones():
        raise ConfigError(
            f"{path}: timezone: found {name!r}, expected a name such as Europe/Berlin."
            + nearest(name, available_timezones())
        )
    return ZoneInfo(name)


def _moment(text: str | None, zone: ZoneInfo, place: str, example: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    # A date alone would mean its first minute, which nobody means by a due date.
    if moment is None or ":" not in text:
        raise ConfigError(f"{place}: found {text!r}, expected a date and a time such as {example}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
