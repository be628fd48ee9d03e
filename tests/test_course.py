"""course.yml is read once, and what is wrong in it is named where it stands."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tiny import COURSE

from autograder.course import course_schema_text, read_course
from autograder.errors import ConfigError
from autograder.model import Limits
from autograder.records import LatePolicy

ROOT = Path(__file__).parents[1]


def read(folder: Path, text: str):
    path = folder / "course.yml"
    path.write_text(text, encoding="utf-8")
    return read_course(path)


def test_the_course_of_this_repository_is_valid():
    """course.yml as committed holds its assignments, each with a source."""
    course = read_course(ROOT / "course.yml")
    assert [(item.id, item.points) for item in course.assignments][:2] == [("sum", 25), ("memory", 25)]
    assert all((ROOT / "solutions" / item.id / f"{item.id}.py").is_file() for item in course.assignments)


def test_the_committed_schema_is_the_one_of_the_types():
    """An editor checks course.yml by the same types that read it."""
    committed = (ROOT / "autograder" / "course.schema.json").read_text(encoding="utf-8")
    assert committed == course_schema_text(), "write course_schema_text() to autograder/course.schema.json"


def test_course_yml_points_editors_to_the_schema():
    """The first line of course.yml names a schema file that exists."""
    first = (ROOT / "course.yml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (ROOT / first.partition("=")[2]).is_file()


def test_the_schema_refuses_unknown_keys_everywhere():
    """Course, assignment, limits and both kinds of late forbid keys that they do not know."""
    shapes = json.loads(course_schema_text())["$defs"].values()
    assert [shape["additionalProperties"] for shape in shapes] == [False] * 5


def test_a_due_date_without_an_offset_is_in_the_courses_time_zone(tmp_path):
    """23:59 in Berlin in December is one hour ahead of UTC."""
    due = read(tmp_path, COURSE).assignments[0].due
    assert due is not None and due.isoformat() == "2026-12-07T23:59:00+01:00"


def test_a_due_date_keeps_the_offset_it_has(tmp_path):
    """An author who writes an offset means it."""
    due = read(tmp_path, COURSE.replace("T23:59", "T23:59:00-05:00")).assignments[0].due
    assert due is not None and due.utcoffset() == timedelta(hours=-5)


def test_limits_that_are_left_out_have_their_defaults(tmp_path):
    """One limit given leaves the others as model.Limits has them."""
    limits = read(tmp_path, COURSE + "    limits:\n      memory_mb: 512\n").assignments[0].limits
    assert limits == Limits(memory_mb=512)


def test_without_the_new_keys_lateness_costs_nothing(tmp_path):
    """A course.yml of before means what it meant."""
    course = read(tmp_path, COURSE)
    assert (course.late, course.roster, course.gradebook) == (LatePolicy(), "", "")
    assert (course.assignments[0].late, course.assignments[0].attempts) == (LatePolicy(), "last-before-due")
    assert course.assignments[0].closes is None


def test_an_assignment_changes_only_what_it_names_of_the_late_policy(tmp_path):
    """The rest is the course's, late days included."""
    course = read(
        tmp_path,
        "late: {grace_minutes: 10, percent: 5, per: hour, cap_percent: 50, late_days: 3}\nattempts: best\n"
        + COURSE
        + "    late: {percent: 0}\n    attempts: last\n    closes: 2026-12-14T23:59\n"
        + "  - {id: other, title: Other, points: 1}\n",
    )
    assert course.late == LatePolicy(grace_minutes=10, percent=5, per="hour", cap_percent=50, late_days=3)
    assert course.assignments[0].late == replace(course.late, percent=0)
    assert course.assignments[0].closes == datetime(2026, 12, 14, 22, 59, tzinfo=UTC)
    assert [one.attempts for one in course.assignments] == ["last", "best"]
    assert course.assignments[1].late == course.late


def test_roster_and_gradebook_are_kept_as_written(tmp_path):
    """Who reads them knows what a path is relative to."""
    course = read(tmp_path, "roster: staff/roster.csv\ngradebook: postgresql+psycopg://ta@db:5432/rnn\n" + COURSE)
    assert (course.roster, course.gradebook) == ("staff/roster.csv", "postgresql+psycopg://ta@db:5432/rnn")


@pytest.mark.parametrize(
    "url", ["postgresql://ta:s3cret@db/rnn", "postgresql://db/rnn?password=s3cret", "x://:s3cret@"]
)
def test_a_password_in_the_url_is_refused_and_never_shown(tmp_path, url):
    """course.yml is committed, and messages end up in issues."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"gradebook: {url}\n" + COURSE)
    assert "holds a password" in str(caught.value) and "s3cret" not in str(caught.value)


MISTAKES = {
    "a policy that is none": ("title: Tiny", "late: {per: week}\ntitle: Tiny", ["course.yml:1", "late.per", "'week'"]),
    "too many percents": ("title: Tiny", "late: {percent: 101}\ntitle: Tiny", ["late.percent", "<= 100", "found 101"]),
    "a negative grace": ("title: Tiny", "late: {grace_minutes: -1}\ntitle: Tiny", ["late.grace_minutes", ">= 0"]),
    "attempts that are none": ("title: Tiny", "attempts: first\ntitle: Tiny", ["course.yml:1", "attempts", "'first'"]),
    "late days of an assignment": (
        "due:",
        "late: {late_days: 2}\n    due:",
        ["assignments[0].late.late_days", "unknown key", "grace_minutes"],
    ),
    "closing before due": ("due:", "closes: 2026-12-07T23:58\n    due:", ["assignments[0].closes", "not before due"]),
    "closing on a date": ("due:", "closes: 2026-12-09\n    due:", ["assignments[0].closes", "'2026-12-09'"]),
    "another kind of database": ("title: Tiny", "gradebook: mysql://db/x\ntitle: Tiny", ["gradebook", "postgresql://"]),
    "a path for a database": ("title: Tiny", "gradebook: book.db\ntitle: Tiny", ["gradebook", "sqlite:///"]),
    "a roster with a line break": ("title: Tiny", 'roster: "a\\nb"\ntitle: Tiny', ["roster", "roster.csv"]),
    "an unknown key": ("title: Tiny course", "titel: Tiny course", ["course.yml:1", "titel", "Did you mean `title`?"]),
    "an unknown key inside": ("due:", "dew:", [":9", "assignments[0].dew", "Did you mean `due`?"]),
    "an unknown limit": ("due:", "limits: {memory: 5}\n    due:", ["limits.memory", "Did you mean `memory_mb`?"]),
    "a key given twice": ("term: Winter", "title: Winter", ["course.yml:2", "`title` is given twice"]),
    "a missing key": ("term: Winter\n", "", ["the key `term` is missing"]),
    "a wrong type": ("points: 8", "points: many", ["course.yml:8", "assignments[0].points", "'many'", "float"]),
    "negative points": ("points: 8", "points: -8", ["assignments[0].points", "found -8"]),
    "a limit out of range": ("due:", "limits: {memory_mb: 1}\n    due:", ["limits.memory_mb", ">= 64", "found 1"]),
    "a run shorter than a cell": ("due:", "limits: {run_seconds: 5}\n    due:", ["limits.run_seconds", "cell_seconds"]),
    "an unknown time zone": ("Berlin", "Berln", ["timezone", "Europe/Berln", "Did you mean `Europe/Berlin`?"]),
    "bad characters in an id": ("id: tiny", "id: ../Tiny", ["assignments[0].id", "'../Tiny'"]),
    "no repository": ("somebody/tiny-course", "tiny-course", ["course.yml:4", "repository", "owner/name"]),
    "a date without a time": ("T23:59", "", ["assignments[0].due", "'2026-12-07'", "2026-12-07T23:59"]),
    "a date that does not exist": ("12-07", "02-30", ["assignments[0].due", "2026-02-30T23:59"]),
    "broken YAML": ("title: Tiny", "title: Tiny: ", ["course.yml:1", "not YAML", "quotes"]),
    "a list": (COURSE, "- a\n", ["course.yml:1", "object"]),
    "nothing": (COURSE, "", ["course.yml:1", "object"]),
}


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_its_place(tmp_path, old, new, words):
    """The message names file, line or key, what was found and what is expected."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, COURSE.replace(old, new))
    assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)


def test_an_id_given_twice_is_refused(tmp_path):
    """Two assignments cannot share a folder."""
    entry = COURSE.partition("assignments:\n")[2]
    with pytest.raises(ConfigError, match=r"assignments\[1\]\.id: `tiny` is given twice"):
        read(tmp_path, COURSE + entry)


def test_a_missing_file_is_named(tmp_path):
    """Outside of a course's folder the message says what to do."""
    with pytest.raises(ConfigError, match="course's folder"):
        read_course(tmp_path / "course.yml")


def weighted(*weights: float | None) -> str:
    """Return a course with an assignment for each weight."""
    head = "title: A\nterm: B\ntimezone: UTC\nrepository: a/b\nassignments:\n"
    entries = [
        f"  - {{id: a{number}, title: A, points: 5{'' if weight is None else f', weight: {weight}'}}}\n"
        for number, weight in enumerate(weights)
    ]
    return head + "".join(entries)


def test_weights_add_to_100(tmp_path):
    """Or there are none."""
    for weights in ((60, 40), (None, None), (33.4, 33.3, 33.3)):
        (tmp_path / "course.yml").write_text(weighted(*weights))
        assert tuple(one.weight for one in read_course(tmp_path / "course.yml").assignments) == weights


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ((60, 50), "found 110 \\(a0 60, a1 50\\)"),
        ((100, None), "a1: has no weight, others have one"),
        ((100, 0), "above 0"),
    ],
)
def test_weights_that_say_nothing_are_refused(tmp_path, weights, told):
    """The message names the assignments."""
    (tmp_path / "course.yml").write_text(weighted(*weights))
    with pytest.raises(ConfigError, match=told):
        read_course(tmp_path / "course.yml")
