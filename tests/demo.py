"""`make demo`: the main job on a sample class, from source to report and from an LMS's zip to its gradebook.

It checks that every mark is the one it must be.
"""

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from demo_class import STUDENTS, disagreements, make_class
from demo_lms import ASSIGNMENT, MARKED, make_lms, wrong_marks
from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".autograder" / "demo"
AUTOGRADER = Path(sys.executable).with_name("autograder")

console = Console(highlight=False)


def step(title: str, *command: str, folder: Path = ROOT) -> int:
    """Show a command as a user would type it, and run it in a folder."""
    console.print(f"\n[bold cyan]{title}[/]")
    if command:
        console.print(f"[dim]$ autograder {shlex.join(command)}[/]", soft_wrap=True)
        return subprocess.run([AUTOGRADER, *command], cwd=folder).returncode
    return 0


def lms_way() -> list[str]:
    """Take in what Canvas gives, grade it, decide, release, and fill in Canvas' gradebook; return what is wrong."""
    folder = FOLDER / "lms"
    expected = make_lms(folder, ROOT)
    place, number, (question, points) = ASSIGNMENT, "s00001", MARKED
    for title, *command in (
        ("Take in the zip that Canvas gives", "intake", place, "submissions.zip"),
        ("Grade it into the gradebook", "grade", place),
        (
            *("Mark a written answer", "override", place, number),
            *("--question", question, "--points", f"{points:g}", "--reason", "names the loop, no example"),
        ),
        ("The first student's history", "history", number),
        ("Make the feedback public", "release", place, "--partial"),
        (
            *("Fill in Canvas' own gradebook", "export", place, "marks.csv", "--to", "canvas", "--partial"),
            *("--feedback", "feedback.zip"),
        ),
    ):
        if step(f"From the LMS and back: {title}", *command, folder=folder) not in (0, 1):
            return [f"`autograder {shlex.join(command)}` did not work."]
    return wrong_marks(folder, expected)


def main() -> int:
    start = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    if step("1. One source each makes the student notebook and the grader zip", "build"):
        return 1
    step("2. A sample class hands in: right, wrong, broken and hostile files")
    for name in STUDENTS:
        files = len(list(make_class(FOLDER / name, name, ROOT).iterdir()))
        console.print(f"{files} files in {(FOLDER / name / 'submissions').relative_to(ROOT)}")
    wrong: list[str] = []
    for number, name in enumerate(STUDENTS, 3):
        inbox, out = FOLDER / name / "submissions", FOLDER / name / "grades"
        paths = [str(path.relative_to(ROOT)) for path in (inbox, out)]
        code = step(f"{number}. Grade {name}, sealed", "grade", name, paths[0], "--out", paths[1])
        if code not in (0, 1):  # 1: some files could not be graded, as it must be in this class
            return code
        wrong += disagreements(FOLDER / name, out)
    wrong += lms_way()
    console.print()
    for sentence in wrong:
        console.print(f"[bold red]wrong:[/] {sentence}")
    if not wrong:
        minutes, seconds = divmod(round(time.monotonic() - start), 60)
        console.print(f"[bold green]Every submission got exactly the marks it must get[/] ({minutes} min {seconds} s).")
        console.print("Open in a browser:")
        for name in STUDENTS:
            console.print(f"  {FOLDER / name / 'grades' / 'index.html'}", soft_wrap=True)
        console.print(f"To be imported into Canvas: {FOLDER / 'lms' / 'marks-filled.csv'}", soft_wrap=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
