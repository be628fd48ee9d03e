"""Cleaning: what strangers wrote comes out as one inert line, and real names as they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.text import defused, number, plain, shortened

from .made_up import BOM, FAMILY, ISOLATE, LOST, OVERRIDE, ZERO_WIDTH


@pytest.mark.parametrize(
    ("hostile", "clean"),
    [
        ("Jane Doe", "Jane Doe"),
        ("  two\r\nlines\tand\u2028more\x85 ", "two lines and more"),
        ("\x1b[31mred\x1b]0;title\x07", f"{LOST}[31mred{LOST}]0;title{LOST}"),
        ("\x9b31m", f"{LOST}31m"),
        ("nul\x00\x00\x00byte", f"nul{LOST}byte"),
        (f"Ann {OVERRIDE}gpj.exe", f"Ann {LOST}gpj.exe"),
        (f"{ISOLATE}a{ZERO_WIDTH}b{BOM}", f"{LOST}a{LOST}b{LOST}"),
        ("lone \udcff surrogate", f"lone {LOST} surrogate"),
        ("\uffff\ufdd0", LOST),
        ("a" + "\u0301" * 50, "a" + "\u0301" * 4),
        (f"{FAMILY} Zoë 李小龍 א ב", f"{FAMILY} Zoë 李小龍 א ב"),
        ("", ""),
    ],
)
def test_plain_shows_what_acts_as_a_mark_and_keeps_real_names(hostile: str, clean: str) -> None:
    """Controls, escapes and overrides become one visible mark; names in any script stay as they are."""
    assert plain(hostile) == clean


@given(st.text(alphabet=st.characters()))
def test_plain_text_can_be_encoded_and_is_left_alone_a_second_time(text: str) -> None:
    """Whatever comes in, the line is valid UTF-8, holds no control character, and cleaning it again changes nothing."""
    line = plain(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)
    assert line.encode("utf-8").decode("utf-8") == line == plain(line)


@pytest.mark.parametrize(
    "formula",
    [
        "=cmd|'/c calc'!A1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "   =1+1",
        '"=1+1',
        "' =1+1",
        "\N{LEFT DOUBLE QUOTATION MARK}=1+1",
        "\N{NO-BREAK SPACE}=1+1",
        f"{ZERO_WIDTH}=1+1",
        "\N{FULLWIDTH EQUALS SIGN}1+1",
        "\N{FULLWIDTH PLUS SIGN}1",
        "\N{FULLWIDTH HYPHEN-MINUS}1",
        "\N{FULLWIDTH COMMERCIAL AT}SUM(A1)",
        "\N{MINUS SIGN}1",
    ],
)
def test_a_formula_is_defused_however_it_hides(formula: str) -> None:
    """An apostrophe in front makes a spreadsheet show the text."""
    assert defused(formula) == "'" + plain(formula)


@pytest.mark.parametrize(
    "name", ["Jane Doe", "O'Neil", '"Bob" Smith', "a=b", "jean-luc", "me@example.org", "3 - 4", ""]
)
def test_an_ordinary_name_is_not_defused(name: str) -> None:
    """Signs inside a name start no formula."""
    assert defused(name) == name


def test_a_formula_behind_a_semicolon_is_defused() -> None:
    """Where a semicolon separates cells, the text behind one begins a cell of its own."""
    assert defused("Doe; =1+1;b") == "Doe;' =1+1;b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.5, "2.5"),
        (3.0, "3"),
        (10.0, "10"),
        (100, "100"),
        (1 / 3, "0.33"),
        (0.1 + 0.2, "0.3"),
        (2.675, "2.68"),
        (0.125, "0.13"),
        (-0.001, "0"),
        (0.0, "0"),
        (1e6, "1000000"),
        (None, ""),
    ],
)
def test_a_number_is_shown_without_noise(value: float | None, shown: str) -> None:
    """At most two decimals, rounded as on paper, no trailing zeros, no exponent."""
    assert number(value) == shown


def test_a_long_name_is_cut_with_an_ellipsis() -> None:
    """The ellipsis counts."""
    assert shortened("x" * 200, 10) == "x" * 9 + "…"
