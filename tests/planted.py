"""A toy assignment that is proven in seconds, and the faults that are planted in it, one each.

A fault is a few replacements of text in the source or in a file of a known submission.
"""

from dataclasses import dataclass, field
from pathlib import Path

COURSE = """\
title: Toy course
term: Winter
timezone: Europe/Berlin
repository: somebody/toy-course
assignments:
  - id: toy
    title: Draw and add
    points: 6
    limits:
      cell_seconds: 8
      run_seconds: 30
"""

SOURCE = '''\
# %% [raw]
# # ASSIGNMENT CONFIG
# name: toy

# %% [markdown]
# # Draw and add
#
# A short story.

# %%
import numpy as np

rng = np.random.default_rng(4)

# %% [raw]
# # BEGIN QUESTION
# name: q1

# %% [markdown]
# ## Question 1: Scale and shift
#
# Write `line`.

# %% [raw]
# # BEGIN SOLUTION


# %%
def line(x, slope, shift):
    """Return slope times x plus shift."""
    # BEGIN SOLUTION
    return slope * x + shift
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Work it out on paper, two times three plus one.
"""  # END TEST CONFIG


def test_on_paper(line):
    """Two times three plus one"""
    assert line(3, 2, 1) == 7, "Expected 7."


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Try numbers below zero.
"""  # END TEST CONFIG


def test_below_zero(line):
    """Numbers below zero"""
    for left, middle, right, total in ((-3, 2, 5, -1), (4, -5, 6, -14)):
        assert line(left, middle, right) == total


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2

# %% [markdown]
# ## Question 2: Draw
#
# Draw many numbers, uniform on [0, 1), and estimate their mean.

# %% [raw]
# # BEGIN SOLUTION

# %%
draws = rng.random(4000)  # SOLUTION
estimate = draws.mean()  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: The numbers are uniform on [0, 1).
"""  # END TEST CONFIG


def test_is_a_number(draws, estimate):
    """There are draws and an estimate"""
    assert len(draws) == 4000 and float(estimate) == estimate


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The mean of a uniform number on [0, 1) is one half.
"""  # END TEST CONFIG


def test_is_near_one_half(draws, estimate):
    """The estimate is the mean of the draws, near one half"""
    import numpy as np

    assert abs(estimate - 0.5) < 0.05, f"the estimate is {estimate}"
    assert abs(estimate - np.mean(np.asarray(draws))) == 0, "it is not the mean of the draws"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
print("draws so far:", draws, estimate)

# %% [raw]
# # BEGIN QUESTION
# name: q3
# manual: true
# points: 2

# %% [markdown]
# ## Question 3: Explain
#
# Why is the estimate not one half?

# %% [raw]
# # RUBRIC
# items:
#   - id: finite
#     points: 2
#     text: Names the finite number of draws as the reason

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Another sample would have another mean, which is the point.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
'''

KNOWN = {
    "template": ("title: The untouched notebook\nkind: template\nbase: template\n", ""),
    "in-two-steps": (
        "title: Right in two steps\nkind: right\n",
        "# %% q1\ndef line(x, slope, shift):\n    product = x * slope\n    return shift + product\n",
    ),
    "no-shift": (
        "title: Forgets the shift\nkind: wrong\npoints:\n  q1: [0, 0]\n",
        "# %% q1\ndef line(x, slope, shift):\n    return slope * x\n",
    ),
    "list-of-one": (
        "title: One draw, and that as a list\nkind: wrong\npoints:\n  q2: [0, 0]\n",
        "# %% q2\ndraws = [0.75]\nestimate = 0.75\n",
    ),
    "squared": (
        "title: Squares the draws\nkind: wrong\npoints:\n  q2: [1, 0]\n",
        "# %% q2\ndraws = rng.random(4000) ** 2\nestimate = draws.mean()\n",
    ),
}


@dataclass(frozen=True)
class Fault:
    """A planted fault.

    Attributes:
        check: which check names it; place: a piece of the line that the finding points to, "" for a whole file; words:
            a pattern in what it says.
        source: (old, new) in the source; course: in course.yml.
        known: case -> its case.yml and answers.py, new ones or in place of those above.
        also: checks that may name it too.
    """

    check: str
    place: str
    words: str
    source: tuple[tuple[str, str], ...] = ()
    course: tuple[tuple[str, str], ...] = ()
    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    also: tuple[str, ...] = ()


_BELOW_ZERO = """\
    for left, middle, right, total in ((-3, 2, 5, -1), (4, -5, 6, -14)):
        assert line(left, middle, right) == total
"""
_ON_PAPER = '    assert line(3, 2, 1) == 7, "Expected 7."\n'
_NEAR_HALF = 'assert abs(estimate - 0.5) < 0.05, f"the estimate is {estimate}"'
_IS_MEAN = '    assert abs(estimate - np.mean(np.asarray(draws))) == 0, "it is not the mean of the draws"\n'
_LEAVE = "    import math\n\n    math.planted = 1\n"
_THIRD = '''

# %%
""" # BEGIN TEST CONFIG
points: 0
hidden: true
failure_message: Try nothing.
"""  # END TEST CONFIG


def test_nothing(line):
    """Nothing"""
'''

FAULTS = {
    "a toothless test": Fault(
        check="known",
        place="def test_below_zero",
        words="no-shift gets 1 for test_below_zero",
        source=((_BELOW_ZERO, "    assert line(-1, 2, 0) == -2\n"),),
    ),
    "a test that no known mistake fails": Fault(
        check="known",
        place="def test_below_zero",
        words="No known wrong answer fails test_below_zero of q1",
        source=((_BELOW_ZERO, "    assert line(-1, 2, 0) == -2\n"),),
        known={"no-shift": (KNOWN["no-shift"][0].replace("[0, 0]", "[0, 1]"), KNOWN["no-shift"][1])},
    ),
    "tests that mutants survive": Fault(
        check="mutants",
        place="return slope * x + shift",
        words="No test case of q1 notices this mistake",
        source=((_ON_PAPER, "    assert line(0, 2, 0) == 0\n"), (_BELOW_ZERO, "    assert line(2, 2, 1) > 2\n")),
        known={"no-shift": (KNOWN["no-shift"][0].replace("[0, 0]", "[1, 1]"), KNOWN["no-shift"][1])},
        also=("known",),
    ),
    "a bound too tight": Fault(
        check="calibration",
        place="assert abs(estimate",
        words="of right answers",
        source=((_NEAR_HALF, _NEAR_HALF.replace("0.05", "0.01")),),
    ),
    "a bound too loose": Fault(
        check="known",
        place="def test_is_near_one_half",
        words="squared gets 1 for test_is_near_one_half .* expected 0",
        source=((_NEAR_HALF, _NEAR_HALF.replace("0.05", "0.5")),),
    ),
    "a public test that shows a hidden one": Fault(
        check="notebook",
        place="def test_below_zero",
        words="gives away the hidden test case test_below_zero of q1",
        source=((_ON_PAPER, _ON_PAPER + _BELOW_ZERO),),
    ),
    "a public test that shows the solution": Fault(
        check="notebook",
        place="return slope * x + shift",
        words="gives away the solution of q1",
        source=((_ON_PAPER, "    right = lambda x, slope, shift: slope * x + shift\n" + _ON_PAPER),),
    ),
    "a text that holds the rubric": Fault(
        check="notebook",
        place="text: Names the finite",
        words="gives away the rubric of q3",
        source=(("# A short story.", "# A short story. Names the finite number of draws as the reason, too."),),
    ),
    "a test that leans on one before it, in the notebook": Fault(
        check="notebook",
        place="def test_below_zero",
        words="test_below_zero of q1 depends on others: the reference gets 1 for it in order, 0 in reverse",
        source=(
            ("    return slope * x + shift\n", "    seen.append(x)\n    return slope * x + shift\n"),
            ("rng = np", "seen = []\nrng = np"),
            (_BELOW_ZERO, "    assert 3 in seen\n" + _BELOW_ZERO),
            ("def test_below_zero(line)", "def test_below_zero(line, seen)"),
        ),
        also=("mutants", "known"),
    ),
    "a test that leans on one before it, in the grader": Fault(
        check="notebook",
        place="def test_below_zero",
        words="test_below_zero of q1 depends on others: .* gets 1 for it in order, 0 ",
        source=(
            (_ON_PAPER, _ON_PAPER + _LEAVE),
            (_BELOW_ZERO, "    import math\n\n    assert math.planted == 1\n" + _BELOW_ZERO),
        ),
    ),
    "a test that leans on any other": Fault(
        check="notebook",
        place="def test_below_zero",
        words="test_below_zero of q1 depends on others: .* gets 1 for it in order, 0 alone",
        source=(
            (_ON_PAPER, _ON_PAPER + _LEAVE),
            (_BELOW_ZERO, "    import math\n\n    assert math.planted == 1\n" + _BELOW_ZERO + _THIRD + _LEAVE),
        ),
        known={"no-shift": (KNOWN["no-shift"][0].replace("[0, 0]", "[0, 0, 0]"), KNOWN["no-shift"][1])},
    ),
    "a template that scores": Fault(
        check="template",
        place="def test_is_a_number",
        words="template gets 1 for test_is_a_number .* expected 0",
        source=(("assert len(draws) == 4000 and float(estimate) == estimate", "assert estimate is not None"),),
        known={"list-of-one": (KNOWN["list-of-one"][0].replace("[0, 0]", "[1, 0]"), KNOWN["list-of-one"][1])},
        also=("known", "mutants"),
    ),
    "a template that raises": Fault(
        check="template",
        place='print("draws so far:"',
        words="The untouched notebook raises TypeError in cell",
        source=(('print("draws so far:", draws', 'print("draws so far:", len(draws)'),),
    ),
    "a reference that loses points": Fault(
        check="reference",
        place="def test_below_zero",
        words="the reference gets 0 for test_below_zero of q1, expected 1",
        source=(("(-3, 2, 5, -1)", "(-3, 2, 5, -2)"),),
        also=("known",),
    ),
    "a right answer that fails": Fault(
        check="known",
        place="def test_below_zero",
        words="in-one-number gets 0 for test_below_zero .* expected 1",
        known={"in-one-number": ("title: Right\nkind: right\n", "# %% q1\nline = lambda x, slope, shift: x + shift\n")},
    ),
    "a wrong answer that passes": Fault(
        check="known",
        place="def test_below_zero",
        words="rounds gets 1 for test_below_zero .* expected 0",
        known={
            "rounds": (
                "title: Rounds\nkind: wrong\npoints:\n  q1: [1, 0]\n",
                "# %% q1\ndef line(x, slope, shift):\n    return round(slope * x + shift)\n",
            )
        },
    ),
    "a question without a public test": Fault(
        check="notebook",
        place="",
        words="question q1: has no public test",
        source=(("points: 1\nhidden: false\nfailure_message: Work", "points: 1\nhidden: true\nfailure_message: Work"),),
    ),
    "a test without a hint": Fault(
        check="notebook",
        place="",
        words="`failure_message` is missing",
        source=(("failure_message: Try numbers below zero.\n", ""),),
    ),
    "a hidden test without a title": Fault(
        check="notebook",
        place="",
        words="test_below_zero: has no docstring",
        source=(('    """Numbers below zero"""\n', ""),),
    ),
    "a question without points": Fault(
        check="notebook",
        place="",
        words="question q3: is marked by people and has no points",
        source=(("# manual: true\n# points: 2\n", "# manual: true\n"),),
    ),
    "a limit without reserve": Fault(
        check="notebook",
        place="",
        words="with half of its limits .* the reference falls short",
        course=(("cell_seconds: 8", "cell_seconds: 2"),),
        source=(
            ("draws = rng.random(4000)  # SOLUTION", "draws = rng.random(4000); spend()  # SOLUTION"),
            (
                "rng = np",
                "import time\n\n\ndef spend():\n    while time.process_time() < START + 1.3:\n        pass\n\n\n"
                "START = time.process_time()\nrng = np",
            ),
        ),
        also=("mutants",),
    ),
}


def write_toy(root: Path, fault: Fault | None = None) -> Path:
    """Write the toy course, with a fault in it, and return its folder."""
    cases = KNOWN | (fault.known if fault else {})
    files = {
        "course.yml": _changed(COURSE, fault.course if fault else ()),
        "solutions/toy/toy.py": _changed(SOURCE, fault.source if fault else ()),
        **{f"tests/submissions/toy/{name}/case.yml": yml for name, (yml, _) in cases.items()},
        **{f"tests/submissions/toy/{name}/answers.py": answers for name, (_, answers) in cases.items() if answers},
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
