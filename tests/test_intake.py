"""Collecting what was handed in: names, folders, zips, and files that only look like submissions."""

import hashlib
import os
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from broken import broken_files, export_zip, pack, pack_all
from hypothesis import given, settings
from hypothesis import strategies as st
from test_notebook import code, notebook

from autograder.errors import AutograderError, Fault
from autograder.intake import MEMBERS, ZIP_BYTES, _unzip, collect, load
from autograder.model import Status, Submission
from autograder.notebook import SubmissionError, read_notebook

GOOD = notebook(
    code('grader = otter.Notebook("sum.ipynb")'), code("x = 1\n" * 50), code('grader.check("q1")'), code("y = 2")
)
KINDS = sorted(broken_files(GOOD))


def put(folder: Path, *names: str, data: bytes = GOOD) -> None:
    """Write the same file under several names, making folders as needed."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def names(*paths: Path) -> list[str]:
    return [submission.name for submission in collect(paths, "sum")]


def only(*paths: Path) -> Submission:
    """Return the one submission under these paths."""
    (submission,) = collect(paths, "sum")
    return submission


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_broken_file_has_its_status_and_a_note(kind: str, tmp_path: Path) -> None:
    """Bad input becomes a rejected submission whose note names what was found; odd input is graded."""
    broken = broken_files(GOOD)[kind]
    put(tmp_path, broken.file_name, data=broken.data)
    submission = only(tmp_path)
    status = Status.REJECTED if submission.problem else Status.GRADED
    assert status == broken.status
    assert broken.found in submission.problem
    assert (submission.notebook is None) == bool(submission.problem)


def test_broken_files_stop_nobody_elses(tmp_path: Path) -> None:
    """A folder of all of them gives each its own submission, under a name that no system refuses."""
    for broken in broken_files(GOOD).values():
        put(tmp_path, broken.file_name, data=broken.data)
    found = names(tmp_path)
    assert len(found) == len(KINDS) == len({name.casefold() for name in found})
    assert not any(set(name) & set("<>:\"/\\|?*='(). ") for name in found)


def test_a_notebook_and_its_export_give_the_same_bytes(tmp_path: Path) -> None:
    """The hash is the notebook's in both cases: duplicates by two students can be seen and are graded."""
    put(tmp_path, "ann.ipynb")
    put(tmp_path, "bob.zip", data=export_zip(GOOD))
    ann, bob = collect([tmp_path], "sum")
    assert ann.notebook == bob.notebook == GOOD
    assert ann.sha256 == bob.sha256 == hashlib.sha256(GOOD).hexdigest()


def test_a_notebook_that_is_not_held_is_read_again_in_its_turn(tmp_path: Path) -> None:
    """The same submission, from a notebook and from Otter's zip."""
    (tmp_path / "anna.ipynb").write_bytes(notebook(code("x = 1")))
    (tmp_path / "ben.zip").write_bytes(export_zip(notebook(code("x = 2")), "sum"))
    (tmp_path / "cem.ipynb").write_bytes(b"{")
    kept = collect([tmp_path], "sum")
    light = collect([tmp_path], "sum", hold=False)
    assert [submission.notebook for submission in light] == [None, None, None]
    assert tuple(load(submission) for submission in light) == kept


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(notebook(code("y = 2"))), Path.unlink])
def test_a_file_that_changes_while_others_are_graded_is_a_fault(tmp_path: Path, change) -> None:
    """Neither graded as it was nor rejected: it is to be graded again."""
    path = tmp_path / "anna.ipynb"
    path.write_bytes(notebook(code("x = 1")))
    (submission,) = collect([path], "sum", hold=False)
    change(path)
    with pytest.raises(Fault, match=r"anna\.ipynb"):
        load(submission)


def test_a_rejected_file_has_its_own_hash(tmp_path: Path) -> None:
    """What was handed in can be identified later."""
    put(tmp_path, "ann.zip", data=b"PK junk")
    assert only(tmp_path).sha256 == hashlib.sha256(b"PK junk").hexdigest()


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    """The command line says so; here it is no error."""
    assert collect([tmp_path], "sum") == ()


def test_a_missing_path_names_the_nearest(tmp_path: Path) -> None:
    """A slip in typing is shown with its correction."""
    put(tmp_path, "week1/ann.ipynb")
    with pytest.raises(AutograderError, match=r"'.*wek1' does not exist; did you mean '.*week1'\?"):
        collect([tmp_path / "wek1" / "ann.ipynb"], "sum")


def test_a_folder_of_one_notebook_names_its_student(tmp_path: Path) -> None:
    """In a download from an LMS the folder is the student, and what lies beside the notebook is an attachment."""
    put(tmp_path, "Ann Lee_7_assignsubmission_file/sum.ipynb", "Ann Lee_7_assignsubmission_file/plot.png")
    put(tmp_path, "Bob/notes/sum.ipynb")
    assert [submission.student for submission in collect([tmp_path], "sum")] == [
        "Ann Lee_7_assignsubmission_file",
        "Bob - notes",
    ]


def test_a_folder_of_several_notebooks_names_each(tmp_path: Path) -> None:
    """A group's folder stands before the names of its files."""
    put(tmp_path, "group 1/ann.ipynb", "group 1/bob.ipynb", "cem.ipynb")
    assert [submission.student for submission in collect([tmp_path], "sum")] == [
        "cem",
        "group 1 - ann",
        "group 1 - bob",
    ]


def test_same_file_names_from_several_folders_are_told_apart(tmp_path: Path) -> None:
    """`grade sum */sum.ipynb` gives the students' names, not sum, sum-2."""
    put(tmp_path, "ann/sum.ipynb", "bob/sum.ipynb")
    assert names(tmp_path / "ann", tmp_path / "bob" / "sum.ipynb") == ["ann-sum", "bob-sum"]


def test_a_file_given_twice_is_graded_once(tmp_path: Path) -> None:
    """A folder and a file in it may both be given."""
    put(tmp_path, "ann.ipynb")
    assert names(tmp_path, tmp_path / "ann.ipynb") == ["ann"]


def test_colliding_names_are_numbered_by_a_stable_rule(tmp_path: Path) -> None:
    """Letter case and punctuation do not tell files apart everywhere; a name that ends in -2 by itself keeps it."""
    put(tmp_path, "a b.ipynb", "A-b.ipynb", "a(B).ipynb", "a-b-2.ipynb")
    found = {submission.student: submission.name for submission in collect([tmp_path], "sum")}
    assert found == {"A-b": "A-b", "a b": "a-b-3", "a(B)": "a-B-4", "a-b-2": "a-b-2"}


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("CON", "CON_"),
        ("com1", "com1_"),
        ("...", "unnamed"),
        ("a\tb\x1b[31m\nc", "ab-31mc"),
        ("नमस्ते", "नमस्ते"),
        ("Zoe\u0308", "Zoë"),
        ("=1+1", "1-1"),
        ("é" * 100, "é" * 50),
        ("🎓", "unnamed"),
    ],
)
def test_a_name_is_safe_as_a_file_name(stem: str, name: str, tmp_path: Path) -> None:
    """Letters of any script stay; nothing stays that Linux, macOS or Windows refuse."""
    put(tmp_path, f"a{stem}.ipynb" if stem.startswith(".") else f"{stem}.ipynb")
    found = names(tmp_path)
    assert found == (["a"] if stem == "..." else [name])


def test_numbered_names_stay_within_100_bytes(tmp_path: Path) -> None:
    """A long name is cut before its number."""
    put(tmp_path, "x" * 120 + ".ipynb", "x" * 121 + ".ipynb")
    assert [len(name) for name in names(tmp_path)] == [100, 100]


def test_the_student_is_the_file_name_as_a_person_reads_it(tmp_path: Path) -> None:
    """Composed letters, quotes and all; no control characters, no text that runs backwards."""
    put(tmp_path, "Zoe\u0308 O'Hara\x07 \u202e(2).ipynb")
    assert only(tmp_path).student == "Zo\u00eb O'Hara (2)"


def test_a_name_that_is_no_utf_8_is_still_collected(tmp_path: Path) -> None:
    """Old systems write other encodings into file names."""
    (tmp_path / os.fsdecode(b"M\xfcller.ipynb")).write_bytes(GOOD)
    assert only(tmp_path).student == "M\ufffdller"


def test_what_systems_leave_in_folders_is_no_submission(tmp_path: Path) -> None:
    """Nobody handed these in."""
    put(
        tmp_path, ".DS_Store", "Thumbs.db", "roster.csv", "ann/sum.ipynb", "ann/.ipynb_checkpoints/sum-checkpoint.ipynb"
    )
    put(tmp_path, "__MACOSX/ann/._sum.ipynb", ".hidden.ipynb")
    assert names(tmp_path) == ["ann"]


@pytest.mark.parametrize("name", ["ann.py", "ann.txt", "ann.pdf", "ann.ipynb.txt", "ann"])
def test_another_kind_of_file_is_rejected_not_lost(name: str, tmp_path: Path) -> None:
    """Whoever handed in the wrong kind of file appears in the table."""
    put(tmp_path, name)
    assert only(tmp_path).problem.startswith(f"'{name}' is neither a notebook (.ipynb) nor a zip (.zip).")


def test_a_student_with_an_empty_folder_is_not_lost(tmp_path: Path) -> None:
    """An LMS makes a folder even where nothing was handed in."""
    (tmp_path / "ann").mkdir()
    assert only(tmp_path).problem.startswith("The folder holds no file")


def test_links_in_folders_are_not_followed(tmp_path: Path) -> None:
    """A link could lead to another student's file, or round in a circle."""
    put(tmp_path, "secret/ann.ipynb")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "bob.ipynb").symlink_to(tmp_path / "secret" / "ann.ipynb")
    (tmp_path / "class" / "loop").symlink_to(tmp_path / "class")
    assert ["link" in submission.problem for submission in collect([tmp_path / "class"], "sum")] == [True, True]


def test_a_link_on_the_command_line_is_followed(tmp_path: Path) -> None:
    """The staff chose it."""
    put(tmp_path, "class/ann.ipynb")
    (tmp_path / "link").symlink_to(tmp_path / "class")
    assert names(tmp_path / "link") == ["ann"]


def test_a_pipe_is_rejected_without_waiting(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to would wait for ever."""
    os.mkfifo(tmp_path / "ann.ipynb")
    assert only(tmp_path).problem.startswith("This is not a regular file")


def test_an_unreadable_file_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason stands in the note (root reads everything, so the refusal is played)."""
    put(tmp_path, "ann.ipynb")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert only(tmp_path).problem.startswith("The file cannot be read: Permission denied.")


def test_a_huge_file_is_rejected_unread(tmp_path: Path) -> None:
    """A video costs no memory."""
    with open(tmp_path / "ann.zip", "wb") as file:
        file.truncate(ZIP_BYTES * 100)
    assert "more than 64 MiB" in only(tmp_path).problem


def test_folders_nested_too_deeply_are_rejected(tmp_path: Path) -> None:
    """No tree that a student packed exhausts the stack."""
    put(tmp_path, "/".join("d" * 40) + "/sum.ipynb")
    assert "nested more than 16 deep" in only(tmp_path).problem


def zip_problem(data: bytes) -> str:
    """Return the sentence with which a zip is refused."""
    with pytest.raises(SubmissionError) as caught:
        _unzip(data)
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["__MACOSX/._sum.ipynb", ".ipynb_checkpoints/sum-checkpoint.ipynb", "../sum.ipynb", "/sum.ipynb", "C:\\sum.ipynb"],
)
def test_a_member_with_an_unusual_name_is_ignored(name: str) -> None:
    """Beside a proper notebook it is nothing, alone it is no notebook."""
    assert _unzip(pack({name: b"evil", "sum.ipynb": GOOD})) == GOOD
    assert zip_problem(pack({name: GOOD})).startswith("The zip holds no notebook (.ipynb) that can be read; it holds")


def test_a_member_that_is_a_link_is_ignored() -> None:
    """A link in a zip names a file of the machine that unpacks it."""
    data = bytearray(pack({"sum.ipynb": b"/etc/passwd"}))
    at = data.index(b"PK\x01\x02") + 38
    data[at : at + 4] = struct.pack("<I", 0o120777 << 16)
    assert "no notebook" in zip_problem(bytes(data))


def test_a_notebook_in_a_folder_of_the_zip_is_found() -> None:
    """macOS packs the folder, not its files."""
    assert _unzip(pack({"sum/": b"", "sum/sum.ipynb": GOOD, "sum/data.csv": b"1"}, compress=True)) == GOOD


def test_two_members_of_the_same_name_are_two_notebooks() -> None:
    """Which of them counts would depend on the reader."""
    assert "2 notebooks ('sum.ipynb', 'sum.ipynb')" in zip_problem(pack_all([("sum.ipynb", GOOD), ("sum.ipynb", b"")]))


def test_a_zip_in_a_zip_is_not_opened() -> None:
    """Nested zips are how small files become large ones."""
    assert "it holds 'sum.zip'" in zip_problem(pack({"sum.zip": export_zip(GOOD)}))


def test_an_encrypted_notebook_is_named() -> None:
    """The student can do something about a password."""
    data = bytearray(pack({"sum.ipynb": GOOD}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert zip_problem(bytes(data)) == "'sum.ipynb' in the zip is encrypted. Hand it in without a password."


def test_a_zip_of_many_members_is_refused_before_it_is_listed() -> None:
    """A directory of a million entries would take seconds and memory to list."""
    assert "more than 1,000 files" in zip_problem(pack({f"{number}": b"" for number in range(MEMBERS + 1)}))


def test_a_bomb_that_lies_about_its_size_is_stopped() -> None:
    """The header says 10 bytes: no more are believed, or given."""
    data = bytearray(pack({"sum.ipynb": bytes(30 * 2**20)}, compress=True))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    assert "damaged" in zip_problem(bytes(data))


def test_an_unusual_compression_is_refused() -> None:
    """bzip2 and LZMA inflate without a bound that can be set."""
    data = bytearray(pack({"sum.ipynb": GOOD}))
    data[data.index(b"PK\x01\x02") + 10] = zipfile.ZIP_BZIP2
    assert "unusual way (method 12)" in zip_problem(bytes(data))


@settings(deadline=None, max_examples=300)
@given(start=st.integers(-400, 0), length=st.integers(0, 8), new=st.binary(max_size=8), compress=st.booleans())
def test_damaged_zips_only_raise_submission_errors(start: int, length: int, new: bytes, compress: bool) -> None:
    """Whatever happened to a zip, it is read or refused, and its checksum holds."""
    data = pack({"sum.ipynb": GOOD, "a.txt": b"text"}, compress=compress)
    at = len(data) + start
    try:
        inflated = _unzip(data[:at] + new + data[at + length :])
    except SubmissionError as error:
        assert str(error).isprintable()
    else:
        assert inflated == GOOD or zlib.crc32(inflated) != zlib.crc32(GOOD)


def test_a_class_of_a_thousand_is_collected(tmp_path: Path) -> None:
    """All of them, in order, each with its own notebook."""
    for number in range(1_000):
        put(tmp_path, f"student {number:04}.ipynb")
    found = collect([tmp_path], "sum")
    assert [submission.name for submission in found] == [f"student-{number:04}" for number in range(1_000)]
    assert all(submission.notebook and read_notebook(submission.notebook, "sum") for submission in found)
