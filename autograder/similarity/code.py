"""What a class wrote as code in, the pairs that are alike beyond what short right answers are by nature out.

It accuses nobody: a number says how alike two answers are, another how unusual that is in this class, and people read
both side by side. Answers are compared as their authors wrote them, comments included, and with names and texts
replaced, so that renaming hides nothing. Layout is never compared.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from autograder.similarity.tokens import tokens

# Measured on the known submissions; tests/test_similarity.py repeats it. Right submissions that were written separately
# share 0.43 to 0.69 of their tokens, once names are replaced; variants of the solution, with a few words changed, up to
# 0.93. Copies with other names, texts and layout and without comments share 0.99 or more; with a line put in before
# every second statement besides, 0.93 or more. Single answers tell less: separate ones of under 60 tokens share up to
# 0.96, longer ones up to 0.71.
ALIKE = 0.85
"""From so much of a whole submission on, names replaced, a pair is shown."""
COPIED = 0.95
"""From so much of one question on, as written, a pair is shown, where the answer is long and the likeness rare."""
FEWEST_TOKENS = 60  # of a question, or of a whole submission, that say anything
RARE = 0.002  # of the pairs that have written to a question
RARE_PAIRS = 3  # or so many, in a small class
FEW_PAIRS = 28  # of eight people: below, nothing is known of what most do
LEAST_WEIGHT = 0.1
MOST_PAIRS = 200
MOST_TOKENS = 3_000  # of a question; the longest right answer of the course has 190

_Matrix = npt.NDArray[np.float32]
_Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Likeness:
    """How alike two answers are.

    Attributes:
        question: "" for the whole submission.
        replaced: share of tokens in common, 0 to 1, with names and texts replaced and comments left out.
        written: the same as written, comments included.
        rank: how many pairs are at least as alike, names replaced, this one included; of `pairs` that wrote code.
    """

    question: str
    replaced: float
    written: float
    rank: int
    pairs: int

    @property
    def share(self) -> float:
        """Share of the class's pairs that are at least as alike, 0 to 1."""
        return self.rank / self.pairs


@dataclass(frozen=True)
class Pair:
    """Two submissions with code that is alike; `a` is before `b` in the order of the class.

    Attributes:
        questions: those that both wrote code for, in the order of the class.
        copied: names of questions that are alike as written where few others are.
    """

    a: str
    b: str
    whole: Likeness
    questions: tuple[Likeness, ...]
    copied: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Compared:
    """One question of all submissions: lengths in tokens and likeness of each to each, in two ways.

    Attributes:
        ranked: `replaced` of all pairs that wrote code, ascending.
    """

    question: str
    lengths: _Lengths
    written_lengths: _Lengths
    replaced: _Matrix
    written: _Matrix
    ranked: _Matrix


def similar_code(codes: Mapping[str, Mapping[str, str]]) -> tuple[Pair, ...]:
    """Return the pairs that somebody should look at, the most unusual first, at most `MOST_PAIRS`.

    Args:
        codes: key of a submission -> question -> code, of `answer_code`; a question without code may be left out.
    """
    keys = list(codes)
    if len(keys) < 2:
        return ()
    compared, whole = _compare(list(codes.values()))
    found = [_pair(keys, i, j, compared, whole, copied) for (i, j), copied in _chosen(compared, whole).items()]
    return tuple(sorted(found, key=_unusual)[:MOST_PAIRS])


def likeness(a: Mapping[str, str], b: Mapping[str, str]) -> Pair:
    """Return how alike two submissions are by themselves: "a" and "b", a class of one pair."""
    compared, whole = _compare([a, b])
    return _pair(["a", "b"], 0, 1, compared, whole, [])


def _compare(codes: Sequence[Mapping[str, str]]) -> tuple[list[_Compared], _Compared]:
    names = dict.fromkeys(question for one in codes for question in one)
    compared = [_question(name, [one.get(name, "") for one in codes]) for name in names]
    return compared, _whole(compared, len(codes))


def _question(question: str, codes: Sequence[str]) -> _Compared:
    every = [tokens(code)[:MOST_TOKENS] for code in codes]
    written = _coded([[token.written for token in one] for one in every])
    replaced = _coded([[token.replaced for token in one if token.replaced] for one in every])
    shares, lengths = _shares(replaced), _lengths(replaced)
    return _Compared(question, lengths, _lengths(written), shares, _shares(written), _ranked(shares, lengths))


def _lengths(answers: Sequence[str]) -> _Lengths:
    return np.array([len(answer) for answer in answers], dtype=np.int64)


def _coded(answers: Sequence[Sequence[str]]) -> list[str]:
    """Return each answer with a character for each token: what rapidfuzz compares fastest, frequent tokens first."""
    counts = Counter(token for answer in answers for token in answer)
    letters = {token: chr(min(i, 0x10FFFF)) for i, (token, _) in enumerate(counts.most_common())}
    return ["".join(letters[token] for token in answer) for answer in answers]


def _shares(answers: Sequence[str]) -> _Matrix:
    """Return the share of tokens in common of each with each: twice the longest common subsequence by both lengths."""
    distinct = {answer: i for i, answer in enumerate(dict.fromkeys(answers))}
    places = np.array([distinct[answer] for answer in answers])
    texts = list(distinct)
    shares: Any = cdist(texts, texts, scorer=Indel.normalized_similarity, dtype=np.float32, workers=1)
    of_all: _Matrix = shares[np.ix_(places, places)]
    return of_all


def _whole(compared: Sequence[_Compared], n: int) -> _Compared:
    """Return the likeness of whole submissions: of all tokens of both, the share in common within their questions.

    A token counts less in a question that most answer alike: what is short, or was shown in class, tells nothing.
    """
    lengths, written_lengths = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for one in compared:
        lengths, written_lengths = lengths + one.lengths, written_lengths + one.written_lengths
    weights = [_weight(one.ranked) for one in compared]
    replaced = _weighted(n, [one.replaced for one in compared], [one.lengths for one in compared], weights)
    written = _weighted(n, [one.written for one in compared], [one.written_lengths for one in compared], weights)
    return _Compared("", lengths, written_lengths, replaced, written, _ranked(replaced, lengths))


def _weight(ranked: _Matrix) -> float:
    if len(ranked) < FEW_PAIRS:
        return 1.0
    return max(1.0 - float(np.median(ranked)), LEAST_WEIGHT)


def _weighted(n: int, parts: Sequence[_Matrix], lengths: Sequence[_Lengths], weights: Sequence[float]) -> _Matrix:
    common, total = (np.zeros((n, n), np.float32) for _ in range(2))
    for part, length, weight in zip(parts, lengths, weights, strict=True):
        both = np.add.outer(length, length) * np.float32(weight)
        common += (part * both).astype(np.float32)
        total += both.astype(np.float32)
    shares: _Matrix = (common / np.maximum(total, 1e-9)).astype(np.float32)
    return shares


def _ranked(shares: _Matrix, lengths: _Lengths) -> _Matrix:
    wrote = np.flatnonzero(lengths)
    return np.sort(shares[np.ix_(wrote, wrote)][np.triu_indices(len(wrote), 1)])


def _chosen(compared: Sequence[_Compared], whole: _Compared) -> dict[tuple[int, int], list[str]]:
    """Return the pairs to be shown, by their places, with the questions that are alike as written."""
    chosen: dict[tuple[int, int], list[str]] = {pair: [] for pair in _pairs(whole.replaced, ALIKE, whole.lengths)}
    for one in compared:
        pairs = _pairs(one.written, COPIED, one.lengths)
        if len(pairs) <= max(RARE_PAIRS, RARE * len(one.ranked)):
            for pair in pairs:
                chosen.setdefault(pair, []).append(one.question)
    return chosen


def _pairs(shares: _Matrix, least: float, lengths: _Lengths) -> list[tuple[int, int]]:
    """Return the places of the pairs with at least that share, the most alike first, no more than are shown."""
    long = lengths >= FEWEST_TOKENS
    i, j = np.nonzero(np.triu((shares >= least) & np.logical_and.outer(long, long), 1))
    order = np.argsort(-shares[i, j], kind="stable")[:MOST_PAIRS]
    return [(int(i[place]), int(j[place])) for place in order]


def _pair(
    keys: Sequence[str], i: int, j: int, compared: Sequence[_Compared], whole: _Compared, copied: Sequence[str]
) -> Pair:
    both = [one for one in compared if one.lengths[i] and one.lengths[j]]
    return Pair(keys[i], keys[j], _likeness(whole, i, j), tuple(_likeness(one, i, j) for one in both), tuple(copied))


def _likeness(one: _Compared, i: int, j: int) -> Likeness:
    replaced, pairs = one.replaced[i, j], len(one.ranked)
    rank = pairs - int(np.searchsorted(one.ranked, replaced))
    return Likeness(one.question, float(replaced), float(one.written[i, j]), rank, max(pairs, 1))


def _unusual(pair: Pair) -> tuple[float, float, float]:
    rarest = min([pair.whole.share, *(one.share for one in pair.questions if one.question in pair.copied)])
    return rarest, -pair.whole.replaced, -pair.whole.written
