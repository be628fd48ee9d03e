"""Marks of written answers in the gradebook: the newest counts, and nobody's mark is overwritten unseen."""

import threading
import time
from dataclasses import replace

import pytest
from test_gradebook import (
    ADA,
    BOB,
    FILE,
    MONDAY,
    OTHER_FILE,
    RUBRIC,
    attempt,
    day,
    mark,
)

from autograder.errors import GradebookError
from autograder.gradebook import Gradebook, MarkConflict, open_gradebook
from autograder.records import Rubric, RubricItem, Snippet, Student

pytest_plugins = ["postgres"]

OTHER_RUBRIC = replace(RUBRIC, items=(RubricItem("numbers", 0.5, "Gives two numbers."), RUBRIC.items[1]))


@pytest.fixture
def book(url):
    """A gradebook of two who have handed in a file each, one of them also nothing, and the rubric of a question."""
    with open_gradebook(url) as book:
        prepare(book)
        yield book


def prepare(book: Gradebook) -> None:
    book.set_roster([ADA, BOB], MONDAY, "grace")
    handed_in = [attempt("ada"), attempt("bob", sha256=OTHER_FILE), attempt("bob", sha256="", problem="no notebook")]
    book.add_attempts(handed_in, MONDAY, "grace")
    book.set_rubrics("sum", [RUBRIC], MONDAY, "grace")


# --- rubrics


def test_only_rubrics_that_differ_are_added(book) -> None:
    """And a question that is not named keeps its own."""
    another = replace(RUBRIC, question="q3")
    assert book.set_rubrics("sum", [RUBRIC, another], day(1), "grace") == ("q3",)
    assert book.set_rubrics("sum", [OTHER_RUBRIC], day(2), "grace") == ("q2",)
    assert book.rubrics("sum") == {"q2": OTHER_RUBRIC, "q3": another}
    assert book.rubrics("sum", as_of=MONDAY) == {"q2": RUBRIC}
    before = book.latest_entry()
    assert (book.set_rubrics("sum", [OTHER_RUBRIC], day(3), "grace"), book.latest_entry()) == ((), before)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ([replace(RUBRIC, points=float("nan"))], "sum q2: points are a number; found nan"),
        ([replace(RUBRIC, items=(RubricItem("a", float("inf"), ""),))], "found inf"),
        ([replace(RUBRIC, items=RUBRIC.items * 2)], "sum q2 has the item 'numbers' twice"),
        ([RUBRIC, RUBRIC], "sum has the question 'q2' twice"),
    ],
)
def test_a_wrong_rubric_is_refused(book, wrong, found) -> None:
    """Nobody could say what an answer gets by it."""
    with pytest.raises(GradebookError, match=found):
        book.set_rubrics("sum", wrong, day(1), "grace")
    assert book.rubrics("sum") == {"q2": RUBRIC}


# --- marks


def test_the_newest_mark_counts(book) -> None:
    """It comes back as it was given, with its number; the earlier one can still be asked for."""
    (first,) = book.add_answer_marks([mark("rule", adjustment=-0.5, comment="Which\nunit?")], {})
    (second,) = book.add_answer_marks([mark(at=day(1), author="alan")], {FILE: first.number})
    assert 0 < first.number < second.number
    assert book.answer_marks("sum") == {(FILE, "q2"): second}
    assert book.answer_marks("sum", as_of=MONDAY) == {(FILE, "q2"): first}
    assert first == mark("rule", adjustment=-0.5, comment="Which\nunit?", number=first.number)


def test_several_answers_are_marked_in_one_step(book) -> None:
    """All of them, each by its own items."""
    before = book.latest_entry()
    made = book.add_answer_marks([mark("rule"), mark("rule", "numbers", sha256=OTHER_FILE)], {})
    assert book.latest_entry() == before + 1
    assert [one.items for one in made] == [("rule",), ("numbers", "rule")]
    assert set(book.answer_marks("sum").values()) == set(made)


def test_the_items_of_a_mark_stand_in_the_order_of_the_rubric(book) -> None:
    """Whichever key was pressed first, and once each."""
    (made,) = book.add_answer_marks([mark("rule", "numbers", "rule")], {})
    assert made.items == ("numbers", "rule") == book.answer_marks("sum")[FILE, "q2"].items


def test_a_mark_taken_back_is_remembered_empty(book) -> None:
    """Its number has to be known to whoever marks next."""
    (first,) = book.add_answer_marks([mark("rule", comment="Good.")], {})
    back = replace(first, withdrawn=True, at=day(1))
    (second,) = book.add_answer_marks([back], {FILE: first.number})
    assert (second.items, second.adjustment, second.comment, second.withdrawn) == ((), 0, "", True)
    assert book.answer_marks("sum") == {(FILE, "q2"): second}
    with pytest.raises(MarkConflict):
        book.add_answer_marks([mark("rule")], {})
    assert book.add_answer_marks([mark("rule", at=day(2))], {FILE: second.number})


@pytest.mark.parametrize("seen", [{}, {FILE: 0}, {FILE: 99}])
def test_a_mark_that_was_not_seen_is_not_overwritten(book, seen) -> None:
    """The conflict says which mark counts; of several answers none is marked then."""
    (first,) = book.add_answer_marks([mark("rule", author="alan")], {})
    with pytest.raises(MarkConflict, match="marked by alan meanwhile") as told:
        book.add_answer_marks([mark("rule", sha256=OTHER_FILE), mark("numbers")], seen)
    assert told.value.current == (first,)
    assert book.answer_marks("sum") == {(FILE, "q2"): first}


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (mark(author=" "), "needs an author"),
        (mark(adjustment=float("nan")), "found nan"),
        (mark(adjustment=float("-inf")), "found -inf"),
        (mark(sha256="f" * 64), "Nobody has handed in for sum the file with sha256 ffffffffffff"),
        (mark(sha256=""), "sha256 none"),
        (mark(assignment="memory"), "Nobody has handed in for memory"),
        (mark("rule", "units"), "no item 'units'; it has numbers, rule"),
        (mark(question="q9"), "sum q9 has no rubric"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_wrong_mark_is_refused(book, wrong, found) -> None:
    """It says what is wrong, and the right one beside it is not added either."""
    right = replace(wrong, sha256=OTHER_FILE, items=(), adjustment=0.0)
    before = book.latest_entry()
    with pytest.raises(GradebookError, match=found):
        book.add_answer_marks([right, wrong], {})
    assert (book.answer_marks("sum"), book.latest_entry()) == ({}, before)


@pytest.mark.parametrize("another", [{"question": "q3"}, {"author": "alan"}, {"at": day(1)}, {"assignment": "memory"}])
def test_marks_that_do_not_belong_together_are_a_bug(book, another) -> None:
    """One person, at one moment, marks answers to one question."""
    with pytest.raises(ValueError, match="in one call"):
        book.add_answer_marks([mark("rule"), mark("rule", sha256=OTHER_FILE, **another)], {})


def test_a_file_is_not_marked_twice_at_once(book) -> None:
    """Nobody could say which of the two counts."""
    with pytest.raises(GradebookError, match=r"the file 'a+' twice"):
        book.add_answer_marks([mark("rule"), mark()], {})


def test_marks_since_a_number_are_the_newer_ones(book) -> None:
    """All of them, the oldest first; of other assignments none."""
    (first,) = book.add_answer_marks([mark("rule")], {})
    (second,) = book.add_answer_marks([mark()], {FILE: first.number})
    (third,) = book.add_answer_marks([mark(sha256=OTHER_FILE)], {})
    assert book.answer_marks_since("sum", first.number) == (second, third)
    assert book.answer_marks_since("sum", third.number) == book.answer_marks_since("memory", 0) == ()


def test_a_number_is_given_once(book) -> None:
    """Not again after the newest mark went with its student: whoever asks for what is newer would miss it."""
    (first,) = book.add_answer_marks([mark("rule")], {})
    book.delete_student("ada", day(1), "grace")
    (second,) = book.add_answer_marks([mark("rule", sha256=OTHER_FILE)], {})
    assert book.answer_marks_since("sum", first.number) == (second,)


def test_hostile_comments_are_kept_or_marked(book) -> None:
    """What a database refuses becomes a visible mark, and what is returned is what is stored."""
    (made,) = book.add_answer_marks([mark("rule", comment="a\0b\udc80'); DROP TABLE answer_marks;--")], {})
    assert made.comment == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}'); DROP TABLE answer_marks;--"
    assert book.answer_marks("sum")[FILE, "q2"] == made


# --- two at once


@pytest.mark.parametrize("how", ["two programs", "one server", "a server that repeats reads"])
def test_of_two_who_mark_an_answer_at_once_one_is_told(url, how) -> None:
    """Twenty times: one mark gets in, and the other person is shown it."""
    if "repeats" in how and "://" in url:
        url += "%20-cdefault_transaction_isolation%3Drepeatable%5C%20read"
    with open_gradebook(url) as book, open_gradebook(url) as another:
        prepare(book)
        seen = 0
        for step in range(20):
            made, conflicts = race(book, book if how == "one server" else another, seen, step)
            assert len(made) == len(conflicts) == 1
            assert conflicts[0].current == made[0] == (book.answer_marks("sum")[FILE, "q2"],)
            seen = made[0][0].number


def race(book: Gradebook, another: Gradebook, seen: int, step: int) -> tuple[list, list]:
    """Let two mark the same answer, both of whom saw the same mark."""
    made, conflicts, start = [], [], threading.Barrier(2)

    def add(mine: Gradebook, author: str) -> None:
        start.wait()
        try:
            made.append(mine.add_answer_marks([mark("rule", author=author, at=day(step))], {FILE: seen}))
        except MarkConflict as conflict:
            conflicts.append(conflict)

    threads = [threading.Thread(target=add, args=one) for one in ((book, "grace"), (another, "alan"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return made, conflicts


def test_two_who_mark_different_answers_at_once_both_get_through(book, url) -> None:
    """Only the same answer is a conflict."""

    def add(sha256: str) -> None:
        with open_gradebook(url) as mine:
            mine.add_answer_marks([mark("rule", sha256=sha256)], {})

    threads = [threading.Thread(target=add, args=[one]) for one in (FILE, OTHER_FILE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {sha for sha, _ in book.answer_marks("sum")} == {FILE, OTHER_FILE}


# --- comments kept


def test_a_comment_is_kept_once_until_it_is_removed(book) -> None:
    """And may be kept again; each question has its own."""
    kept = book.add_snippet(Snippet("sum", "q2", "Which unit?"), MONDAY, "grace")
    assert book.add_snippet(Snippet("sum", "q2", "Which unit?"), day(1), "alan") == kept
    other = book.add_snippet(Snippet("sum", "q2", "Why?"), day(1), "alan")
    assert book.snippets("sum", "q2") == (kept, other)
    assert book.snippets("sum", "q3") == book.snippets("memory", "q2") == ()
    book.remove_snippet(kept.number, day(2), "alan")
    book.remove_snippet(kept.number, day(2), "alan")
    assert book.snippets("sum", "q2") == (other,)
    again = book.add_snippet(Snippet("sum", "q2", "Which unit?"), day(3), "grace")
    book.remove_snippet(kept.number, day(4), "alan")
    assert book.snippets("sum", "q2") == (other, again)


def test_a_comment_without_text_or_author_is_not_kept(book) -> None:
    """Nor is one removed by nobody, or that is not there."""
    for text, author in ((" ", "grace"), ("Why?", " ")):
        with pytest.raises(GradebookError, match="needs a text and an author"):
            book.add_snippet(Snippet("sum", "q2", text), MONDAY, author)
    kept = book.add_snippet(Snippet("sum", "q2", "Why?"), MONDAY, "grace")
    for number, author, found in ((99, "grace", "number 99"), (kept.number, "", "needs a name")):
        with pytest.raises(GradebookError, match=found):
            book.remove_snippet(number, MONDAY, author)
    assert book.snippets("sum", "q2") == (kept,)


# --- history, time


def test_a_history_tells_of_marks_and_of_rubrics_that_move_them(book) -> None:
    """Whoever handed in the file; a rubric that leaves the points as they are is not told of."""
    (first,) = book.add_answer_marks([mark("numbers", adjustment=0.25, at=day(1), comment="Good.")], {})
    book.add_answer_marks([mark("rule", at=day(1), sha256=OTHER_FILE)], {})
    reworded = replace(RUBRIC, items=(replace(RUBRIC.items[0], text="Two numbers."), RUBRIC.items[1]))
    book.set_rubrics("sum", [reworded, replace(RUBRIC, question="q3")], day(2), "grace")
    book.set_rubrics("sum", [OTHER_RUBRIC, replace(OTHER_RUBRIC, question="q3")], day(3), "alan")
    book.add_answer_marks([mark(withdrawn=True, at=day(4))], {FILE: first.number})
    book.set_rubrics("sum", [RUBRIC], day(5), "alan")
    told = [(event.at, event.what, event.author, event.text) for event in book.history("ada")][2:]
    assert told == [
        (day(1), "mark", "grace", "q2 of sha256 aaaaaaaaaaaa: 1.25/2 (numbers, +0.25 beside): Good."),
        (day(3), "rubric", "alan", "q2 of sha256 aaaaaaaaaaaa: 1.25 -> 0.75 points, as the rubric changed"),
        (day(4), "mark", "grace", "q2 of sha256 aaaaaaaaaaaa: taken back"),
    ]
    assert [event.what for event in book.history("ada", as_of=day(1))][2:] == ["mark"]


def test_a_rubric_from_a_clock_ahead_leaves_the_history_readable(url) -> None:
    """It was written down before the mark, at a later time."""
    with open_gradebook(url) as book:
        book.set_roster([ADA], MONDAY, "grace")
        book.add_attempts([attempt("ada")], MONDAY, "grace")
        book.set_rubrics("sum", [RUBRIC], day(5), "grace")
        book.add_answer_marks([mark("rule", at=day(1))], {})
        assert book.history("ada", as_of=day(2))[-1].text == "q2 of sha256 aaaaaaaaaaaa: rule"


def test_the_newest_entry_tells_whether_anything_changed(url) -> None:
    """None in a new gradebook, and some kinds may be left out; asking takes no time worth speaking of."""
    with open_gradebook(url) as book:
        assert book.latest_entry() == 0
        prepare(book)
        before = book.latest_entry()
        book.add_answer_marks([mark("rule")], {})
        assert book.latest_entry() == before + 1
        assert book.latest_entry(besides=("mark",)) == before
        start = time.perf_counter()
        for _ in range(100):
            book.latest_entry()
        assert time.perf_counter() - start < 0.5  # a fifth of it on an idle machine


def test_a_thousand_marks_take_a_moment(url) -> None:
    """Added in one step and read, 1,000 answers; the bounds leave room for slow days."""
    files = [f"{number:064x}" for number in range(1000)]
    with open_gradebook(url) as book:
        book.set_roster([Student("ada", "Ada")], MONDAY, "grace")
        book.add_attempts([attempt(sha256=one) for one in files], MONDAY, "grace")
        book.set_rubrics("sum", [Rubric("q2", 2.0, RUBRIC.items)], MONDAY, "grace")
        start = time.process_time()
        made = book.add_answer_marks([mark("rule", sha256=one) for one in files], {})
        assert list(book.answer_marks("sum").values()) == list(made)
        assert time.process_time() - start < 1
