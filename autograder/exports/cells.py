"""What stands in a cell: numbers, read and written as the file has them."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from autograder.text import number

_NUMBER = {
    ".": re.compile(r"[+-]?(\d+|\d{1,3}([,'\u2019\u00a0\u202f ]\d{3})+)(\.\d+)?"),
    ",": re.compile(r"[+-]?(\d+|\d{1,3}([.'\u2019\u00a0\u202f ]\d{3})+)(,\d+)?"),
}
# 1,000 is a thousand to some and 1 to others: no witness. Three digits behind a 0 can only be decimals.
_WITNESS = re.compile(r"[+-]?(\d+([.,])(\d{1,2}|\d{4,})|0([.,])\d+|\d{1,3}(,\d{3})+(\.)\d+|\d{1,3}(\.\d{3})+(,)\d+)")


def decimal_mark(cells: Iterable[str]) -> str:
    """Return "," or "." as numbers are written among the cells, "" when none tells, "?" when both are used."""
    marks = set()
    for cell in cells:
        found = _WITNESS.fullmatch(cell.strip())
        if found:
            marks.add(found[2] or found[4] or found[6] or found[8])
    return "?" if len(marks) > 1 else "".join(marks)


def read_number(cell: str, mark: str) -> Decimal | None:
    """Return the number in a cell, None when it is not one.

    Args:
        mark: what decimals stand behind, "," or ".".
    """
    text = cell.strip()
    if not _NUMBER[mark].fullmatch(text):
        return None
    whole, _, decimals = text.partition(mark)
    return Decimal(re.sub(r"[^\d+-]", "", whole) + ("." + decimals if decimals else ""))


def hundredths(value: float) -> Decimal:
    """Return a score as it is written: in hundredths, half a hundredth up."""
    # sums of tenths miss their decimal value by an ulp: without the first rounding 2.675 could become 2.67
    return Decimal(repr(round(float(value), 9))).quantize(Decimal("0.01"), ROUND_HALF_UP)


def as_written(value: float | None, mark: str = ".") -> str:
    """Return a score with at most two decimals and no trailing zeros, "" for None."""
    return number(value).replace(".", mark)
