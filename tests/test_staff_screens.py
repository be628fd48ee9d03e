"""The staff pages on every screen: a phone, light and dark, axe's rules, a course in which nothing has happened yet."""

import itertools
import re
import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import AUTOGRADER, QUEUE, TA, Office, serving
from playwright.sync_api import Route
from staff_class import make_staff_class

pytest_plugins = ["offices"]

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
GRAVE = ("serious", "critical")
PLACES = ("/", "/sum/", "/sum/people", "submission", "pair", QUEUE, "answer", "marked", "similar", "missing")
PRESSED = "a:not(.skip), button, input:not([type=hidden]), textarea, summary"
# Boxes that scroll by themselves may be wider inside; what stands in them is reached by scrolling them.
OUTSIDE = """elements => elements.filter(e => {
  for (let box = e.parentElement; box; box = box.parentElement)
    if (/(auto|scroll)/.test(getComputedStyle(box).overflowX) && box !== document.scrollingElement) return false
  const found = e.getBoundingClientRect()
  return found.width && (found.left < -1 || found.right > innerWidth + 1)
}).map(e => e.outerHTML.slice(0, 120))"""
SEEN = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e)
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  return e.contains(top) && (style.outlineStyle !== 'none' || style.boxShadow !== 'none')
}"""


def shows(ta: TA, office: Office, place: str) -> None:
    """Bring a page onto the screen, with all that it loads."""
    answer, other = max(office.answers, key=lambda one: len(office.answers[one])), next(iter(office.answers))
    links = {"submission": ("/sum/people", "/sum/submissions/"), "pair": ("/sum/", "/sum/pairs/")}
    if place in links:
        begin, target = links[place]
        ta.opens(begin).page.locator(f"a[href^='{target}']").first.click()
        ta.page.wait_for_url(lambda url: target in url)
    elif place == "marked":
        ta.opens(f"{QUEUE}/{other}")
        if other not in office.marks:
            ta.presses("1", "c").types("Which plot?").leaves_with("Control+Enter").opens(f"{QUEUE}/{other}")
    elif place == "missing":
        ta.page.goto(f"{ta.server.address}/sum/mark/none")
        ta.faults.clear()
    else:
        ta.opens({"answer": f"{QUEUE}/{answer}", "similar": f"{QUEUE}/{answer}/similar"}.get(place, place))
    ta.page.wait_for_load_state("networkidle")


@pytest.fixture(scope="module")
def shared_office(class_of_30, tmp_path_factory, chromium):
    """A class of 30 for all tests of this file, which look and mark little."""
    made = make_staff_class(tmp_path_factory.mktemp("screens") / "course", 30)
    with serving(made.folder, "Grace", "Ada") as server:
        yield Office(made, server, chromium)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_no_serious_fault(shared_office, place, scheme) -> None:
    """Names, roles, contrast, order of headings, focus: by the rules of axe-core, light and dark."""
    with shared_office.opened("Grace", color_scheme=scheme) as grace:
        shows(grace, shared_office, place)
        grace.unfolds()
        assert grave(grace) == []
        if place == "answer":
            grace.presses("?")
            assert grave(grace) == []


def grave(ta: TA) -> list[str]:
    """Return the serious faults that axe finds on the screen."""
    found = Axe().run(ta.page).response["violations"]
    return [
        f"{one['id']}: "
        + " | ".join(f"{node['html'][:150]} {node['failureSummary'][:200]}" for node in one["nodes"][:3])
        for one in found
        if one["impact"] in GRAVE
    ]


@pytest.mark.parametrize("place", PLACES)
def test_on_a_phone_no_page_scrolls_sideways(shared_office, place) -> None:
    """At 390 px all that can be pressed is on the screen, or in a box that scrolls by itself."""
    with shared_office.opened("Ada", **PHONE) as ada:
        shows(ada, shared_office, place)
        assert ada.page.evaluate("document.scrollingElement.scrollWidth") <= 390
        assert (
            ada.page.locator("a:not(.skip), button, input:not([type=hidden]), textarea, summary").evaluate_all(OUTSIDE)
            == []
        )


def test_on_a_phone_an_answer_is_marked_by_touch(shared_office) -> None:
    """Tick, comment, save: with a finger, and every one of them large enough for it."""
    answer = list(shared_office.answers)[5]
    with shared_office.opened("Ada", **PHONE) as ada:
        ada.opens(f"{QUEUE}/{answer}")
        assert ada.page.locator(".answer").bounding_box()["width"] > 340
        ada.page.locator("label.item").nth(1).tap()
        assert ada.chosen == [shared_office.item(2)]
        ada.page.locator("#comment").tap()
        ada.types("By touch.")
        small = "boxes => boxes.map(box => box.getBoundingClientRect()).filter(box => box.height < 24).length"
        assert ada.page.locator("label.item, .buttons button").evaluate_all(small) == 0
        ada.page.locator("#save").tap()
        ada.page.wait_for_url(lambda url: answer not in url)
    assert shared_office.marks[answer].comment == "By touch."


def test_a_page_reads_in_order_and_has_a_title_of_its_own(shared_office) -> None:
    """One h1, one main, no level of headings left out; tabs of a browser can be told apart."""
    titles = []
    with shared_office.opened("Grace") as grace:
        for place in PLACES:
            shows(grace, shared_office, place)
            titles.append(grace.page.title())
            levels = [
                int(one)
                for one in grace.page.locator("h1,h2,h3,h4,h5,h6")
                .and_(grace.page.locator(":not(.prose *)"))
                .evaluate_all("all => all.map(e => e.tagName[1])")
            ]
            assert levels.count(1) == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels)), (
                place,
                levels,
            )
            assert grace.page.locator("main").count() == 1
    assert len(set(titles)) == len(PLACES) and all(titles)


def test_the_focus_is_seen_wherever_it_is(shared_office) -> None:
    """Each stop of Tab on the page of an answer has an outline, nothing lies over it, and none is a trap."""
    with shared_office.opened("Grace", viewport={"width": 1280, "height": 720}) as grace:
        shows(grace, shared_office, "answer")
        stops = []
        for _ in range(80):
            grace.presses("Tab")
            if grace.focused == "BODY":
                break
            assert grace.page.evaluate(SEEN), grace.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            stops.append(grace.focused)
        assert {"items", "adjustment", "comment", "save"} <= set(stops)


def test_the_students_plots_have_their_texts(shared_office) -> None:
    """A picture is shown with the alternative text of the notebook, and really loads."""
    with shared_office.opened("Grace") as grace:
        shows(grace, shared_office, "answer")
        grace.unfolds()
        pictures = grace.page.locator("main img")
        widths = pictures.evaluate_all("all => all.map(one => one.naturalWidth)")
        assert len(widths) == 3 and min(widths) > 100
        assert all(re.search("plot", str(one.get_attribute("alt"))) for one in pictures.all())


def test_a_page_stays_where_it_is_while_its_plots_load(shared_office) -> None:
    """A plot that comes late pushes nothing down: what a TA reads, or has just reached by Tab, stays on the screen."""
    sizes = "all => all.map(one => [one.getBoundingClientRect().width, one.getBoundingClientRect().height])"
    waiting: list[Route] = []
    with shared_office.opened("Grace") as grace:
        pictures = grace.page.locator(".work img")
        grace.page.route("**/pictures/*", lambda route: waiting.append(route))
        grace.page.goto(f"{grace.server.address}{QUEUE}/{next(iter(shared_office.answers))}", wait_until="commit")
        grace.page.locator(".desk").wait_for()
        grace.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        grace.page.evaluate("for (const one of document.querySelectorAll('img')) one.loading = 'eager'")
        while len(waiting) < pictures.count():
            grace.page.wait_for_timeout(20)
        before = pictures.evaluate_all(sizes)
        for one in waiting:
            one.continue_()
        grace.page.evaluate("Promise.all([...document.images].map(one => one.decode()))")
        assert pictures.evaluate_all(sizes) == before and min(min(one) for one in before) > 100
        ratios = pictures.evaluate_all("all => all.map(one => one.naturalWidth / one.naturalHeight)")
        assert [width / height for width, height in before] == pytest.approx(ratios, rel=0.01)


def test_a_course_in_which_nothing_happened_says_what_to_do(tmp_path, chromium) -> None:
    """A roster and no submissions: each page is there, and names the next command."""
    made = make_staff_class(tmp_path / "course", 20, absent=True)
    with serving(made.folder, "Grace") as server, Office(made, server, chromium).opened("Grace") as grace:
        for path, told in (
            ("/", "No answers yet"),
            (QUEUE, "autograder intake sum"),
            ("/sum/", "autograder intake sum"),
        ):
            assert told in grace.opens(path).text, path
        grace.opens("/sum/people").sees(made.people[0].name)
        grace.opens(f"{QUEUE}/next")
        assert grace.path == QUEUE
        for other in ("memory", "gradients"):  # not built here: no zip
            assert "autograder build" in grace.opens(f"/{other}/").text or "autograder build" in grace.opens("/").text


def test_a_finished_question_says_so(tmp_path, chromium) -> None:
    """All marked: no next answer, and the page says what comes now."""
    made = make_staff_class(tmp_path / "course", 4)
    with serving(made.folder, "Grace") as server:
        office = Office(made, server, chromium)
        with office.opened("Grace") as grace:
            grace.opens(f"{QUEUE}/next")
            for _ in office.answers:
                grace.presses("1").leaves_with("Enter")
            assert grace.path == QUEUE
            grace.sees("are marked").sees("autograder release sum")
            told = subprocess.run([AUTOGRADER, "standings", "sum"], cwd=made.folder, capture_output=True, text=True)
            assert told.returncode == 0 and "not marked" not in told.stdout
            assert "4 of 4" in grace.opens("/").text or f"{len(office.answers)} of {len(office.answers)}" in grace.text
            grace.opens(f"{QUEUE}/next")
            assert grace.path == QUEUE
