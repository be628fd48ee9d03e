"""How long the staff pages take with 1,000 submissions: over HTTP, with a session, on a warm server of its own process.

Each page is asked for `ASKED` times, an answer's page and its pictures for another answer each time: nobody reads one
twice. The table is printed (`pytest -s`); what must hold is 100 ms, for the middle and for all but one in twenty.
"""

import itertools
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from browser import QUEUE, Office, serving
from rich.console import Console
from rich.table import Table
from staff_class import make_staff_class

STUDENTS = 1_200  # of which more than 1,000 hand in
SUBMISSIONS = 1_000
ASKED = 40
MOST_MS = 100
TRIES = 3  # another program may have had the machine meanwhile


@dataclass
class Measured:
    """Pages and how many milliseconds each request took."""

    pages: dict[str, list[float]] = field(default_factory=dict)

    def table(self) -> Table:
        table = Table("page", "median ms", "p95 ms", "largest ms", title=f"{SUBMISSIONS:,} submissions")
        for page, times in self.pages.items():
            table.add_row(page, f"{statistics.median(times):.1f}", f"{p95(times):.1f}", f"{max(times):.1f}")
        return table

    @property
    def slow(self) -> dict[str, float]:
        """Pages that are not answered in time, with what all but one in twenty requests take."""
        return {page: p95(times) for page, times in self.pages.items() if p95(times) >= MOST_MS}


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


@dataclass
class Desk:
    """A TA without a browser, so that nothing but the server is measured."""

    office: Office
    http: httpx.Client
    csrf: str

    def takes(self, ask: Callable[[], httpx.Response]) -> float:
        begin = time.perf_counter()
        got = ask()
        spent = (time.perf_counter() - begin) * 1_000
        assert got.status_code in (200, 303), got.status_code
        return spent

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def save(self, answer: str) -> Callable[[], httpx.Response]:
        """Read an answer's page, and return how its form is sent: a mark in the place of the one it shows."""
        seen = re.search(r'name="seen" value="(\d+)"', self.get(f"{QUEUE}/{answer}").text)
        assert seen
        form = {"csrf": self.csrf, "seen": seen[1], "items": self.office.item(1), "adjustment": "0", "comment": "So."}
        return lambda: self.http.post(f"{QUEUE}/{answer}", data=form, headers={"Origin": self.office.server.address})


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = make_staff_class(tmp_path_factory.mktemp("speed") / "course", STUDENTS)
    assert len(made.counting) >= SUBMISSIONS
    with serving(made.folder, "Grace") as server, httpx.Client(base_url=server.address, timeout=120) as http:
        http.get(server.links["Grace"])
        found = re.search(r'name="csrf" value="([^"]+)"', http.get("/").text)
        assert found
        yield Desk(Office(made, server, None), http, found[1])


def warmed(desk: Desk) -> dict[str, Iterator[str]]:
    """Ask for each page once, wait until nothing is being compared any more; return addresses by kind of page."""
    answers = list(desk.office.answers)
    begin = time.monotonic()
    while "hx-trigger" in desk.get(f"{QUEUE}/{answers[-1]}/alike").text and time.monotonic() - begin < 60:
        time.sleep(0.2)
    people = re.findall(r'href="(/sum/submissions/[^"]+)"', desk.get("/sum/people").text)
    pairs = re.findall(r'href="(/sum/pairs/[^"]+)"', desk.get("/sum/").text)
    pictures = (f"{QUEUE}/{one}/pictures/1" for one in answers[:ASKED])
    turns = {
        "overview": ["/"],
        "class": ["/sum/"],
        "people": [f"/sum/people?page={page}" for page in range(1, 11)],
        "people, searched": ["/sum/people?find=ada"],
        "submission": people,
        "pair": pairs,
        "queue": [f"{QUEUE}?page={page}" for page in range(1, 11)],
        "next": [f"{QUEUE}/next"],
        "answer": [f"{QUEUE}/{one}" for one in answers[: 2 * ASKED]],
        "picture": list(pictures),
        "similar ones": [f"{QUEUE}/{one}/alike" for one in answers[: 2 * ASKED]],
        "similar, side by side": [f"{QUEUE}/{one}/similar" for one in answers[2 * ASKED : 4 * ASKED]],
    }
    assert all(turns.values()), turns
    for addresses in turns.values():
        desk.get(addresses[0])
    return {page: itertools.cycle(addresses) for page, addresses in turns.items()}


def test_pages_answer_in_under_100_ms_with_1000_submissions(desk) -> None:
    """Every page, and the saving of a mark; the first request to a server that has just started is not among them."""
    turns = warmed(desk)
    answers = itertools.cycle(list(desk.office.answers)[4 * ASKED : 5 * ASKED])
    for _ in range(TRIES):
        measured = Measured()
        for page, addresses in turns.items():
            measured.pages[page] = [desk.takes(lambda: desk.get(next(addresses))) for _ in range(ASKED)]  # noqa: B023
        measured.pages["save"] = [desk.takes(desk.save(next(answers))) for _ in range(ASKED)]
        measured.pages["class, just marked"] = []
        for _ in range(ASKED // 2):
            desk.save(next(answers))()
            measured.pages["class, just marked"].append(desk.takes(lambda: desk.get("/sum/")))
        Console().print(measured.table())
        if not measured.slow:
            break
    assert measured.slow == {}
