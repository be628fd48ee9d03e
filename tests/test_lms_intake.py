"""What each LMS gives becomes the right attempts of the right people: zips and folders, honest, odd and hostile."""

import os
import struct
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from broken import export_zip, pack, pack_all
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from lms import (
    BERLIN,
    DUE,
    HOSTILE_NAMES,
    HandIn,
    brightspace_download,
    canvas_download,
    each,
    gradescope_download,
    make_class,
    moodle_download,
    nbgrader_tree,
    plain_folder,
    roster_csv,
    work,
)
from test_notebook import code, notebook

from autograder.cli.intake import intake
from autograder.errors import AutograderError, RosterError
from autograder.gradebook import open_gradebook
from autograder.intake import (
    LeftOut,
    Reading,
    Roster,
    SubmissionStore,
    match_all,
    open_listings,
    parcels_of,
    recognise,
    unpack,
)
from autograder.intake.listing import DIRECTORY_BYTES
from autograder.records import Attempt, Claim, Student, Upload
from autograder.roster import read_roster

ADA, BOB, CEM = PEOPLE = make_class(3)
READING = Reading("sum", BERLIN)
DOWNLOADS = {
    "canvas": canvas_download,
    "moodle": moodle_download,
    "moodle flat": lambda path, hand_ins: moodle_download(path, hand_ins, flat=True),
    "moodle before 4.1": lambda path, hand_ins: moodle_download(path, hand_ins, before_41=True),
    "moodle blind": lambda path, hand_ins: moodle_download(path, hand_ins, blind=True),
    "gradescope": gradescope_download,
    "gradescope unwrapped": lambda path, hand_ins: gradescope_download(path, hand_ins, wrapper=""),
    "brightspace": brightspace_download,
    "brightspace with names of users": lambda path, hand_ins: brightspace_download(path, hand_ins, usernames=True),
    "nbgrader": nbgrader_tree,
    "folder of ids": plain_folder,
    "folder of names": lambda path, hand_ins: plain_folder(path, hand_ins, by="name"),
    "folder of folders": lambda path, hand_ins: plain_folder(path, hand_ins, by="email", folders=True),
}


def uploads(*paths: Path, system: str = "") -> list[Upload]:
    """Return all that lies under these paths."""
    with open_listings(paths) as listings:
        return [unpack(parcel, "sum") for one in listings for parcel in parcels_of(recognise(one, system), READING)]


def class_of(tmp_path: Path, people: Sequence[object]) -> Roster:
    (tmp_path / "roster.csv").write_text(roster_csv(people))  # type: ignore[arg-type]
    return Roster(read_roster(tmp_path / "roster.csv"))


@pytest.mark.parametrize("ending", ["", ".zip"], ids=["folder", "zip"])
@pytest.mark.parametrize("kind", DOWNLOADS)
def test_each_download_gives_everybody_their_own_file(kind: str, ending: str, tmp_path: Path) -> None:
    """Recognised by itself; under names that break programs; matched to nobody else."""
    names = HOSTILE_NAMES if "folder" not in kind else ()
    people = make_class(len(HOSTILE_NAMES) + 3, names)
    path = DOWNLOADS[kind](tmp_path / f"download{ending}", each(people))
    found = uploads(path)
    matches = match_all(found, class_of(tmp_path, people))
    assert {upload.system for upload in found} == {kind.split()[0]}
    assert {match.students: upload.data for upload, match in zip(found, matches, strict=True)} == {
        (person.id,): work(person.id) for person in people
    }
    assert not any(upload.problem for upload in found)


@pytest.mark.parametrize("kind", ["canvas", "moodle", "moodle flat", "gradescope", "brightspace"])
def test_names_alone_are_enough_where_they_are_told_apart(kind: str, tmp_path: Path) -> None:
    """A roster without any ids of systems still finds everybody, hostile names and all."""
    people = make_class(len(HOSTILE_NAMES), HOSTILE_NAMES)
    found = uploads(DOWNLOADS[kind](tmp_path / "download", each(people)))
    matches = match_all(found, Roster([Student(person.id, person.name) for person in people]))
    assert {match.students: upload.data for upload, match in zip(found, matches, strict=True)} == {
        (person.id,): work(person.id) for person in people
    }


# One system after the other


def test_canvas_says_who_was_late(tmp_path: Path) -> None:
    """And who was not; when, it does not say."""
    late = HandIn((BOB,), work(), at=DUE + timedelta(hours=1))
    path = canvas_download(tmp_path / "c", [HandIn((ADA,), work()), late])
    assert (path / "adamsbob_LATE_40002_880002_sum.ipynb").exists()
    assert [(one.late, one.submitted_at) for one in uploads(path)] == [(False, None), (True, None)]


def test_canvas_anonymous_files_are_nobodys_until_staff_decide(tmp_path: Path) -> None:
    """But each is one person's, and lateness is kept."""
    late = HandIn((ADA,), work("a"), at=DUE + timedelta(hours=1))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "LATE_anon_x1yz_880001_sum.ipynb").write_bytes(work("a"))
    canvas_download(tmp_path / "c", [HandIn((BOB,), work("b"))], anonymous=True)
    found = uploads(tmp_path / "c")
    assert [(one.late, one.data) for one in found] == [(True, late.data), (False, work("b"))]
    assert all(not match.students for match in match_all(found, Roster([])))


def test_canvas_attempts_are_counted_by_their_names(tmp_path: Path) -> None:
    """Files that differ in `-1`, `-2` only are attempts; `lab-2.ipynb` alone says nothing."""
    files = [("sum.ipynb", work("1")), ("sum-1.ipynb", work("2")), ("sum-2.ipynb", work("3"))]
    canvas_download(tmp_path / "c", [HandIn((ADA,), None, others=tuple(files))])
    assert [(one.number, one.data) for one in uploads(tmp_path / "c")] == [
        (1, work("1")),
        (2, work("2")),
        (3, work("3")),
    ]
    canvas_download(tmp_path / "d", [HandIn((ADA,), work(), "sum-1.ipynb"), HandIn((BOB,), work(), "lab-2.ipynb")])
    assert {one.file_name: one.number for one in uploads(tmp_path / "d")} == {"sum-1.ipynb": 2, "lab-2.ipynb": 0}


@pytest.mark.parametrize(
    ("hand_in", "expected"),
    [
        (HandIn((ADA,), None, typed=True), "A text typed into Canvas was handed in, no file."),
        (HandIn((ADA,), None, others=(("plot.png", b"1"), ("a.pdf", b"2"))), "only 'plot.png', 'a.pdf'"),
        (HandIn((ADA,), b""), "'sum.ipynb' is empty (0 bytes)"),
        (
            HandIn((ADA,), work("1"), "a.ipynb", others=(("b.ipynb", work("2")),)),
            "2 different notebooks or zips were handed in together ('a.ipynb', 'b.ipynb')",
        ),
        (
            HandIn((ADA,), work("1"), others=(("sum.ipynb", work("2")),)),
            "2 different notebooks or zips were handed in together ('sum.ipynb', 'sum.ipynb')",
        ),
    ],
)
def test_what_cannot_be_graded_says_why(hand_in: HandIn, expected: str, tmp_path: Path) -> None:
    """A sentence for people; the student is known all the same."""
    (upload,) = uploads(canvas_download(tmp_path / "c.zip", [hand_in]))
    assert expected in upload.problem
    assert (upload.data, upload.file_name) == (b"", "")
    assert match_all([upload], class_of(tmp_path, PEOPLE))[0].students == (ADA.id,)


def test_attachments_beside_a_notebook_are_nothing(tmp_path: Path) -> None:
    """A picture, a text, a note."""
    others = (("plot.png", b"1"), ("readme.txt", b"2"))
    for name, download in (("c", canvas_download), ("m", moodle_download), ("g", gradescope_download)):
        (upload,) = uploads(download(tmp_path / name, [HandIn((ADA,), work(), others=others, typed=name == "m")]))
        assert (upload.problem, upload.data) == ("", work())


def test_of_several_notebooks_the_one_named_like_the_assignment_counts(tmp_path: Path) -> None:
    """Or any, when all hold the same: a notebook and Otter's zip of it."""
    scratch = HandIn((ADA,), work("right"), others=(("scratch.ipynb", work("wrong")),))
    assert uploads(canvas_download(tmp_path / "c", [scratch]))[0].data == work("right")
    both = HandIn((ADA,), work(), others=(("sum_2026_11_02T10_11_12_123456.zip", export_zip(work())),))
    assert uploads(moodle_download(tmp_path / "m", [both]))[0].problem == ""
    changed = HandIn((ADA,), work(), others=(("sum_2026_11_02T10_11_12_123456.zip", export_zip(work("x"))),))
    assert "2 different notebooks or zips" in uploads(moodle_download(tmp_path / "n", [changed]))[0].problem


def test_a_zip_of_a_student_stays_a_students_file(tmp_path: Path) -> None:
    """Zips inside the zip of the class are not opened."""
    path = canvas_download(tmp_path / "c.zip", [HandIn((ADA,), export_zip(work()), "sum.zip")])
    (upload,) = uploads(path)
    assert (upload.file_name, upload.data) == ("sum.zip", export_zip(work()))


def test_moodles_blind_files_claim_a_number_only(tmp_path: Path) -> None:
    """Everybody is called Participant there; before 4.1, and of a text as of a file, the number is the same."""
    hand_in = HandIn((ADA,), work(), typed=True)
    for flat in (False, True):
        path = moodle_download(tmp_path / f"m{flat}", [hand_in], blind=True, flat=flat, before_41=True)
        (upload,) = uploads(path)
        assert (upload.claims, upload.data) == ((Claim({"moodle": ADA.moodle}),), work())
        assert upload.file_name == "sum.ipynb"


def test_gradescope_groups_share_an_attempt(tmp_path: Path) -> None:
    """All submitters, some with ids as numbers; times to the second in UTC; earlier attempts are counted."""
    group = HandIn((ADA, BOB, CEM), work(), earlier=2)
    alone = HandIn((), work("nobody"))
    path = gradescope_download(tmp_path / "g.zip", [group, alone])
    found = uploads(path)
    matches = match_all(found, class_of(tmp_path, PEOPLE))
    assert [match.students for match in matches] == [(ADA.id, BOB.id, CEM.id), ()]
    assert [one.number for one in found] == [3, 1]
    assert found[0].submitted_at == datetime(2026, 11, 2, 21, 59, 0, 123456, tzinfo=UTC)


def test_gradescope_ids_keep_their_zeros(tmp_path: Path) -> None:
    """In YAML 0017 is the number 15; names and times that are missing are missing."""
    path = gradescope_download(tmp_path / "g", [HandIn((ADA,), work())], wrapper="")
    text = "submission_1001:\r\n  :submitters:\r\n  - :sid: 0017\r\n    :name:\r\n  - :email: A@B.C\r\n...\r\n"
    (path / "submission_metadata.yml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (upload,) = uploads(path)
    assert upload.claims == (Claim({"gradescope": "0017"}), Claim(email="a@b.c"))
    assert upload.submitted_at is None


def test_a_gradescope_folder_that_the_list_lacks_is_not_lost(tmp_path: Path) -> None:
    """It is somebody's; whose, a person has to say."""
    path = gradescope_download(tmp_path / "g", [HandIn((ADA,), work())], wrapper="")
    (path / "submission_7").mkdir()
    (path / "submission_7" / "sum.ipynb").write_bytes(work("lost"))
    assert [(one.place, len(one.claims)) for one in uploads(path)] == [("submission_1001", 1), ("submission_7", 0)]


def test_a_damaged_list_of_gradescope_is_named_with_its_line(tmp_path: Path) -> None:
    """Nobody could say whose a submission is."""
    path = gradescope_download(tmp_path / "g", [HandIn((ADA,), work())], wrapper="")
    (path / "submission_metadata.yml").write_text("submission_1:\n  :submitters: [\n")
    with pytest.raises(RosterError, match=r"submission_metadata\.yml:\d+: this is not YAML"):
        uploads(path)


@pytest.mark.parametrize(
    ("folder", "at"),
    [
        ("1-2 - Ada Adams - Nov 2, 2026 1105 PM", datetime(2026, 11, 2, 22, 5, tzinfo=UTC)),
        ("1-2 - Ada - X - July 2, 2026 12:05 AM", datetime(2026, 7, 1, 22, 5, tzinfo=UTC)),
        ("1-2 - Ada Adams - Oct 25, 2026 230 AM", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("1-2 - Ada Adams - Feb 30, 2026 230 AM", None),
        ("1-2 - Ada Adams - 2 nov. 2026 2305", None),
    ],
)
def test_brightspace_times_are_of_the_courses_clock(folder: str, at: datetime | None, tmp_path: Path) -> None:
    """Of the hour that a clock shows twice the first; what is no time is none, never a wrong one."""
    (tmp_path / "b" / folder).mkdir(parents=True)
    (tmp_path / "b" / folder / "sum.ipynb").write_bytes(work())
    (upload,) = uploads(tmp_path / "b")
    assert (upload.system, upload.submitted_at) == ("brightspace", at)


def test_brightspace_keeps_every_attempt(tmp_path: Path) -> None:
    """A folder each, told apart by time."""
    twice = [HandIn((ADA,), work(str(hour)), at=DUE - timedelta(hours=hour)) for hour in (1, 2)]
    found = uploads(brightspace_download(tmp_path / "b.zip", twice))
    assert len({one.submitted_at for one in found}) == 2
    assert [match.students for match in match_all(found, class_of(tmp_path, PEOPLE))] == [(ADA.id,)] * 2


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-02 22:59:00.123456 UTC\n", datetime(2026, 11, 2, 22, 59, 0, 123456, tzinfo=UTC)),
        ("2026-11-02 23:59:00 Europe/Berlin", datetime(2026, 11, 2, 22, 59, tzinfo=UTC)),
        ("2026-11-02T23:59:00+01:00", datetime(2026, 11, 2, 22, 59, tzinfo=UTC)),
        ("2026-11-02 22:59:00", datetime(2026, 11, 2, 22, 59, tzinfo=UTC)),
        ("2026-11-02 22:59:00 PST", None),
        ("2026-11-02 22:59:00 Mars/Crater", None),
        ("2026-11-02 22:59:00 +99:99", None),
        ("yesterday", None),
    ],
)
def test_nbgrader_times(text: str, at: datetime | None, tmp_path: Path) -> None:
    """With a zone, an offset or none; an abbreviation may be three zones, so it is none."""
    path = nbgrader_tree(tmp_path / "n", [HandIn((ADA,), work())])
    (path / "submitted" / ADA.id / "sum" / "timestamp.txt").write_text(text)
    (upload,) = uploads(path)
    assert upload.submitted_at == at


def test_of_several_nbgrader_assignments_the_one_asked_for_is_read(tmp_path: Path) -> None:
    """Where none has its name, the message lists them."""
    nbgrader_tree(tmp_path / "n", [HandIn((ADA,), work("other"))], "memory")
    nbgrader_tree(tmp_path / "n", [HandIn((ADA,), work())])
    assert [one.data for one in uploads(tmp_path / "n")] == [work()]
    nbgrader_tree(tmp_path / "o", [HandIn((ADA,), work())], "week1")
    assert [one.data for one in uploads(tmp_path / "o")] == [work()]
    nbgrader_tree(tmp_path / "o", [HandIn((ADA,), work())], "week2")
    with pytest.raises(RosterError, match="no student has a folder 'sum'; the tree holds week1, week2"):
        uploads(tmp_path / "o")


def test_a_file_in_a_students_folder_names_nobody(tmp_path: Path) -> None:
    """Students name their own files: nobody hands in for somebody else."""
    plain_folder(tmp_path / "p", [HandIn((ADA,), work(), f"{BOB.id}.ipynb"), HandIn((CEM,), work())], folders=True)
    found = uploads(tmp_path / "p")
    assert [match.students for match in match_all(found, class_of(tmp_path, PEOPLE))] == [(ADA.id,), (CEM.id,)]


def test_files_given_one_by_one_are_a_class(tmp_path: Path) -> None:
    """Notebooks and zips of Otter; `*/sum.ipynb` is told apart by folder."""
    (tmp_path / f"{ADA.id}.zip").write_bytes(export_zip(work("a")))
    (tmp_path / f"{BOB.id}.ipynb").write_bytes(work("b"))
    found = uploads(tmp_path / f"{ADA.id}.zip", tmp_path / f"{BOB.id}.ipynb")
    assert [match.students for match in match_all(found, class_of(tmp_path, PEOPLE))] == [(ADA.id,), (BOB.id,)]
    plain_folder(tmp_path / "p", each(PEOPLE), folders=True)
    found = uploads(*sorted((tmp_path / "p").glob("*/sum.ipynb")))
    assert [match.students for match in match_all(found, class_of(tmp_path, PEOPLE))] == [
        (person.id,) for person in PEOPLE
    ]


# Which system


def test_a_stranger_among_canvas_files_stops_the_guess(tmp_path: Path) -> None:
    """The message counts, names one and says what to type; with --from the stranger is nobody's."""
    path = canvas_download(tmp_path / "c", each(PEOPLE))
    (path / "late one.ipynb").write_bytes(work())
    with pytest.raises(RosterError, match=r"looks like canvas .* 1 of 4 files do not, for example 'late one\.ipynb'"):
        uploads(path)
    found = uploads(path, system="canvas")
    assert [(one.place, one.claims) for one in found if not one.claims] == [("late one.ipynb", ())]
    assert len(found) == 4


def test_two_systems_that_fit_are_both_named(tmp_path: Path) -> None:
    """A person has to say which."""
    (tmp_path / "x_1_2_assignsubmission_file_sum.ipynb").write_bytes(work())
    with pytest.raises(RosterError, match=r"may be of canvas .* and moodle .*--from"):
        uploads(tmp_path)


@pytest.mark.parametrize("names", [[], ["notes.txt"], [".hidden.ipynb", "__MACOSX/._sum.ipynb"]])
def test_a_folder_of_nothing_is_no_download(names: list[str], tmp_path: Path) -> None:
    """The message says so."""
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(RosterError, match=r"there is no file in it|nothing in it looks like"):
        uploads(tmp_path)


def test_a_folder_wrapped_around_a_download_does_not_matter(tmp_path: Path) -> None:
    """Some people zip the folder."""
    canvas_download(tmp_path / "a" / "b", each(PEOPLE))
    assert len(uploads(tmp_path)) == 3
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for person in PEOPLE:
            archive.writestr(f"class/{person.id}.ipynb", work())
    assert [one.place for one in uploads(tmp_path / "class.zip")] == [f"{person.id}.ipynb" for person in PEOPLE]


# Hostile


def test_names_that_lead_out_of_a_zip_are_left_out_and_said(tmp_path: Path) -> None:
    """So are links and names that are there twice."""
    path = tmp_path / "c.zip"
    names = ["../a_1_2_sum.ipynb", "/a_1_3_sum.ipynb", "C:\\a_1_4_sum.ipynb", "ok_5_6_sum.ipynb", "link_7_8_sum.ipynb"]
    twice = "two_8_9_sum.ipynb"
    data = bytearray(pack_all([(name, work()) for name in (twice, twice, *names)]))
    at = data.rindex(b"PK\x01\x02") + 38
    data[at : at + 4] = struct.pack("<I", 0o120777 << 16)
    path.write_bytes(data)
    with open_listings([path]) as (listing,):
        assert [entry.place for entry in listing.entries] == ["ok_5_6_sum.ipynb"]
        assert sorted(one.reason for one in listing.left_out) == [
            "it is a link to another place",
            *["its name leads out of the zip"] * 3,
            "the zip holds two files of this name",
        ]


def test_links_in_a_folder_are_left_out_and_said(tmp_path: Path) -> None:
    """They could lead to another student's file."""
    path = canvas_download(tmp_path / "c", [HandIn((ADA,), work())])
    (path / "bob_1_2_sum.ipynb").symlink_to(path / "adamsada_40001_880001_sum.ipynb")
    with open_listings([path]) as (listing,):
        assert listing.left_out == (LeftOut("bob_1_2_sum.ipynb", "it is a link to another place"),)
        assert len(listing.entries) == 1


def test_a_bomb_costs_one_student_one_problem(tmp_path: Path) -> None:
    """What a zip says of sizes is not believed; the others are read."""
    path = canvas_download(tmp_path / "c.zip", [HandIn((ADA,), bytes(200 * 2**20)), HandIn((BOB,), work())])
    tracemalloc.start()
    ada, bob = uploads(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to more than 20 MiB" in ada.problem
    assert bob.data == work()
    assert peak < 100 * 2**20


def test_an_encrypted_or_damaged_member_is_one_students_problem(tmp_path: Path) -> None:
    """The others are read."""
    path = canvas_download(tmp_path / "c.zip", each(PEOPLE))
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\x01\x02")
    data[first + 8] |= 1
    data[data.index(b"PK\x03\x04", 10) + 45 + 30] ^= 0xFF
    path.write_bytes(data)
    problems = [one.problem for one in uploads(path)]
    assert "is encrypted" in problems[0]
    assert "is damaged" in problems[1]
    assert problems[2] == ""


def test_a_directory_of_a_zip_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """A million entries would take a minute and the memory."""
    path = tmp_path / "c.zip"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, DIRECTORY_BYTES + 1, 0, 0)
    with open(path, "wb") as file:
        file.truncate(DIRECTORY_BYTES + 1)
        file.seek(0, os.SEEK_END)
        file.write(end)
    with pytest.raises(AutograderError, match=r"the zip is damaged, or not a zip .*more than 8 MiB"):
        uploads(path)


def test_a_name_in_utf_8_that_does_not_say_so_is_read(tmp_path: Path) -> None:
    """Many programs write such zips; Canvas is one of them."""
    data = bytearray(pack({"müllerzoë_40001_880001_sum.ipynb": work()}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + offset
        data[at : at + 2] = b"\0\0"
    (tmp_path / "c.zip").write_bytes(data)
    assert uploads(tmp_path / "c.zip")[0].claims[0].key == "müllerzoë"


@settings(max_examples=60, deadline=None)
@given(start=st.integers(-700, 0), length=st.integers(0, 8), new=st.binary(max_size=8))
def test_a_damaged_download_is_read_or_refused(
    start: int, length: int, new: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever happened to the zip: an error with a sentence, or what was handed in, or a student's problem."""
    folder = tmp_path_factory.mktemp("damaged")
    data = canvas_download(folder / "c.zip", each(PEOPLE)).read_bytes()
    at = len(data) + start
    (folder / "c.zip").write_bytes(data[:at] + new + data[at + length :])
    try:
        found = uploads(folder / "c.zip", system="canvas")
    except AutograderError as error:
        assert str(error)
    else:
        assert all(one.problem or one.data for one in found)


# The store


def test_a_file_is_stored_once_and_read_back(tmp_path: Path) -> None:
    """Under its hash; a second time nothing is written."""
    store = SubmissionStore(tmp_path / "submissions" / "sum")
    assert store.add(b"one", "a.IPYNB")
    (path,) = store.folder.iterdir()
    before = path.stat()
    assert not store.add(b"one", "b.ipynb")
    assert path.stat() == before
    assert store.read(path.stem) == b"one"
    assert store.remove(path.stem) and not store.remove(path.stem)


def test_a_full_disk_leaves_no_half_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored before stays, and the next run goes on."""
    store = SubmissionStore(tmp_path)
    store.add(b"one", "a.ipynb")

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", refuse)
        store.add(b"two", "b.ipynb")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"one"]
    assert store.add(b"two", "b.ipynb")


def test_a_stored_file_that_changed_is_not_handed_out(tmp_path: Path) -> None:
    """A mark would be for another file."""
    store = SubmissionStore(tmp_path)
    store.add(b"one", "a.ipynb")
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"two")
    with pytest.raises(AutograderError, match="is damaged"):
        store.read(path.stem)


# The command


class Desk:
    """A course in a folder, and its command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.book = root / "book.sqlite"
        (root / "course.yml").write_text(
            "title: Tiny\nterm: T\ntimezone: Europe/Berlin\nrepository: a/b\n"
            "assignments:\n  - {id: sum, title: Sum, points: 4}\n"
        )
        (root / "roster.csv").write_text(roster_csv(PEOPLE))

    def run(self, *arguments: object, roster: bool = True) -> Result:
        options = ["--gradebook", str(self.book), *(["--roster", "roster.csv"] if roster else [])]
        return CliRunner().invoke(intake, ["sum", *map(str, arguments), *options])

    def attempts(self) -> tuple[Attempt, ...]:
        with open_gradebook(str(self.book)) as gradebook:
            return gradebook.attempts("sum")

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


def test_a_class_goes_into_the_gradebook(desk: Desk) -> None:
    """Exit code 0; each attempt's file lies in the store under its hash."""
    done = desk.run(canvas_download(desk.root / "c.zip", each(PEOPLE)))
    assert done.exit_code == 0, done.output
    assert "c.zip: canvas" in done.output and "3  matched by id" in done.output
    assert "Added 3 new attempts" in done.output
    store = SubmissionStore(desk.root / ".autograder" / "submissions" / "sum")
    assert {one.students: store.read(one.sha256) for one in desk.attempts()} == {
        (person.id,): work(person.id) for person in PEOPLE
    }


@pytest.mark.parametrize("kind", ["canvas", "moodle", "gradescope", "brightspace", "nbgrader", "folder of ids"])
def test_the_same_import_again_changes_nothing_and_says_so(kind: str, desk: Desk) -> None:
    """Not a byte, under whatever name the same download comes."""
    first = DOWNLOADS[kind](desk.root / "first.zip", each(PEOPLE))
    again = DOWNLOADS[kind](desk.root / "again", each(PEOPLE))
    desk.run(first)
    before, attempts = desk.files(), desk.attempts()
    for path in (first, again):
        done = desk.run(path)
        assert done.exit_code == 0, done.output
        assert "Nothing new: 3 attempts are known already, and nothing was changed." in done.output
    assert (desk.files(), desk.attempts()) == (before, attempts)


def test_a_latecomer_is_added_to_what_is_known(desk: Desk) -> None:
    """The roster of the first time is enough."""
    hand_ins = each(PEOPLE)
    desk.run(canvas_download(desk.root / "c.zip", hand_ins[:2]))
    late = HandIn((CEM,), work("late"), at=DUE + timedelta(days=1))
    done = desk.run(canvas_download(desk.root / "d.zip", [*hand_ins[:2], late]), roster=False)
    assert "Added 1 new attempts; 2 were known already." in done.output
    assert "1  late, as the LMS says" in done.output


def test_who_does_not_match_and_who_is_missing_is_said(desk: Desk) -> None:
    """Exit code 1; nothing of a stranger is stored; a decision by hand ends it."""
    stranger = make_class(9)[8]
    path = moodle_download(desk.root / "m", [HandIn((ADA,), work("a")), HandIn((stranger,), work("x"))])
    done = desk.run(path)
    assert done.exit_code == 1
    assert "nobody on the roster has the moodle id '700009' or the name 'Ivo Adams'" in done.output
    assert f"Handed in nothing here\n  {BOB.name} ({BOB.id})\n  {CEM.name} ({CEM.id})" in done.output
    stored = desk.root / ".autograder" / "submissions" / "sum"
    assert [file.read_bytes() for file in stored.iterdir()] == [work("a")]
    (desk.root / "match.csv").write_text(f"place,id\nIvo Adams_700009_assignsubmission_file,{BOB.id}\n")
    done = desk.run(path, "--match", "match.csv")
    assert done.exit_code == 0, done.output
    assert "1  matched by --match" in done.output
    assert {one.students for one in desk.attempts()} == {(ADA.id,), (BOB.id,)}


def test_a_file_that_is_no_notebook_is_an_attempt_with_a_problem(desk: Desk) -> None:
    """It needs a person: exit code 1, and who it is."""
    done = desk.run(canvas_download(desk.root / "c", [HandIn((ADA,), None, typed=True)]))
    assert done.exit_code == 1
    assert f"({ADA.id}): A text typed into Canvas was handed in" in done.output
    assert [(one.students, one.sha256) for one in desk.attempts()] == [((ADA.id,), "")]


def test_what_is_left_out_needs_a_person(desk: Desk) -> None:
    """Exit code 1, though everybody is matched."""
    path = canvas_download(desk.root / "c", each(PEOPLE))
    (path / "x_1_2_sum.ipynb").symlink_to(desk.root / "roster.csv")
    done = desk.run(path)
    assert done.exit_code == 1
    assert "Left out\n  x_1_2_sum.ipynb: it is a link to another place" in done.output


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    """It says the same."""
    path = canvas_download(desk.root / "c", each(PEOPLE))
    before = desk.files()
    done = desk.run(path, "--dry-run")
    assert done.exit_code == 0
    assert "3  matched by id" in done.output and "nothing was written" in done.output
    assert desk.files() == before


def test_without_a_roster_nobody_is_matched(desk: Desk) -> None:
    """Exit code 2 and what to do; no gradebook is made."""
    done = desk.run(canvas_download(desk.root / "c", each(PEOPLE)), roster=False)
    assert done.exit_code == 2
    assert "There is no roster yet" in done.output
    assert not desk.book.exists()


def test_a_path_with_a_slip_names_the_nearest(desk: Desk) -> None:
    """Nothing is written."""
    canvas_download(desk.root / "canvas.zip", each(PEOPLE))
    done = desk.run(desk.root / "canvs.zip")
    assert done.exit_code == 1
    assert "did you mean" in done.output and not desk.book.exists()


def test_a_hostile_name_is_only_shown(desk: Desk) -> None:
    """No control sequence of a file name reaches the terminal."""
    (desk.root / "p").mkdir()
    (desk.root / "p" / "\x1b[31m[red]evil\u202e.ipynb").write_bytes(work())
    done = desk.run(desk.root / "p")
    assert done.exit_code == 1
    assert "[31m[red]evil" in done.output
    assert "\x1b" not in done.output and "\u202e" not in done.output


def test_an_interrupt_loses_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command goes on."""
    path = canvas_download(desk.root / "c", each(PEOPLE))
    with monkeypatch.context() as patch:
        # by its name in sys.modules: the package's attribute of that name is the command
        patch.setattr(
            sys.modules["autograder.cli.intake"], "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        assert desk.run(path).exit_code == 130
    assert "Added 3 new attempts" in desk.run(path).output


def test_a_thousand_submissions_of_300_students_take_seconds(desk: Desk) -> None:
    """With all that is written; and the same import again."""
    people = make_class(300)
    (desk.root / "roster.csv").write_text(roster_csv(people))
    hand_ins = [HandIn((people[n % 300],), work(str(n), 100_000), earlier=n // 300) for n in range(1_000)]
    path = gradescope_download(desk.root / "g.zip", hand_ins)
    started = time.process_time()
    done = desk.run(path)
    assert done.exit_code == 0, done.output
    assert "Added 1,000 new attempts" in done.output
    again = desk.run(path)
    assert "Nothing new: 1,000 attempts are known already" in again.output
    assert time.process_time() - started < 20


@pytest.mark.parametrize("kind", DOWNLOADS)
def test_no_system_takes_longer_than_another(kind: str, tmp_path: Path) -> None:
    """A thousand of each are read in seconds."""
    people = make_class(1_000)
    path = DOWNLOADS[kind](tmp_path / "d.zip", each(people))
    started = time.process_time()
    assert sum(not one.problem for one in uploads(path)) == 1_000
    assert time.process_time() - started < 20


def test_a_class_takes_the_memory_of_one_submission(tmp_path: Path) -> None:
    """Files are read one after the other."""
    path = canvas_download(tmp_path / "c.zip", [HandIn((person,), work("", 2**20)) for person in make_class(60)])
    tracemalloc.start()
    with open_listings([path]) as (listing,):
        sizes = [len(unpack(parcel, "sum").data) for parcel in parcels_of(recognise(listing), READING)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(sizes) > 60 * 2**20 > 4 * peak


def test_a_notebook_of_another_course_is_still_an_attempt(tmp_path: Path) -> None:
    """Whether it can be graded is the grader's to say."""
    foreign = notebook(code("print(1)"))
    assert uploads(canvas_download(tmp_path / "c", [HandIn((ADA,), foreign)]))[0].data == foreign
