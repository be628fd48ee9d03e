"""`autograder verify`: the release gate of an assignment; findings out, and the proof beside the source."""

import contextlib
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.progress import TaskID
from rich.table import Table

from autograder import grading
from autograder.cli.shared import (
    choose_assignments,
    console,
    find_course,
    messages,
    mistakes_explained,
    progress_bar,
    shown,
)
from autograder.model import Assignment, Course
from autograder.proof.record import CHECKS, SLOW, Proof, proof_path, read_proof, readme_with_proofs, write_proof


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--jobs", type=click.IntRange(1, 256), help="Notebooks run at the same time.  [number of cores]")
@click.option("--quick", is_flag=True, help="Leave out stock Otter and the mutants; nothing is stored then.")
@click.option(
    "--unsafe", is_flag=True, help="Run notebooks without isolation, where the machine gives none. Your own files only."
)
def verify(ids: tuple[str, ...], jobs: int | None, quick: bool, unsafe: bool) -> None:
    """Prove that a grader is fair, before a student meets it. `build` makes no grader zip of a source without it.

    \b
      reference    the solution gets every point, from us and from stock `otter run`
      template     the untouched notebook gets none, and runs without an error
      known        each tests/submissions/ID/CASE/ gets its exact points, test case by test case
      mutants      the solution with one plausible mistake loses points, 95 % of all that can be told
      calibration  no numeric bound fails a right answer by bad luck (`autograder calibrate ID` finds out)
      notebook     hints, titles, time to spare, nothing given away, no test case leaning on another

    All assignments of course.yml are verified unless some are named. What was proven is written beside the source, with
    the hashes of all it rests on: solutions/ID/proof.json for `build`, mutants.csv for you. Commit both.

    Exit code 1: something fell short; each finding says where, what was expected, and what to do.
    """
    with mistakes_explained():
        root, course = find_course()
        chosen = [course.assignment(name) for name in choose_assignments(course, ids)]
        left_out: frozenset[str] = SLOW if quick else frozenset()
        proofs = []
        jobs = jobs or os.cpu_count() or 1
        with contextlib.closing(_verified(root, course, chosen, jobs, left_out, unsafe)) as running:
            for proof in running:
                proofs.append(proof)
                if not quick:
                    write_proof(root, proof)
                    _renew_readme(root, course)
        console.print(_table(proofs, left_out))
        for proof in proofs:
            for finding in proof.findings:
                messages.print(f"[bold red]{finding.check}[/] {shown(str(finding))}", soft_wrap=True)
        if not quick:
            console.print(f"Written: {', '.join(proof_path(proof.assignment) for proof in proofs)}", soft_wrap=True)
        sys.exit(1 if any(proof.findings for proof in proofs) else 0)


def _verified(
    root: Path, course: Course, chosen: list[Assignment], jobs: int, left_out: frozenset[str], unsafe: bool
) -> Generator[Proof]:
    """Verify one assignment after the other, with a live progress line for each."""
    from autograder.proof.verify import verify as verify_assignment

    with console.status("Warming up TensorFlow, once for all"):
        engine = grading.Engine(unsafe)
    with engine, progress_bar() as progress:
        for assignment in chosen:
            line = progress.add_task(f"Verifying {assignment.id}", total=None, counts="")
            began = time.monotonic()

            def report(what: str, done: int, total: int, line: TaskID = line, began: float = began) -> None:
                rate = f"{60 * done / (time.monotonic() - began):.0f} a minute"
                progress.update(line, completed=done, total=total, counts=f"{what}, {rate}")

            yield verify_assignment(engine, root, course, assignment, jobs, report, left_out)


def _renew_readme(root: Path, course: Course) -> None:
    """Write the table of all proofs into README.md, where that has a place for it."""
    path = root / "README.md"
    if path.is_file():
        before = path.read_text(encoding="utf-8")
        proofs = [proof for entry in course.assignments if (proof := read_proof(root, entry.id))]
        after = readme_with_proofs(before, proofs)
        if after != before:
            path.write_text(after, encoding="utf-8")


def _table(proofs: list[Proof], left_out: frozenset[str]) -> Table:
    """Return one row a check of each assignment: whether it fell short, and what was looked at."""
    table = Table("assignment", "check", "", "looked at", box=SIMPLE_HEAD, pad_edge=False)
    for proof in proofs:
        for check in CHECKS:
            short = sum(finding.check == check for finding in proof.findings)
            found = f"[bold red]✗ {short}[/]" if short else "[green]✓[/]"
            name = proof.assignment if check == CHECKS[0] else ""
            table.add_row(name, check, "-" if check in left_out else found, _looked_at(proof, check, left_out))
    return table


def _looked_at(proof: Proof, check: str, left_out: frozenset[str]) -> str:
    mutants, bounds = proof.mutants, proof.bounds
    counts = {
        "reference": f"{proof.questions - proof.manual} questions, {proof.public} public, {proof.hidden} hidden tests",
        "known": ", ".join(f"{count} {kind}" for kind, count in proof.known.items()),
        "mutants": f"{mutants.killed} of {mutants.made - mutants.equivalent} killed, {mutants.equivalent} equivalent",
        "calibration": f"{bounds.found} bounds, {bounds.random} by chance, worst limit {bounds.worst_limit:.2%}",
    }
    return "left out" if check in left_out else counts.get(check, "")
