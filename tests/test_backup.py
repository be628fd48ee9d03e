"""The gradebook as one file and back, between the databases; damaged files and full gradebooks are refused."""

import hashlib
import json
import stat
import zipfile
from datetime import UTC, datetime

import pytest
from test_gradebook import ADA, BOB, day, fill, override

from autograder.errors import GradebookError
from autograder.gradebook import open_gradebook

pytest_plugins = ["postgres"]


@pytest.fixture
def backup(tmp_path):
    """A backup of a gradebook with a row in every table, and its history of ada."""
    path = tmp_path / "backup.zip"
    with open_gradebook("") as book:
        fill(book)
        book.backup(path)
        return path, book.history("ada")


def test_a_backup_comes_back_whole_from_one_database_to_another(two_urls, tmp_path) -> None:
    """The same rows, so the same bytes when it is backed up again; and one may go on from there."""
    first, second = two_urls
    with open_gradebook(first) as book:
        fill(book)
        count = book.backup(tmp_path / "first.zip")
        history = book.history("ada")
    with open_gradebook(second) as book:
        assert book.restore(tmp_path / "first.zip") == count
        assert book.history("ada") == history
        book.backup(tmp_path / "second.zip")
        assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
        book.add_override(override(0, day(3)))
        assert book.overrides("sum")[-1] == override(0, day(3))
        assert len(book.history("ada")) == len(history) + 1


def test_a_backup_is_read_without_the_kit(backup) -> None:
    """JSON lines in a zip: a course outlives the program that kept its grades."""
    with zipfile.ZipFile(backup[0]) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        rows = [json.loads(line) for line in archive.read("scores.jsonl").splitlines()]
    assert (manifest["format"], manifest["version"]) == ("autograder gradebook", "v2")
    assert manifest["tables"]["scores"]["rows"] == 1
    assert rows[0]["questions"] == [["q2", 1, 2.0], ["q1", 1.0, 1.0]]


def test_a_backup_is_for_its_owner_alone(backup) -> None:
    """It holds names and grades."""
    assert stat.S_IMODE(backup[0].stat().st_mode) == 0o600


def test_a_gradebook_with_anything_in_it_is_not_overwritten(url, backup) -> None:
    """A restore adds to nothing and replaces nothing."""
    with open_gradebook(url) as book:
        book.set_roster([BOB], day(1), "grace")
        with pytest.raises(GradebookError, match="is not empty"):
            book.restore(backup[0])
        assert book.students() == (BOB,)


def damage(path, name: str, change) -> None:
    """Write the zip anew with one member changed; None leaves it out."""
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    changed = change(members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            if member != name:
                archive.writestr(member, data)
            elif changed is not None:
                archive.writestr(member, changed)


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        ("overrides.jsonl", lambda data: data.replace(b'"points":2', b'"points":9'), "overrides is not what"),
        ("roster.jsonl", lambda data: b"", "roster is not what"),
        ("roster.jsonl", lambda data: None, "no whole backup"),
        ("roster.jsonl", lambda data: data[:-20], "no whole backup"),
        ("manifest.json", lambda data: b"{}", "no whole backup"),
        ("manifest.json", lambda data: data.replace(b'"scores"', b'"stores"'), "no whole backup"),
        ("manifest.json", lambda data: data.replace(b"autograder gradebook", b"cookbook"), "its format is 'cookbook'"),
        ("manifest.json", lambda data: data.replace(b'"v2"', b'"v9"'), "of version v9, this kit's of v2"),
    ],
)
def test_a_damaged_backup_is_refused_whole(backup, name, change, found) -> None:
    """Nothing of it gets in, and the whole one still does afterwards."""
    whole = backup[0].read_bytes()
    damage(backup[0], name, change)
    with open_gradebook("") as book:
        with pytest.raises(GradebookError, match=found):
            book.restore(backup[0])
        backup[0].write_bytes(whole)
        book.restore(backup[0])
        assert book.history("ada") == backup[1]


FORGED = {
    "another column": lambda row: {"mail" if key == "email" else key: value for key, value in row.items()},
    "of no entry": lambda row: row | {"entry_id": 77},
    "no name": lambda row: row | {"name": None},
    "no number": lambda row: row | {"id": "one"},
    "no row": lambda row: [1],
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_a_forged_backup_is_refused_whole(url, backup, change) -> None:
    """With hashes that fit, the tables' own rules still hold."""
    with zipfile.ZipFile(backup[0]) as archive:
        lines = archive.read("roster.jsonl").splitlines()
        before = json.loads(archive.read("manifest.json"))["tables"]["roster"]["sha256"].encode()
    forged = b"".join(json.dumps(change(json.loads(line))).encode() + b"\n" for line in lines)
    damage(backup[0], "roster.jsonl", lambda data: forged)
    damage(backup[0], "manifest.json", lambda data: data.replace(before, hashlib.sha256(forged).hexdigest().encode()))
    with open_gradebook(url) as book:
        with pytest.raises(GradebookError, match="no whole backup"):
            book.restore(backup[0])
        assert book.students() == ()


def test_what_is_no_zip_is_refused(tmp_path) -> None:
    """A gradebook's own file is no backup."""
    (tmp_path / "notes.txt").write_text("Dear diary")
    with open_gradebook("") as book, pytest.raises(GradebookError, match=r"notes\.txt: is no whole backup"):
        book.restore(tmp_path / "notes.txt")


def test_a_backup_that_fails_leaves_the_earlier_one(backup, monkeypatch) -> None:
    """It is written beside and renamed when whole."""
    path, _ = backup
    earlier = path.read_bytes()

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with open_gradebook("") as book:
        book.set_roster([ADA], datetime.now(UTC), "grace")
        with pytest.raises(OSError, match="full"):
            book.backup(path)
    assert path.read_bytes() == earlier
    assert [one.name for one in path.parent.iterdir()] == [path.name]
