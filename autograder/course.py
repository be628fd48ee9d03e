"""course.yml -> model.Course, checked once, here. Nothing else reads the file, and nothing behind it checks again."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from autograder import model
from autograder.errors import ConfigError
from autograder.yamlfile import nearest, read_yaml

_DEFAULT = model.Limits()

Text = Annotated[str, Meta(min_length=1)]


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
    due: Annotated[
        str | None,
        Meta(description="date and time such as 2026-12-07T23:59, in the course's time zone unless it has its own"),
    ] = None
    limits: Annotated[LimitsEntry, Meta(description="what one submission may use")] = msgspec.field(
        default_factory=LimitsEntry
    )


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
    assignments: list[model.Assignment] = []
    for index, item in enumerate(entry.assignments):
        place = f"{path}: assignments[{index}]"
        if any(item.id == earlier.id for earlier in assignments):
            raise ConfigError(f"{place}.id: `{item.id}` is given twice. Every assignment needs an id of its own.")
        limits = model.Limits(**msgspec.structs.asdict(item.limits))
        if limits.run_seconds < limits.cell_seconds:
            raise ConfigError(
                f"{place}.limits.run_seconds: found {limits.run_seconds}, expected at least cell_seconds"
                f" ({limits.cell_seconds}): a run holds every cell."
            )
        due = _due(item.due, zone, f"{place}.due")
        assignments.append(model.Assignment(item.id, item.title, item.points, due, limits))
    return model.Course(entry.title, entry.term, entry.timezone, entry.repository, tuple(assignments))


def course_schema() -> dict[str, Any]:
    """Return the JSON Schema of course.yml, made from the same types that read it."""
    return msgspec.json.schema(CourseEntry)


def course_schema_text() -> str:
    """Return course.schema.json as it is committed."""
    encoded = msgspec.json.encode(course_schema(), order="deterministic")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _zone(name: str, path: Path) -> ZoneInfo:
    if name not in available_timezones():
        raise ConfigError(
            f"{path}: timezone: found {name!r}, expected a name such as Europe/Berlin."
            + nearest(name, available_timezones())
        )
    return ZoneInfo(name)


def _due(text: str | None, zone: ZoneInfo, place: str) -> datetime | None:
    if text is None:
        return None
    try:
        due = datetime.fromisoformat(text)
    except ValueError:
        due = None
    # A date alone would mean its first minute, which nobody means by a due date.
    if due is None or ":" not in text:
        raise ConfigError(f"{place}: found {text!r}, expected a date and a time such as 2026-12-07T23:59.")
    return due if due.tzinfo else due.replace(tzinfo=zone)
