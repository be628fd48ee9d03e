"""The class in the terminal."""

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from autograder.model import Result
from autograder.reports import (
    class_summary,
    class_table,
)

from .made_up import HOSTILE, QUESTIONS, a_result, printed, rejected


def test_the_terminal_table_has_one_line_a_submission(a_class: list[Result]) -> None:
    """Long names are cut, so that a class can be read at a glance on 80 columns."""
    lines = printed(class_table(a_class, QUESTIONS)).rstrip("\n").split("\n")
    assert sum("graded" in line or "rejected" in line or "fault" in line for line in lines) == 32
    assert len([line for line in lines if line.strip()]) == 32 + 2
    assert max(map(len, lines)) <= 80 and any("xxx…" in line for line in lines)


def test_a_large_class_is_cut_and_says_where_the_rest_is() -> None:
    """Forty rows fit on a screen; the page has them all."""
    text = printed(class_table([replace(a_result(), submission=f"s{i:03}") for i in range(300)], QUESTIONS))
    assert text.count("graded") == 40 and "… and 260 more: see index.html" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_cannot_move_the_terminal(name: str) -> None:
    """No escape, no override and no markup of a name acts; wide letters keep the columns in line."""
    results = [a_result(name), a_result("plain"), rejected(name, name)]
    text = printed(class_table(results, QUESTIONS)) + printed(class_summary(results, QUESTIONS))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_brackets_in_a_name_are_no_markup() -> None:
    """Brackets are shown, in the table and in the summary."""
    results = [rejected("[bold]name[/bold]", "[red]note[/nothing]")]
    assert "[bold]name[/bold]" in printed(class_table(results, QUESTIONS))
    assert "[red]note[/nothing]" in printed(class_summary(results, QUESTIONS))


def test_wide_letters_keep_the_columns_in_line() -> None:
    """A name of double-width letters takes the room that a terminal gives it."""
    lines = printed(class_table([a_result("李小龍" * 20), a_result("plain")], QUESTIONS)).split("\n")
    places = {cell_len(line[: line.index("● graded")]) for line in lines if "● graded" in line}
    assert len(places) == 1


def test_the_summary_counts_and_says_what_needs_a_person(a_class: list[Result]) -> None:
    """Counts, mean and median, and each file that was not graded with its note."""
    text = printed(class_summary(a_class, QUESTIONS), width=120)
    assert "32 submissions   ● graded 27   ◆ rejected 3   ▲ fault 2" in text
    assert "mean 14.44, median 16 of 20" in text and "to be marked by people: 27 answers" in text
    assert '◆ rejected memory_nb-29: This is the notebook of "memory", not of "sum".' in text


def test_the_summary_of_an_empty_class_is_one_line() -> None:
    """No mean, no list, nothing to do."""
    assert printed(class_summary([], QUESTIONS)).strip() == "0 submissions"
