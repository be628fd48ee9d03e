"""The staff pages in a real browser: a class of 30 is marked by TAs at a keyboard, together, on small screens."""

import json
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

from browser import QUEUE, Office, serving
from line import Line, signed_in
from staff_class import ASSIGNMENT, QUESTION
from staff_words import SHARED

from autograder.gradebook import open_gradebook

pytest_plugins = ["offices"]

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
SECONDS_AN_ANSWER = 2.0


def kinds(office: Office, text: str) -> list[str]:
    """Return ids of the answers with this text."""
    return [one for one, written in office.answers.items() if written == text]


# --- by keyboard alone


def test_a_class_of_30_is_marked_by_keyboard_alone(office) -> None:
    """From the first page to the last answer no mouse is touched, and the gradebook has what was pressed."""
    pressed: dict[str, tuple[tuple[str, ...], float, str]] = {}
    with office.opened("Grace") as grace:
        grace.tabs_to(lambda: grace.focused == QUEUE).leaves_with("Enter")
        grace.tabs_to(lambda: grace.focused.startswith(QUEUE + "/")).leaves_with("Enter")
        begin = time.monotonic()
        for number in range(len(office.answers)):
            answer = grace.answer
            assert answer not in pressed, "an answer came twice"
            keys = [key for key in (1, 2, 3, 4, 5) if number + 1 >> (key - 1) & 1]
            half_points = (0, 1, -1)[number % 3]
            comment = "Look at the last plot & <think>: 1 > 0." if number % 7 == 3 else ""
            grace.presses(*map(str, keys)).presses(*("+" if half_points > 0 else "-" for _ in range(abs(half_points))))
            if comment:
                grace.presses("c").types(comment).leaves_with("Control+Enter")
            else:
                grace.leaves_with("Enter")
            pressed[answer] = tuple(office.item(key) for key in keys), half_points / 2, comment
        spent = time.monotonic() - begin
        assert grace.path == QUEUE
        grace.sees(f"{len(pressed)} of {len(pressed)} marked")
    marked = {one: (mark.items, mark.adjustment, mark.comment) for one, mark in office.marks.items()}
    assert marked == pressed and set(pressed) == set(office.answers)
    assert {mark.author for mark in office.marks.values()} == {"Grace"}
    assert spent < SECONDS_AN_ANSWER * len(pressed)


def test_a_second_press_takes_an_item_back_and_0_clears_all(office) -> None:
    """Keys toggle; the sum on the page follows them."""
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/next").presses("1", "2", "3", "2")
        assert grace.chosen == [office.item(1), office.item(3)]
        grace.presses("-", "-", "-")
        assert grace.adjustment == -1.5
        grace.presses("0")
        assert (grace.chosen, grace.adjustment) == ([], 0)


def test_the_sum_on_the_page_is_within_the_points_of_the_question(office) -> None:
    """All items and two points more are still the most that can be had."""
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/next").presses("1", "2", "3", "4", "5", "+", "+", "+", "+")
        assert grace.page.locator("#total").inner_text().split()[0] == "10"
        grace.presses("0", "-", "-")
        assert grace.page.locator("#total").inner_text().split()[0] == "0"


def test_keys_typed_into_a_comment_stay_in_it(office) -> None:
    """Whoever writes "1 + 2, no" chooses nothing and goes nowhere; Escape leaves the comment."""
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/next")
        here = grace.path
        grace.presses("c").types("1 + 2? no, up cosv 0").presses("Enter").types("next")
        assert (grace.path, grace.chosen, grace.comment) == (here, [], "1 + 2? no, up cosv 0\nnext")
        grace.presses("Escape", "1")
        assert (grace.chosen, grace.comment) == ([office.item(1)], "1 + 2? no, up cosv 0\nnext")


def test_next_and_previous_go_along_the_queue_without_saving(office) -> None:
    """The order is the same on every visit; what was chosen is not saved, and not lost."""
    first, second, third = list(office.answers)[:3]
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/{first}").presses("2").leaves_with("n")
        assert grace.answer == second
        grace.leaves_with("n")
        assert grace.answer == third
        grace.leaves_with("p").leaves_with("p")
        assert grace.answer == first and grace.chosen == [office.item(2)]
    assert office.marks == {}


def test_the_keys_are_listed_on_the_page(office) -> None:
    """? opens the list, Escape closes it and gives the focus back."""
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/next").presses("?")
        grace.page.get_by_role("dialog").wait_for()
        grace.presses("Escape", "1")
        assert not grace.page.get_by_role("dialog").is_visible()
        assert grace.chosen == [office.item(1)]


def test_shortcuts_of_the_browser_are_left_alone(office) -> None:
    """Ctrl+C copies, Ctrl+0 zooms: neither opens a comment nor clears."""
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/next").presses("1", "Control+0", "Control+c", "Alt+2", "Meta+3")
        assert grace.chosen == [office.item(1)] and grace.focused != "comment"


# --- what is never lost


def test_a_reload_in_mid_answer_keeps_items_and_comment(office) -> None:
    """A browser that is closed by mistake costs nobody a comment."""
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/next").presses("1", "4", "+", "c").types("Which error did you measure?")
        grace.reloads()
        assert grace.chosen == [office.item(1), office.item(4)]
        assert (grace.adjustment, grace.comment) == (0.5, "Which error did you measure?")
        answer = grace.answer
        grace.page.locator("#comment").focus()
        grace.leaves_with("Control+Enter")
        mark = office.marks[answer]
        assert (mark.items, mark.comment) == ((office.item(1), office.item(4)), "Which error did you measure?")
        grace.opens(f"{QUEUE}/{answer}")
        assert grace.chosen == list(mark.items)


def test_a_server_that_is_started_again_costs_no_typed_word(office) -> None:
    """The session is gone, what was typed is not: it is back when the new link is open."""
    answer = next(iter(office.answers))
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/{answer}").presses("3", "c").types("Before the restart.")
        office.server.stop()
        with serving(office.made.folder, "Grace", port=office.server.port) as again:
            grace.submits_with("Control+Enter").sees("Nothing here without a link")
            grace.faults.clear()  # what the page asked for in between did not come
            grace.page.goto(again.links["Grace"])
            grace.opens(f"{QUEUE}/{answer}")
            assert (grace.chosen, grace.comment) == ([office.item(3)], "Before the restart.")
            grace.leaves_with("Enter")
            assert office.marks[answer].comment == "Before the restart."


def test_undo_brings_back_what_was_there_before(office) -> None:
    """First the changed mark, then none; and it goes to the answer that it is about."""
    answer = next(iter(office.answers))
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/{answer}").presses("1").leaves_with("Enter")
        grace.opens(f"{QUEUE}/{answer}").presses("2").leaves_with("Enter")
        assert office.marks[answer].items == (office.item(1), office.item(2))
        grace.leaves_with("u")
        assert (grace.answer, grace.chosen) == (answer, [office.item(1)])
        assert office.marks[answer].items == (office.item(1),)
        grace.submits_with("u").sees("not marked")
        assert grace.chosen == [] and office.marks == {}
        assert grace.page.locator("#undo").is_disabled()


def test_two_at_once_are_sent_to_different_answers_and_never_overwrite_each_other(office) -> None:
    """The second to save is told who was first, and loses nothing of what they typed."""
    with office.opened("Grace") as grace, office.opened("Ada") as ada:
        grace.opens(f"{QUEUE}/next")
        ada.opens(f"{QUEUE}/next")
        assert grace.answer != ada.answer
        answer = grace.answer
        ada.opens(f"{QUEUE}/{answer}").presses("2", "3", "c").types("Typed by Ada.")
        grace.presses("1").leaves_with("Enter")
        ada.submits_with("Control+Enter").sees("Grace has marked this answer")
        assert ada.page.get_by_role("alert").is_visible()
        assert (ada.answer, ada.chosen) == (answer, [office.item(2), office.item(3)])
        assert ada.comment == "Typed by Ada."
        assert (office.marks[answer].author, office.marks[answer].items) == ("Grace", (office.item(1),))
        ada.opens(f"{QUEUE}/{answer}").page.get_by_role("button", name="Take mine up again").click()
        assert (ada.chosen, ada.comment) == ([office.item(2), office.item(3)], "Typed by Ada.")
        ada.leaves_with("Enter")
    assert (office.marks[answer].author, office.marks[answer].comment) == ("Ada", "Typed by Ada.")
    with open_gradebook(office.made.gradebook) as book:
        marks = book.answer_marks_since(ASSIGNMENT, 0)
    assert [mark.author for mark in marks] == ["Grace", "Ada"], "both stand in the history"


def test_of_two_who_save_at_the_same_moment_one_is_told(office) -> None:
    """Ten times both send at once: one mark counts, the other TA gets the page that says so."""
    lines = [signed_in(office.server, name) for name in ("Grace", "Ada")]
    for answer in list(office.answers)[:10]:
        path, both = f"{QUEUE}/{answer}", threading.Barrier(2)

        def save(line: Line, path: str = path, both: threading.Barrier = both) -> int:
            both.wait()
            return line.post(path, items=office.item(1)).status

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(save, lines)) == [303, 409]
    assert len(office.marks) == 10


def test_an_undo_does_not_touch_what_another_ta_has_marked_since(office) -> None:
    """Grace's undo is refused with the name of who marked it."""
    answer = next(iter(office.answers))
    with office.opened("Grace") as grace, office.opened("Ada") as ada:
        grace.opens(f"{QUEUE}/{answer}").presses("1").leaves_with("Enter")
        ada.opens(f"{QUEUE}/{answer}").presses("2").leaves_with("Enter")
        grace.presses("u").sees("Ada")
    assert office.marks[answer].author == "Ada"


# --- rubric, similar answers, comments


def test_points_of_marked_answers_follow_when_an_items_worth_changes(office) -> None:
    """The zip is built anew with another worth: pages and standings have it at once, and no mark was touched."""
    answer, other = list(office.answers)[:2]
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/{answer}").presses("1", "2").leaves_with("Enter")
        grace.opens(f"{QUEUE}/{other}").presses("3").leaves_with("Enter")
        grace.opens(f"{QUEUE}/{answer}").sees("5 of 10 points")
        worth(office, key=2, points=1.5)
        grace.reloads().sees("3.5 of 10 points")
        grace.opens(f"{QUEUE}/{other}").sees("2 of 10 points")
    with open_gradebook(office.made.gradebook) as book:
        assert len(book.answer_marks_since(ASSIGNMENT, 0)) == 2
        assert book.rubrics(ASSIGNMENT)[QUESTION].items[1].points == 1.5


def worth(office: Office, key: int, points: float) -> None:
    """Build the grader zip anew from a source in which an item has another worth."""
    path = office.made.folder / "dist" / f"{ASSIGNMENT}-autograder.zip"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    guide = json.loads(members["marking.json"])
    guide["written"][0]["rubric"]["items"][key - 1]["points"] = points
    members["marking.json"] = json.dumps(guide).encode()
    unfinished = path.with_suffix(".new")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    unfinished.replace(path)


def test_similar_answers_are_marked_together(office) -> None:
    """Those who copied one text get one mark with one press, and undo takes all of them back."""
    same = kinds(office, SHARED)
    assert len(same) > 1
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/{same[0]}").page.locator("#similar").wait_for()
        grace.leaves_with("v").presses("1", "2")
        assert grace.page.get_by_text("Its loss only looks at step 5").count() >= len(same)
        ticked = grace.page.locator("input[name=papers]:checked")
        together = ticked.evaluate_all("boxes => boxes.map(box => box.value)")
        assert set(same) <= set(together), "the same text is ticked beforehand, as what is nearly the same"
        grace.leaves_with("Enter")
        marks = office.marks
        assert {one: marks[one].items for one in marks} == dict.fromkeys(together, (office.item(1), office.item(2)))
        grace.submits_with("u").sees("Undone")
    assert office.marks == {}


def test_what_is_chosen_goes_along_to_the_similar_answers(office) -> None:
    """Whoever finds out late that others wrote the same begins nothing anew, and a saved answer is no draft."""
    same = kinds(office, SHARED)
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/{same[0]}").presses("2", "c").types("Fine.").presses("Escape")
        grace.page.locator("#similar").wait_for()
        grace.leaves_with("v")
        assert (grace.chosen, grace.comment) == ([office.item(2)], "Fine.")
        grace.leaves_with("Enter").opens(f"{QUEUE}/{same[0]}/similar").presses("2")
        grace.opens(f"{QUEUE}/{same[0]}")
        assert grace.chosen == [office.item(2)]


def test_caps_lock_changes_no_key(office) -> None:
    """Letters do the same in upper case."""
    first, second = list(office.answers)[:2]
    with office.opened("Grace") as grace:
        grace.opens(f"{QUEUE}/{first}").leaves_with("N")
        assert grace.answer == second


def test_a_comment_is_kept_and_used_again(office) -> None:
    """Kept at one answer, put into another's comment by keys, by the other TA too."""
    first, second = list(office.answers)[:2]
    with office.opened("Grace") as grace, office.opened("Ada") as ada:
        grace.opens(f"{QUEUE}/{first}").presses("c").types("Which step does the loss look at?").presses("Escape")
        grace.page.get_by_role("button", name="Keep this comment").click()
        grace.page.locator("button.snippet", has_text="Which step does the loss").wait_for()
        ada.opens(f"{QUEUE}/{second}").presses("s")
        assert ada.page.evaluate("document.activeElement.className") == "snippet"
        ada.presses("Enter")
        assert "Which step does the loss look at?" in ada.comment
        ada.page.get_by_role("button", name="Remove: Which step").click()
        ada.page.locator("button.snippet", has_text="Which step does the loss").wait_for(state="detached")
        grace.reloads()
        assert grace.page.locator("button.snippet", has_text="Which step does the loss").count() == 0
