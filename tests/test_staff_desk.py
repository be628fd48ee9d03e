"""What the staff pages know is what the gradebook says at this moment: marks, standings, rubrics, files."""

import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from click.testing import CliRunner
from staff_class import ASSIGNMENT, QUESTION, make_staff_class

from autograder.book import book_of
from autograder.cli import main
from autograder.course import read_course
from autograder.errors import AutograderError
from autograder.folders import grader_path
from autograder.gradebook import open_gradebook
from autograder.records import AnswerMark, Override
from autograder.web.desk import Desk

NOW = datetime(2026, 12, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_staff_class(tmp_path_factory.mktemp("desk") / "course", 30)


@pytest.fixture
def desk(made, tmp_path):
    """A desk over a class of thirty of this test's own."""
    folder = tmp_path / "course"
    shutil.copytree(made.folder, folder)
    with open_gradebook(str(folder / ".autograder" / "gradebook.sqlite")) as gradebook:
        yield Desk(folder, read_course(folder / "course.yml"), gradebook, lambda: NOW)


def mark(desk, paper, *items, author="ada", seen=None):
    one = AnswerMark(ASSIGNMENT, paper.sha256, QUESTION, items, 0.0, "", author, NOW)
    return desk.gradebook.add_answer_marks([one], {paper.sha256: paper.seen if seen is None else seen})


def queue(desk):
    return desk.queue(ASSIGNMENT, QUESTION)


def test_the_queue_holds_each_graded_file_once(desk, made):
    """Files of groups and copies are one answer; what was superseded, rejected, excused or faulty is none."""
    assert {paper.sha256 for paper in queue(desk).papers} == set(made.counting)
    assert [paper.number for paper in queue(desk).papers] == list(range(1, len(made.counting) + 1))


def test_the_order_is_stable_and_says_nothing_of_names(desk):
    """Another desk has the same order; by names or as handed in it would be another."""
    again = Desk(desk.root, desk.course, desk.gradebook, lambda: NOW)
    ids = [paper.id for paper in queue(desk).papers]
    assert ids == [paper.id for paper in queue(again).papers] == sorted(ids)
    files = [paper.sha256 for paper in queue(desk).papers]
    handed_in = [one.sha256 for one in desk.gradebook.attempts(ASSIGNMENT) if one.sha256 in files]
    assert files not in (handed_in, sorted(files))


def test_marks_are_followed_one_by_one_and_standings_are_those_of_the_whole_book(desk):
    """After marks, a change of mark and one taken back, standings equal those computed from everything anew."""
    desk.standings(ASSIGNMENT)
    papers = queue(desk).papers
    mark(desk, papers[0], "numbers", "rule")
    mark(desk, papers[1], "bound")
    desk.standings(ASSIGNMENT)
    mark(desk, queue(desk).papers[1], "bound", "rule", author="ben")
    withdrawn = replace(queue(desk).papers[0].mark, withdrawn=True, number=0)
    desk.gradebook.add_answer_marks([withdrawn], {papers[0].sha256: queue(desk).papers[0].seen})
    anew = book_of(desk.gradebook, desk.course).standings(desk.course, NOW)
    assert desk.standings(ASSIGNMENT) == anew[ASSIGNMENT]
    assert [paper.points for paper in queue(desk).papers[:2]] == [None, 5.0]


def test_what_is_no_mark_is_seen_with_the_next_page(desk):
    """An override made by a command while the pages are open counts at once."""
    student = next(one.student.id for one in desk.standings(ASSIGNMENT) if one.status == "graded")
    desk.gradebook.add_override(Override(ASSIGNMENT, student, "", 3.0, "ada", "was ill", NOW))
    assert next(one for one in desk.standings(ASSIGNMENT) if one.student.id == student).score == 3.0


def test_points_follow_when_a_rebuilt_zip_has_another_worth(desk):
    """Points of what was marked before follow the worth of its items, without a new start."""
    mark(desk, queue(desk).papers[0], "rule")
    assert queue(desk).papers[0].points == 3.0
    before = desk.grader(ASSIGNMENT)
    change_worths(desk)
    assert queue(desk).papers[0].points == 4.0
    assert desk.grader(ASSIGNMENT).sha256 == before.sha256


def test_points_follow_without_the_pages_when_the_class_is_regraded(desk, monkeypatch):
    """Who never opens the pages again has the new worths by `regrade`, which says so."""
    mark(desk, queue(desk).papers[0], "rule")
    change_worths(desk)
    monkeypatch.chdir(desk.root)
    said = CliRunner().invoke(main, ["regrade", ASSIGNMENT]).output
    assert "The rubric of q7 has changed: the points of its marks follow." in said
    assert {item.id: item.points for item in desk.gradebook.rubrics(ASSIGNMENT)[QUESTION].items}["rule"] == 4.0


def change_worths(desk):
    """As `build` does after a change of the source: an item is worth a point more, another one less."""
    grader = desk.grader(ASSIGNMENT)
    (question,) = grader.guide.written
    worths = {"rule": 4.0, "numbers": 1.0}
    items = tuple(replace(item, points=worths.get(item.id, item.points)) for item in question.rubric.items)
    guide = replace(grader.guide, written=(replace(question, rubric=replace(question.rubric, items=items)),))
    rewrite(grader_path(desk.root, ASSIGNMENT), "marking.json", msgspec.json.encode(guide))


def rewrite(path, name, content):
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, old in members.items():
            archive.writestr(member, content if member == name else old)


def test_a_file_that_is_gone_is_said_and_not_shown_as_empty(desk):
    """An answer whose file was removed from the store is trouble with a way out, never an empty answer."""
    paper = queue(desk).papers[0]
    for path in (desk.root / ".autograder" / "submissions" / ASSIGNMENT).rglob(f"*{paper.sha256}*"):
        path.unlink()
    with pytest.raises(AutograderError, match="autograder intake sum"):
        desk.answer(ASSIGNMENT, QUESTION, paper.sha256)


def test_without_a_grader_zip_nothing_is_to_be_marked(desk):
    """An assignment that is not built has no questions, and says no falsehood about answers."""
    grader_path(desk.root, ASSIGNMENT).unlink()
    assert desk.grader(ASSIGNMENT) is None
    assert desk.guide(ASSIGNMENT).written == ()
