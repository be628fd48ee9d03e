"""The pages of a class, rendered: what stands on them, that nothing of a student's acts, and that drawings fit."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.analysis import QuestionFacts, Spread, analyse
from autograder.attempts import by_file
from autograder.model import (
    Assignment,
    CaseResult,
    CellError,
    Facts,
    GraderInfo,
    Limits,
    Question,
    QuestionResult,
    Result,
    Status,
)
from autograder.records import AnswerMark, Attempt, Standing, Student
from autograder.similarity import similar_code
from autograder.web.class_page import MOST_CASES, class_page_values
from autograder.web.drawings import runs, scatter
from autograder.web.listing import MOST, Filed
from autograder.web.pages import templates
from autograder.web.pair_page import pair_page_values
from autograder.web.pairs_page import pairs_page_values
from autograder.web.people_page import A_PAGE, people_page_values
from autograder.web.submission_page import MOST_CHARACTERS, submission_page_values

EVIL = "</title></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e{{ 7 * 7 }}"
SUM = Assignment("sum", "Sum a sequence", 10)
QUESTIONS = (Question("q1", "First", 6), Question("q7", "A till, or not?", 4, manual=True))
INFO = GraderInfo("sum", "Sum a sequence", "sum", QUESTIONS, Limits(), verified=True)
BERLIN = ZoneInfo("Europe/Berlin")
CODE = (
    "def total(prices):\n    # adds up\n    result = 0\n    for price in prices:\n        result = result + price * 2\n"
)


class Page(HTMLParser):
    """What a browser would find: tags with attributes, ids, links, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())
        self.links = [found["href"] or "" for tag, found in self.tags if tag == "a" and "href" in found]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.words.append(data)


def show(template: str, values: dict[str, object]) -> Page:
    """Render a page as it is sent, and look for what no page may have."""
    html = templates().get_template(template).render(staff="Grace", csrf="c", notes=(), cleared=(), **values)
    page = Page(html)
    ids = [found["id"] for _, found in page.tags if "id" in found]
    assert len(ids) == len(set(ids)), "an id twice"
    for tag, found in page.tags:
        assert "style" not in found and not any(name.startswith("on") for name in found), (tag, found)
        assert tag != "script" or str(found.get("src")).startswith("/static/")
        assert tag not in ("iframe", "object", "embed", "img", "style", "base"), tag
    assert "\u202e" not in html
    return page


class Room:
    """A class that is filled student by student."""

    def __init__(self) -> None:
        self.standings: list[Standing] = []
        self.results: list[Result] = []
        self.codes: dict[str, dict[str, str]] = {}

    def student(
        self,
        name: str,
        points: float = 6,
        written: float | None = None,
        status: str = "graded",
        file: int | None = None,
        code: str = "",
        message: str = "found 3",
        students: tuple[str, ...] = (),
        **more: object,
    ) -> str:
        """Add somebody; return the name of the submission."""
        number = len(self.standings)
        student = Student(f"s{number:03}", name, f"user{number}@example.org")
        sha256 = f"{number if file is None else file:064x}"[::-1]
        attempt = None
        if status not in ("missing", "excused"):
            attempt = Attempt(
                "sum", students or (student.id,), sha256, f"{name}.ipynb", "canvas", "x", datetime.now(UTC)
            )
        questions = {"q1": (points, 6.0), "q7": (written, 4.0)} if status == "graded" else {}
        unmarked = ("q7",) if status == "graded" and written is None else ()
        score = points + (written or 0) if status == "graded" else None
        more = {"score": score, "why": f"because of {name}", "unmarked": unmarked, **more}
        self.standings.append(Standing(student, "sum", status, 10, attempt, questions, **more))
        submission = f"student-{sha256[:10]}"
        if attempt and submission not in {result.submission for result in self.results}:
            self.results.append(self._result(submission, name, points, status, message, sha256))
            self.codes[submission] = {"q1": code} if code else {}
        return submission

    def _result(self, submission: str, name: str, points: float, status: str, message: str, sha256: str) -> Result:
        cases = tuple(
            CaseResult(f"q1 - {i}", f"Case {i}", i > 0, i < points, float(i < points), 1, "Think again.", message)
            for i in range(6)
        )
        facts = Facts(
            sha256, "g" * 64, "1", {}, 0, "uid", memory_bytes=2**28, cell_errors=(CellError(4, "E", message),)
        )
        questions = (
            QuestionResult("q1", "First", points, 6, cases=cases),
            QuestionResult("q7", "A till, or not?", None, 4, manual=True),
        )
        graded = status == "graded"
        return Result(submission, name, "sum", Status(status), points, 6, questions * graded, 2.0, 3.0, message, facts)

    @property
    def filed(self) -> Filed:
        return Filed("sum", self.standings, by_file(self.results))

    def class_page(self, info: GraderInfo | None = INFO, compared: bool = True) -> Page:
        analysis = analyse(self.standings, self.filed.counting(), info.questions if info else ())
        pairs = similar_code(self.codes) if compared else None
        return show("class.html", class_page_values(SUM, info, analysis, self.filed, pairs))

    def people(self, **asked: str) -> Page:
        return show("people.html", people_page_values(SUM, self.filed, BERLIN, **asked))

    def submission(self, name: str) -> Page:
        return show("submission.html", submission_page_values(SUM, name, self.filed, similar_code(self.codes)))

    def pair(self, a: str, b: str) -> Page:
        return show("pair.html", pair_page_values(SUM, a, b, self.codes, self.filed, similar_code(self.codes)))


@pytest.fixture
def room() -> Room:
    return Room()


def test_hostile_text_is_text_on_every_page(room):
    """Names, files, messages, errors, code: all shown, none acting; a bidirectional override is not even shown."""
    names = [room.student(EVIL, points=2, code=f"# {EVIL}\n{CODE * 9}", message=EVIL) for _ in range(2)]
    room.student(EVIL, status="rejected", message=EVIL)
    pages = [room.class_page(), room.people(find=EVIL), room.submission(names[0]), room.pair(*names)]
    analysis = analyse(room.standings, room.filed.counting(), QUESTIONS)
    pages.append(show("pairs.html", pairs_page_values(SUM, analysis, room.filed, similar_code(room.codes))))
    for page in pages:
        assert "<script>alert(1)</script>" in page.text and "49" not in page.text
    assert "onerror=alert(1)" in pages[2].text and "onerror=alert(1)" in pages[3].text


def test_an_empty_class_says_what_to_do_next(room):
    """No students, no grader, no submissions: a page, and the next command."""
    for info in (None, INFO):
        assert "autograder intake sum" in room.class_page(info).text
    assert "autograder build sum" in room.class_page(None).text
    assert "autograder intake sum" in room.people().text
    room.student("Ada", status="missing")
    assert "autograder intake sum" in room.class_page(compared=False).text


def test_who_needs_a_person_is_named_with_a_link(room):
    """Faults and rejected files, each with its page."""
    fault, refused = room.student("Ada", status="fault"), room.student("Bob", status="rejected")
    page = room.class_page()
    assert {f"/sum/submissions/{fault}", f"/sum/submissions/{refused}"} <= set(page.links)
    assert "fault Ada" in page.text and "rejected Bob" in page.text


def test_a_long_list_is_cut_and_leads_to_all(room):
    """Twelve names and how many more."""
    for number in range(MOST + 8):
        room.student(f"Miss {number}", status="missing")
        room.student(f"Lag {number}", late_units=1)
    page = room.class_page()
    assert f"Miss {MOST - 1}" in page.text and f"Miss {MOST}" not in page.text
    assert {"/sum/people?show=missing", "/sum/people?show=late"} <= set(page.links) and "8 more" in page.text


def test_scores_leave_out_what_is_not_marked_yet(room):
    """Else a half marked class would look like two."""
    for number in range(4):
        room.student(f"S{number}", points=4, written=None if number else 4.0)
    assert "mean 4" in room.class_page().text and "without q7" in room.class_page().text
    room.standings = [replace(one, unmarked=(), score=7.5) for one in room.standings]
    assert "mean 7.5" in room.class_page().text and "without q7" not in room.class_page().text


def test_a_failing_case_has_an_example_with_its_message(room):
    """The one that failed least besides, linked to the question on its page."""
    room.student("Ada", points=1, message="many things")
    example = room.student("Bob", points=5, message="one thing")
    page = room.class_page()
    assert f"/sum/submissions/{example}#q1" in page.links
    assert "Case 5 hidden Example: Bob , who failed only this one thing" in page.text.replace("Bob,", "Bob ,")


def test_more_cases_than_fit_are_folded_up(room):
    """None is left out."""
    room.student("Ada", points=0)
    (result,) = room.results
    cases = tuple(replace(result.questions[0].cases[0], name=f"c{i}", title=f"Case {i}") for i in range(MOST_CASES + 3))
    room.results = [replace(result, questions=(replace(result.questions[0], cases=cases),))]
    page = room.class_page()
    assert "3 more that somebody failed" in page.text and f"Case {MOST_CASES + 2}" in page.text


def test_the_same_file_of_two_who_are_no_group_is_said(room):
    """On the page of the class and on that of the file."""
    name = room.student("Ada", file=7)
    room.student("Bob", file=7)
    assert "no group Ada , Bob" in room.class_page().text.replace("Ada,", "Ada ,")
    assert "The same file was handed in by Ada" in room.submission(name).text
    alone = room.student("Cem")
    assert "The same file" not in room.submission(alone).text


def test_a_group_is_no_copy(room):
    """Two who hand in together have one file by right."""
    name = room.student("Ada", file=7, students=("s000", "s001"))
    room.student("Bob", file=7, students=("s000", "s001"))
    assert "no group" not in room.class_page().text and "The same file" not in room.submission(name).text


def test_alike_code_leads_side_by_side(room):
    """With how unusual it is; while the class is compared the page says so."""
    for number in range(12):
        room.student(
            f"S{number}", code="\n".join(f"a{i} = f{number}({i * number}, [{i}] * {number})" for i in range(40))
        )
    for name in ("Ada", "Bob"):
        room.student(name, code=CODE * 4)
    page = room.class_page()
    assert "100 % in common; no other of 91 pairs is as alike" in page.text
    assert any(link.startswith("/sum/pairs/") for link in page.links)
    assert "still being compared" in room.class_page(compared=False).text


def test_where_all_are_alike_the_page_says_that_it_tells_nothing(room):
    """A class that was given the answer."""
    for number in range(30):
        room.student(f"S{number}", code=CODE * 4)
    assert "tells nothing by itself here: 100 % of all pairs" in room.class_page().text


def test_two_side_by_side_have_their_common_parts_marked(room):
    """A renamed line is common; what one has alone is not; lines keep their indentation."""
    a = room.student("Ada", code=CODE * 3)
    b = room.student("Bob", code=CODE.replace("price", "cost").replace("# adds up", "print('mine alone')") * 3)
    values = pair_page_values(SUM, a, b, room.codes, room.filed, None)
    (question,) = values["questions"]
    assert str(question.left[1]) == "    # adds up" and "mine alone" in question.right[1]
    assert str(question.left[4]).startswith("        <mark>result = ")
    assert room.pair(a, b).text.count("in common") == 3


def test_two_that_are_not_alike_can_be_looked_at_all_the_same(room):
    """Also where one wrote nothing."""
    a, b = room.student("Ada", code=CODE), room.student("Bob")
    assert "only one of both wrote code here" in room.pair(a, b).text
    assert "Neither has code" in room.pair(b, b).text


def test_a_submission_shows_messages_and_what_counts(room):
    """For staff: also of hidden tests, cut to what can be read; the mark of the written answer with its comment."""
    mark = AnswerMark("sum", "x", "q7", (), 0, "Well <b>put</b>.", "grace", datetime.now(UTC))
    name = room.student("Ada", points=2, written=3.0, message="x = 1\n    y" + "z" * 9_999, marks={"q7": mark})
    page = room.submission(name)
    assert "Failed Case 2 hidden" in page.text and "Marked by grace : Well <b>put</b>." in page.text.replace(
        "grace:", "grace :"
    )
    assert f"x = 1\n    y{'z' * (MOST_CHARACTERS - 11)}" in page.words and "z" * MOST_CHARACTERS not in page.text
    assert "3 / 4" in page.text and "Cell 5" in page.text and "because of Ada" in page.text and "256 MiB" in page.text


@pytest.mark.parametrize("name", ["", "..", "student-", "nobody-0123456789", "\x00"])
def test_a_name_that_nobody_has_is_refused(room, name):
    """Also that of a file that counts for nobody."""
    room.student("Ada")
    with pytest.raises(KeyError):
        submission_page_values(SUM, name, room.filed, ())
    stray = room.student("Bob")
    room.standings.pop()
    with pytest.raises(KeyError):
        submission_page_values(SUM, stray, room.filed, ())


def test_people_are_found_by_name_id_and_address(room):
    """Whatever the case; a status narrows it further."""
    room.student("Ada Lovelace"), room.student("Grace Hopper", status="missing"), room.student("Adam Ries")
    assert [name in room.people(find="aDa").text for name in ("Lovelace", "Hopper", "Ries")] == [True, False, True]
    assert [name in room.people(find="s001").text for name in ("Lovelace", "Hopper")] == [False, True]
    assert [name in room.people(find="user2@").text for name in ("Lovelace", "Ries")] == [False, True]
    assert "Nobody" in room.people(find="ada", show="missing").text


def test_pages_of_people_go_on_and_keep_the_search(room):
    """A hundred a page."""
    for number in range(2 * A_PAGE + 1):
        room.student(f"Person {number:03}")
    first, last = room.people(find="son & x"), room.people(find="person", page="3")
    assert "Nobody" in first.text
    assert "Person 200" in last.text and "Person 199" not in last.text and "Page 3 of 3" in last.text
    assert "/sum/people?find=person&page=2" in last.links


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "9" * 5000, "²", "1.5", "\x00"])
def test_any_page_number_gives_some_page(room, page):
    """Typed by hand, or hostile."""
    room.student("Ada")
    assert "Ada" in room.people(page=page, show="nonsense").text


def facts(name: str, difficulty: float | None, discrimination: float | None, manual: bool = False) -> QuestionFacts:
    return QuestionFacts(Question(name, name, 1, manual), 20, 0, 3, difficulty, discrimination)


def test_written_questions_have_a_shape_of_their_own(room):
    """Told apart without colour; one without numbers is not drawn."""
    for number in range(12):
        room.student(f"S{number}", points=number % 7, written=float(number % 4))
    page = room.class_page()
    kinds = [tag for tag, found in page.tags if (found.get("class") or "").startswith("spot")]
    assert sorted(kinds) == ["circle", "circle", "path", "path"]  # one each, and in the key
    assert scatter([facts("q1", None, None), facts("q2", 0.5, None)]) is None


SHARES = st.floats(0, 1)


@given(st.lists(st.tuples(SHARES, st.floats(-1, 1)), min_size=1, max_size=12))
@settings(max_examples=50)
def test_every_question_is_inside_the_drawing(some):
    """Its spot and its label, whatever the numbers; negative correlations too."""
    drawing = scatter([facts(f"q{i}", x, y) for i, (x, y) in enumerate(some)])
    assert drawing is not None and len(drawing.spots) == len(some)
    for spot in drawing.spots:
        assert drawing.left <= spot.x <= drawing.right and drawing.top - 1e-6 <= spot.y <= drawing.bottom + 1e-6
        assert 0 <= spot.label.x <= drawing.width and 0 <= spot.label.y <= drawing.height


def test_labels_of_questions_beside_each_other_do_not_cover_each_other():
    """Four with nearly the same numbers."""
    drawing = scatter([facts(f"q{i}", 0.7 + i / 400, 0.5 + i / 300) for i in range(4)])
    assert drawing is not None
    places = [(spot.label.x, spot.label.y, spot.label.anchor) for spot in drawing.spots]
    assert len({(round(x / 20), round(y / 14)) for x, y, _ in places}) == 4


@given(st.lists(st.floats(0, 400), min_size=1, max_size=60))
@settings(max_examples=60)
def test_every_run_is_in_a_bar_and_every_bar_in_the_drawing(values):
    """Also where one run took far more than all others."""
    some = tuple(sorted(values))
    drawing = runs(
        Spread(some, some[len(some) // 2], some[-(-95 * len(some) // 100) - 1], ()), "CPU time", "s", 180, 0.5
    )
    assert sum(int(bar.label.rpartition(": ")[2].split()[0]) for bar in drawing.bars) == len(some)
    for bar in drawing.bars:
        assert drawing.left <= bar.x and bar.x + bar.width <= drawing.right + 1 and bar.width > 0
        assert drawing.top - 1e-6 <= bar.y and bar.y + bar.height <= drawing.bottom + 1e-6
    assert all(drawing.left <= marker.x <= drawing.right + 1e-6 for marker in drawing.markers)


def test_a_run_far_beyond_the_others_does_not_flatten_them():
    """It has a bar of its own, after a break in the axis."""
    some = (*[1.0 + i / 100 for i in range(99)], 180.0)
    drawing = runs(Spread(some, 1.5, some[94], ()), "CPU time", "s", 180, 0.1)
    assert drawing.beyond is not None and drawing.limit is None and drawing.x_ticks[-1][1] == "more"
    assert len(drawing.bars) > 5 and "and more s: 1 run" in drawing.description
