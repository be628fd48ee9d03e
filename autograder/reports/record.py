"""results/<submission>.json: a Result in, its text out, and back again so that a second run skips what is graded.

Holds all that is known, for staff only: hostile text stays word for word, but as JSON escapes that move no terminal.
"""

import json
import re
from dataclasses import asdict
from typing import Any

import msgspec

from autograder.errors import AutograderError
from autograder.model import Result, Status

SCHEMA = 1
"""Goes up whenever a record of before can no longer be read as a Result."""


def result_json(result: Result) -> str:
    """Return the record of a result: sorted, indented, the same text for the same result.

    Raises:
        ValueError: when a number is not finite, which no grade is.
    """
    # Not msgspec.to_builtins: it leaves out what a result that msgspec itself has read holds by default.
    record = {"schema": SCHEMA, **asdict(result)}
    del record["evidence"]
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
    return re.sub(r"[^\n\x20-\x7e]", _legible, text) + "\n"


def _legible(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else json.dumps(character)[1:-1]


def read_result(text: str) -> Result:
    """Return the result that a record holds, exactly as it was written.

    Raises:
        AutograderError: when the text is not such a record: cut short, edited, or of another version.
    """
    try:
        record: dict[str, Any] = msgspec.convert(json.loads(text), dict[str, Any])
        schema = record.get("schema")
        if schema != SCHEMA:
            raise ValueError(f"its schema is {schema!r}, this version of autograder reads {SCHEMA}")
        result = msgspec.convert(record, Result)
        if json.loads(result_json(result)) != record:
            raise ValueError("it has keys that a result does not have, or lacks some that it has")
        if (result.status is Status.GRADED) != (result.score is not None):
            raise ValueError(f"its status is {result.status.value!r}, its score {result.score!r}")
    except (ValueError, RecursionError) as error:
        raise AutograderError(
            f"not the record of a result: {error}. Delete it and grade the submission again."
        ) from error
    return result
