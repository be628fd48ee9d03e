"""Where working data lies, below the folder of course.yml: nothing here is made or read."""

from pathlib import Path


def results_folder(root: Path, assignment: str) -> Path:
    """Return where `grade` puts its results unless it is told otherwise."""
    return root / ".autograder" / "grades" / assignment


def released_folder(root: Path, assignment: str) -> Path:
    """Return where `release` puts the pages that are public."""
    return root / ".autograder" / "released" / assignment


def submissions_folder(root: Path, assignment: str) -> Path:
    """Return where `intake` stores submitted files."""
    return root / ".autograder" / "submissions" / assignment


def grader_path(root: Path, assignment: str) -> Path:
    """Return where `build` puts the grader zip."""
    return root / "dist" / f"{assignment}-autograder.zip"
