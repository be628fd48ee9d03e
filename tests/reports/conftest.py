"""The class of 32 that the renderers are shown."""

import re
from dataclasses import replace
from random import Random

import pytest

from autograder.model import Result
from autograder.text import plain

from .made_up import HOSTILE, QUESTIONS, a_fault, a_question, a_result, rejected


@pytest.fixture(scope="session")
def a_class() -> list[Result]:
    """Return a class of 32: a spread of scores, hostile names, three rejected, two faults, one that died."""
    random = Random(7)
    names = ["Ada Lovelace", "Emmy Noether", "Grace Hopper", "Alan Turing", "Katherine Johnson", "Zoë Müller", *HOSTILE]
    results = []
    for i in range(27):
        name = names[i] if i < len(names) else f"Student {i}"
        file_name = re.sub(r"[^\w.@=-]+", "_", plain(name)).lower()[:200].strip("_") or "unnamed"
        results.append(a_result(f"{file_name}-{i:02}", name, min(1.0, random.betavariate(4, 1.4)), random))
    cause = "The call used more than 120 s of CPU time and was stopped."
    died = tuple(a_question(q, (True, False, False), cause) if q.name == "q6" else a_question(q) for q in QUESTIONS)
    results[5] = replace(
        results[5], questions=died, score=18.0, note="q6: a call used more than 120 s of CPU time and was stopped."
    )
    results += [
        rejected("broken-28", "The file ends in the middle (line 412): it was not uploaded completely."),
        rejected("memory_nb-29", 'This is the notebook of "memory", not of "sum".'),
        rejected("zip-30", "The zip holds two notebooks: a.ipynb and b.ipynb. Hand in one."),
        a_fault("lost-31"),
        a_fault("lost-32"),
    ]
    return results
