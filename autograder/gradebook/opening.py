"""A URL in, an open gradebook of this kit's version out; it never touches a newer one or another program's tables."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import GradebookError
from autograder.gradebook import schema
from autograder.gradebook.database import WAIT_SECONDS, Database
from autograder.gradebook.gradebook import Gradebook
from autograder.gradebook.tables import REVISION


@contextlib.contextmanager
def open_gradebook(url: str, create: bool = True, wait_seconds: float = WAIT_SECONDS) -> Iterator[Gradebook]:
    """Open a gradebook; make it, or bring it up to this kit, where that is needed.

    Args:
        url: a path or sqlite:///PATH, postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or "" for one in memory, which
            ends with the program.
        create: make one where there is none.
        wait_seconds: for another command that is writing.

    Raises:
        GradebookError: when it cannot be opened, is of a newer kit or no gradebook; without passwords.
    """
    database = Database(url, wait_seconds)
    try:
        if database.file and not database.file.exists():
            _check_place(database.file, create)
        with database.reading() as connection:
            found = schema.revision(connection, database.place)
        if not found and not create:
            raise GradebookError(f"{database.place}: is empty still. Import a roster or submissions first.")
        if found != REVISION:
            with database.writing() as connection:
                schema.upgrade(connection)
        yield Gradebook(database)
    finally:
        database.close()


def _check_place(file: Path, create: bool) -> None:
    if not create:
        raise GradebookError(f"There is no gradebook {file} yet. Import a roster or submissions first.")
    if not file.parent.parent.is_dir():
        raise GradebookError(f"There is no folder {file.parent} for the gradebook. Make it, or correct the name.")
    file.parent.mkdir(exist_ok=True)
