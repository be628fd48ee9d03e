"""`autograder build`: sources in, notebooks and grader zips out."""

import click
from rich.markup import escape

from autograder.cli.shared import choose_assignments, console, find_course, mistakes_explained
from autograder.errors import StaleError


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--check", is_flag=True, help="Write nothing; say what is stale and exit with 1 if anything is.")
def build(ids: tuple[str, ...], check: bool) -> None:
    """Make the student notebook and the grader zip of assignments from their sources.

    \b
      solutions/sum/sum.py  ->  assignments/sum/sum.ipynb       publish this
                                dist/sum-autograder.zip         keep this secret

    All assignments of course.yml are built unless some are named. The same source gives the same bytes.
    """
    with mistakes_explained():
        from autograder.build import build_assignment, check_built, write_built

        root, course = find_course()
        stale: list[str] = []
        for name in choose_assignments(course, ids):
            with console.status(f"Building {name}"):
                built = build_assignment(root, course, course.assignment(name))
            if check:
                try:
                    check_built(root, built)
                except StaleError as error:
                    stale.append(str(error))
                continue
            changed = write_built(root, built)
            for path in changed:
                console.print(f"[green]wrote[/]  {escape(path)}")
            if not changed:
                console.print(f"[dim]{name} is current[/]")
        if stale:
            raise StaleError("\n".join(stale))
