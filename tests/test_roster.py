"""Reading the roster: what spreadsheets and offices make of a CSV gives the right people, or the line that is wrong."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lms import HOSTILE_NAMES, make_class, roster_csv

from autograder.errors import RosterError
from autograder.records import Student
from autograder.roster import read_roster

ADA = Student("s1", "Ada Lovelace", "ada@example.org", {"canvas": "41"})


def roster(tmp_path: Path, content: str | bytes) -> tuple[Student, ...]:
    """Read a roster of this content."""
    path = tmp_path / "roster.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_roster(path)


def mistake(tmp_path: Path, content: str | bytes) -> str:
    """Return the sentence with which a roster is refused, without the folder."""
    with pytest.raises(RosterError) as caught:
        roster(tmp_path, content)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_a_roster_becomes_students(tmp_path: Path) -> None:
    """Ids stay text; what is empty is not known."""
    text = "id,name,email,canvas,gradescope\ns1,Ada Lovelace,Ada@Example.org,41,\n007,Bob,,,0012\n"
    assert roster(tmp_path, text) == (ADA, Student("007", "Bob", "", {"gradescope": "0012"}))


@pytest.mark.parametrize(
    "content",
    [
        "id;name;email;canvas\ns1;Ada Lovelace;ada@example.org;41\n",
        "id\tname\temail\tcanvas\ns1\tAda Lovelace\tada@example.org\t41\n",
        "sep=;\r\nid;name;email;canvas\r\ns1;Ada Lovelace;ada@example.org;41\r\n",
        "\ufeffid,name,email,canvas\r\ns1,Ada Lovelace,ada@example.org,41\r\n",
        "id,name,email,canvas\rs1,Ada Lovelace,ada@example.org,41\r",
        "id\tname\temail\tcanvas\ns1\tAda Lovelace\tada@example.org\t41\n".encode("utf-16"),
        " ID , Name,E-Mail ,CANVAS,,\n s1 ,  Ada\u00a0 Lovelace,ada@example.org,41,,\n\n,,,,,\n",
        '"canvas","email","id","name"\n"41","ada@example.org","s1","Ada\nLovelace"\n',
    ],
    ids=["semicolons", "tabs", "sep", "mark", "old Mac", "utf-16", "spaces", "quotes"],
)
def test_each_dialect_of_csv_gives_the_same_student(content: str | bytes, tmp_path: Path) -> None:
    """Whatever program saved it."""
    assert roster(tmp_path, content) == (ADA,)


def test_a_name_with_a_comma_is_one_name(tmp_path: Path) -> None:
    """In quotation marks, as a CSV has it, and where the separator is another."""
    assert roster(tmp_path, 'id,name\ns1,"Lovelace, Ada"\n')[0].name == "Lovelace, Ada"
    assert roster(tmp_path, "id;name\ns1;Lovelace, Ada\n")[0].name == "Lovelace, Ada"


def test_hostile_names_are_names(tmp_path: Path) -> None:
    """What looks like a formula or like a command is kept as it is: exports defuse it."""
    people = make_class(len(HOSTILE_NAMES), HOSTILE_NAMES)
    read = roster(tmp_path, roster_csv(people))
    assert [student.id for student in read] == [person.id for person in people]
    assert read[0].name == "=HYPERLINK(0) Evil"
    assert read[6].name == "Zo\u00eb M\u00fcller"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "id,name,emial\n",
            "roster.csv:1: column 3 is called 'emial', which is no column of this table. Did you mean `email`?",
        ),
        ("id,name,id\n", "roster.csv:1: two columns are `id`"),
        ("id,email\n", "roster.csv:1: the column `name` is missing; found were id, email."),
        ("", "roster.csv: the file is empty"),
        ("id,name\n", "roster.csv: there is nobody on this roster"),
        ("id,name\n\n,Ada\n", "roster.csv:3: id is empty."),
        ("id,name\ns1,\n", "roster.csv:2: name is empty."),
        ("id,name\ns1,Lovelace, Ada\n", "roster.csv:2: this line has 3 cells, the header has 2."),
        ("id,name\ns1\n", "roster.csv:2: this line has 1 cells"),
        ("id,name,email\ns1,Ada,ada\n", "roster.csv:2: email: found 'ada', expected one address"),
        ("id,name\ns1,Ada\ns2,Bob\nS1,Cem\n", "roster.csv:4: id 'S1' (Cem) stands in line 2 already (Ada)."),
        ("id,name,email\n1,Ada,x@y\n2,Bob,X@Y\n", "roster.csv:3: email 'X@Y' (Bob) stands in line 2 already (Ada)."),
        ("id,name,canvas\n1,Ada,7\n2,Bob,7\n", "roster.csv:3: canvas '7' (Bob) stands in line 2 already (Ada)."),
        ("id,name\n1.23457E+11,Ada\n", "roster.csv:2: id: '1.23457E+11' is what a spreadsheet made of an id."),
        ("id;name\n1,23E+11;Ada\n", "roster.csv:2: id: '1,23E+11' is what a spreadsheet made of an id."),
        ("id,name,canvas\n1,Ada,41.0\n", "roster.csv:2: canvas: '41.0' is what a spreadsheet made of an id."),
        ('id,name\n="0012",Ada\n', "roster.csv:2: id: '=\"0012\"' is what a spreadsheet made of an id."),
        ('id,name\ns1,"Ada\ns2,Bob\n', "roster.csv:2: this line cannot be read as CSV"),
        ("id,name\ns1,Ada\u202e\n", "roster.csv:2: name: 'Ada\\u202e' holds the invisible character U+202E."),
        ("id,name\ns1,A\x1b[31mda\n", "U+001B"),
        ("id,name\ns1," + "A" * 1_001, "roster.csv:2: name: has 1,001 characters"),
        (b"\xff\xfei\0d\0,", "roster.csv: its first bytes say UTF-16, but it is not."),
        (b"PK\x03\x04rest", "roster.csv: is a spreadsheet or a zip, not a CSV."),
        ('id,name\ns1,"Ada\nLovelace"\n\ns1,Bob\n', "roster.csv:5: id 's1' (Bob) stands in line 2 already"),
    ],
)
def test_a_mistake_is_named_with_its_line(content: str | bytes, expected: str, tmp_path: Path) -> None:
    """Both lines, where two contradict each other; lines count as an editor counts them."""
    assert expected in mistake(tmp_path, content)


def test_another_encoding_is_refused_with_what_it_might_say(tmp_path: Path) -> None:
    """Windows-1252 and its sisters cannot be told apart, and a wrong letter is a wrong name."""
    text = mistake(tmp_path, "id,name\ns1,Ada\ns2,Jörg Müller\n".encode("cp1252"))
    assert text.startswith(
        "roster.csv:3: this is not UTF-8 (byte 0xf6). In Windows-1252 the line would begin with 's2,Jörg"
    )
    assert "CSV UTF-8" in text


def test_a_missing_roster_is_named(tmp_path: Path) -> None:
    """With the reason."""
    with pytest.raises(RosterError, match=r"nothing\.csv: cannot be read \(No such file"):
        read_roster(tmp_path / "nothing.csv")


def test_300_students_are_read_in_no_time(tmp_path: Path) -> None:
    """All of them, in order."""
    people = make_class(300)
    assert [student.name for student in roster(tmp_path, roster_csv(people))] == [person.name for person in people]


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=80), start=st.sampled_from([b"", b"id,name\n", b"\xff\xfe", b"id;name;email\ns1;"]))
def test_any_bytes_are_read_or_refused(content: bytes, start: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No file of a stranger ends the command with a trace."""
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    path.write_bytes(start + content)
    try:
        assert all(student.id and student.name for student in read_roster(path))
    except RosterError as error:
        assert "roster.csv" in str(error)
