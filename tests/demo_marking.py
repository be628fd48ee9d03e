"""Part of `make demo`: a TA marks written answers at the staff pages, over HTTP as a browser would.

In goes the folder of a course; out come the points of each file that was marked, as the pages say them.
"""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from pathlib import Path

from browser import serving

MARKED = 8  # of about twenty: the rest waits for whoever tries the demo
# What a TA looks for, in a hurry: a piece of an answer -> items of the rubric.
SIGNS = {
    "measured": "numbers",
    "predict": "numbers",
    "guess": "numbers",
    "nothing in the loss": "rule",
    "never asked": "rule",
    "nowhere else": "rule",
    "tanh": "bound",
    "running": "running-sum",
    "adds each": "running-sum",
    "mixed lengths": "cure",
    "many lengths": "cure",
}


def mark_some(folder: Path, assignment: str, question: str) -> dict[str, float]:
    """Mark the first answers in the queue; return id of the answer -> points that the page says were saved."""
    found: dict[str, float] = {}
    with serving(folder, "ada") as server:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        browser = urllib.request.build_opener(cookies)
        browser.open(server.links["ada"])
        page, address = _read(browser.open(f"{server.address}/{assignment}/mark/{question}/next"))
        for _ in range(MARKED):
            page, address, points = _mark(browser, server.address, page, address)
            found |= points
    return found


def _mark(browser, origin: str, page: str, address: str) -> tuple[str, str, dict[str, float]]:
    """Fill in the form of a page; return the next page, where it is, and what was saved."""
    text = page[page.index('id="answer-title"') : page.index('id="work-title"')].casefold()
    items = sorted({item for sign, item in SIGNS.items() if sign in text})
    empty = "Nothing was written." in page
    fields = [("csrf", _value(page, "csrf")), ("seen", _value(page, "seen")), *(("items", item) for item in items)]
    fields += [("adjustment", "0"), ("comment", "There is no answer in your notebook." if empty else "")]
    body = urllib.parse.urlencode(fields).encode()
    following, at = _read(browser.open(urllib.request.Request(address, body, {"Origin": origin})))
    saved = re.search(r"Saved: answer \d+ has ([\d.]+) of", following)
    if saved is None:
        raise RuntimeError(f"{address} was not saved")
    return following, at, {address.rpartition("/")[2]: float(saved[1])}


def _read(answer) -> tuple[str, str]:
    return answer.read().decode(), answer.url


def _value(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]
