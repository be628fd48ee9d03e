"""Two pieces of code in, their lines with the parts in common told apart from the rest out."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from autograder.similarity.code import MOST_TOKENS
from autograder.similarity.tokens import MOST_CHARACTERS, Token, tokens

RUN = 4
"""Fewer tokens in a row that agree say nothing: brackets, commas and equals signs recur everywhere."""


@dataclass(frozen=True)
class Part:
    """A piece of a line; `common`: the other side has it, too, names apart."""

    text: str
    common: bool


Line = tuple[Part, ...]


def side_by_side(a: str, b: str) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Return the lines of both, as far as they are compared: `MOST_CHARACTERS` and `MOST_TOKENS`."""
    left, right = tokens(a)[:MOST_TOKENS], tokens(b)[:MOST_TOKENS]
    ours: list[tuple[int, int]] = []
    theirs: list[tuple[int, int]] = []
    for step in Indel.opcodes(_words(left), _words(right)):
        if step.tag == "equal" and step.src_end - step.src_start >= RUN:
            ours.append((left[step.src_start].start, left[step.src_end - 1].end))
            theirs.append((right[step.dest_start].start, right[step.dest_end - 1].end))
    return _lines(a[:MOST_CHARACTERS], ours), _lines(b[:MOST_CHARACTERS], theirs)


def _words(some: Sequence[Token]) -> list[str]:
    return [token.replaced or token.written for token in some]


def _lines(code: str, common: Sequence[tuple[int, int]]) -> tuple[Line, ...]:
    lines: list[list[Part]] = [[]]
    place = 0
    for start, end in [*common, (len(code), len(code))]:
        for text, shared in ((code[place:start], False), (code[start:end], True)):
            for number, piece in enumerate(text.split("\n")):
                if number:
                    lines.append([])
                indent = len(piece) - len(piece.lstrip()) if shared else 0
                lines[-1] += [
                    Part(one, mark) for one, mark in ((piece[:indent], False), (piece[indent:], shared)) if one
                ]
        place = end
    return tuple(tuple(line) for line in lines)
