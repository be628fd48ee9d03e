"""The small parts of the staff pages: the way along a queue, who is where, long computations, forms, links."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import FormData, Headers

from autograder.guide import WrittenQuestion
from autograder.records import AnswerMark, Rubric, RubricItem
from autograder.web.access import Access
from autograder.web.background import Background, Waiting
from autograder.web.draft import Draft, read_draft, whole
from autograder.web.presence import BUSY, Presence
from autograder.web.queue import make_queue

NOW = datetime(2026, 12, 20, tzinfo=UTC)
RUBRIC = Rubric("q1", 5.0, (RubricItem("rule", 3.0, "The rule"), RubricItem("bound", 2.0, "The bound")))
QUESTION = WrittenQuestion("q1", "Why?", RUBRIC, "Explain.", "Because.")


def queue(*marked: str, files="abcd"):
    marks = {(file, "q1"): AnswerMark("toy", file, "q1", ("rule",), 0.0, "", "ada", NOW, number=1) for file in marked}
    return make_queue("toy", QUESTION, RUBRIC, files, marks)


def test_each_question_has_an_order_of_its_own():
    """The same files come in another order for another question, so nobody is always the last to be read."""
    other = make_queue("toy", WrittenQuestion("q2", "How?", RUBRIC, "", ""), RUBRIC, "abcdefgh", {})
    files = [paper.sha256 for paper in queue(files="abcdefgh").papers]
    assert sorted(files) == list("abcdefgh")
    assert files != [paper.sha256 for paper in other.papers]


def test_the_next_one_is_open_and_comes_after_the_place_then_from_the_beginning():
    """What is marked is passed over, and the end is followed by the beginning; when all are marked there is none."""
    some = queue(queue().papers[2].sha256)
    assert some.next_open(some.papers[1]) == some.papers[3]
    assert some.next_open(some.papers[3]) == some.papers[0]
    assert queue(*"abcd").next_open() is None
    assert (some.left, some.done) == (3, 1)


def test_what_others_have_open_comes_last():
    """Two who mark at once are sent to different answers, until only that of the other is left."""
    some = queue()
    first, second, *_ = some.papers
    assert some.next_open(busy=[first.id]) == second
    left = queue(*(paper.sha256 for paper in some.papers[1:]))
    assert left.next_open(busy=[first.id]) == left.papers[0]


def test_both_ends_of_a_queue_have_one_neighbour():
    """There is nothing before the first and nothing after the last."""
    some = queue()
    assert some.neighbour(some.papers[0], -1) is None
    assert some.neighbour(some.papers[0], 1) == some.papers[1]
    assert some.neighbour(some.papers[-1], 1) is None


def test_a_withdrawn_mark_counts_as_none_but_is_seen():
    """What was undone is to be marked again, and its number must come back with what is saved."""
    gone = AnswerMark("toy", "a", "q1", (), 0.0, "", "ada", NOW, withdrawn=True, number=7)
    (paper,) = make_queue("toy", QUESTION, RUBRIC, "a", {("a", "q1"): gone}).papers
    assert (paper.marked, paper.points, paper.seen) == (None, None, 7)


def test_a_mark_with_an_item_that_the_rubric_has_lost_is_to_be_looked_at():
    """The item counts nothing any more, and the answer is among those to look at again."""
    old = AnswerMark("toy", "a", "q1", ("rule", "gone"), 0.0, "", "ada", NOW, number=7)
    (paper,) = make_queue("toy", QUESTION, RUBRIC, "a", {("a", "q1"): old}).papers
    assert (paper.points, paper.lost) == (3.0, ("gone",))


def test_presence_forgets_who_went_on_or_fell_asleep():
    """A TA is at the last answer opened, for ten minutes; nobody is told of themselves."""
    presence = Presence()
    presence.enter("ada", "toy", "q1", "1", NOW)
    presence.enter("ada", "toy", "q1", "2", NOW)
    assert presence.others("ben", "toy", "q1", NOW) == {"2": "ada"}
    assert presence.others("ada", "toy", "q1", NOW) == {}
    assert presence.others("ben", "toy", "q2", NOW) == {}
    assert presence.others("ben", "toy", "q1", NOW + BUSY + timedelta(seconds=1)) == {}


def test_a_computation_runs_once_and_tells_how_far_it_is():
    """Those who ask meanwhile wait for the same one; another key is computed anew."""
    background, go, told, runs = Background[str](), threading.Event(), threading.Event(), []

    def make(tell):
        runs.append(1)
        tell(3)
        told.set()
        go.wait(10)
        return "made"

    assert isinstance(background.ask("x", 1, make), Waiting)
    told.wait(10)
    assert background.ask("x", 1, make) == Waiting(3)
    go.set()
    while isinstance(found := background.ask("x", 1, make), Waiting):
        pass
    assert (found, len(runs)) == ("made", 1)
    told.clear()
    background.ask("x", 2, make)
    assert told.wait(10) and len(runs) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_computation_that_fails_is_no_eternal_wait():
    """A bug of ours shows as one, with its cause."""
    background = Background[str]()

    def make(_tell):
        raise KeyError("ours")

    with pytest.raises(RuntimeError) as failure:
        while True:
            background.ask("x", 1, make)
    assert isinstance(failure.value.__cause__, KeyError)


def form(**fields):
    pairs = [(name, one) for name, some in fields.items() for one in (some if isinstance(some, list) else [some])]
    return FormData(pairs)


def test_a_form_is_read_in_the_order_of_the_rubric():
    """Items come in the rubric's order, each once; strange ones are left out; a comma is a decimal point, too."""
    found = read_draft(form(items=["bound", "rule", "rule", "other"], adjustment="-0,5", comment=" a\r\nb "), queue())
    assert found == Draft(("rule", "bound"), -0.5, "a\nb")
    assert read_draft(form(items=["bound"]), queue()) == Draft(("bound",))


@pytest.mark.parametrize("typed", ["x", "nan", "inf", "1e400", "5.5", "-6", "--1", "0x1"])
def test_an_adjustment_that_is_no_number_of_points_is_refused(typed):
    """The sentence says what was found and what is expected."""
    with pytest.raises(ValueError, match="Adjustment: found"):
        read_draft(form(adjustment=typed), queue())


def test_a_comment_longer_than_a_book_is_refused():
    """It would not come back whole."""
    with pytest.raises(ValueError, match="10,001 characters"):
        read_draft(form(comment="x" * 10_001), queue())


@pytest.mark.parametrize(
    "typed", ["", "-1", "1.5", "x", "9" * 50, "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT THREE}", None]
)
def test_what_is_no_whole_number_is_0(typed):
    """A forged number of a mark is as good as none."""
    assert whole(typed) == 0


def test_a_token_lets_in_its_ta_alone_and_a_session_ends_once():
    """Each link has its name; another token, or a session that was left, has none."""
    access = Access(["ada", "ben"], 8765)
    session = access.enter(access.tokens["ben"])
    cookie = Headers({"cookie": f"autograder-8765={session}"})
    assert access.session(cookie).staff == "ben"
    assert access.enter("") is None
    assert access.enter(access.tokens["ben"][:-1]) is None
    assert access.session(Headers({"cookie": "a@b=1"})) is None
    access.leave(cookie)
    assert access.session(cookie) is None
