"""A notebook and a grader zip -> the scores that stock Otter gives, in a process of its own.

For the author's own solution only: nothing is sealed here, as ever in stock Otter.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from autograder.errors import AutograderError

SECONDS = 1800  # by the clock


def stock_scores(assignment: str, notebook: bytes, grader_zip: bytes) -> dict[str, float]:
    """Grade a notebook as Otter's manual says, with `otter run`; return question -> points.

    Raises:
        AutograderError: when Otter does not grade it; the text holds the end of what it printed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "grader.zip").write_bytes(grader_zip)
        (folder / f"{assignment}.ipynb").write_bytes(notebook)
        command = [sys.executable, "-m", "otter", "run", "--no-logo", "-a", "grader.zip", f"{assignment}.ipynb"]
        environment = os.environ | {"TMPDIR": temporary, "TF_CPP_MIN_LOG_LEVEL": "3"}
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=True
            )
            tests = json.loads((folder / "results.json").read_text(encoding="utf-8"))["tests"]
        except subprocess.TimeoutExpired:
            raise AutograderError(f"`otter run` took longer than {SECONDS} s.") from None
        except subprocess.CalledProcessError as failure:
            raise AutograderError(f"`otter run` ended with {failure.returncode}: {_end(failure.stderr)}") from None
        except (OSError, ValueError, LookupError) as error:
            raise AutograderError(f"`otter run` wrote no results ({error}): {_end(done.stderr)}") from None
    return {test["name"]: test["score"] for test in tests if "score" in test}


def _end(text: str) -> str:
    return " | ".join(line.strip() for line in text.splitlines()[-3:])
