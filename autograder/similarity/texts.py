"""Written answers in, those that say much the same out: so that they can be marked together, not to accuse anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_OTHERS = 12
MOST_CHARACTERS = 20_000  # of an answer that are compared
# Measured on made-up answers (tests/written_answers.py; tests/test_similarity.py repeats it): one idea in the words of
# several people 0.14 to 0.44, different ideas up to 0.11. Pairs of words, or letters in fours, tell no better.
ALIKE = 0.12
"""From so much on, as a cosine, another answer is shown beside one."""
FEW_ANSWERS = 8
"""Below so many a word that most have may still be what tells answers apart."""


@dataclass(frozen=True)
class Other:
    """Another answer; `similarity` 0 to 1."""

    key: str
    similarity: float


@dataclass(frozen=True)
class Similar:
    """Which answers to one question are alike.

    Attributes:
        others: key of an answer -> the answers like it, the most similar first, at most `MOST_OTHERS`.
        same: groups of two and more with the same text, white space and case apart, the largest first.
    """

    others: dict[str, tuple[Other, ...]]
    same: tuple[tuple[str, ...], ...]


def similar_answers(texts: Mapping[str, str]) -> Similar:
    """Return which of the answers to one question are alike; one without a word is like none.

    Words are weighed by how few answers have them (TF-IDF), and those that most have, the question's own, not at all;
    likeness is the cosine between two answers.

    Args:
        texts: key of an answer, for example its file's sha256 -> its text.
    """
    keys = [key for key, text in texts.items() if text.strip()]
    folded = [_folded(texts[key])[:MOST_CHARACTERS] for key in keys]
    cosines = _cosines(folded)
    others: dict[str, tuple[Other, ...]] = {key: () for key in texts}
    for i, key in enumerate(keys):
        order = np.argsort(-cosines[i], kind="stable")[: MOST_OTHERS + 1]
        alike = [Other(keys[j], float(cosines[i, j])) for j in order if j != i and cosines[i, j] >= ALIKE]
        others[key] = tuple(alike[:MOST_OTHERS])
    return Similar(others, _same(texts))


def _cosines(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return the cosine of each text to each, 1 for equal ones: an array of shape (n, n)."""
    # scikit-learn takes a second to import: only who compares answers pays for it.
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    common = 0.5 if len(texts) >= FEW_ANSWERS else 1.0
    vectors = TfidfVectorizer(token_pattern=r"\w+", strip_accents="unicode", max_df=common, dtype=np.float32)
    numbers = np.unique(np.array(texts, dtype=object), return_inverse=True)[1]
    equal = np.equal.outer(numbers, numbers).astype(np.float32)
    try:
        weights: Any = vectors.fit_transform(texts)
    except ValueError:  # not a word, or none that most do not have
        return equal
    cosines: npt.NDArray[np.float32] = np.clip(np.maximum((weights @ weights.T).toarray(), equal), 0, 1)
    return cosines


def _same(texts: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    groups: dict[str, list[str]] = {}
    for key, text in texts.items():
        if folded := _folded(text):
            groups.setdefault(folded, []).append(key)
    return tuple(sorted((tuple(group) for group in groups.values() if len(group) > 1), key=len, reverse=True))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
