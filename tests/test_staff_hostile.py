"""Students who attack whoever marks them: no script runs, nothing is sent, no page is taken over; marking goes on."""

from pathlib import Path

import pytest
from browser import QUEUE, Office, serving
from staff_class import make_staff_class
from staff_words import ATTACKS

pytest_plugins = ["offices"]

FOUND = (Path(__file__).parent / "inert.js").read_text()
COUNT = len(ATTACKS) * 4 // 3  # some are absent, rejected or share what they hand in


@pytest.fixture(scope="module")
def hostile_office(tmp_path_factory, chromium):
    """A class in which every name, answer, output, picture and file attacks."""
    made = make_staff_class(tmp_path_factory.mktemp("hostile") / "course", COUNT, hostile=True)
    with serving(made.folder, "Grace", "Ada") as server:
        yield Office(made, server, chromium)


def test_every_attack_is_on_some_page(hostile_office) -> None:
    """Else the tests below would prove nothing."""
    written = "".join(hostile_office.answers.values())
    assert [attack for attack in ATTACKS if attack not in written] == []


def test_hostile_answers_run_no_script(hostile_office) -> None:
    """Each answer is opened with all its numbers and plots, and marked: no dialog, no report, no strange element."""
    wrong = {}
    with hostile_office.opened("Grace") as grace:
        for answer, text in hostile_office.answers.items():
            grace.opens(f"{QUEUE}/{answer}").unfolds()
            grace.page.mouse.move(300, 300)
            found = grace.page.evaluate(FOUND)
            number = text.split()[1]
            if f"Answer {number} begins." not in grace.text or f"Answer {number} ends." not in grace.text:
                found.append("not the whole answer is shown")
            if grace.page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
                found.append("the page scrolls sideways")
            if not grace.page.locator("#mark #save").is_visible():
                found.append("the rubric is gone")
            if found:
                wrong[text] = found
        grace.presses("1").leaves_with("Enter")
    assert wrong == {}


@pytest.mark.parametrize("path", ["/", "/sum/", "/sum/people", QUEUE])
def test_hostile_names_run_no_script(hostile_office, path) -> None:
    """Names of people and files are text on every page."""
    with hostile_office.opened("Grace") as grace:
        assert grace.opens(path).page.evaluate(FOUND) == []
        assert grace.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_hostile_submissions_and_pairs_run_no_script(hostile_office) -> None:
    """Their cases, messages and code, side by side too."""
    with hostile_office.opened("Grace") as grace:
        for begin, target in (("/sum/people", "/sum/submissions/"), ("/sum/", "/sum/pairs/")):
            grace.opens(begin)
            links = grace.page.locator(f"a[href^='{target}']").evaluate_all(
                "all => all.map(e => e.getAttribute('href'))"
            )
            assert links
            for link in list(dict.fromkeys(links))[:15]:
                assert grace.opens(link).page.evaluate(FOUND) == [], link


def test_similar_hostile_answers_run_no_script(hostile_office) -> None:
    """Side by side they are as harmless as alone."""
    with hostile_office.opened("Grace") as grace:
        for answer in list(hostile_office.answers)[:15]:
            assert grace.opens(f"{QUEUE}/{answer}/similar").page.evaluate(FOUND) == []


def test_pictures_are_sent_as_what_they_are(hostile_office) -> None:
    """PNG and JPEG with their own type, which no browser may guess anew, and nothing that only calls itself one."""
    begins = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
    seen = 0
    with hostile_office.opened("Grace") as grace:
        for answer in list(hostile_office.answers)[:20]:
            grace.opens(f"{QUEUE}/{answer}")
            for place in grace.page.locator("main img").evaluate_all("all => all.map(e => e.src)"):
                got = grace.context.request.get(place)
                assert got.body().startswith(begins[got.headers["content-type"]])
                assert got.headers["x-content-type-options"] == "nosniff"
                seen += 1
    assert seen > 10


def test_a_ta_may_write_anything_too(hostile_office) -> None:
    """Comments and kept comments are text, here and at the next TA; so is what is searched for."""
    answer = list(hostile_office.answers)[3]
    with hostile_office.opened("Grace") as grace, hostile_office.opened("Ada") as ada:
        for attack in ("</textarea><script>alert('evil')</script>", "<img src=x onerror=alert('evil')>"):
            grace.opens(f"{QUEUE}/{answer}").page.locator("#comment").fill(attack)
            grace.page.get_by_role("button", name="Keep this comment").click()
            grace.page.locator("button.snippet", has_text="evil").first.wait_for()
            assert grace.page.evaluate(FOUND) == []
            grace.page.locator("[name=items]").first.check()
            grace.leaves_with("Control+Enter")
            assert ada.opens(f"{QUEUE}/{answer}").comment == attack
            assert ada.page.evaluate(FOUND) == []
            assert ada.opens(QUEUE).page.evaluate(FOUND) == []
        ada.opens("/sum/people?find=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        assert ada.page.evaluate(FOUND) == []
