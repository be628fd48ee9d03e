"""The staff pages as people meet them: a real server over a made class, and TAs who sit at Debian's Chromium.

What a page should never do fails the test: a dialog, an error in the console, a request to a stranger, something that
the policy had to stop.

    with office.opened("Grace") as grace:
        grace.opens("/sum/mark/q7/next").presses("1", "3", "Enter")
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from staff_class import ASSIGNMENT, QUESTION, StaffClass

from autograder.gradebook import open_gradebook
from autograder.grader import read_grader
from autograder.records import AnswerMark, Rubric
from autograder.web.queue import paper_id

AUTOGRADER = Path(sys.executable).with_name("autograder")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUEUE = f"/{ASSIGNMENT}/mark/{QUESTION}"
START_SECONDS = 60
PATIENCE_MS = 10_000
TOLD = "addEventListener('securitypolicyviolation', e => console.error(`${e.violatedDirective}: ${e.blockedURI}`))"


class Server:
    """`autograder serve` in a folder, as a process of its own.

    Attributes:
        links: TA -> the link that was printed for them; address: http://127.0.0.1:PORT.
    """

    def __init__(self, folder: Path, *staff: str, port: int = 0) -> None:
        command = [AUTOGRADER, "serve", "--port", str(port), *(part for name in staff for part in ("--ta", name))]
        environment = {key: value for key, value in os.environ.items() if key != "AUTOGRADER_GRADEBOOK"}
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.links = self._wait_for_links(staff)
        parts = urlsplit(next(iter(self.links.values())))
        self.address, self.port = f"{parts.scheme}://{parts.netloc}", parts.port

    @property
    def said(self) -> str:
        """All that it has printed."""
        return "".join(self._lines)

    def stop(self) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        self._lines.extend(self._process.stdout)

    def _wait_for_links(self, staff: tuple[str, ...]) -> dict[str, str]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = [line.rsplit(maxsplit=1) for line in list(self._lines) if "/enter?token=" in line]
            if len(found) == len(staff):
                return {name.strip(): link for name, link in found}
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self._process.kill()
        raise AssertionError(f"The server did not start:\n{self.said}")


class TA:
    """Somebody at a browser of their own; each verb returns the TA, so that a story reads in a line."""

    def __init__(self, name: str, server: Server, context) -> None:
        self.name, self.server, self.context = name, server, context
        self.faults: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(TOLD)
        self.page = context.new_page()
        self._watch(self.page)

    def _watch(self, page) -> None:
        def dialog(shown) -> None:
            self.faults.append(f"dialog: {shown.message}")
            shown.dismiss()

        page.on("dialog", dialog)
        page.on("popup", lambda popup: self.faults.append(f"a window opened: {popup.url}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._hear)
        page.on("request", self._see_request)
        page.on("response", lambda got: self._note(got.status in (404, 405) or got.status >= 500, got.status, got.url))

    def _hear(self, message) -> None:
        # Of what did not load, the status tells more.
        self._note(message.type == "error" and "Failed to load resource" not in message.text, "console", message.text)

    def _see_request(self, request) -> None:
        ours = request.url.startswith((self.server.address + "/", "data:", "about:", "blob:"))
        self._note(not ours, "a request to", request.url)

    def _note(self, happened: bool, *what: object) -> None:
        if happened:
            self.faults.append(" ".join(map(str, what)))

    def opens(self, path: str) -> "TA":
        """Open a page by its address, which must be there."""
        answer = self.page.goto(self.server.address + path)
        assert answer is not None and answer.status == 200, f"{path}: {answer and answer.status}"
        return self

    def presses(self, *keys: str) -> "TA":
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def types(self, text: str) -> "TA":
        """Type text where the cursor is."""
        self.page.keyboard.type(text)
        return self

    def leaves_with(self, *keys: str) -> "TA":
        """Press keys, the last of which leads to another page, and wait for it."""
        before = self.path
        self.presses(*keys)
        self.page.wait_for_url(lambda url: urlsplit(url).path != before)
        self.page.wait_for_load_state()
        return self

    def submits_with(self, *keys: str) -> "TA":
        """Press keys, the last of which sends something, and wait for the page that comes back, perhaps the same."""
        with self.page.expect_navigation():
            self.presses(*keys)
        return self

    def unfolds(self) -> "TA":
        """Show all that the page has folded away, and have its pictures loaded."""
        self.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        self.page.evaluate("for (const one of document.querySelectorAll('img')) one.loading = 'eager'")
        self.page.evaluate("Promise.all([...document.images].map(one => one.decode().catch(() => null)))")
        return self

    def reloads(self) -> "TA":
        self.page.reload()
        return self

    def tabs_to(self, found: Callable[[], bool], most: int = 120) -> "TA":
        """Press Tab until something has the focus that the test is looking for."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if found():
                return self
        raise AssertionError(f"{self.path}: {most} presses of Tab do not lead there")

    def sees(self, text: str) -> "TA":
        """Find text on the page, which may still be on its way."""
        self.page.get_by_text(text).first.wait_for()
        return self

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def answer(self) -> str:
        """The answer that is on the screen, by its id."""
        return self.path.removeprefix(QUEUE + "/").split("/")[0]

    @property
    def text(self) -> str:
        """What can be read of the page."""
        return str(self.page.locator("body").inner_text())

    @property
    def chosen(self) -> list[str]:
        """Ids of the rubric's items that are ticked."""
        ticked = "boxes => boxes.filter(box => box.checked).map(box => box.value)"
        return list(self.page.locator("input[name=items]").evaluate_all(ticked))

    @property
    def comment(self) -> str:
        return str(self.page.locator("[name=comment]").input_value())

    @property
    def adjustment(self) -> float:
        return float(self.page.locator("[name=adjustment]").input_value() or 0)

    @property
    def focused(self) -> str:
        """What has the focus: its address, or its name."""
        return str(
            self.page.evaluate("(e => e.getAttribute('href') || e.name || e.id || e.tagName)(document.activeElement)")
        )

    def check(self) -> None:
        """Fail when a page did what none should."""
        assert not self.faults, f"{self.name} at {self.path}: " + "; ".join(self.faults)


@dataclass
class Office:
    """A made class, the server of its staff pages, and browsers for whoever comes in."""

    made: StaffClass
    server: Server
    chromium: object

    @contextlib.contextmanager
    def opened(self, name: str, **options: object) -> Iterator[TA]:
        """A TA opens their link; at the end nothing may have happened in their browser that should not.

        Args:
            options: of the browser's context, such as `viewport` or `color_scheme`.
        """
        context = self.chromium.new_context(**options)
        try:
            ta = TA(name, self.server, context)
            ta.page.goto(self.server.links[name])
            yield ta
            ta.check()
        finally:
            context.close()

    @cached_property
    def rubric(self) -> Rubric:
        return read_grader(self.made.folder / "dist" / f"{ASSIGNMENT}-autograder.zip").guide.question(QUESTION).rubric

    @cached_property
    def answers(self) -> dict[str, str]:
        """Id of each answer in the queue, in its order -> what was written."""
        files = {file: one.answer for file, one in self.made.counting.items()}
        return dict(sorted((paper_id(ASSIGNMENT, QUESTION, file), text) for file, text in files.items()))

    @property
    def marks(self) -> dict[str, AnswerMark]:
        """Id of an answer -> the mark in force, as the gradebook has it."""
        with open_gradebook(self.made.gradebook, create=False) as book:
            known = book.answer_marks(ASSIGNMENT)
        return {paper_id(ASSIGNMENT, QUESTION, file): mark for (file, _), mark in known.items() if not mark.withdrawn}

    def item(self, key: int) -> str:
        """Return the id of the rubric's item that a key stands for."""
        return self.rubric.items[key - 1].id


@contextlib.contextmanager
def serving(folder: Path, *staff: str, port: int = 0) -> Iterator[Server]:
    """Run the server; at the end it must stop as it was told, and have had no policy report and no trace of a bug."""
    server = Server(folder, *staff, port=port)
    try:
        yield server
    finally:
        code = server.stop()
    assert code in (0, 130), f"exit code {code}:\n{server.said}"
    assert "Traceback" not in server.said and "refused" not in server.said, server.said
