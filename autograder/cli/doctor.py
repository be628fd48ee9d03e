"""`autograder doctor`: attacks the isolation of this machine and shows what came of it."""

import contextlib
import sys

import click
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from autograder import grading
from autograder.cli.shared import console, messages, mistakes_explained
from autograder.doctor import examine
from autograder.sandbox.box import Warm
from autograder.text import plain


@click.command()
@click.option("--level", type=click.Choice(["namespaces", "uid"]), help="Try this level.  [the best that works here]")
def doctor(level: str | None) -> None:
    """Prove the isolation on this machine: attack it from inside a box and show what came of it.

    Each line is a program that tries to read hidden tests, reach the grader, the network or the next box, gain rights,
    or use more than it may. Exit code 1: something was not as it must be; do not grade strangers' files here.
    """
    with mistakes_explained():
        with console.status("Warming up"):
            warm = Warm(grading.JUDGE)
        with contextlib.closing(warm):
            in_force = level or grading.choose_level(warm.hello.level, warm.hello.obstacle, unsafe=False)
            table = Table("probe", "expected", "seen", "", box=SIMPLE_HEAD, title=f"Isolation level: {in_force}")
            bad = 0
            with console.status("Probing") as status:
                for finding in examine(warm, in_force):
                    status.update(f"Probing: {escape(finding.name)}")
                    mark = "[green]ok[/]" if finding.ok else "[bold red]DIFFERS[/]"
                    table.add_row(escape(finding.name), finding.expected, escape(plain(finding.seen)), mark)
                    bad += not finding.ok
        console.print(table)
        if in_force != warm.hello.level:
            console.print(f"This level was asked for; grading on this machine uses {warm.hello.level}.")
        elif warm.hello.obstacle:
            console.print(f"No better level, because: {escape(warm.hello.obstacle)}")
        if bad:
            messages.print(
                f"[bold red]{bad} of {table.row_count} probes differ.[/] Do not grade strangers' files here."
            )
            sys.exit(1)
        console.print(f"All {table.row_count} probes saw what they must.")
