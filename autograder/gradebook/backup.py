"""The whole gradebook as one file and back, the same file from SQLite and PostgreSQL; fills empty gradebooks only.

A zip of `manifest.json` (format, version of the tables, of each table the number of rows and a hash) and of one file of
JSON lines a table. The same gradebook gives the same bytes.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Integer, Table, func, insert, select, text
from sqlalchemy.exc import OperationalError, StatementError

from autograder.errors import GradebookError
from autograder.gradebook.tables import KEPT, REVISION, Instant
from autograder.versions import kit_version

FORMAT = "autograder gradebook"
MANIFEST = "manifest.json"
# Larger than any course's: a zip that claims more is none of ours.
MOST_BYTES = 4 << 30
BATCH = 2000


class Content(msgspec.Struct, forbid_unknown_fields=True):
    """What the manifest says of a table."""

    rows: int
    sha256: str


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What a backup says of itself."""

    format: str
    version: str
    kit: str
    tables: dict[str, Content]


def write_backup(connection: Connection, path: Path) -> int:
    """Write a backup under another name, then rename it: a backup is whole or not there; see `Gradebook.backup`."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                tables = {table.name: _write_table(connection, table, archive) for table in KEPT}
                manifest = Manifest(FORMAT, REVISION, kit_version(), tables)
                encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
                archive.writestr(_member(MANIFEST), encoded)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return sum(content.rows for content in tables.values())


def read_backup(connection: Connection, path: Path, place: str) -> int:
    """Fill an empty gradebook; see `Gradebook.restore`."""
    for table in KEPT:
        if connection.execute(select(func.count()).select_from(table)).scalar():
            raise GradebookError(f"{place}: is not empty, and a backup replaces nothing. Restore it into a new one.")
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive, path)
            for table in KEPT:
                _check_table(table, archive, manifest.tables[table.name])
            for table in KEPT:
                _read_table(connection, table, archive)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError) as flaw:
        raise GradebookError(f"{path}: is no whole backup of a gradebook ({flaw}). Nothing was changed.") from None
    if connection.dialect.name == "postgresql":
        for table in KEPT:
            if "id" in table.columns and isinstance(table.c.id.type, Integer):
                _go_on_counting(connection, table)
    return sum(content.rows for content in manifest.tables.values())


def _write_table(connection: Connection, table: Table, archive: zipfile.ZipFile) -> Content:
    digest, count = hashlib.sha256(), 0
    with archive.open(_member(f"{table.name}.jsonl"), "w", force_zip64=True) as file:
        for row in connection.execute(select(table).order_by(*table.primary_key)).mappings():
            line = (json.dumps(dict(row), separators=(",", ":"), default=_moment) + "\n").encode()
            digest.update(line)
            file.write(line)
            count += 1
    return Content(count, digest.hexdigest())


def _check_table(table: Table, archive: zipfile.ZipFile, content: Content) -> None:
    digest, count = hashlib.sha256(), 0
    for line in _lines(table, archive):
        digest.update(line)
        count += 1
    if (count, digest.hexdigest()) != (content.rows, content.sha256):
        raise ValueError(f"{table.name} is not what the manifest says")


def _read_table(connection: Connection, table: Table, archive: zipfile.ZipFile) -> None:
    lines = _lines(table, archive)
    while batch := [_row(table, line) for line in islice(lines, BATCH)]:
        try:
            connection.execute(insert(table), batch)
        except OperationalError:
            raise
        except StatementError as flaw:
            raise ValueError(f"{table.name} holds rows that belong together with no others") from flaw


def _lines(table: Table, archive: zipfile.ZipFile) -> Iterator[bytes]:
    with archive.open(f"{table.name}.jsonl") as file:
        yield from file


def _row(table: Table, line: bytes) -> dict[str, Any]:
    values = json.loads(line)
    if not isinstance(values, dict) or set(values) != set(table.columns.keys()):
        raise ValueError(f"{table.name} has other columns")
    for column in table.columns:
        if isinstance(column.type, Instant) and values[column.name] is not None:
            values[column.name] = datetime.fromisoformat(values[column.name])
    return values


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
        raise ValueError("it unpacks to more than 4 GiB")
    manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    if manifest.format != FORMAT:
        raise ValueError(f"its format is {manifest.format!r}")
    if manifest.version != REVISION:
        raise GradebookError(
            f"{path}: its tables are of version {manifest.version}, this kit's of {REVISION}. Restore it with the kit "
            f"that made it, {manifest.kit}; a newer kit brings the gradebook up to date when it opens it."
        )
    return manifest


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after those restored."""
    last = connection.execute(select(func.max(table.c.id))).scalar()
    if last:
        sequence = {"name": table.name, "last": last}
        connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), sequence)


def _member(name: str) -> zipfile.ZipInfo:
    """Return a member without a time of its own."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(value)
