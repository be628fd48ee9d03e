"""Scores go into the file that the LMS exported, to the right people, and nothing else in it changes."""

import codecs
import csv
import io
import random
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lms_tables import (
    Person,
    brightspace,
    canvas,
    gradescope,
    moodle,
    parsed,
    read_brightspace,
    read_canvas,
    read_canvas_names,
    read_moodle,
    read_moodle_names,
    written,
)

from autograder import exports
from autograder.errors import ExportError
from autograder.exports import Filled, Page, feedback_zip
from autograder.exports.cells import read_number
from autograder.exports.table import read_table
from autograder.records import Attempt, Mark, Standing, Student
from autograder.text import defused, number

PEOPLE = [
    Person("Ada Lovelace", "1001", "s1", "ada", "ada@uni.example"),
    Person("Bob Ross", "1002", "s2", "bob", "bob@uni.example"),
    Person("Céline d'Été", "1003", "s3", "celine", "celine@uni.example"),
    Person("Müller", "1004", "s4", "mueller", "mueller@uni.example"),
]
TITLE = "Sum a sequence"


def student(one: Person, **ids: str) -> Student:
    """A student whose ids the roster knows, all of them unless some are named."""
    known = {"canvas": one.number, "sis": one.sis, "login": one.login, "brightspace": one.sis, "gradescope": one.sis}
    return Student("own-" + one.sis, one.name, one.email, dict(ids or known))


def marks(*scores: float | None, of: list[Person] = PEOPLE, **more: object) -> list[Mark]:
    return [Mark(student(one), score, 20, **more) for one, score in zip(of, scores, strict=False)]  # type: ignore[arg-type]


def to_canvas(content: bytes, given: list[Mark], column: str = "") -> Filled:
    return exports.canvas.fill(content, given, TITLE, "grades.csv", column)


def refusal(content: bytes, given: list[Mark], column: str = "") -> str:
    with pytest.raises(ExportError) as caught:
        to_canvas(content, given, column)
    return str(caught.value)


WAYS = {
    "as it comes": {},
    "a byte-order mark": {"bom": True},
    "semicolons": {"separator": ";"},
    "tabs": {"separator": "\t"},
    "line feeds": {"ending": "\n"},
    "carriage returns": {"ending": "\r"},
    "everything quoted": {"quote": True},
    "all of it": {"bom": True, "separator": ";", "ending": "\n", "quote": True},
}


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_canvas_reads_back_the_scores_that_went_in(how):
    """To the right people, in the assignment's column, whatever the file is written like."""
    before = canvas(PEOPLE, {"1002": "3.00"}, **how)
    filled = to_canvas(before, marks(18.5, 20, 0, 7.25))
    assert (b"\xef\xbb\xbf" in filled.content) == ("bom" in how)
    found = read_canvas(filled.content, PEOPLE, how.get("separator", ","))
    assert found[TITLE] == {"1001": "18.5", "1002": "20", "1003": "0", "1004": "7.25"}
    earlier = read_canvas(before, PEOPLE, how.get("separator", ","))
    assert {title: found[title] for title in ("Warm-up", "Essay")} == {t: earlier[t] for t in ("Warm-up", "Essay")}


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_only_cells_that_changed_differ_byte_for_byte(how):
    """Put back by hand what stood in the one cell that changed, and the file is what Canvas exported."""
    before = canvas(PEOPLE, {"1001": "18.50", "1002": "UNIQUE"}, **how).replace(b"UNIQUE", b"3.33")
    filled = to_canvas(before, marks(18.5, 4.44))
    assert [(one.before, one.after, one.line) for one in filled.changed] == [("3.33", "4.44", 4)]
    assert filled.unchanged == 1
    assert filled.content.replace(b"4.44", b"3.33") == before


def test_a_second_run_changes_nothing():
    """What was written is read as what it is."""
    filled = to_canvas(canvas(PEOPLE), marks(18.5, 20, 1 / 3, 7.25))
    again = to_canvas(filled.content, marks(18.5, 20, 1 / 3, 7.25))
    assert (len(filled.changed), len(again.changed), again.unchanged) == (4, 0, 4)
    assert again.content == filled.content


def test_decimal_commas_are_kept():
    """A file whose scores are written 8,5 gets 7,25, and its most points 20,00 are read as 20."""
    before = canvas(PEOPLE, {"1001": "8,5", "1002": "7,25"}, possible="20,00", separator=";")
    filled = to_canvas(before, marks(9.5, 7.25))
    assert [(one.before, one.after) for one in filled.changed] == [("8,5", "9,5")]
    assert filled.unchanged == 1


def test_a_decimal_comma_between_commas_is_quoted():
    """Else it would be two cells."""
    before = canvas(PEOPLE, {"1001": "8,5"}, possible="20,00")
    filled = to_canvas(before, marks(9.5))
    assert b'"9,5"' in filled.content
    assert filled.content.replace(b"9,5", b"8,5") == before


def test_a_column_with_points_and_commas_is_refused():
    """1,234 is one thing or another."""
    assert "some numbers have a decimal point" in refusal(canvas(PEOPLE, {"1001": "8,5", "1002": "8.5"}), marks(1))


def test_students_without_a_score_keep_what_is_there():
    """A fault is never a zero in the LMS either."""
    before = canvas(PEOPLE, {"1001": "3"})
    filled = to_canvas(before, marks(None, None))
    assert filled.content == before
    assert [mark.student.name for mark in filled.waiting] == ["Ada Lovelace", "Bob Ross"]


def test_who_has_no_row_and_which_row_is_nobodys_is_told():
    """Somebody left the course, somebody is new, and Canvas has a test student."""
    tester = Person("Test Student", "999", "", "")
    filled = to_canvas(canvas([*PEOPLE[:2], tester]), marks(1, of=PEOPLE[1:2]) + marks(2, of=PEOPLE[2:3]))
    assert [mark.student.name for mark in filled.absent] == ["Céline d'Été"]
    assert [(row.line, row.label) for row in filled.left] == [(3, "Lovelace, Ada"), (5, "Student, Test")]


def test_an_excused_student_gets_ex():
    """That is Canvas' word for it."""
    filled = to_canvas(canvas(PEOPLE, {"1002": "ex"}), marks(None, None, excused=True))
    assert read_canvas(filled.content, PEOPLE)[TITLE]["1001"] == "EX"
    assert filled.unchanged == 1


@pytest.mark.parametrize(("cell", "why"), [("EX", "is excused in Canvas"), ("N/A", "is not assigned")])
def test_what_people_set_in_canvas_is_left_alone_and_told(cell, why):
    """An excuse given there is not taken back by a score."""
    before = canvas(PEOPLE, {"1001": cell})
    filled = to_canvas(before, marks(15))
    assert filled.content == before
    assert why in filled.skipped[0].why


@pytest.mark.parametrize("possible", ["25.00", "", "2,000.00"])
def test_other_points_possible_are_refused_with_both_numbers(possible):
    """18 of 20 is not 18 of 25."""
    text = refusal(canvas(PEOPLE, possible=possible), marks(18))
    assert "here it is 20" in text and (possible or "nothing") in text


def test_the_points_possible_row_and_read_only_totals_are_never_touched():
    """Canvas would change the assignment, or ignore the file."""
    filled = to_canvas(canvas(PEOPLE), marks(20, 20, 20, 20))
    rows = parsed(filled.content)
    assert rows[1] == parsed(canvas(PEOPLE))[1]
    assert [row[8:] for row in rows] == [row[8:] for row in parsed(canvas(PEOPLE))]


def test_a_gradebook_without_points_possible_is_refused():
    """Without it nobody knows what the scores are out of."""
    rows = parsed(canvas(PEOPLE))
    assert "no row 'Points Possible'" in refusal(written([rows[0], *rows[2:]]), marks(1))


def test_the_row_of_manual_posting_is_nobodys():
    """Canvas puts it between titles and points."""
    rows = parsed(canvas(PEOPLE))
    rows.insert(1, ["", "", "", "", "", "", "Manual Posting"])
    filled = to_canvas(written(rows), marks(12))
    assert len(filled.changed) == 1 and "Manual Posting" not in [row.label for row in filled.left]
    assert b"Manual Posting\r\n" in filled.content


@pytest.mark.parametrize(
    ("column", "wanted"),
    [("Sum a sequence", ""), ("Sum a sequence (1)", ""), ("Other (1)", "Other"), ("Other (1)", "Other (1)")],
)
def test_the_column_is_found_by_title_with_or_without_its_id(column, wanted):
    """By the assignment's, or the one that --column names."""
    assert to_canvas(canvas(PEOPLE, column=column), marks(1), wanted).column == column


def test_a_column_that_is_not_there_is_never_made_up():
    """The message names those that there are."""
    text = refusal(canvas(PEOPLE, column="Sum of a sequence (1)"), marks(1))
    assert "no column fits 'Sum a sequence'" in text and "'Sum of a sequence (1)'" in text and "--column" in text
    assert "Final Score" not in text


def test_two_columns_of_one_title_are_refused():
    """A copied assignment has the same title and another id."""
    rows = parsed(canvas(PEOPLE))
    rows = [[*row[:7], *row[6:]] for row in rows]
    rows[0][7] = "Sum a sequence (4712)"
    assert "2 columns fit" in refusal(written(rows), marks(1))
    assert to_canvas(written(rows), marks(1), "Sum a sequence (4712)").column == "Sum a sequence (4712)"


def test_a_read_only_total_is_no_column_for_scores():
    """Not even when --column names it."""
    assert "no column fits 'Final Score'" in refusal(canvas(PEOPLE), marks(1), "Final Score")
    period = canvas(PEOPLE).replace(b"Essay (4800)", b"Override Score (2026)")
    assert "no column fits" in refusal(period, marks(1), "Override Score (2026)")


def test_a_score_that_is_a_letter_is_refused():
    """The assignment shows something else than points."""
    assert "holds 'B+', which is no score" in refusal(canvas(PEOPLE, {"1001": "B+"}), marks(1))


# ids of the roster -> whether Ada's row is found by them
@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ({"canvas": "1001"}, True),
        ({"sis": "s1"}, True),
        ({"login": "ADA"}, True),
        ({"canvas": " 1001 "}, True),
        ({"moodle": "7"}, True),  # by the name, which is unique, as no id of Canvas is known
        ({"canvas": "5555"}, False),  # the id is known and is nobody's here: a name does not stand against it
    ],
)
def test_students_are_found_as_canvas_finds_them(ids, found):
    """By ID, SIS User ID and SIS Login ID; by the name only when none of these is known."""
    ada = Student("own", "Ada Lovelace", "", ids)
    filled = to_canvas(canvas(PEOPLE), [Mark(ada, 15, 20)])
    assert (len(filled.changed), len(filled.absent)) == ((1, 0) if found else (0, 1))
    assert bool(filled.by_name) == ("moodle" in ids)


def test_the_login_may_be_the_address():
    """As many universities have it."""
    people = [replace(one, login=one.email) for one in PEOPLE]
    ada = Student("own", "A. Lovelace", "ada@uni.example")
    assert to_canvas(canvas(people), [Mark(ada, 15, 20)]).changed[0].line == 3


def test_the_own_id_counts_where_the_name_agrees():
    """A roster whose id is the matriculation number needs no column for SIS ids."""
    ada, bob = Student("s1", "Ada Lovelace"), Student("s2", "Somebody Else")
    filled = to_canvas(canvas(PEOPLE), [Mark(ada, 15, 20), Mark(bob, 15, 20)])
    assert [one.line for one in filled.changed] == [3]
    assert [mark.student.id for mark in filled.absent] == ["s2"]


def test_two_people_of_one_name_are_not_told_apart_by_it():
    """Neither by the rows nor by the roster."""
    twins = [Person("Ada Lovelace", "1", "x", "x"), Person("Ada Lovelace", "2", "y", "y")]
    assert to_canvas(canvas(twins), [Mark(Student("a", "Ada Lovelace"), 1, 20)]).absent
    both = [Mark(Student("a", "Ada Lovelace"), 1, 20), Mark(Student("b", "Ada Lovelace"), 1, 20)]
    assert len(to_canvas(canvas(PEOPLE), both).absent) == 2


def test_two_rows_of_one_student_are_refused_by_their_lines():
    """Which of them Canvas would take is a guess."""
    assert "lines 3 and 7 are both about Ada Lovelace" in refusal(canvas([*PEOPLE, PEOPLE[0]]), marks(1))


def test_an_id_of_two_students_is_refused():
    """A typo in the roster gave Ada the number of Bob."""
    ada, bob = student(PEOPLE[0], canvas="1002"), student(PEOPLE[1], canvas="1002")
    text = refusal(canvas(PEOPLE), [Mark(ada, 1, 20), Mark(bob, 2, 20)])
    assert "line 4" in text and "Ada Lovelace" in text and "Bob Ross" in text


def test_an_id_that_is_somebody_elses_by_the_name_is_refused():
    """A typo in the roster, and the other is not in it: the row says Bob, so Ada's score does not go there."""
    text = refusal(canvas(PEOPLE), [Mark(student(PEOPLE[0], canvas="1002"), 1, 20)])
    assert "'Ross, Bob'" in text and "Ada Lovelace" in text and "line 4" in text


def test_ids_that_contradict_each_other_are_refused():
    """One says Ada, one says Bob; or one says Ada and another is not hers."""
    mixed = [replace(PEOPLE[0], sis="s2"), replace(PEOPLE[1], sis="s9")]
    assert "is Ada Lovelace" in refusal(canvas(mixed), marks(1, 2))
    mixed = [replace(PEOPLE[0], login="bob"), replace(PEOPLE[1], login="x")]
    assert "SIS Login ID 'bob' is Bob Ross" in refusal(canvas(mixed), marks(1, 2))
    assert "'s1' there, but 's8' in the row" in refusal(canvas([replace(PEOPLE[0], sis="s8")]), marks(1))


def test_names_in_two_columns_are_read():
    """As Canvas exports them where it is told to."""
    rows = [[*row[0].partition(", ")[::2], *row[1:]] for row in parsed(canvas(PEOPLE))]
    rows[0][:2] = ["LastName", "FirstName"]
    filled = to_canvas(written(rows), [Mark(Student("own", "Ada Lovelace"), 15, 20)])
    assert [one.line for one in filled.changed] == [3]


def test_another_name_is_fine_when_two_ids_agree():
    """People change their names."""
    renamed = [replace(PEOPLE[0], name="Augusta King")]
    assert to_canvas(canvas(renamed), marks(12)).changed


@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http://x")', "@SUM(A1)", "-2+3", "+1", "\t=1", '"Quoted" Q', "a\nb c", "x;y z"]
)
@pytest.mark.parametrize("separator", [",", ";"])
def test_hostile_names_of_the_lms_stay_as_they_are(name, separator):
    """They are the LMS's own cells; only ours are ours to defuse."""
    people = [Person(name, "1001", "s1", "ada"), *PEOPLE[1:]]
    before = canvas(people, {"1002": "3.33"}, separator=separator)
    filled = to_canvas(
        before, [Mark(Student("a", name, "", {"canvas": "1001"}), None, 20), *marks(4.44, of=PEOPLE[1:])]
    )
    assert filled.content.replace(b"4.44", b"3.33") == before
    assert len(filled.changed) == 1


BROKEN = {
    "nothing": (b"", "is empty"),
    "no UTF-8": (canvas(PEOPLE).replace("ü".encode(), b"\xfc"), "line 6: this is not UTF-8 text"),
    "a quote that is never closed": (canvas(PEOPLE) + b'"Zoe,5', "line 7: a quote is opened and never closed"),
    "a quote that swallows a line": (
        canvas(PEOPLE).replace(b'"Ross, Bob"', b'"Ross, Bob'),
        "line 5: behind a closing quote",
    ),
    "text behind a quote": (canvas(PEOPLE).replace(b'"Ross, Bob"', b'"Ross, Bob" x'), "line 4: behind a closing quote"),
    "a comma that is not quoted": (canvas(PEOPLE).replace(b'"Ross, Bob"', b"Ross, Bob"), "line 4 has 11 cells"),
    "a row that is cut": (canvas(PEOPLE).rpartition(b",")[0], "line 6 has 9 cells"),
    "another file": (b"a,b\r\n1,2\r\n", "there is no column 'Section'"),
    "a page": (b"<html>\n<body>, no\n", "cells"),
}


@pytest.mark.parametrize(("content", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_its_place(content, words):
    """Nothing is filled in where a column might have shifted."""
    assert words in refusal(content, marks(1))


def test_a_file_saved_as_utf_16_comes_back_as_utf_16():
    """As a spreadsheet's "Unicode text"."""
    before = codecs.BOM_UTF16_LE + canvas(PEOPLE, {"1001": "3.33"}, separator="\t").decode().encode("utf-16-le")
    filled = to_canvas(before, marks(4.44))
    assert filled.content == before.replace("3.33".encode("utf-16-le"), "4.44".encode("utf-16-le"))


def test_a_spreadsheets_hint_for_the_separator_is_no_row():
    """`sep=;` stands above the titles, and stays there."""
    before = b"sep=;\r\n" + canvas(PEOPLE, {"1001": "3.33"}, separator=";")
    assert to_canvas(before, marks(4.44)).content == before.replace(b"3.33", b"4.44")


CELLS = st.text(st.sampled_from("ab1,;\t\"'\r\n =é"), max_size=6)


@settings(deadline=None, max_examples=200)
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=4),
    separator=st.sampled_from(",;\t"),
    quote=st.booleans(),
    new=CELLS,
)
def test_any_table_is_read_and_written_as_csv_has_it(rows, separator, quote, new):
    """Cells as the csv module reads them; unchanged it is the same bytes, changed only the one cell is another."""
    content = written([["A", "B", "C"], *rows], separator=separator, quote=quote)
    table = read_table(content, "t.csv", ["A", "B", "C"])
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert [[cell.value for cell in row.cells] for row in table.rows] == kept
    assert table.with_cells({}) == content
    if kept:
        kept[0][1] = new
        after = parsed(table.with_cells({(0, 1): new}), separator)
        assert [row for row in after[1:] if any(cell.strip() for cell in row)] == [
            row for row in kept if any(cell.strip() for cell in row)
        ]


def test_a_thousand_rows_take_well_under_a_second():
    """And are found in whatever order the roster has them."""
    people = [Person(f"First{n} Last{n}", str(n), f"s{n}", f"login{n}") for n in range(1000)]
    content = canvas(people, {str(n): "1.5" for n in range(1000)})
    given = marks(*[n / 50 for n in range(1000)], of=people)
    random.Random(1).shuffle(given)
    times = []
    for _ in range(3):  # the garbage of all tests before may be collected in one of them
        start = time.process_time()
        filled = to_canvas(content, given)
        times.append(time.process_time() - start)
    assert min(times) < 0.5
    assert read_canvas(filled.content, people)[TITLE]["999"] == "19.98"
    assert len(filled.changed) == 999 and filled.unchanged == 1  # that of 75/50


def to_moodle(content: bytes, given: list[Mark], **more: object) -> Filled:
    return exports.moodle.fill(content, given, "sheet.csv", **more)  # type: ignore[arg-type]


def moodle_refusal(content: bytes, given: list[Mark], **more: object) -> str:
    with pytest.raises(ExportError) as caught:
        to_moodle(content, given, **more)
    return str(caught.value)


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_moodle_reads_back_the_grades_that_went_in(how):
    """With the times that it compares as they were, or it would skip the rows."""
    before = moodle(PEOPLE, {"1002": "20.00"}, **how)
    filled = to_moodle(before, marks(18.5, 20, 0))
    found = read_moodle(filled.content, before, how.get("separator", ","))
    assert found == {"1001": (18.5, ""), "1003": (0, "")}
    assert (len(filled.changed), filled.unchanged) == (2, 1)


def test_a_grade_that_moodle_locks_is_not_touched_and_told():
    """Moodle would skip the row in silence."""
    before = moodle(PEOPLE, {"1001": "3.00"}, locked=("1001",))
    filled = to_moodle(before, marks(18.5, 20))
    assert [one.student.name for one in filled.changed] == ["Bob Ross"]
    assert "cannot be changed" in filled.skipped[0].why


def test_another_maximum_grade_is_refused():
    """Moodle would skip what is above, and take what is below for something else."""
    assert "line 2" in (text := moodle_refusal(moodle(PEOPLE, most="100.00"), marks(18))) and "'100.00'" in text


def test_moodle_with_decimal_commas_gets_decimal_commas():
    """Moodle in German."""
    before = moodle(PEOPLE, {"1001": "3,50"}, most="20,00")
    filled = to_moodle(before, marks(4.25))
    assert filled.content.replace(b'"4,25"', b'"3,50"') == before


def test_comments_are_written_where_there_is_one_and_defused():
    """A comment of the LMS stays where there is none."""
    before = moodle(PEOPLE, comments={"1002": "by hand"})
    given = [replace(marks(5)[0], comment='=HYPERLINK("http://x")\n2 days late'), marks(0, 6)[1]]
    filled = to_moodle(before, given, comments=True)
    found = read_moodle(filled.content, before)
    assert found == {"1001": (5, '\'=HYPERLINK("http://x") 2 days late'), "1002": (6, "by hand")}
    assert len({one.line for one in filled.changed}) == 2


def test_without_being_asked_no_comment_is_written():
    """Comments are what a TA may have typed into Moodle."""
    before = moodle(PEOPLE)
    assert read_moodle(to_moodle(before, marks(5, comment="late")).content, before) == {"1001": (5, "")}


def test_the_participant_of_this_very_assignment_finds_the_row():
    """Where marking is blind only the download's number tells who is who."""
    before = moodle(PEOPLE, blind=True)
    people = [Student("a", "Ada Lovelace"), Student("b", "Bob Ross")]
    given = [Mark(one, score, 20) for one, score in zip(people, (11, 12), strict=True)]
    filled = to_moodle(before, given, participants={"a": "1002", "b": "1001"})
    assert read_moodle(filled.content, before) == {"1001": (12, ""), "1002": (11, "")}
    assert len(to_moodle(before, given).absent) == 2
    named = moodle([replace(one, name=f"Participant {one.number}", email="") for one in PEOPLE])
    assert read_moodle(to_moodle(named, given, participants={"a": "1002"}).content, named) == {"1002": (11, "")}


def test_a_participant_of_another_assignment_in_the_roster_does_no_harm():
    """Moodle counts participants for each assignment anew; the address weighs more."""
    ada = Student("a", "Ada Lovelace", "ada@uni.example", {"moodle": "1002"})
    before = moodle(PEOPLE)
    assert read_moodle(to_moodle(before, [Mark(ada, 9, 20)]).content, before) == {"1001": (9, "")}


def test_an_excused_student_is_told_not_written():
    """The worksheet has no word for it."""
    before = moodle(PEOPLE)
    filled = to_moodle(before, marks(None, excused=True))
    assert filled.content == before and "set it in Moodle" in filled.skipped[0].why


def test_a_worksheet_in_another_language_is_refused():
    """Its titles cannot be told from others."""
    text = moodle_refusal(moodle(PEOPLE).replace(b"Identifier", b"ID"), marks(1))
    assert "there is no column 'Identifier'" in text and "in English" in text


@pytest.mark.parametrize("more", ["", " <Numeric MaxPoints:20 Weight:10 Category:Labs CategoryWeight:50>"])
def test_brightspace_reads_back_the_points_that_went_in(more):
    """In the item's column, with the end of each line as it was."""
    before = brightspace(PEOPLE, {"1002": "3"}, more=more)
    filled = exports.brightspace.fill(before, marks(18.5, 20), TITLE, "grades.csv")
    assert read_brightspace(filled.content)[TITLE] == {"s1": "18.5", "s2": "20", "s3": "", "s4": ""}
    assert read_brightspace(filled.content)["Essay"] == read_brightspace(before)["Essay"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (brightspace(PEOPLE, more=" <Numeric MaxPoints:100>"), "'100'"),
        (brightspace(PEOPLE, item="Other"), "'Other Points Grade'"),
        (brightspace(PEOPLE).replace(b",#\r\n", b",\r\n"), "does not end with '#'"),
        (brightspace(PEOPLE).replace(b",End-of-Line Indicator", b""), "cells"),
    ],
)
def test_what_brightspace_would_not_take_is_refused(content, words):
    """Other points, an item that is not there, lines without their end."""
    with pytest.raises(ExportError, match=words.replace("(", r"\(")):
        exports.brightspace.fill(content, marks(18.5, 20), TITLE, "grades.csv")


def test_gradescopes_table_gets_the_scores():
    """For staff: Gradescope takes none."""
    filled = exports.gradescope.fill(gradescope(PEOPLE, {"1001": "3.0"}), marks(18.5, 20), "scores.csv")
    assert [row[4] for row in parsed(filled.content)[1:]] == ["18.5", "20", "", ""]


def test_our_own_table_tells_how_every_score_came_about():
    """And holds no formula, whatever people are called."""
    evil = Student("=1+1", '\uff1dHYPERLINK("x")', "@x")
    attempt = Attempt("sum", ("a",), "0", "sum.ipynb", "moodle", "p", datetime(2026, 12, 7, 22, tzinfo=UTC))
    one = Standing(evil, "sum", "graded", 20, attempt, {"q1": (8.5, 10), "q2": (None, 10)}, 8.5, 1, 0, 2, 6.5, ("q2",))
    (row,) = csv.DictReader(io.StringIO(exports.standings_csv([replace(one, why="-2 for a day")]).decode()))
    assert (row["id"], row["name"], row["email"]) == ("'=1+1", '\'\uff1dHYPERLINK("x")', "'@x")
    assert (row["score"], row["q1"], row["q2"], row["penalty"]) == ("6.5", "8.5", "", "2")
    assert (row["unmarked"], row["why"], row["submitted_at"]) == ("q2", "'-2 for a day", "2026-12-07T22:00:00+00:00")


FORMULAS = [
    "=1",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\r=1",
    "  =1",
    "\u00a0=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    '"=1',
    "'=1",
    "a;=1",
    "|x",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_defused(text):
    """Also behind blanks and quotes, in full width, and behind what may be a separator."""
    assert "'" in defused(text) and defused(text) != text
    assert not any(
        part.lstrip().startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20|")) for part in defused(text).split(";")
    )


def test_other_text_stays_as_it_is():
    """Names are names."""
    for name in ("Ada O'Hara-Smith", "नमस्ते", "x = 1", "5 points less 2"):
        assert defused(name) == name


@pytest.mark.parametrize(
    ("cell", "mark", "value"),
    [
        *[("1,234.5", ".", "1234.5"), ("1.234,5", ",", "1234.5"), ("1 234,5", ",", "1234.5"), ("12", ",", "12")],
        *[("8,5", ".", None), ("8.5", ",", None), ("", ".", None), ("8.5%", ".", None), ("1e3", ".", None)],
    ],
)
def test_numbers_are_read_in_one_way_only(cell, mark, value):
    """What does not fit the file's own way is no number."""
    found = read_number(cell, mark)
    assert (found if found is None else float(found)) == (value if value is None else float(value))


def test_scores_are_written_in_hundredths_half_up():
    """Without zeros that say nothing."""
    assert [number(value) for value in (2.675, 2.665, 8.5, 10.0, 0.0, 100.0, 1 / 3)] == [
        "2.68",
        "2.67",
        "8.5",
        "10",
        "0",
        "100",
        "0.33",
    ]


def page(one: Person, place: str, html: bytes = b"<p>", group: tuple[str, ...] = (), file: str = "sum.ipynb") -> Page:
    who = student(one)
    return Page(who, Attempt("sum", group or (who.id,), "0", file, "canvas", place), html)


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_canvas_takes_pages_under_the_names_of_its_own_download():
    """With the ids of user and attachment, and another ending."""
    places = ["lovelaceada_LATE_1001_67890_sum.ipynb", "down/rossbob_1002_67891_my_sum.v2.ipynb"]
    packed = feedback_zip("canvas", [page(one, place) for one, place in zip(PEOPLE, places, strict=False)])
    found = read_canvas_names(list(unzipped(packed.content)))
    assert found == {
        "lovelaceada_LATE_1001_67890_sum.html": ("1001", "67890"),
        "rossbob_1002_67891_my_sum.v2.html": ("1002", "67891"),
    }


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("Ada Lovelace_1001_assignsubmission_file/sum.ipynb", "Ada Lovelace_1001_assignsubmission_file/sum.html"),
        ("Ada Lovelace_1001_assignsubmission_file", "Ada Lovelace_1001_assignsubmission_file/sum.html"),
        ("Ada Lovelace_1001_assignsubmission_file_", "Ada Lovelace_1001_assignsubmission_file_/sum.html"),
        ("Ada Lovelace_1001_assignsubmission_file_my_1.ipynb", "Ada Lovelace_1001_assignsubmission_file_my_1.html"),
        ("Participant_1001_assignsubmission_file_", "Participant_1001_assignsubmission_file_/sum.html"),
        ("Ada_L_1001_assignsubmission_file_", "Ada L_1001_assignsubmission_file_/sum.html"),
    ],
)
def test_moodle_takes_pages_in_both_layouts(place, name):
    """The number of the participant stands where its import looks for it."""
    moved = page(replace(PEOPLE[0], name="Ada L") if "_L_" in place else PEOPLE[0], place)
    packed = feedback_zip("moodle", [moved])
    assert list(unzipped(packed.content)) == [name]
    assert read_moodle_names([name])[name][0] == "1001" == exports.participant(moved.student, moved.attempt)
    assert read_moodle_names([name])[name][1].endswith(".html")


def test_a_student_cannot_name_a_file_so_that_the_page_goes_to_another():
    """Only what Moodle put in front of the name of the file counts."""
    place = "Ada Lovelace_17_assignsubmission_file_Ada Lovelace_99_assignsubmission_file_x.ipynb"
    sent = page(PEOPLE[0], place)
    assert exports.participant(sent.student, sent.attempt) == "17"
    assert read_moodle_names(list(unzipped(feedback_zip("moodle", [sent]).content))).popitem()[1][0] == "17"
    place = "lovelaceada_1001_67890_x_1002_67891_sum.ipynb"
    found = read_canvas_names(list(unzipped(feedback_zip("canvas", [page(PEOPLE[0], place)]).content)))
    assert list(found.values()) == [("1001", "67890")]


def test_no_page_leaves_the_folder_that_the_zip_is_unpacked_in():
    """What stands behind a folder's name in a place goes into no path."""
    packed = feedback_zip(
        "moodle", [page(PEOPLE[0], "../Ada Lovelace_1_assignsubmission_file_/../../x", file="../../y.ipynb")]
    )
    assert list(unzipped(packed.content)) == ["Ada Lovelace_1_assignsubmission_file_/y.html"]


def test_brightspace_gets_the_folders_it_gave():
    """As far as one can tell from outside."""
    place = "1001-2002 - Ada Lovelace - Dec 7, 2026 1030 PM/sum.ipynb"
    assert list(unzipped(feedback_zip("brightspace", [page(PEOPLE[0], place)]).content)) == [place[:-5] + "html"]


HOSTILE = [
    ("canvas", "anon_1001_67890.ipynb"),
    ("canvas", "sum.ipynb"),
    ("canvas", "lovelaceada_1001_67890_a\x00b.ipynb"),
    ("canvas", "lovelaceada_1001_67890_a\u202eb.ipynb"),
    ("canvas", "lovelaceada_1001_67890_con:x.ipynb"),
    ("moodle", "C: Ada Lovelace_1001_assignsubmission_file_"),
    ("moodle", "Ada Lovelace " + "x" * 240 + "_1001_assignsubmission_file_"),
    ("brightspace", "Ada Lovelace/sum.ipynb"),
]


@pytest.mark.parametrize(("system", "place"), HOSTILE)
def test_a_place_that_is_none_is_told_not_packed(system, place):
    """No path leads out of the folder that the zip is unpacked in, and no name deceives."""
    packed = feedback_zip(system, [page(PEOPLE[0], place)])
    assert unzipped(packed.content) == {}
    assert [(one.name, packed.students) for one, _ in packed.absent] == [("Ada Lovelace", 0)]


def test_what_a_group_handed_in_does_not_go_to_a_participant_of_its_number():
    """In Moodle a group's number may be that of somebody else; a group may have one member alone."""
    place = "Group 1_1001_assignsubmission_file_"
    alone = page(PEOPLE[0], place)
    assert exports.participant(alone.student, alone.attempt) == ""
    assert unzipped(feedback_zip("moodle", [alone]).content) == {}
    packed = feedback_zip("moodle", [page(PEOPLE[0], place, group=("own-s1", "own-s2"))])
    assert unzipped(packed.content) == {} and packed.absent[0][0].name == "Ada Lovelace"


def test_a_group_shares_one_file_in_canvas():
    """There is one attachment; pages that differ under its name are refused."""
    place = "group1_1001_67890_sum.ipynb"
    pages = [page(one, place, group=("own-s1", "own-s2")) for one in PEOPLE[:2]]
    assert len(unzipped(feedback_zip("canvas", pages).content)) == 1
    with pytest.raises(ExportError, match=r"Ada Lovelace and Bob Ross differ"):
        feedback_zip("canvas", [pages[0], replace(pages[1], html=b"<b>")])


def test_the_same_pages_make_the_same_bytes():
    """In whatever order they come."""
    pages = [page(one, f"x_{one.number}_1_sum.ipynb", one.name.encode()) for one in PEOPLE]
    assert feedback_zip("canvas", pages).content == feedback_zip("canvas", pages[::-1]).content


def test_gradescope_takes_no_pages():
    """The message says for whom pages can be packed."""
    with pytest.raises(ExportError, match="canvas, moodle, brightspace, csv"):
        feedback_zip("gradescope", [])
