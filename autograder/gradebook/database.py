"""The database behind a gradebook: a URL in, transactions out. Passwords are never part of a message."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import StaticPool

from autograder.errors import GradebookError
from autograder.gradebook.tables import KEPT

WAIT_SECONDS = 10.0
CONNECT_SECONDS = "15"
# Any number, the same for every kit: whoever holds it writes.
WRITER = 7_300_311
WRITES = "gradebook_writes"

# SQLSTATEs of PostgreSQL: lock_not_available, insufficient_privilege, read_only_sql_transaction.
LOCKED, FORBIDDEN, READ_ONLY = "55P03", "42501", "25006"


class Database:
    """An open database, which one command at a time may write.

    Args:
        url: as in `open_gradebook`.
        wait_seconds: for another writer to end.

    Raises:
        GradebookError: when the URL names no database that the kit can use.
    """

    def __init__(self, url: str, wait_seconds: float = WAIT_SECONDS) -> None:
        self._url = _parsed(url)
        self._wait_seconds = wait_seconds
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.place = _place(self._url)
        try:
            self.engine = _sqlite(self._url, wait_seconds) if self.is_sqlite else _postgresql(self._url)
        except ModuleNotFoundError:
            raise GradebookError(
                "PostgreSQL needs the kit's extra of that name: pip install 'autograder[postgresql]'."
            ) from None

    @property
    def file(self) -> Path | None:
        """The file of SQLite; None for PostgreSQL and in memory."""
        name = self._url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state throughout.

        Raises:
            GradebookError: when the database refuses.
        """
        options: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._explained(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes, once nobody else does; an exception takes all of it back.

        Raises:
            GradebookError: when another command does not end, or the database refuses.
        """
        options: dict[str, Any] = {WRITES: True}
        if not self.is_sqlite:  # whoever has waited has to see what the other wrote, whatever the server's default
            options["isolation_level"] = "READ COMMITTED"
        with self._explained(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            if not self.is_sqlite:
                connection.execute(text(f"SET LOCAL lock_timeout = {max(1, int(self._wait_seconds * 1000))}"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER})"))
            yield connection

    def forget(self) -> None:
        """Take what was deleted out of PostgreSQL's files, too; SQLite has overwritten it already.

        Raises:
            GradebookError: when the database refuses.
        """
        if not self.is_sqlite:
            names = ", ".join(table.name for table in KEPT)
            with self._explained(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"VACUUM {names}"))

    def close(self) -> None:
        self.engine.dispose()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the database refuses into a message; what only a bug can cause keeps its trace."""
        try:
            yield
        except DBAPIError as refusal:
            reason = self._reason(refusal)
            if reason is None:
                raise
            raise GradebookError(f"{self.place}: {reason}") from None

    def _reason(self, refusal: DBAPIError) -> str | None:
        state = getattr(refusal.orig, "sqlstate", None)
        said = " ".join(str(refusal.orig).split())
        if self._url.password:
            said = said.replace(str(self._url.password), "***")
        if state == LOCKED or said == "database is locked":
            return (
                f"another command has been writing for more than {self._wait_seconds:g} seconds. Nothing was changed; "
                "wait until it ends, then repeat yours."
            )
        if state in (FORBIDDEN, READ_ONLY) or "readonly" in said:
            return f"may not be written ({said}). Check the permissions of the file or of the database's user."
        if said == "unable to open database file":
            return "cannot be opened. Check the name of the folder, and that it is yours to write."
        if "not a database" in said or "malformed" in said:
            return (
                f"is no SQLite database, or a damaged one ({said}). Name another, or restore a backup into a new one."
            )
        if isinstance(refusal, IntegrityError | DataError | ProgrammingError):
            return None
        if isinstance(refusal.orig, sqlite3.Error) or state:
            return f"the database refuses: {said}. Nothing was changed."
        return f"cannot be reached: {said}. Check the address, and that the server runs."


def _parsed(url: str) -> URL:
    if "://" not in url and not url.startswith(("postgres", "sqlite:")):
        return URL.create("sqlite", database=url or None)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is not None and parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed is not None and parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed
    scheme = url.split("://")[0]
    strange = scheme.isalnum() and not scheme.startswith(("postgres", "sqlite"))
    found = f"found {scheme}://" if strange else "found one that cannot be read"
    raise GradebookError(
        f"The gradebook's URL: {found}, expected a path, sqlite:///PATH or "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Write special characters of a password as %XX."
    )


def _place(url: URL) -> str:
    """Name the database for people, without password and options."""
    if url.get_backend_name() == "sqlite":
        return f"The gradebook {url.database}" if url.database else "The gradebook in memory"
    user = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"The gradebook postgresql://{user}{url.host or ''}{port}/{url.database or ''}"


def _postgresql(url: URL) -> Engine:
    """Return an engine that gives up on a server that does not answer, unless the URL says how long to wait."""
    return create_engine(url.update_query_dict({"connect_timeout": CONNECT_SECONDS} | dict(url.query)))


def _sqlite(url: URL, wait_seconds: float) -> Engine:
    """Return an engine that begins every transaction itself: sqlite3 would commit half a migration."""
    engine = create_engine(url, poolclass=None if url.database else StaticPool, connect_args={"timeout": wait_seconds})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        # Readers of a write-ahead log share memory, which a network disk cannot give; the journal works on both.
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")

    return engine
