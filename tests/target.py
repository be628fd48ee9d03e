"""A small course that hostile submissions aim at: an assignment with a question of every kind that a test can ask.

Its hidden inputs hold CANARY, its solution SECRET: neither may ever be in anything that a student sees.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.build import Built, build_assignment
from autograder.course import read_course

CANARY = "48151623"
SECRET = "secret_of_the_totals"

COURSE = """\
title: Target course
term: Winter
timezone: Europe/Berlin
repository: somebody/target-course
assignments:
  - id: target
    title: Aim here
    points: 12
"""

SOURCE = '''\
# %% [raw]
# # ASSIGNMENT CONFIG
# name: target
# files:
#   - prices.csv

# %% [markdown]
# # Aim here
#
# Five small questions and a written one.

# %%
import keras
import numpy as np

# %% [raw]
# # BEGIN QUESTION
# name: q1

# %% [markdown]
# ## Question 1: Numbers and text

# %% [raw]
# # BEGIN SOLUTION

# %%
count = 3 * 141  # SOLUTION
share = 0.625  # SOLUTION
city = "Bremen"  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Look at the types of your three answers.
""" # END TEST CONFIG
def test_kinds(count, share, city):
    """A whole number, a share between 0 and 1, and a word"""
    assert count == int(count) and 0 <= share <= 1 and city.isalpha()


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Look at all three values again.
""" # END TEST CONFIG
def test_values(count, share, city):
    """The values themselves"""
    expected_values = (423, 0.625, "Bremen")
    assert count == expected_values[0], f"count is {count!r}"
    assert abs(share - expected_values[1]) < 1e-9, f"share is {share!r}"
    assert city == expected_values[2] and len(city) == 6, f"city is {city!r}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2

# %% [markdown]
# ## Question 2: Totals so far

# %% [raw]
# # BEGIN SOLUTION

# %%
def running_totals(prices):
    """Return the float array of the totals so far; `prices` is a float array and stays as it is."""
    # BEGIN SOLUTION
    secret_of_the_totals = np.cumsum(prices)
    return secret_of_the_totals
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Look at the totals of 1, 2 and 4.
""" # END TEST CONFIG
def test_three_prices(running_totals):
    """The totals of three prices"""
    import numpy as np

    got = running_totals(np.array([1.0, 2.0, 4.0]))
    assert np.allclose(got, [1.0, 3.0, 7.0]), f"the totals of 1, 2 and 4 are {got}"


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Look at large and at negative prices.
""" # END TEST CONFIG
def test_hidden_prices(running_totals):
    """The totals of other prices"""
    import numpy as np
    from reference import running_totals as expected

    for hidden_prices in ([48151623.0, -2.5, 7.0], [0.25, 48151623.0], [-1.0, -2.0, 48151623.0, 5.0]):
        prices = np.array(hidden_prices)
        got, wanted = running_totals(prices), expected(np.array(hidden_prices))
        assert got.shape == wanted.shape, f"for {hidden_prices} the shape is {got.shape}"
        assert np.allclose(got, wanted), f"for {hidden_prices} the totals are {got}, not {wanted}"
        assert prices.tolist() == hidden_prices, f"the prices {hidden_prices} were changed"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3

# %% [markdown]
# ## Question 3: Words

# %% [raw]
# # BEGIN SOLUTION

# %%
def describe(words):
    """Return the lengths of the words, the first longest one, and lists of words by their first letter, as a dict."""
    # BEGIN SOLUTION
    by_letter = {}
    for word in words:
        by_letter.setdefault(word[0], []).append(word)
    return {"lengths": [len(word) for word in words], "longest": max(words, key=len), "by_letter": by_letter}
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Look at the words red and green.
""" # END TEST CONFIG
def test_two_words(describe):
    """Two words"""
    assert describe(["red", "green"])["lengths"] == [3, 5]


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Look at words that begin alike.
""" # END TEST CONFIG
def test_hidden_words(describe):
    """Other words"""
    from reference import describe as expected

    hidden_words = ["walnut", "birch", "willow", "beech", "sycamore"]
    got, wanted = describe(list(hidden_words)), expected(hidden_words)
    assert sorted(got) == sorted(wanted), f"the keys are {list(got)}"
    for key in wanted:
        assert got[key] == wanted[key], f"{key} is {got[key]!r} for {hidden_words}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4

# %% [markdown]
# ## Question 4: A model with known weights
#
# `SimpleRNN` of 3 units on 4 steps of 1 feature, then `Dense` of 1 unit; every weight is 0.1.

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION
model = keras.Sequential([keras.layers.Input((4, 1)), keras.layers.SimpleRNN(3), keras.layers.Dense(1)])
model.set_weights([np.full(weight.shape, 0.1) for weight in model.get_weights()])
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Look at model.summary().
""" # END TEST CONFIG
def test_layers(model):
    """Its layers and its 19 weights"""
    assert [type(layer).__name__ for layer in model.layers] == ["SimpleRNN", "Dense"]
    assert model.count_params() == 19


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Look at every weight of the model.
""" # END TEST CONFIG
def test_predictions(model):
    """What it predicts"""
    import numpy as np

    hidden_steps = np.linspace(-2.0, 3.0, 20).reshape(5, 4, 1)
    unit = np.zeros((5, 1))  # the three units are alike
    for step in range(4):
        unit = np.tanh(0.1 * hidden_steps[:, step] + 0.3 * unit + 0.1)
    wanted = 0.3 * unit + 0.1
    got = np.asarray(model(hidden_steps.astype("float32")))
    assert got.shape == wanted.shape, f"the shape is {got.shape}"
    assert np.abs(got - wanted).max() < 1e-5, f"it predicts {got.tolist()}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5

# %% [markdown]
# ## Question 5: A fitted line
#
# Fit the line y = 2x + 1 on [-1, 1] with 5 epochs.

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION
x = np.linspace(-1.0, 1.0, 32).reshape(-1, 1)
line = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
line.compile(optimizer=keras.optimizers.SGD(0.3), loss="mse")
history = line.fit(x, 2 * x + 1, epochs=5, batch_size=4, verbose=0)
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Look at history.history.
""" # END TEST CONFIG
def test_history(history):
    """Five epochs, and the loss falls"""
    losses = history.history["loss"]
    assert len(losses) == 5
    assert losses[-1] < losses[0]


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Look at the loss at the end.
""" # END TEST CONFIG
def test_line(line, history):
    """The line that was found, and the loss that goes with it"""
    import numpy as np

    hidden_points = np.linspace(-0.9, 0.8, 7).reshape(-1, 1)
    got = np.asarray(line(hidden_points.astype("float32")))
    error = float(np.mean((got - 2 * hidden_points - 1) ** 2))
    assert error < 0.01, f"the mean squared error is {error}"
    assert abs(history.history["loss"][-1] - error) < 0.02, f"the history ends with {history.history['loss'][-1]}"
    assert line.optimizer.name == "sgd", f"the optimizer is {line.optimizer.name}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6
# manual: true
# points: 2

# %% [markdown]
# ## Question 6: Explain

# %% [raw]
# # RUBRIC
# items:
#   - id: order
#     points: 2
#     text: Says that the order of a sum does not matter

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Sums commute, as the model answer of this target says.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
'''


@cache
def target() -> Built:
    """Build the assignment, as `autograder build` would."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "course.yml").write_text(COURSE, encoding="utf-8")
        source = root / "solutions" / "target"
        source.mkdir(parents=True)
        (source / "target.py").write_text(SOURCE, encoding="utf-8")
        (source / "prices.csv").write_text("1,2,4\n", encoding="utf-8")
        course = read_course(root / "course.yml")
        return build_assignment(root, course, course.assignments[0])
