"""results/<submission>.json: what is written is read back, and nothing else is."""

import re
from dataclasses import replace

import pytest

from autograder.errors import AutograderError
from autograder.model import Result
from autograder.reports import (
    read_result,
    result_json,
)

from .made_up import OVERRIDE, a_result, rejected


def test_a_record_is_read_back_as_the_same_result(a_class: list[Result]) -> None:
    """Nothing is lost, whatever the names hold."""
    assert [read_result(result_json(result)) for result in a_class] == a_class


def test_a_record_is_sorted_and_names_its_schema() -> None:
    """The same result makes the same text, with the version that says how to read it."""
    text = result_json(a_result())
    keys = re.findall(r'^  "(\w+)":', text, re.MULTILINE)
    assert keys == sorted(keys) and '"schema": 1' in text and text.endswith("}\n")


def test_a_record_is_legible_and_moves_no_terminal() -> None:
    """Letters stay letters; escapes, overrides and lone surrogates are spelled out."""
    text = result_json(a_result(student=f"Zoë \x1b[2J\x9b2J{OVERRIDE}\udcff"))
    assert '"Zoë \\u001b[2J\\u009b2J\\u202e\\udcff"' in text
    assert all(character.isprintable() or character == "\n" for character in text)


def test_a_number_that_is_no_grade_is_refused() -> None:
    """NaN would come back as no score at all: it is our bug and must show."""
    with pytest.raises(ValueError):
        result_json(replace(a_result(), score=float("nan")))


def test_a_record_of_another_version_is_called_so() -> None:
    """The reader learns that the version is the matter, not a broken file."""
    with pytest.raises(AutograderError, match="its schema is 2, this version of autograder reads 1"):
        read_result(edited('"schema": 1', '"schema": 2'))


def test_a_result_with_defaults_is_written_whole_after_reading() -> None:
    """What was read and is written again is the same text, though a decoder may leave defaults out."""
    text = result_json(rejected("r", "no"))
    assert result_json(read_result(text)) == text and '"cpu_seconds": 0.0' in text


def edited(old: str, new: str) -> str:
    """Return the text of a record in which `old` was replaced."""
    text = result_json(a_result())
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        result_json(a_result())[:-20],
        edited('"schema": 1', '"schema": 2'),
        edited('"schema": 1,', ""),
        edited('"seed": 42', '"seed": "42"'),
        edited('"seed": 42', '"seed": 42, "sead": 1'),
        edited('"cpu_seconds": 12.34,', ""),
        edited('"status": "graded"', '"status": "great"'),
        edited('"status": "graded"', '"status": "fault"'),
        edited('"score": 20.0', '"score": null'),
    ],
)
def test_what_is_not_a_record_is_refused_with_what_to_do(text: str) -> None:
    """Cut short, edited or of another version: an error that says so, never a half-read grade."""
    with pytest.raises(AutograderError, match="grade the submission again"):
        read_result(text)
