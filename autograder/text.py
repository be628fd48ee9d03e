"""Text that strangers wrote, made safe to show: names, notes and titles in; one inert line out.

The one home of cleaning. Escaping for HTML is not done here: the templates escape by themselves.
"""

import unicodedata
from decimal import ROUND_HALF_UP, Decimal

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Letters of Persian and of Indic scripts and most emoji are spelled with these two; they can reorder or hide nothing.
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# More marks than any spelling needs pile up over the neighbouring lines.
_MOST_MARKS = 4
_QUOTES = "'\"`\N{ACUTE ACCENT}" + REPLACEMENT + _JOINERS
_FORMULA = "=+-@|%\N{MINUS SIGN}"


def plain(text: str) -> str:
    """Return `text` as one line without anything that acts instead of being shown.

    White space of any kind becomes one space. A run of control characters, terminal escapes, bidirectional overrides,
    invisible characters, lone surrogates and noncharacters becomes one visible U+FFFD. Stacked marks are cut short.
    """
    return " ".join(_inert(text).split())


def preformatted(text: str) -> str:
    """Return `text` cleaned as by `plain`, but with its lines and the spaces in them; a tab goes to a stop of 8."""
    lines = (_inert(line.expandtabs(8)).rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(lines).rstrip("\n")


def _inert(text: str) -> str:
    line: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if character.isspace():
            line.append(" ")
        elif _acts(character):
            if not line or line[-1] != REPLACEMENT:
                line.append(REPLACEMENT)
        elif marks <= _MOST_MARKS:
            line.append(character)
    return "".join(line)


def _acts(character: str) -> bool:
    if character in _JOINERS:
        return False
    noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return noncharacter or unicodedata.category(character) in ("Cc", "Cf", "Cs")


def shortened(text: str, length: int) -> str:
    """Return `text` cleaned, cut to at most `length` characters; an ellipsis says that it was cut."""
    line = plain(text)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def defused(text: str) -> str:
    """Return `text` cleaned, with an apostrophe in front of what a spreadsheet would run as a formula.

    A formula is recognised behind white space and quotes and in full-width forms, as spreadsheets do. A semicolon
    starts a new cell where the spreadsheet's language makes it the separator, so what follows one is treated alike.
    """
    return ";".join("'" + part if _starts_formula(part) else part for part in plain(text).split(";"))


def _starts_formula(text: str) -> bool:
    for character in unicodedata.normalize("NFKC", text):
        if not (character.isspace() or character in _QUOTES or unicodedata.category(character) in ("Pi", "Pf")):
            return character in _FORMULA
    return False


def number(value: float | None) -> str:
    """Return `value` with at most two decimals and no trailing zeros, "" for None; 0.125 rounds up as on paper."""
    if value is None:
        return ""
    # Sums of tenths miss their decimal value by an ulp: without the first rounding 2.675 could become 2.67.
    exact = Decimal(repr(round(float(value), 9))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    shown = f"{exact:f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown
