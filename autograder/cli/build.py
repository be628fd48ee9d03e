"""`autograder build`: sources in, notebooks and grader zips out; no grader zip without a proof."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from autograder.cli.shared import choose_assignments, console, find_course, messages, mistakes_explained, shown
from autograder.errors import StaleError

if TYPE_CHECKING:
    from autograder.build import Built


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--check", is_flag=True, help="Write nothing; say what is stale or not proven, exit with 1 if anything.")
@click.option(
    "--unverified",
    is_flag=True,
    help="Make the grader zip of a source without a proof, marked as such; with --check, ask for no proof.",
)
def build(ids: tuple[str, ...], check: bool, unverified: bool) -> None:
    """Make the student notebook and the grader zip of assignments from their sources.

    \b
      solutions/sum/sum.py  ->  assignments/sum/sum.ipynb       publish this
                                dist/sum-autograder.zip         keep this secret

    All assignments of course.yml are built unless some are named. The same source gives the same bytes. With all of
    them comes the page of the course, assignments/README.md: its assignments, and its glossary from
    solutions/glossary.yml.

    A grader zip is made only of a source that has passed `autograder verify` since it last changed. To try a grader
    before that, `--unverified` makes one that says so wherever it grades.

    Exit code 1: a notebook or a zip is stale, or a grader is not proven.
    """
    with mistakes_explained():
        from autograder.build import build_assignment, check_built, write_built
        from autograder.glossary import PAGE, course_page
        from autograder.proof.record import obstacle

        root, course = find_course()
        wanting: list[str] = []
        everything: dict[str, Built] = {}
        for name in choose_assignments(course, ids):
            assignment = course.assignment(name)
            unproven = obstacle(root, assignment)
            with console.status(f"Building {name}"):
                built = everything[name] = build_assignment(root, course, assignment, verified=not unproven)
            if check:
                try:
                    check_built(root, built)
                except StaleError as error:
                    wanting.append(str(error))
                wanting += [unproven] if unproven and not unverified else []
                continue
            changed = write_built(root, built, with_zip=unverified or not unproven)
            for path in changed:
                marked = "  [yellow](not verified)[/]" if unproven and path == built.zip_path else ""
                console.print(f"[green]wrote[/]  {escape(path)}{marked}")
            if not changed:
                console.print(f"[dim]{name} is current[/]")
            if unproven and not unverified:
                trial = f"Or try it out with `autograder build --unverified {name}`."
                wanting.append(f"{built.zip_path} was not made: {unproven} {trial}")
        if len(everything) == len(course.assignments) and (page := course_page(root, course, everything)):
            wanting += _page(root / PAGE, page, check)
        for sentence in wanting:
            messages.print(f"[bold red]error:[/] {shown(sentence)}", soft_wrap=True)
        sys.exit(1 if wanting else 0)


def _page(path: Path, page: str, check: bool) -> list[str]:
    """Write the page of the course unless it is current; with `check` return what is wanting instead."""
    name = f"{path.parent.name}/{path.name}"
    if path.is_file() and path.read_text(encoding="utf-8") == page:
        return []
    if check:
        return [f"{name} is stale: run `autograder build`."]
    path.write_text(page, encoding="utf-8")
    console.print(f"[green]wrote[/]  {name}")
    return []
