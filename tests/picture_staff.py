"""Makes tests/pictures/marking.png and class.png, README's pictures of the staff pages: needs Chromium.

In comes nothing but the repository: a made class hands in, half of its answers are marked, and two pages are looked at.
"""

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from browser import FLAGS, QUEUE, serving
from picture import PICTURES
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from staff_class import ASSIGNMENT, QUESTION, StaffClass, make_staff_class

from autograder.gradebook import open_gradebook
from autograder.grader import read_grader
from autograder.records import AnswerMark

STUDENTS = 90
SIZE = {"width": 1366, "height": 900}
SEED = 6
COMMENT = "Well measured. What would happen with a linear state?"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        made = make_staff_class(Path(folder) / "course", STUDENTS, seed=SEED)
        mark_half(made)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        with serving(made.folder, "ada") as server:
            take(browser, server.links["ada"], server.address)
        browser.close()


def mark_half(made: StaffClass) -> None:
    """Mark half of the answers: who is able in the tests has more items."""
    grader = read_grader(made.folder / "dist" / f"{ASSIGNMENT}-autograder.zip")
    rubric = grader.guide.question(QUESTION).rubric
    chance = random.Random(SEED)
    with open_gradebook(made.gradebook) as gradebook:
        gradebook.set_rubrics(ASSIGNMENT, [rubric], datetime.now(UTC), "ada")
        for sha256, one in sorted(made.counting.items())[::2]:
            items = tuple(item.id for item in rubric.items if chance.random() < 0.25 + 0.6 * one.ability)
            mark = AnswerMark(ASSIGNMENT, sha256, QUESTION, items, 0.0, "", "ben", datetime.now(UTC))
            gradebook.add_answer_marks([mark], {})


def take(browser: Browser, link: str, address: str) -> None:
    """Look at the page of an answer in mid-marking, and at the page of the class once all is compared."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.goto(link)
    page.goto(f"{address}{QUEUE}/next")
    page.wait_for_selector("#similar")
    for key in "124":
        page.keyboard.press(key)
    page.fill("#comment", COMMENT)
    page.screenshot(path=PICTURES / "marking.png")
    page.goto(f"{address}/{ASSIGNMENT}/")
    page.screenshot(path=PICTURES / "class.png", clip={"x": 0, "y": 0, **SIZE, "height": 1150}, full_page=True)
    for name in ("marking.png", "class.png"):
        with Image.open(PICTURES / name) as picture:
            picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(PICTURES / name, optimize=True)
        print(PICTURES / name)


if __name__ == "__main__":
    main()
