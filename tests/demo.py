"""`make demo`: the main job on a sample class: from source to report, then from an LMS's zip, marked, to its gradebook.

It checks that every mark is the one it must be.
"""

import contextlib
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from demo_class import STUDENTS, disagreements, make_class
from demo_lms import ASSIGNMENT, OVERRIDDEN, QUESTION, make_lms, wrong_marks
from demo_marking import mark_some
from rich.console import Console

from autograder.web.queue import paper_id

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
    """Take in what Canvas gives, grade, mark, decide, release, fill in Canvas' gradebook; return what is wrong."""
    folder = FOLDER / "lms"
    expected = make_lms(folder, ROOT)
    first = next(one for one in expected.values() if one.sha256)
    for title, *command in (
        ("Take in the zip that Canvas gives", "intake", ASSIGNMENT, "submissions.zip"),
        ("Grade it into the gradebook", "grade", ASSIGNMENT),
    ):
        if not lms_step(title, *command):
            return [f"`autograder {shlex.join(command)}` did not work."]
    step("From the LMS and back: A TA marks some of the written answers at the staff pages")
    saved = mark_some(folder, ASSIGNMENT, QUESTION)
    console.print(f"{len(saved)} of the answers to {QUESTION} are marked, the others wait for you.")
    marked = {one.sha256: saved.get(paper_id(ASSIGNMENT, QUESTION, one.sha256), 0.0) for one in expected.values()}
    for title, *command in (
        (
            *("Decide on one by hand", "override", ASSIGNMENT, "s00001", "--question", QUESTION),
            *("--points", f"{OVERRIDDEN:g}", "--reason", "explained it to me in the tutorial"),
        ),
        ("The first student's history", "history", "s00001"),
        ("Make the feedback public", "release", ASSIGNMENT, "--partial"),
        (
            *("Fill in Canvas' own gradebook", "export", ASSIGNMENT, "marks.csv", "--to", "canvas", "--partial"),
            *("--feedback", "feedback.zip"),
        ),
    ):
        if not lms_step(title, *command):
            return [f"`autograder {shlex.join(command)}` did not work."]
    return wrong_marks(folder, expected, marked | {first.sha256: OVERRIDDEN})


def lms_step(title: str, *command: str) -> bool:
    """Run a command in the folder of the LMS's course; exit code 1 says that something waits for a person."""
    return step(f"From the LMS and back: {title}", *command, folder=FOLDER / "lms") in (0, 1)


def open_pages() -> None:
    """Say how to open the staff pages of the demo's course, and, where somebody sits at a terminal, do it for them."""
    folder = FOLDER / "lms"
    console.print("\n[bold]The staff pages[/], with the other answers to be marked and the class at a glance:")
    console.print(f"  (cd {folder} && {AUTOGRADER} serve)", soft_wrap=True)
    if sys.stdin.isatty() and sys.stdout.isatty():
        with contextlib.suppress(KeyboardInterrupt, EOFError):
            console.input("[bold]Press Enter to open them now[/], Ctrl-C to leave. ")
            subprocess.run([AUTOGRADER, "serve", "--open"], cwd=folder)


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
        open_pages()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
