"""`make demo`: the main job on a sample class, from source to report; checks that every mark is the one it must be."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from demo_class import STUDENTS, disagreements, make_class
from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".autograder" / "demo"
AUTOGRADER = Path(sys.executable).with_name("autograder")

console = Console(highlight=False)


def step(title: str, *command: str) -> int:
    """Show a command as a user would type it, and run it."""
    console.print(f"\n[bold cyan]{title}[/]")
    if command:
        console.print(f"[dim]$ autograder {' '.join(command)}[/]", soft_wrap=True)
        return subprocess.run([AUTOGRADER, *command], cwd=ROOT).returncode
    return 0


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
    console.print()
    for sentence in wrong:
        console.print(f"[bold red]wrong:[/] {sentence}")
    if not wrong:
        minutes, seconds = divmod(round(time.monotonic() - start), 60)
        console.print(f"[bold green]Every submission got exactly the marks it must get[/] ({minutes} min {seconds} s).")
        console.print("Open in a browser:")
        for name in STUDENTS:
            console.print(f"  {FOLDER / name / 'grades' / 'index.html'}", soft_wrap=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
