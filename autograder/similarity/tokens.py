"""A student's Python in, the tokens that matter out, as written and with names and texts replaced. Nothing is run.

A lexer of its own: `tokenize` refuses half a line or a `%magic`, and one such line would hide a whole answer from being
compared. This one takes any text, in time proportional to its length.
"""

import builtins
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_CHARACTERS = 20_000  # of an answer; the longest right answer of the course has 2,000
# An open string reaches to the end of the line, or of the text: no place is ever looked at twice.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<text>(?i:[rbfu]{0,2})(?:
        \"\"\"(?:[^\\]|\\.)*?(?:\"\"\"|\\?\Z) | '''(?:[^\\]|\\.)*?(?:'''|\\?\Z)
        | "(?:[^"\\\n]|\\.)*"? | '(?:[^'\\\n]|\\.)*'?))
    |(?P<number>\d(?:[eE][+-]?\d|[\w.])*|\.\d(?:[eE][+-]?\d|\w)*)
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>[^\w\s]|\w)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = "([{", ")]}"
_KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins))


@dataclass(frozen=True)
class Token:
    """A piece of code: `kind` comment, text, number, name or sign; from `start` to before `end` in the code.

    Attributes:
        written: as the student wrote it; replaced: the same for any name that its author was free to choose, and for
            any text. A comment has none.
    """

    kind: str
    written: str
    replaced: str
    start: int
    end: int


def tokens(code: str) -> tuple[Token, ...]:
    """Return the tokens of the first `MOST_CHARACTERS` of `code`, comments among them, without docstrings."""
    return tuple(_without_docstrings(code[:MOST_CHARACTERS]))


def _tokens(code: str) -> Iterator[Token]:
    before = ""
    for found in _TOKEN.finditer(code):
        kind, written = found.lastgroup or "", found[0]
        replaced = written
        if kind == "comment":
            replaced = ""
        elif kind == "text":
            replaced = '""'
        elif kind == "name" and before != "." and written not in _KEPT:
            replaced = "name"  # what follows a dot is a library's: np.tanh stays .tanh whatever np is called
        yield Token(kind, written, replaced, found.start(), found.end())
        before = written if kind != "comment" else before


def _without_docstrings(code: str) -> Iterator[Token]:
    """Leave out texts that are statements of their own: most are handed out with the stub."""
    depth, last = 0, -1
    every = list(_tokens(code))
    for index, token in enumerate(every):
        depth += (token.written in _OPENING) - (token.written in _CLOSING) if token.kind == "sign" else 0
        begins = "\n" in code[max(last, 0) : token.start] or last < 0
        last = token.end
        following = every[index + 1].start if index + 1 < len(every) else len(code)
        ends = "\n" in code[token.end : following] or following == len(code)
        if not (token.kind == "text" and depth <= 0 and begins and ends):
            yield token
