"""`autograder serve`: the staff pages, for one TA or several, on this machine alone."""

import contextlib
import socket
import sys
import webbrowser
from datetime import UTC, datetime

import click

from autograder.cli.book import gradebook_option, gradebook_url, login_name
from autograder.cli.shared import console, find_course, messages, mistakes_explained, shown
from autograder.errors import ConfigError
from autograder.text import shortened

HOST = "127.0.0.1"
PORT = 8765
TRIED = 20  # ports after the wanted one, when that is taken


@click.command()
@click.option("--ta", "names", multiple=True, metavar="NAME", help="Who marks: one link each.  [your login name]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help=f"0: any that is free.  [{PORT}, or the next one that is free]"
)
@click.option("--open", "opens", is_flag=True, help="Open the first link in a browser.")
@gradebook_option
def serve(names: tuple[str, ...], port: int | None, opens: bool, url: str | None) -> None:
    """Open the staff pages: mark written answers by keyboard, and see what the class did not understand.

    Prints a link for each TA, as Jupyter does: whoever has it can mark, so hand each to its TA alone. Links hold until
    the server stops; Ctrl-C stops it, and nothing is lost: each mark is in the gradebook before the next page shows.

    \b
      autograder serve                            for yourself
      autograder serve --ta ada --ta ben          two at the same time
    The server answers on this machine only. From another one, through a tunnel:
      ssh -L 8765:localhost:8765 THIS-MACHINE     then open the link there

    \b
    Reads the gradebook, .autograder/submissions and .autograder/grades, and the rubrics in dist/ID-autograder.zip.
    Writes to the gradebook: rubrics, marks, kept comments, each with its author.

    Exit code 0: stopped with Ctrl-C.
    """
    people = [name.strip() for name in names] or [login_name()]
    if not all(people) or len(set(people)) < len(people):
        raise click.UsageError("Give each --ta a name of its own.")
    with mistakes_explained():
        _run(people, port, opens, url)


def _run(people: list[str], port: int | None, opens: bool, url: str | None) -> None:
    try:  # all take a second to import, and the pages need an extra that a grader does not
        import uvicorn

        from autograder.gradebook import open_gradebook
        from autograder.web.access import Access
        from autograder.web.app import staff_pages
        from autograder.web.desk import Desk
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"The staff pages need {missing.name}: install the kit with its extra, pip install 'autograder[web]'."
        ) from None
    root, course = find_course()
    with open_gradebook(gradebook_url(url, course, root), create=True) as gradebook, _listening(port) as listening:
        port = listening.getsockname()[1]
        access = Access(people, port)
        desk = Desk(root, course, gradebook, lambda: datetime.now(UTC))
        app = staff_pages(desk, access, _tell)
        links = [access.link(name, f"http://{HOST}:{port}") for name in people]
        for name, link in zip(people, links, strict=True):
            console.print(f"{shown(name)}  [bold]{link}[/]", soft_wrap=True)
        console.print("[dim]Ctrl-C stops. Whoever has a link can mark.[/]")
        if opens:
            webbrowser.open(links[0])
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off")
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
    console.print("Stopped.")
    sys.exit(0)


def _listening(port: int | None) -> socket.socket:
    """Return a socket at the wanted port, or, where none is wanted, at the first one that is free.

    Raises:
        ConfigError: when there is none.
    """
    for wanted in [port] if port is not None else range(PORT, PORT + TRIED):
        # Named TCP: else asyncio lets the kernel hold small packets back, and every answer takes 40 ms more.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, wanted))
        except OSError:
            listening.close()
            continue
        listening.listen()  # whoever is quick with the link waits a moment, and is not refused
        return listening
    taken = f"Port {port} is" if port is not None else f"Ports {PORT} to {PORT + TRIED - 1} are"
    raise ConfigError(f"{taken} taken. Give another with --port; --port 0 takes any that is free.")


def _tell(report: str) -> None:
    messages.print(
        f"[yellow]A browser refused what a page wanted to do:[/] {shown(shortened(report, 600))}", soft_wrap=True
    )
