"""A small assignment with every construct that a source may hold, and the course it belongs to."""

from pathlib import Path

from autograder.course import read_course
from autograder.proof.record import Proof, proof_inputs, write_proof

COURSE = """\
title: Tiny course
term: Winter
timezone: Europe/Berlin
repository: somebody/tiny-course
assignments:
  - id: tiny
    title: Add and explain
    points: 8
    due: 2026-12-07T23:59
"""

SOURCE = '''\
# %% [raw]
# # ASSIGNMENT CONFIG
# name: tiny
# files:
#   - numbers.csv

# %% [markdown]
# # Add and explain
#
# A short story.

# %%
import math

import numpy as np

SCALE = 2


def given_helper(x):
    """Students have this function."""
    return SCALE * np.asarray(x)


# %% [raw]
# # BEGIN QUESTION
# name: q1

# %% [markdown]
# ## Question 1: Add two numbers
#
# Write `add`.

# %% [raw]
# # BEGIN SOLUTION

# %%
def add(a, b):
    """Return a + b."""
    # BEGIN SOLUTION
    secret_of_the_sum = a + b
    return secret_of_the_sum
    # END SOLUTION


# %%
guess_of_the_sum = 1234567 + 1  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Look at the sum of one and two.
""" # END TEST CONFIG
def test_small(add):
    """Adds one and two"""
    assert add(1, 2) == 3, f"expected 3, got {add(1, 2)}"


# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: Look at negative numbers.
""" # END TEST CONFIG
def test_negative(add):
    """Adds negative numbers"""
    from reference import add as expected

    for hidden_left_operand in (-5, 7):
        assert add(hidden_left_operand, -1) == expected(hidden_left_operand, -1)


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
print("between the questions", given_helper([1.0]))

# %% [raw]
# # BEGIN QUESTION
# name: q2
# manual: true
# points: 4

# %% [markdown]
# ## Question 2: Explain
#
# Why does the sum of two numbers not depend on their order?

# %% [raw]
# # RUBRIC
# items:
#   - id: law
#     points: 3
#     text: Names the commutative law of addition by its name
#   - id: example
#     points: 1
#     text: Gives an example with two different numbers
# misconceptions:
#   - Subtraction does not depend on the order either

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Addition is commutative, as the model answer says.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
'''


def write_course(root: Path, source: str = SOURCE, course: str = COURSE) -> Path:
    """Write the course into a folder and return the folder."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "course.yml").write_text(course, encoding="utf-8")
    folder = root / "solutions" / "tiny"
    folder.mkdir(parents=True)
    (folder / "tiny.py").write_text(source, encoding="utf-8")
    (folder / "numbers.csv").write_text("1,2\n", encoding="utf-8")
    return root


def claim_proven(root: Path) -> None:
    """Write for each source of a course the proof that a verification would have left, without any."""
    for assignment in read_course(root / "course.yml").assignments:
        write_proof(root, Proof(assignment.id, proof_inputs(root, assignment)))
