"""A real PostgreSQL server for a test session, and the databases on which every test of the gradebook runs.

A plugin: a test file that says `pytest_plugins = ["postgres"]` has the fixtures. The server is private: a Unix socket
in a temporary folder, no network. PostgreSQL refuses to run as root; under root it runs as nobody.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

NOBODY = 65534
INSTALLED = "/usr/lib/postgresql/*/bin/postgres"
# Nothing of it has to outlive a crash.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


class Server:
    """A running server; `new_database()` gives the URL of an empty one: a schema, which is made in a millisecond."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._count = 0

    def new_database(self) -> str:
        self._count += 1
        name = f"book{self._count}"
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"postgresql://postgres@/postgres?host={self._socket}&options=-csearch_path%3D{name}"

    def is_up(self) -> bool:
        try:
            psycopg.connect(self._address).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _address(self) -> str:
        return f"host={self._socket} user=postgres dbname=postgres"


def find_binaries() -> Path | None:
    """Return the folder of initdb and postgres, the newest of those installed; None where there is none."""
    found = shutil.which("postgres")
    if found and shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = [path.parent for path in Path("/").glob(INSTALLED.lstrip("/")) if (path.parent / "initdb").exists()]
    return max(versions, key=lambda folder: [int(part) for part in folder.parent.name.split(".")], default=None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for the session; skipped by name where PostgreSQL is not installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian and Ubuntu: apt-get install postgresql)")
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:  # a socket's path has 107 characters at most
        folder = Path(name)
        if user:
            os.chown(folder, NOBODY, NOBODY)
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": name}
        make = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment, **user)
        settings = [part for setting in FAST for part in ("-c", setting)]
        serve = [binaries / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", *settings]
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(serve, stdout=log, stderr=log, cwd=folder, env=environment, **user)
        try:
            server = Server(folder)
            deadline = time.monotonic() + 60
            while not server.is_up():
                assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing has to be kept
            process.wait(60)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where there is no gradebook yet: a test that takes it runs on both databases."""
    return new_url(request, str(request.param), tmp_path / "gradebook.sqlite")


@pytest.fixture(params=["sqlite to sqlite", "sqlite to postgresql", "postgresql to sqlite", "postgresql to postgresql"])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two places without a gradebook, in every combination."""
    first, second = str(request.param).split(" to ")
    return new_url(request, first, tmp_path / "first.sqlite"), new_url(request, second, tmp_path / "second.sqlite")


def new_url(request: pytest.FixtureRequest, kind: str, file: Path) -> str:
    return str(file) if kind == "sqlite" else request.getfixturevalue("postgres").new_database()
