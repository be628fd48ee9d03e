"""Whose an upload is: by id, address or name, never by a guess; and what staff decide by hand."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lms import make_class

from autograder.errors import RosterError
from autograder.intake.decisions import read_decisions
from autograder.intake.matching import Match, Roster, attempt, cut_keys, match, match_all, missing, name_key
from autograder.records import Claim, Student, Upload

ADA = Student("s1", "Ada Lovelace", "ada@example.org", {"canvas": "41", "login": "ada", "gradescope": "0041"})
BOB = Student("s2", "Bob O'Hara", "bob@example.org", {"canvas": "42", "login": "bob"})
CEM = Student("s3", "Cem Lee", "", {})
CEM_TOO = Student("s4", "Cem Lee", "", {})
CLASS = Roster([ADA, BOB, CEM, CEM_TOO])


def upload(*claims: Claim, system: str = "canvas", place: str = "here") -> Upload:
    return Upload(system, place, claims)


def one(system: str = "canvas", name: str = "", email: str = "", key: str = "", **ids: str) -> Match:
    """Match one upload of one person of whom the system says this."""
    return match(upload(Claim(ids, name=name, email=email, key=key), system=system), CLASS)


def test_an_id_of_the_system_decides() -> None:
    """Whatever the name, when nobody else has it."""
    assert one(canvas="41") == Match(("s1",), "id")
    assert one(canvas="41", key="adabyronformerly") == Match(("s1",), "id")


def test_an_id_of_another_system_decides_nothing() -> None:
    """The 41 of Moodle is somebody else than the 41 of Canvas."""
    assert one("moodle", moodle="41").reason == "nobody on the roster has the moodle id '41'"


def test_gradescopes_student_id_may_be_the_courses_own() -> None:
    """Courses write there what they have; the roster's own column comes first."""
    assert one("gradescope", gradescope="0041") == Match(("s1",), "id")
    assert one("gradescope", gradescope="s2") == Match(("s2",), "id")


def test_an_address_decides_where_no_id_is_known() -> None:
    """Without regard to letter case."""
    assert one("gradescope", email="Bob@Example.org", gradescope="99") == Match(("s2",), "e-mail")


@pytest.mark.parametrize(
    "name", ["Ada Lovelace", "ada  LOVELACE", "Lovelace, Ada", "\uff21da Lovelace", "Ada-Lovelace"]
)
def test_a_name_is_compared_as_people_do(name: str) -> None:
    """Letter case, spaces, forms of letters and the order around a comma do not matter."""
    assert one("moodle", name=name, moodle="7") == Match(("s1",), "name")


def test_a_name_cut_by_the_system_is_found() -> None:
    """Moodle drops apostrophes, Canvas everything but letters, last name first."""
    assert one("moodle", name="Bob OHara").students == ("s2",)
    assert one(key="oharabob", canvas="").students == ("s2",)


def test_canvas_names_may_be_cut_at_any_space() -> None:
    """What is a last name, only Canvas knows."""
    assert cut_keys("Ada van Dyke") == {"adavandyke", "vandykeada", "dykeadavan"}


def test_a_name_that_two_have_decides_nothing() -> None:
    """The message names both."""
    found = one("moodle", name="Cem Lee")
    assert found.students == ()
    assert found.reason == "the name 'Cem Lee' fits 2 people: Cem Lee (s3), Cem Lee (s4)"
    assert found.candidates == (CEM, CEM_TOO)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (
            one(canvas="41", key="oharabob"),
            "the canvas id '41' is Ada Lovelace (s1), but the name 'oharabob' is Bob O'Hara (s2)",
        ),
        (
            one("gradescope", gradescope="0041", email="bob@example.org"),
            "but the address 'bob@example.org' is Bob O'Hara (s2)",
        ),
        (one(canvas="77", key="lovelaceada"), "but their canvas id on the roster is '41', not '77'"),
        (
            one("gradescope", name="Ada Lovelace", email="x@y.z"),
            "but their address on the roster is 'ada@example.org', not 'x@y.z'",
        ),
    ],
)
def test_a_contradiction_is_left_to_a_person(found: Match, reason: str) -> None:
    """Two things that lead to two people, or an id that is not theirs."""
    assert found.students == ()
    assert reason in found.reason


def test_a_number_without_its_zeros_is_no_contradiction() -> None:
    """Gradescope gives some ids as numbers; the address decides."""
    assert one("gradescope", gradescope="41", email="ada@example.org") == Match(("s1",), "e-mail")


def test_two_users_of_a_name_that_the_roster_has_once_are_left_to_a_person() -> None:
    """One of them is not on the roster; which, nobody knows."""
    class_ = Roster([Student("s1", "Ada Lovelace"), BOB])
    uploads = [upload(Claim({"canvas": number}, key="lovelaceada"), place=number) for number in ("7", "8")]
    matches = match_all([*uploads, upload(Claim({"canvas": "42"}))], class_)
    assert [found.students for found in matches] == [(), (), ("s2",)]
    assert "2 people with different canvas ids have it: 7, 8" in matches[0].reason


def test_two_attempts_of_one_user_are_one_persons() -> None:
    """The same id twice is no second person."""
    class_ = Roster([Student("s1", "Ada Lovelace")])
    matches = match_all([upload(Claim({"canvas": "7"}, key="lovelaceada"))] * 2, class_)
    assert [found.students for found in matches] == [("s1",), ("s1",)]


def test_a_group_is_all_of_its_members() -> None:
    """Once each; how says the weakest that any was matched by."""
    claims = (Claim({"gradescope": "0041"}), Claim(name="Bob O'Hara"), Claim(email="ada@example.org"))
    assert match(upload(*claims, system="gradescope"), CLASS) == Match(("s1", "s2"), "name")


def test_a_group_with_a_stranger_is_nobodys() -> None:
    """A mark for two would be a mark for one; a person decides."""
    found = match(upload(Claim({"gradescope": "0041"}), Claim(name="Dora"), system="gradescope"), CLASS)
    assert found.students == ()
    assert found.reason == "of a group of 2: nobody on the roster has the name 'Dora'"


def test_what_no_system_claims_is_nobodys() -> None:
    """Anonymous downloads say so."""
    assert match(upload(Claim()), CLASS).reason == match(upload(), CLASS).reason == "canvas does not say whose it is"


@pytest.mark.parametrize("text", ["s1", "S1", "ada", "ada@example.org", "Ada Lovelace", "lovelace_ada", "41"])
def test_a_plain_name_is_tried_as_everything(text: str) -> None:
    """Id, login, address, name: whatever somebody called the file."""
    claim = Claim(
        dict.fromkeys(("id", "login", "canvas"), text), name=text, email=text if "@" in text else "", key=text
    )
    assert match(upload(claim, system="folder"), CLASS).students == ("s1",)


def test_a_plain_name_that_is_two_peoples_is_left_to_a_person() -> None:
    """An id here, a login there."""
    class_ = Roster([Student("ada", "Eve Ex"), ADA])
    found = match(upload(Claim({"id": "ada", "login": "ada"}), system="folder"), class_)
    assert found.reason == "the id 'ada' is Eve Ex (ada), but the login id 'ada' is Ada Lovelace (s1)"


def test_who_has_handed_in_nothing_is_named() -> None:
    """Members of a group have."""
    assert missing([Match(("s1", "s3"), "id"), Match()], CLASS) == (BOB, CEM_TOO)


def test_near_names_are_suggested_never_matched() -> None:
    """A slip in a name costs a look."""
    slip = upload(Claim({"moodle": "1"}, name="Ada Lovelance"), system="moodle")
    assert match(slip, CLASS).students == ()
    assert CLASS.suggest(slip) == (ADA,)


def test_an_attempt_without_a_file_has_no_hash() -> None:
    """Its problem says why."""
    made = attempt(Upload("canvas", "here", (), problem="A link."), Match(("s1",), "id"), "sum")
    assert (made.sha256, made.problem, made.students) == ("", "A link.", ("s1",))


# By hand


PLACES = [upload(place="a  b.ipynb"), upload(place="c.ipynb"), upload(Claim({"canvas": "41"}), place="d.ipynb")]


def decisions(tmp_path: Path, text: str) -> dict[str, tuple[str, ...]]:
    path = tmp_path / "match.csv"
    path.write_text(text)
    return read_decisions(path, PLACES, CLASS)


def test_staff_decide_whose_a_place_is(tmp_path: Path) -> None:
    """Over what an id says; several lines are a group, a dash is nobody."""
    decided = decisions(tmp_path, "place,id\na b.ipynb,s1\na b.ipynb,s2\nc.ipynb,-\nd.ipynb,s3\n")
    assert match_all(PLACES, CLASS, decided) == (
        Match(("s1", "s2"), "staff"),
        Match((), "set aside"),
        Match(("s3",), "staff"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("place,id\nc.ipnb,s1\n", "match.csv:2: place: nothing was handed in at 'c.ipnb'; did you mean 'c.ipynb'?"),
        ("place,id\nc.ipynb,s9\n", "match.csv:2: id: 's9' is nobody's on the roster. Did you mean"),
        ("place,id\nc.ipynb,s1\nc.ipynb,s1\n", "match.csv:3: the same stands in line 2 already"),
        ("place,id\nc.ipynb,s1\nc.ipynb,-\n", "match.csv:3: 'c.ipynb' is said to be both somebody's and nobody's"),
        ("place,id\nc.ipynb,-\nc.ipynb,s1\n", "match.csv:3: 'c.ipynb' is said to be both"),
        ("place,id\nc.ipynb,\n", "match.csv:2: id: '' is nobody's on the roster."),
        ("place,student\n", "match.csv:1: column 2 is called 'student'"),
    ],
)
def test_a_wrong_decision_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    """With its line: a slip must not give somebody else's mark away."""
    with pytest.raises(RosterError) as caught:
        decisions(tmp_path, text)
    assert expected in str(caught.value)


# Whatever is claimed


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_claim_is_matched_to_somebody_it_does_not_fit(data: st.DataObject) -> None:
    """Who is matched has something that was claimed, and nobody else has anything that was."""
    texts = st.sampled_from(
        ["41", "42", "0041", "s1", "ada", "ada@example.org", "Bob O'Hara", "Cem Lee", "oharabob", ""]
    )
    ids = data.draw(st.dictionaries(st.sampled_from(["canvas", "id", "login", "gradescope"]), texts, max_size=3))
    claim = Claim(ids, name=data.draw(texts), email=data.draw(texts), key=data.draw(texts))
    for found in match(
        upload(claim, system=data.draw(st.sampled_from(["canvas", "folder", "gradescope"]))), CLASS
    ).students:
        fits = {student.id for student in CLASS.students if _fits(claim, student)}
        assert fits >= {found}
        strong = {student.id for student in CLASS.students if _has_id(claim, student)}
        assert strong <= {found}


def _has_id(claim: Claim, student: Student) -> bool:
    theirs = {"id": student.id, **student.ids}
    return any(value and theirs.get(column) == value for column, value in claim.ids.items())


def _fits(claim: Claim, student: Student) -> bool:
    names = {name_key(claim.name), name_key(claim.key)} - {""}
    known = {student.id, *student.ids.values()}
    return (
        bool(known & set(claim.ids.values()))
        or (claim.email != "" and claim.email == student.email)
        or bool(names & (cut_keys(student.name) | {name_key(student.name)}))
    )


def test_a_thousand_uploads_of_300_people_are_matched_quickly() -> None:
    """By name, the slowest way; so are a thousand of strangers."""
    people = [Student(person.id, person.name) for person in make_class(300)]
    started = time.process_time()
    roster = Roster(people)
    uploads = [
        upload(Claim({"moodle": str(n % 300)}, name=people[n % 300].name), system="moodle") for n in range(1_000)
    ]
    assert all(found.how == "name" for found in match_all(uploads, roster))
    strangers = [upload(Claim({"moodle": str(n)}, name=f"Stranger {n}"), system="moodle") for n in range(1_000)]
    assert not any(found.how for found in match_all(strangers, roster))
    assert time.process_time() - started < 20
