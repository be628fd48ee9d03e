"""The bank of hostile submissions: none earns more than is honestly earned, none learns, spoils or leaves anything.

All are graded as one batch, with honest submissions among them, under small limits.
"""

import contextlib
import csv
import ctypes
import io
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hostile import FOLDER, Hostile, full_marks, hand_in, hostile_cases
from target import CANARY, SECRET, target

from autograder.build import solved_notebook
from autograder.grader import read_grader
from autograder.grading import grade_batch
from autograder.judge import MAX_BOXES
from autograder.model import Limits, Question, Result, Status, Submission
from autograder.reports import feedback_html, grades_csv, index_html, read_result, result_json
from autograder.reports.gradescope import gradescope_json

LIMITS = Limits(cell_seconds=4, run_seconds=25, memory_mb=400, disk_mb=16, processes=64)
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
HONEST = ("honest-at-the-start", "honest-in-the-middle", "honest-at-the-end")
KINDS = ("reading", "forging", "breaking", "fooling", "crafted")
PLACES = ("/tmp", "/dev/shm", "/var/tmp", "/run/lock", "/dev/mqueue")
VOID = {"meta", "link", "br", "hr", "img", "input", "path", "circle", "rect", "line", "use"}
# what acts on a terminal or turns the reading order, were it shown as it is
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Bank:
    """What became of the batch.

    Attributes:
        results: case -> the results of all that it handed in.
        honest: of the honest submissions among them.
        left: what is on the machine that was not there before: processes, files, mounts.
    """

    cases: dict[str, Hostile]
    results: dict[str, list[Result]]
    honest: list[Result]
    left: list[str]


@pytest.fixture(scope="module")
def bank(engine, tmp_path_factory) -> Bank:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "grader.zip").write_bytes(target().files[target().zip_path])
    grader = read_grader(folder / "grader.zip")
    grader = replace(grader, info=replace(grader.info, limits=LIMITS))
    hostile = [submission for name in CASES for submission in hand_in(name, folder / "inbox")]
    start, middle, end = (Submission(name, name, Path(name), solved_notebook(target())) for name in HONEST)
    half = len(hostile) // 2
    batch = (start, *hostile[:half], middle, *hostile[half:], end)
    with adopting_orphans():
        before = left_over()
        results = list(grade_batch(engine, batch, grader, os.cpu_count() or 1))
        left = sorted(left_over() - before)
        if left:  # of a box that was just killed, or of another program on this machine
            time.sleep(3)
            left = sorted(left_over() - before)
    by_case: dict[str, list[Result]] = {name: [] for name in CASES}
    for result in results:
        by_case.get(result.submission.rpartition(".")[0], []).append(result)
    assert len(results) == len(batch)
    return Bank(hostile_cases(), by_case, [result for result in results if result.submission in HONEST], left)


@contextlib.contextmanager
def adopting_orphans() -> Iterator[None]:
    """Be the parent of every process that outlives its own below this one: none can leave this family."""
    libc, adopt = ctypes.CDLL(None, use_errno=True), 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
    assert libc.prctl(adopt, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        libc.prctl(adopt, 0, 0, 0, 0)


def left_over() -> set[str]:
    """Return what a box could leave: processes, files in places for everybody, mounts."""
    files = {str(path) for place in PLACES if os.path.isdir(place) for path in Path(place).iterdir() if _of_box(path)}
    mounts = {line for line in Path("/proc/self/mountinfo").read_text().splitlines() if "autograder" in line}
    return {f"process {pid}" for pid in _descendants(os.getpid())} | {f"file {path}" for path in files} | mounts


def _of_box(path: Path) -> bool:
    return path.name.startswith(("hostile", "autograder-box-"))


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found |= {child} | _descendants(child)
    return found


def points(result: Result) -> dict[str, tuple[float, ...]]:
    return {q.name: tuple(case.points for case in q.cases) for q in result.questions if not q.manual}


def causes(result: Result) -> list[str]:
    return [case.cause for question in result.questions for case in question.cases if case.cause]


def seen_by_student(result: Result) -> dict[str, str]:
    """Return every text that a student may be shown of a result."""
    return {
        "feedback": feedback_html(result, "Aim here", "Target course"),
        "gradescope": "" if result.status is Status.FAULT else gradescope_json(result, result),
        "note": result.note,
        "causes": "\n".join(causes(result)),
    }


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_submission_gets_exactly_what_it_honestly_earned(bank, case):
    """Status, the points of each test case, and the sentence that says what happened."""
    expected, results = bank.cases[case], bank.results[case]
    assert results, "nothing was handed in"
    for result in results:
        assert result.status is expected.status, result.note
        assert points(result) == expected.expected, (result.note, causes(result))
        assert any(expected.note in text for text in (result.note, *causes(result))), (result.note, causes(result))


@pytest.mark.parametrize("case", CASES)
def test_a_student_sees_nothing_that_is_hidden(bank, case):
    """No hidden input in any spelling, no line of a hidden test, no name of the solution, wherever a student looks."""
    for result in bank.results[case]:
        for place, text in seen_by_student(result).items():
            assert revealed(text) == [], place


@pytest.mark.parametrize("case", CASES)
def test_the_feedback_page_holds_no_markup_of_the_student(bank, case):
    """Only tags and attributes of our own templates, each closed; nothing that acts on a terminal or turns text."""
    for result in bank.results[case]:
        assert foreign(feedback_html(result, "Aim here", "Target course"), bank.honest[0]) == []
        assert ACTS.findall("".join(seen_by_student(result).values())) == []


@pytest.mark.parametrize("case", CASES)
def test_a_record_is_read_back_as_it_was_written(bank, case):
    """Whatever is in it, the record of a hostile submission is whole."""
    for result in bank.results[case]:
        assert read_result(result_json(result)) == result


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_submission_stays_within_its_limits(bank, case):
    """No more boxes than a run may have, no more CPU time than the run's with what the judge itself needs."""
    for result in bank.results[case]:
        if result.facts is not None:
            assert 0 < result.facts.boxes <= MAX_BOXES
        assert result.cpu_seconds < LIMITS.run_seconds + LIMITS.cell_seconds + 5


def test_honest_submissions_among_them_have_full_marks(bank):
    """What classmates do costs nobody anything."""
    assert len(bank.honest) == len(HONEST)
    for result in bank.honest:
        assert (result.status, result.note, points(result)) == (Status.GRADED, "", full_marks())
        assert result.facts is not None and result.facts.boxes == 1 and result.facts.cell_errors == ()


def test_nothing_is_left_on_the_machine(bank):
    """No process of a box, no file in a folder for everybody, no mount."""
    assert bank.left == []


def test_the_pages_for_staff_hold_no_markup_or_formula_of_a_student(bank):
    """The table holds no formula, the class page one script: ours."""
    results = [*bank.honest, *(result for several in bank.results.values() for result in several)]
    questions = read_questions()
    table = list(csv.reader(io.StringIO(grades_csv(results, questions))))
    assert len(table) == len(results) + 1
    assert [cell for row in table for cell in row if re.match(r"[\s'\"]*[=+@|%-]", cell) and cell[0] != "'"] == []
    page = Page(index_html(results, questions, "Aim here"))
    assert page.open == [] and page.pairs <= Page(index_html(harmless(bank.honest[0]), questions, "Aim here")).pairs
    assert page.tags["script"] == 1


def test_there_are_sixty_cases_of_every_class():
    """The bank is as large as promised, and no class of attack is missing."""
    cases = hostile_cases()
    kinds = Counter(case.kind for case in cases.values())
    assert len(cases) >= 60
    assert set(kinds) == set(KINDS) and min(kinds.values()) >= 6, kinds


def test_the_search_for_hidden_things_finds_them():
    """The search is no blank: each kind of leak is found in a text that holds it."""
    for leak in (CANARY, "48,151,623", "4.8151623e+07", hex(int(CANARY)), CANARY[::-1], SECRET, "walnut"):
        assert revealed(f"<p>what it was: {leak}</p>") != []
    assert revealed("<p>assert got.shape == wanted.shape, f&quot;for {hidden_prices}</p>") != []
    assert revealed("<p>The totals of other prices</p>") == []


def test_the_search_for_markup_finds_it(bank):
    """The search is no blank: a student's name that was not escaped is found, whatever it holds."""
    page = feedback_html(replace(bank.honest[0], student="NAME"), "Aim here")
    assert foreign(page, bank.honest[0]) == []
    for markup in ("<script>x</script>", "<p onclick=x>y</p>", "<img src=x>", "<a href='x'>y</a>", "<style>x</style>"):
        assert foreign(page.replace("NAME", markup), bank.honest[0]) != [], markup
    for markup in ("</section>", "<b>", "</p></p>"):
        assert foreign(page.replace("NAME", markup), bank.honest[0]) != [], markup
    for text in ("\x1b[2J", "\u202egnp.exe", "\x9b1m", "\b\b"):
        assert ACTS.search(page.replace("NAME", text)) is not None


def read_questions() -> list[Question]:
    return [Question(q.name, q.title, q.points, q.manual) for q in target().source.questions]


def hidden_texts() -> list[str]:
    """Return what must stay hidden: the canary in many spellings, the solution's name, the lines of hidden tests."""
    number = int(CANARY)
    spellings = [CANARY, f"{number:,}", f"{number:_}", f"{number:e}"[:7], f"{number:x}", f"{number:o}", CANARY[::-1]]
    words = ["walnut", "birch", "willow", "sycamore", SECRET, "hidden_prices", "hidden_words", "from reference"]
    hidden = [case for question in target().source.questions for case in question.cases if case.hidden]
    lines = [line.strip() for case in hidden for line in case.code.splitlines()[2:]]
    return [*spellings, *words, *(line for line in lines if len(line) >= 12 and line != "import numpy as np")]


def revealed(text: str) -> list[str]:
    """Return the hidden things that stand in a text, whatever its white space and its escapes."""
    plain = "".join(unescape(text).split()).lower()
    return [hidden for hidden in hidden_texts() if "".join(hidden.split()).lower() in plain]


def harmless(honest: Result) -> list[Result]:
    """Return a result of every status, made by nobody."""
    rejected = replace(honest, status=Status.REJECTED, note="No.", score=None, max_score=None, questions=())
    cases = [replace(case, passed=False, points=0, cause="Gone.") for case in honest.questions[0].cases]
    wrong = [replace(case, passed=False, points=0) for case in honest.questions[1].cases]
    questions = (
        replace(honest.questions[0], points=0, cases=tuple(cases)),
        replace(honest.questions[1], points=0, cases=tuple(wrong)),
        *honest.questions[2:],
    )
    return [honest, rejected, replace(honest, note="A note.", questions=questions), replace(rejected, note="")]


def foreign(text: str, honest: Result) -> list[str]:
    """Return what a feedback page holds that is not ours: tags, attributes, a second style sheet, tags out of pairs."""
    page = Page(text)
    return [*map(" ".join, page.pairs - our_markup(honest)), *page.open, *["style"] * (page.tags["style"] - 1)]


def our_markup(honest: Result) -> set[tuple[str, ...]]:
    """Return each tag with its attributes that a page of ours holds when nobody attacks."""
    return {pair for result in harmless(honest) for pair in Page(feedback_html(result, "A", "B")).pairs}


class Page(HTMLParser):
    """A page as a browser reads it.

    Attributes:
        pairs: each tag with the names of its attributes.
        open: tags that were not closed, or closed and not open.
    """

    def __init__(self, text: Iterable[str]) -> None:
        super().__init__()
        self.pairs: set[tuple[str, ...]] = set()
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.feed("".join(text))  # of a class it comes in parts
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pairs.add((tag, *sorted(name for name, _ in attrs)))
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pairs.add((tag, *sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in VOID:
            self.open.append(f"/{tag}")
