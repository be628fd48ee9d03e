"""Stock Otter and the sealed path agree: `otter run` with the zip that `build` makes gives the same scores."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from test_submissions import CASES, built, graded, known  # noqa: F401

from autograder.model import Status

pytestmark = pytest.mark.slow


def stock_scores(folder: Path, assignment: str) -> dict[str, float]:
    """Grade the submission in a folder as Otter's manual says, and return question -> score."""
    command = [sys.executable, "-m", "otter", "run", "--no-logo", "-a", "grader.zip", f"{assignment}.ipynb"]
    environment = os.environ | {"TMPDIR": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    tests = json.loads((folder / "results.json").read_text(encoding="utf-8"))["tests"]
    return {test["name"]: test["score"] for test in tests if "score" in test}


@pytest.fixture(scope="module")
def stock(request, tmp_path_factory) -> Iterator[Callable[[str, str], dict[str, float]]]:
    """Start stock Otter on all selected cases, two at a time; each takes about 20 s of CPU, most of it imports."""
    selected = [item.callspec.params for item in request.session.items if item.path == request.path]
    running: dict[tuple[str, str], Future[dict[str, float]]] = {}
    with ThreadPoolExecutor(2) as pool:
        for assignment, case in [(params["assignment"], params["case"]) for params in selected]:
            folder = tmp_path_factory.mktemp(f"{assignment}-{case}")
            (folder / "grader.zip").write_bytes(built(assignment).files[built(assignment).zip_path])
            (folder / f"{assignment}.ipynb").write_bytes(known(assignment)[case].notebook)
            running[assignment, case] = pool.submit(stock_scores, folder, assignment)
        yield lambda assignment, case: running[assignment, case].result()
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(("assignment", "case"), CASES, ids=[f"{a}-{c}" for a, c in CASES])
def test_stock_otter_gives_the_same_scores(graded, stock, assignment, case):  # noqa: F811
    """Question by question."""
    result = graded(assignment)[case]
    assert result.status is Status.GRADED, result.note
    sealed = {question.name: question.points for question in result.questions if not question.manual}
    assert stock(assignment, case) == pytest.approx(sealed)
