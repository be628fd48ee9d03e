"""Fixtures: Chromium, a made class of 30, and an office with a server for it.

A plugin: a test file that says `pytest_plugins = ["offices"]` has them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import FLAGS, Office, serving
from staff_class import StaffClass, make_staff_class


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """One browser for a file of tests: Playwright's loop may not outlive it. Skipped by name where there is none."""
    place = shutil.which("chromium")
    if place is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium fonts-dejavu-core)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def class_of_30(tmp_path_factory: pytest.TempPathFactory) -> StaffClass:
    """Made once; never served, only copied."""
    return make_staff_class(tmp_path_factory.mktemp("class") / "thirty", 30)


@pytest.fixture
def office(class_of_30: StaffClass, tmp_path: Path, chromium: object) -> Iterator[Office]:
    """A class of 30 of this test's own, and a server for Grace and Ada."""
    folder = tmp_path / "course"
    shutil.copytree(class_of_30.folder, folder)
    with serving(folder, "Grace", "Ada") as server:
        yield Office(StaffClass(folder, class_of_30.people, class_of_30.handed_in), server, chromium)
