"""Fixtures: the course of this repository, one warmed grading engine, and a small class to grade with it."""

import hashlib
import json
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import read_course
from autograder.errors import IsolationError
from autograder.grader import Grader
from autograder.grading import Engine
from autograder.model import Course, GraderInfo, Limits, Question, Result, Submission

ROOT = Path(__file__).resolve().parent.parent

HEAD = "from otter.test_files import test_case\nOK_FORMAT = False\nname = {name!r}\npoints = None\n\n"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def course() -> Course:
    return read_course(ROOT / "course.yml")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One warmed process for all tests: starting it takes seconds, forking from it milliseconds."""
    try:
        engine = Engine()
    except IsolationError as obstacle:
        pytest.skip(str(obstacle))
    with engine:
        yield engine


class Classroom:
    """Grades little notebooks against little tests: `classroom.grade("x = 1", q1="def test(x): assert x == 1")`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.limits = Limits(cell_seconds=20, run_seconds=60, memory_mb=1024)

    def grade(self, *cells: str, reference: str = "", files: dict[str, bytes] | None = None, **tests: str) -> Result:
        """Grade a notebook of code cells; each test function earns a point, hidden when its name says so."""
        return self.engine.grade(self.submission(*cells), self.grader(tests, reference, files or {}))

    def submission(self, *cells: str, name: str = "somebody") -> Submission:
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"otter": {"assignment_name": "tiny"}},
            "cells": [{"cell_type": "code", "source": textwrap.dedent(cell), "metadata": {}} for cell in cells],
        }
        data = json.dumps(notebook).encode()
        return Submission(name, "Some Body", Path("x.ipynb"), data, sha256=hashlib.sha256(data).hexdigest())

    def grader(self, tests: dict[str, str], reference: str = "", files: dict[str, bytes] | None = None) -> Grader:
        texts = {name: self._test_file(name, textwrap.dedent(body)) for name, body in tests.items()}
        questions = tuple(Question(name, f"About {name}", 1) for name in tests)
        info = GraderInfo("tiny", "Tiny", "tiny", questions, self.limits)
        return Grader(info, texts, reference, files or {}, "0" * 64)

    def _test_file(self, name: str, body: str) -> str:
        lines = []
        for line in body.splitlines():
            if line.startswith("def "):
                lines.append(f'@test_case(points=1, hidden={"hidden" in line}, failure_message="Think again.")')
            lines.append(line)
        return HEAD.format(name=name) + "\n".join(lines) + "\n"

    def allow(self, **limits: int) -> None:
        """Change limits for this test."""
        self.limits = replace(self.limits, **limits)


@pytest.fixture
def classroom(engine: Engine) -> Classroom:
    return Classroom(engine)
