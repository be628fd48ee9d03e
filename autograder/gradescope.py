"""Entry point of the grader zip on Gradescope: grades the one submission of a container through our own sealed path.

In come /autograder/source (the unpacked zip) and /autograder/submission; out goes /autograder/results/results.json.
When the kit fails it writes nothing and exits with 1, so that Gradescope shows an error instead of a zero.

The notebook is run twice. What a student sees at once comes from a run of the public checks alone: were the hidden
tests run as well, a function could keep a hidden input and answer a later public check by it, a bit a submission.
"""

import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from autograder.errors import AutograderError
from autograder.grader import read_grader
from autograder.grading import Engine
from autograder.guide import GUIDE
from autograder.intake import collect
from autograder.model import Status, Submission
from autograder.programs import Programs
from autograder.reports.gradescope import gradescope_json
from autograder.reports.record import result_json

# By the clock: at 600, Gradescope's default, the harness writes a zero whatever is there.
PUBLIC_SECONDS = 180
DEADLINE_SECONDS = 500


def main(root: Path) -> int:
    """Grade what lies under `root` and return the exit code."""
    start = time.monotonic()
    try:
        grader = read_grader(root / "source")
        submission = choose(collect([root / "submission"], grader.info.name))
        with Engine() as engine:
            engine.programs = Programs(most=0)  # nobody comes later, and the harness is waiting
            if engine.level == "uid":
                # without mount namespaces the files of this container can be named from a box
                hide(root / "source")
                root.chmod(0o700)  # earlier results of this student lie here too
            result = public = engine.grade(submission, grader, PUBLIC_SECONDS, public_only=True)
            if public.status is not Status.FAULT:
                left_seconds = DEADLINE_SECONDS - (time.monotonic() - start)
                result = engine.grade(submission, grader, left_seconds)
    except AutograderError as mistake:
        print(f"The autograder could not run: {mistake}")
        return 1
    if result.status is Status.FAULT:
        print(result.note)
        return 1
    print(result_json(replace(result, student="")))  # for staff: students never see what this prints
    (root / "results").mkdir(exist_ok=True)
    (root / "results" / "results.json").write_text(gradescope_json(result, public), encoding="utf-8")
    return 0


def choose(submissions: tuple[Submission, ...]) -> Submission:
    """Return the one notebook that was handed in, or a submission that says why there is no such."""
    readable = [submission for submission in submissions if submission.notebook is not None]
    if len(readable) == 1:
        return readable[0]
    if readable:
        names = ", ".join(sorted(submission.path.name for submission in readable))
        return replace(readable[0], notebook=None, problem=f"Several notebooks were handed in ({names}); hand in one.")
    if submissions:
        return submissions[0]
    return Submission("submission", "", Path(), None, "No notebook was handed in.")


def hide(source: Path) -> None:
    """Remove tests, reference and model answers from the disk: they are in the grader's memory now."""
    shutil.rmtree(source / "tests", ignore_errors=True)
    (source / "files" / "reference.py").unlink(missing_ok=True)
    (source / GUIDE).unlink(missing_ok=True)
    source.chmod(0o700)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
