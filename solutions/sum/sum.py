# %% [raw]
# # ASSIGNMENT CONFIG
# name: sum

# %% [markdown]
# # One vector from a sequence
#
# A till in a shop sees one price after another. It does not keep the list. It keeps one number, the total so far, and
# when the last price has passed, that number is the answer.
#
# In this notebook you build a network that works like a till: it reads a sequence, keeps a *state*, and answers at the
# end. You write one step of it, then the loop, then you set its weights by hand so that it adds without an error. At
# last a second network learns to add from 10,000 baskets. It will do well. Your task is to find out **what** it learned.

# %% [markdown]
# ## The words
#
# - **Recurrent neural network (RNN):** a network for sequences such as text, genomes, handwriting or speech. It performs
#   the same operation on every element, and each result also depends on the ones before: that is the loop, hence
#   *recurrent*.
# - **Step, state:** at step $t$ the network reads the element $x_t$ and turns its old state $h_{t-1}$ into a new one,
#   $h_t$. The state is all it remembers.
# - **Sequence to vector** (many to one): the network reads the whole sequence and gives one vector at the end. Our
#   vector has one entry, the sum.
# - **Sequence to sequence:** the answer is a sequence too, as in a translation. A first network, the *encoder*, reads
#   the input and hands on its last state, the *context vector*; a second one, the *decoder*, writes the output from it.
#   So an encoder is one use of sequence to vector. Here is another: adding.
#
# **How to work.** Replace each `...` by your code. The cell `grader.check(...)` under a question runs the checks that
# you may see; read what they say when they fail. Others, on other sizes and other numbers, run when your work is graded.
# Run the notebook from top to bottom before you hand it in.

# %%
import time

import keras
import matplotlib.pyplot as plt
import numpy as np

SEED = 1  # take a number of your own if you like, and compare your results with your neighbour's

# %%
from IPython.display import display  # shows a plot together with a text for those who cannot see it

# %% [raw]
# # BEGIN QUESTION
# name: q1

# %% [markdown]
# ## Question 1: Fill the baskets
#
# We need baskets of prices, and the right total of each. A basket holds $T$ prices, drawn uniformly from $[0, 1)$:
#
# $$ y_i = \sum_{t=1}^{T} x_{i,t} $$
#
# Keras wants sequences as an array of shape `(samples, steps, features)`. One price is one feature, so 10,000 baskets of
# 5 prices have the shape `(10000, 5, 1)`, not `(10000, 5)`. Keras also computes in float32, so let the data be float32
# from the start.
#
# Others must be able to repeat your experiment: the same `seed` always gives the same baskets. `np.random.seed` would
# do that, but it also changes the random numbers of everybody else in the notebook. Use a generator of your own:
# `rng = np.random.default_rng(seed)`, then `rng.random(...)`.

# %% [raw]
# # BEGIN SOLUTION


# %%
def make_sum_data(n, T, seed):
    """Draw baskets of prices and their totals.

    Args:
        n: number of baskets; T: prices in a basket; seed: int, the same seed gives the same data.

    Returns:
        X: float32 array of shape (n, T, 1), uniform on [0, 1).
        y: float32 array of shape (n, 1), the sum of each basket.
    """
    # BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    X = rng.random((n, T, 1), dtype=np.float32)
    return X, X.sum(axis=1)
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Look at the shape, the type and the sums of make_sum_data(4, 3, 0).
"""  # END TEST CONFIG


def test_four_baskets(make_sum_data):
    """Four baskets of three prices: shapes, types and sums"""
    import numpy as np

    assert make_sum_data is not None, "make_sum_data is not defined: keep the name and run its cell."
    result = make_sum_data(4, 3, 0)
    assert result is not None, "make_sum_data returned None: write its body and end it with return X, y."
    pair = isinstance(result, (tuple, list)) and len(result) == 2
    assert pair, f"Expected two arrays, X and y, got {type(result).__name__}: end the function with return X, y."
    X, y = np.asarray(result[0]), np.asarray(result[1])
    causes = {(4, 3): "the axis of features is missing", (3, 4, 1): "steps and samples are swapped"}
    message = f"Expected X of shape (4, 3, 1), got {X.shape}: {causes.get(X.shape, 'samples, steps, features')}."
    assert X.shape == (4, 3, 1), message
    causes = {
        (4,): "one number for each basket, but flat; keep the last axis",
        (3, 1): "that is one sum for each step; you added over the baskets, not over time",
        (4, 3): "nothing was added over time; you added over the features",
        (4, 1, 1): "the axis of steps is still there",
        (): "that is one sum of everything",
    }
    message = f"Expected y of shape (4, 1), got {y.shape}: {causes.get(y.shape, 'one sum for each basket')}."
    assert y.shape == (4, 1), message
    wide = "NumPy draws float64 unless you ask for dtype=np.float32 or use astype"
    for name, array in (("X", X), ("y", y)):
        message = f"Expected {name} of type float32, got {array.dtype}: {wide}."
        assert array.dtype == np.float32, message
    right = X[0].sum()
    causes = {"that is the mean": X[0].mean(), "that is the first price": X[0, 0, 0]}
    causes["that is the last price"] = X[0, -1, 0]
    cause = next((f": {text}" for text, value in causes.items() if np.isclose(y[0, 0], value)), "")
    message = f"The first basket is {X[0, :, 0].tolist()}: expected the sum {right:.4f}, got {y[0, 0]:.4f}{cause}."
    assert np.isclose(y[0, 0], right, atol=1e-4), message
    assert np.allclose(y, X.sum(axis=1), atol=1e-4), "The first basket is right, but not every other one."


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Try other sizes, also one basket and baskets of one price, and add up X yourself to compare with y.
"""  # END TEST CONFIG


def test_sums_for_other_sizes(make_sum_data):
    """The sums are right for other sizes"""
    import numpy as np

    for n, T in ((1, 1), (1, 6), (9, 1), (7, 4), (5, 5), (6, 300)):
        X, y = (np.asarray(part) for part in make_sum_data(n, T, 11))
        assert X.shape == (n, T, 1) and y.shape == (n, 1), f"n={n}, T={T}: shapes {X.shape} and {y.shape}"
        right = X.astype(np.float64).sum(axis=1)
        assert np.allclose(y, right, rtol=1e-5, atol=1e-5), f"n={n}, T={T}: y is not the sum over time"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: The same seed must give the same data, another seed other data, and the global random state must
  stay as it was (no np.random.seed, no np.random.rand).
"""  # END TEST CONFIG


def test_seed_is_used_and_local(make_sum_data):
    """The seed decides, and the global random state stays as it was"""
    import random

    import numpy as np

    before, python_before = np.random.get_state(), random.getstate()
    first, again, other = (np.asarray(make_sum_data(50, 4, seed)[0]) for seed in (5, 5, 6))
    after = np.random.get_state()
    assert np.array_equal(first, again), "two calls with the same seed differ"
    assert not np.array_equal(first, other), "two seeds give the same data"
    untouched = np.array_equal(before[1], after[1]) and before[2:] == after[2:]
    assert untouched, "the call moved NumPy's global random state: use np.random.default_rng(seed)"
    assert random.getstate() == python_before, "the call moved Python's global random state"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Every price should be uniform on [0, 1), drawn by itself. Look at the mean, the variance and two
  neighbouring steps of many baskets.
"""  # END TEST CONFIG


def test_prices_are_uniform_and_independent(make_sum_data):
    """The prices are uniform on [0, 1) and independent"""
    import numpy as np

    X = np.asarray(make_sum_data(20_000, 4, 3)[0], dtype=np.float64)[:, :, 0]
    assert X.min() >= 0 and X.max() <= 1, f"prices from {X.min()} to {X.max()}"
    assert np.abs(X.mean(axis=0) - 1 / 2).max() < 0.02, f"means by step {X.mean(axis=0)}"
    assert np.abs(X.var(axis=0) - 1 / 12).max() < 0.005, f"variances by step {X.var(axis=0)}"
    correlation = np.corrcoef(X, rowvar=False) - np.eye(4)
    assert np.abs(correlation).max() < 0.06, "two steps of a basket go together"
    assert abs(np.corrcoef(X[:-1, 0], X[1:, 0])[0, 1]) < 0.06, "two baskets go together"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# Look at what you made before you go on: the whole arrays, then the first basket with its total.

# %%
X = y = None
if make_sum_data(1, 1, 0) is None:
    print("Finish question 1 first: make_sum_data returns None.")
else:
    X, y = make_sum_data(10_000, 5, SEED)
    print("shape of X:", X.shape, " shape of y:", y.shape)
    print("X[0], one basket:", X[0], sep="\n")
    print("y[0], its total:", y[0], " np.sum(X[0]):", np.sum(X[0]))

# %% [raw]
# # BEGIN QUESTION
# name: q2

# %% [markdown]
# ## Question 2: One step
#
# This is all there is to a simple RNN, one formula:
#
# $$ h_t = \tanh(x_t W_x + h_{t-1} W_h + b) $$
#
# A part of the new price comes in through $W_x$, a part of the old state stays through $W_h$, and $\tanh$ presses the
# result between $-1$ and $1$. As in Keras, every sample is a row, so the matrices stand on the right. Keras calls $W_x$
# the `kernel`, $W_h$ the `recurrent_kernel` and $b$ the `bias`.
#
# Write the step for a whole batch of $n$ samples, $F$ features and $H$ units.

# %% [raw]
# # BEGIN SOLUTION


# %%
def rnn_step(x_t, h_prev, Wx, Wh, b):
    """One step of a simple RNN: h_t = tanh(x_t Wx + h_prev Wh + b).

    Args:
        x_t: float array (n, F), what all samples read at this step.
        h_prev: float array (n, H), the states before the step.
        Wx: float array (F, H); Wh: float array (H, H); b: float array (H,).

    Returns:
        Float array (n, H), the states after the step. The arguments stay as they were.
    """
    # BEGIN SOLUTION
    return np.tanh(x_t @ Wx + h_prev @ Wh + b)
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Work out this one step on paper. Before tanh it gives 0.7 and 0.6.
"""  # END TEST CONFIG


def test_one_step_on_paper(rnn_step):
    """One step with two units, to follow on paper"""
    import numpy as np

    assert rnn_step is not None, "rnn_step is not defined: keep the name and run its cell."
    x, h = np.array([[1.0]]), np.array([[0.5, 0.25]])
    Wx, Wh, b = np.array([[0.1, 0.2]]), np.array([[0.0, 1.0], [2.0, 0.0]]), np.array([0.1, -0.1])
    z = x @ Wx + h @ Wh + b
    got = rnn_step(x.copy(), h.copy(), Wx.copy(), Wh.copy(), b.copy())
    assert got is not None, "rnn_step returned None: write its body and end it with return."
    got = np.asarray(got)
    assert got.shape == (1, 2), f"Expected shape (1, 2), one row for each sample, got {got.shape}."
    causes = {
        "tanh is missing": z,
        "b was added after tanh; it belongs inside": np.tanh(z - b) + b,
        "b is missing": np.tanh(z - b),
        "Wh was transposed; it is h_prev @ Wh": np.tanh(x @ Wx + h @ Wh.T + b),
        "the old state is missing": np.tanh(x @ Wx + b),
        "the new element is missing": np.tanh(h @ Wh + b),
        "Wh was applied element by element": np.tanh(x @ Wx + h * np.diag(Wh) + b),
        "tanh was applied to each term, not to their sum": np.tanh(x @ Wx) + np.tanh(h @ Wh) + np.tanh(b),
        "tanh was applied to x_t Wx and to h_prev Wh one by one": np.tanh(x @ Wx) + np.tanh(h @ Wh) + b,
    }
    cause = next((f": {text}" for text, value in causes.items() if np.allclose(got, value, atol=1e-4)), "")
    shown, right = np.round(got, 4).tolist(), np.round(np.tanh(z), 4).tolist()
    message = f"Expected tanh of [[0.7, 0.6]], which is {right}, got {shown}{cause}."
    assert np.allclose(got, np.tanh(z), atol=1e-4), message


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Every term counts. Try random matrices, none of them symmetric, with more features than one.
"""  # END TEST CONFIG


def test_all_terms_at_once(rnn_step):
    """All terms at once, with a Wh that is not symmetric"""
    import numpy as np
    from reference import rnn_step as expected

    rng = np.random.default_rng(21)
    parts = [rng.normal(size=shape) for shape in ((6, 3), (6, 4), (3, 4), (4, 4), (4,))]
    right, got = expected(*parts), np.asarray(rnn_step(*parts))
    assert got.shape == (6, 4), f"shape {got.shape}"
    assert np.allclose(got, right, atol=1e-5), "differs from the formula"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: The step must also work for one sample, one feature, one unit, and for more features than units.
"""  # END TEST CONFIG


def test_step_of_other_sizes(rnn_step):
    """Other sizes, also one sample, one feature, one unit"""
    import numpy as np
    from reference import rnn_step as expected

    rng = np.random.default_rng(22)
    for n, F, H in ((1, 1, 1), (1, 5, 2), (3, 1, 4), (4, 4, 4), (2, 6, 1)):
        parts = [rng.normal(size=shape).astype(np.float32) for shape in ((n, F), (n, H), (F, H), (H, H), (H,))]
        right, got = expected(*parts), np.asarray(rnn_step(*parts))
        assert got.shape == (n, H), f"n={n}, F={F}, H={H}: shape {got.shape}"
        assert np.allclose(got, right, atol=1e-4), f"n={n}, F={F}, H={H}: differs from the formula"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: A step must not change its arguments (no += on them), and the same arguments must give the same
  result twice.
"""  # END TEST CONFIG


def test_step_leaves_its_arguments(rnn_step):
    """The arguments stay as they were"""
    import numpy as np

    rng = np.random.default_rng(23)
    parts = [rng.normal(size=shape) for shape in ((2, 3), (2, 4), (3, 4), (4, 4), (4,))]
    copies = [part.copy() for part in parts]
    first = np.asarray(rnn_step(*parts))
    for name, part, copy in zip(("x_t", "h_prev", "Wx", "Wh", "b"), parts, copies, strict=True):
        assert np.array_equal(part, copy), f"rnn_step changed {name} in place"
    assert first.shape == (2, 4) and np.array_equal(first, np.asarray(rnn_step(*parts))), "a second call differs"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3

# %% [markdown]
# ## Question 3: The loop
#
# Now run the step over the sequence. It is the same step with the same weights each time; only the state moves on:
#
#            x_1            x_2                     x_T
#             |              |                       |
#     h_0 -> step -> h_1 -> step -> h_2 -> ... ->  step -> h_T
#
# Drawn like this the network is *unrolled*: it looks like one of $T$ layers, but all of them share one $W_x$, one $W_h$
# and one $b$. A till has no special key for the third price either.
#
# Return **all** the states, $h_1$ to $h_T$. Sequence to vector means to use only the last one; we shall want the others
# later, to look inside. The starting state $h_0$ is given or, when `h0` is `None`, zero. It is no step, so it is not
# part of the result.

# %% [raw]
# # BEGIN SOLUTION


# %%
def rnn_forward(X, Wx, Wh, b, h0=None):
    """Run a simple RNN over whole sequences.

    Args:
        X: float array (n, T, F), T at least 1.
        Wx: float array (F, H); Wh: float array (H, H); b: float array (H,).
        h0: float array (n, H), the states before the first step; None means zeros.

    Returns:
        Float array (n, T, H): [:, 0] are the states after the first step, [:, -1] after the last.
        The arguments stay as they were.
    """
    # BEGIN SOLUTION
    n, T, _ = X.shape
    h = np.zeros((n, len(b)), dtype=X.dtype) if h0 is None else h0
    states = []
    for t in range(T):
        h = rnn_step(X[:, t], h, Wx, Wh, b)
        states.append(h)
    return np.stack(states, axis=1)
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Follow the sequence 1, 0, 0 on paper. What came in at the first step must still echo at the third.
"""  # END TEST CONFIG


def test_echo_of_the_first_element(rnn_forward):
    """The sequence 1, 0, 0 echoes through the states"""
    import numpy as np

    assert rnn_forward is not None, "rnn_forward is not defined: keep the name and run its cell."
    X, one = np.array([[[1.0], [0.0], [0.0]], [[0.0], [0.0], [1.0]]]), np.array([[1.0]])
    got = rnn_forward(X, one, one, np.array([0.0]))
    assert got is not None, "rnn_forward returned None: write its body and end it with return."
    got = np.asarray(got)
    causes = {
        (3, 2, 1): "time stands first; the samples belong there",
        (2, 1): "that is only one state of each sample; all of them are wanted",
        (2, 4, 1): "h0 is no step, leave it out",
        (2, 2, 1): "a step is missing",
        (2, 3): "the axis of units is missing",
    }
    message = f"Expected shape (2, 3, 1), got {got.shape}: {causes.get(got.shape, 'samples, steps, units')}."
    assert got.shape == (2, 3, 1), message
    a, b, c = np.tanh(1.0), np.tanh(np.tanh(1.0)), np.tanh(np.tanh(np.tanh(1.0)))
    causes = {
        "the state is not carried from step to step": [[a, 0, 0], [0, 0, a]],
        "the sequence is read from its end": [[c, b, a], [0, 0, a]],
        "the sequence is read from its end and not turned back": [[0, 0, a], [a, b, c]],
        "the first state is h0 and the last step is missing": [[0, a, b], [0, 0, 0]],
        "the last step is missing": [[a, b, 0], [0, 0, 0]],
        "every step shows the last state": [[c, c, c], [a, a, a]],
        "the loop runs over the samples, not over time": [[a, 0, 0], [b, 0, a]],
        "tanh is missing": [[1, 1, 1], [0, 0, 1]],
    }
    rows = got[:, :, 0]
    cause = next((f": {text}" for text, value in causes.items() if np.allclose(rows, value, atol=1e-4)), "")
    message = f"For 1, 0, 0 and 0, 0, 1 expected {np.round([[a, b, c], [0, 0, a]], 3).tolist()}, "
    message += f"got {np.round(rows, 3).tolist()}{cause}."
    assert np.allclose(rows, [[a, b, c], [0, 0, a]], atol=1e-4), message


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: With nothing to read the states come from h0 alone. Does your first step use it?
"""  # END TEST CONFIG


def test_starting_state(rnn_forward):
    """The starting state h0 is used"""
    import numpy as np

    one = np.array([[1.0]])
    got = rnn_forward(np.zeros((1, 2, 1)), one, one, np.array([0.0]), h0=one.copy())
    assert got is not None, "rnn_forward returned None: write its body and end it with return."
    got = np.asarray(got)
    assert got.shape == (1, 2, 1), f"For 1 sample, 2 steps, 1 unit expected shape (1, 2, 1), got {got.shape}."
    got, a, b = got.ravel(), np.tanh(1.0), np.tanh(np.tanh(1.0))
    causes = {
        "this is what you get when h0 is ignored": [0, 0],
        "h0 is no step, leave it out and keep the last state": [1, a],
        "every step starts from h0 again": [a, a],
    }
    causes["tanh is missing"] = [1, 1]
    cause = next((f": {text}" for text, value in causes.items() if np.allclose(got, value, atol=1e-4)), "")
    shown = np.round(got, 3).tolist()
    message = f"For the elements 0, 0 and h0 = 1 expected the states {a:.3f}, {b:.3f}, got {shown}{cause}."
    assert np.allclose(got, [a, b], atol=1e-4), message


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Copy your weights into keras.layers.SimpleRNN(units, return_sequences=True) and compare every step
  with your own states.
"""  # END TEST CONFIG


def test_same_as_keras(rnn_forward):
    """Every state equals that of Keras' SimpleRNN with the same weights"""
    import keras
    import numpy as np

    rng = np.random.default_rng(31)
    for n, T, F, H in ((4, 7, 3, 5), (5, 12, 4, 2)):
        X = rng.normal(size=(n, T, F)).astype(np.float32)
        Wx, Wh, b = (rng.normal(size=shape).astype(np.float32) * 0.7 for shape in ((F, H), (H, H), (H,)))
        layer = keras.layers.SimpleRNN(H, return_sequences=True)
        layer.build((n, T, F))
        layer.set_weights([Wx, Wh, b])
        right, got = np.asarray(layer(X)), np.asarray(rnn_forward(X, Wx, Wh, b))
        assert got.shape == (n, T, H), f"n={n}, T={T}, F={F}, H={H}: shape {got.shape}"
        gap = np.abs(got - right).max(axis=(0, 2))
        assert gap.max() < 1e-4, f"n={n}, T={T}, F={F}, H={H}: gap by step {gap}"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Try starting states that are not zero, and the smallest sizes, one sample, one step, one feature,
  one unit.
"""  # END TEST CONFIG


def test_starting_states_of_other_sizes(rnn_forward):
    """Starting states that are not zero, and the smallest sizes"""
    import numpy as np
    from reference import rnn_forward as expected

    rng = np.random.default_rng(32)
    for n, T, F, H in ((1, 1, 1, 1), (1, 1, 3, 2), (4, 1, 1, 3), (1, 6, 2, 4), (3, 5, 4, 2)):
        X, Wx, Wh, b, h0 = (rng.normal(size=shape) for shape in ((n, T, F), (F, H), (H, H), (H,), (n, H)))
        for start in (h0, None):
            right = expected(X, Wx, Wh, b, h0=start)
            got = np.asarray(rnn_forward(X, Wx, Wh, b, h0=start))
            assert got.shape == (n, T, H), f"n={n}, T={T}, F={F}, H={H}: shape {got.shape}"
            assert np.allclose(got, right, atol=1e-4), f"n={n}, T={T}, F={F}, H={H}, h0 {start is not None}"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: rnn_forward must leave X, the weights and h0 as they were (no += on h0), and give the same result
  twice.
"""  # END TEST CONFIG


def test_forward_leaves_its_arguments(rnn_forward):
    """The arguments stay as they were"""
    import numpy as np

    rng = np.random.default_rng(33)
    parts = [rng.normal(size=shape) for shape in ((2, 4, 3), (3, 5), (5, 5), (5,), (2, 5))]
    copies = [part.copy() for part in parts]
    first = np.asarray(rnn_forward(*parts))
    for name, part, copy in zip(("X", "Wx", "Wh", "b", "h0"), parts, copies, strict=True):
        assert np.array_equal(part, copy), f"rnn_forward changed {name} in place"
    assert first.shape == (2, 4, 5) and np.array_equal(first, np.asarray(rnn_forward(*parts))), "a second call differs"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# You have just written `keras.layers.SimpleRNN`. To see it, give Keras' layer and your loop the same weights and the
# same baskets.

# %%
if X is None or rnn_forward(X[:1], *[np.zeros(s) for s in ((1, 3), (3, 3), (3,))]) is None:
    print("Finish questions 1 to 3 first.")
else:
    layer = keras.layers.SimpleRNN(10, return_sequences=True)
    keras_states = np.asarray(layer(X[:100]))
    your_states = rnn_forward(X[:100], *layer.get_weights())
    print("Keras' states:", keras_states.shape, " yours:", np.shape(your_states))
    print("largest difference:", np.abs(keras_states - your_states).max())

# %% [raw]
# # BEGIN QUESTION
# name: q4

# %% [markdown]
# ## Question 4: Count the weights
#
# How many numbers must training find? Our network is `SimpleRNN(H)` that reads `F` features, and on its last state
# `Dense(O)`, which is $y = h_T V + c$. Count the entries of $W_x$, $W_h$, $b$, $V$ and $c$.
#
# Before you write it down: what changes when the baskets get longer?

# %% [raw]
# # BEGIN SOLUTION


# %%
def count_params(F, H, O):
    """Count the trainable numbers of SimpleRNN(H) followed by Dense(O).

    Args:
        F: features of an element; H: units of the RNN; O: outputs.

    Returns:
        int
    """
    # BEGIN SOLUTION
    return F * H + H * H + H + H * O + O
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Write down the shapes of the five weight arrays for 1 feature, 10 units and 1 output, and add up
  their sizes.
"""  # END TEST CONFIG


def test_count_of_our_network(count_params):
    """Our network: 1 feature, 10 units, 1 output"""
    import numpy as np

    assert count_params is not None, "count_params is not defined: keep the name and run its cell."
    got = count_params(1, 10, 1)
    assert got is not None, "count_params returned None: write its body and end it with return."
    causes = {
        31: "Wh is missing, 10 x 10 more",
        121: "10 are missing, the bias of the RNN or the weights of the Dense layer",
        130: "the bias of the Dense layer is missing",
        120: "11 are missing, both biases or the whole Dense layer",
        141: "one bias for each unit is enough, Keras has no second one",
        41: "Wh is a matrix of 10 x 10, not a vector",
        611: "that is 5 times the RNN; its weights are shared by all steps",
        655: "that is 5 times everything; the weights are shared by all steps",
        171: "that counts Wx 5 times; it is shared by all steps",
    }
    cause = f": {causes[got]}" if isinstance(got, (int, np.integer)) and got in causes else ""
    assert got == 131, f"Expected 131, got {got}{cause}."
    kind = isinstance(got, (int, np.integer)) and not isinstance(got, bool)
    assert kind, f"Expected an int, got {type(got).__name__}."


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Compare with model.count_params() for other numbers of features, units and outputs.
"""  # END TEST CONFIG


def test_count_of_other_networks(count_params):
    """Other networks, counted by Keras"""
    import keras

    for F, H, outputs in ((3, 7, 2), (8, 1, 5)):
        recurrent, dense = keras.layers.SimpleRNN(H), keras.layers.Dense(outputs)
        recurrent.build((None, 4, F))
        dense.build((None, H))
        right, got = recurrent.count_params() + dense.count_params(), count_params(F, H, outputs)
        assert got == right, f"F={F}, H={H}, O={outputs}: expected {right}, got {got}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5

# %% [markdown]
# ## Question 5: Be the training yourself
#
# Take the smallest network there is: one unit, and for once no $\tanh$.
#
# $$ h_t = x_t\,w_x + h_{t-1}\,w_h + b, \qquad y = h_T\,v + c $$
#
# Five numbers. Choose them so that $y$ is the sum of the sequence: not about the sum, and not for five prices, but
# exactly, for any number of any prices. What must the state be after each step?

# %% [raw]
# # BEGIN SOLUTION


# %%
def hand_made_sum_weights():
    """Weights that make a network add: SimpleRNN(1, activation="linear"), then Dense(1).

    Returns:
        List of five float arrays in the order of Keras' set_weights: kernel (1, 1), recurrent kernel (1, 1),
        bias (1,), dense kernel (1, 1), dense bias (1,).
    """
    # BEGIN SOLUTION
    one, zero = np.ones((1, 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
    return [one, one.copy(), zero, one.copy(), zero.copy()]
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Put your five numbers into the two formulas and follow the sequence 1, 2, 3 on paper. It must end
  at 6.
"""  # END TEST CONFIG


def test_one_two_three(hand_made_sum_weights):
    """The sequence 1, 2, 3 gives 6"""
    import numpy as np

    assert hand_made_sum_weights is not None, "hand_made_sum_weights is not defined: keep the name and run its cell."
    weights = hand_made_sum_weights()
    assert weights is not None, "hand_made_sum_weights returned None: write its body and end it with return."
    assert isinstance(weights, (list, tuple)), f"Expected a list of five arrays, got {type(weights).__name__}."
    shapes = [np.shape(part) for part in weights]
    expected = [(1, 1), (1, 1), (1,), (1, 1), (1,)]
    assert shapes == expected, f"Expected arrays of the shapes {expected}, got {shapes}."
    wx, wh, b, v, c = (float(np.asarray(part).ravel()[0]) for part in weights)
    states = [0.0]
    for x in (1.0, 2.0, 3.0):
        states.append(x * wx + states[-1] * wh + b)
    got = states[-1] * v + c
    causes = {
        "the recurrent weight is 0, so the state forgets every price but the last": wh == 0,
        "the kernel is 0, so no price comes in": wx == 0,
        "the recurrent weight is below 1, so early prices fade": 0 < wh < 1,
        "the recurrent weight is above 1, so early prices grow": wh > 1,
        "the sign of the state flips at every step": wh < 0,
        "a bias adds something that was in no basket": b != 0 or c != 0,
        "what the kernel does to a price, the dense kernel must undo": wx * v != 1,
    }
    cause = next((f": {text}" for text, true in causes.items() if true), "")
    path = ", ".join(f"{state:g}" for state in states[1:])
    message = f"For 1, 2, 3 expected 6, got {got:g}; your states are {path}{cause}."
    assert abs(got - 6) < 1e-4, message


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Use your weights in a Keras model on baskets of other lengths, also of one price, also with
  negative numbers.
"""  # END TEST CONFIG


def test_sums_of_any_prices(hand_made_sum_weights):
    """Short sequences of any numbers, in Keras"""
    import keras
    import numpy as np

    rnn = keras.layers.SimpleRNN(1, activation="linear")
    network = keras.Sequential([keras.Input((None, 1)), rnn, keras.layers.Dense(1)])
    network.set_weights([np.asarray(part, dtype=np.float32) for part in hand_made_sum_weights()])
    rng = np.random.default_rng(51)
    for T in (1, 2, 7, 20):
        X = rng.uniform(-3, 5, size=(8, T, 1)).astype(np.float32)
        gap = np.abs(np.asarray(network(X)) - X.sum(axis=1)).max()
        assert gap < 1e-3, f"T={T}: off by {gap}"


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: A small fault grows with the length. After 1,000 prices the sum must still be right, and so must
  that of 1,000 zeros.
"""  # END TEST CONFIG


def test_sums_of_a_thousand(hand_made_sum_weights):
    """A thousand prices, and a thousand zeros"""
    import keras
    import numpy as np

    rnn = keras.layers.SimpleRNN(1, activation="linear")
    network = keras.Sequential([keras.Input((None, 1)), rnn, keras.layers.Dense(1)])
    network.set_weights([np.asarray(part, dtype=np.float32) for part in hand_made_sum_weights()])
    X = np.random.default_rng(52).random((6, 1000, 1), dtype=np.float32)
    X[0] = 0
    gap = np.abs(network.predict(X, verbose=0) - X.astype(np.float64).sum(axis=1)).max()
    assert gap < 0.05, f"off by {gap} after 1,000 prices"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# Put your numbers to work: a small basket, then 1,000 baskets of 1,000 prices each. Their totals are near 500, and
# float32 keeps seven digits; what the last of them loses is rounding, not a wrong weight.


# %%
def make_till():
    """Return a Keras network with your weights of question 5 for sequences of any length, or None."""
    if hand_made_sum_weights() is None:
        return None
    rnn = keras.layers.SimpleRNN(1, activation="linear")
    network = keras.Sequential([keras.Input((None, 1)), rnn, keras.layers.Dense(1)])
    network.set_weights([np.asarray(part) for part in hand_made_sum_weights()])
    return network


till = make_till()
if till is None or X is None:
    print("Finish questions 1 and 5 first.")
else:
    basket = np.array([[[0.1], [0.2], [0.3], [0.4], [0.5]]])
    print("0.1 + 0.2 + 0.3 + 0.4 + 0.5 =", till.predict(basket, verbose=0)[0, 0])
    long_X, long_y = make_sum_data(1000, 1000, SEED)
    print("largest error on 1,000 prices:", np.abs(till.predict(long_X, verbose=0) - long_y).max())

# %% [raw]
# # BEGIN QUESTION
# name: predict

# %% [markdown]
# ## Predict before you run
#
# So a simple RNN can add. Next, one with 10 units and $\tanh$ will *learn* it, from 10,000 baskets of exactly 5 prices
# between 0 and 1. On new baskets of that kind its mean squared error (MSE) will be about 0.002. Then we shall show it
# two things that it never saw:
#
# - `pred_T10`: baskets of 10 prices. What will the MSE be?
# - `pred_shift`: baskets of 5 again, but after a rise in prices: all of them between 1 and 2. What will the MSE be?
#
# For scale: if every answer is off by 0.1, the MSE is 0.01; off by 1, it is 1; off by 5, it is 25.
#
# Write down two honest guesses now. They are marked for being there, not for being right, and you will need them in the
# last question. Do not change them later: a surprise is worth more than a good guess.

# %% [raw]
# # BEGIN SOLUTION

# %%
pred_T10 = 0.5  # SOLUTION
pred_shift = 1.0  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Write a number for pred_T10. Any honest guess counts.
"""  # END TEST CONFIG


def test_guess_for_ten_prices(pred_T10):
    """pred_T10 is a number"""
    import math

    import numpy as np

    given = isinstance(pred_T10, (int, float, np.number)) and not isinstance(pred_T10, bool)
    shown = "..." if pred_T10 is Ellipsis else repr(pred_T10)
    assert given, f"pred_T10 is {shown}: expected a number, your guess of the MSE on 10 prices, such as 0.3."
    assert math.isfinite(pred_T10), f"pred_T10 is {pred_T10}: expected a finite number."


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Write a number for pred_shift. Any honest guess counts.
"""  # END TEST CONFIG


def test_guess_for_higher_prices(pred_shift):
    """pred_shift is a number"""
    import math

    import numpy as np

    given = isinstance(pred_shift, (int, float, np.number)) and not isinstance(pred_shift, bool)
    shown = "..." if pred_shift is Ellipsis else repr(pred_shift)
    assert given, f"pred_shift is {shown}: expected a number, your guess of the MSE on prices from 1 to 2, such as 0.3."
    assert math.isfinite(pred_shift), f"pred_shift is {pred_shift}: expected a finite number."


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6

# %% [markdown]
# ## Question 6: Let it learn
#
# An error means nothing by itself. Is 0.1 good? Compare with the laziest answer there is: never look into the basket
# and always say the mean total, $T/2$. Its MSE is the variance of the total. You know that the prices are independent;
# the variance of one price is $\int_0^1 (x - \tfrac12)^2\,dx$.
#
# Then build the network: an input of `T` steps with one feature (`keras.Input`), `SimpleRNN(units)`, and `Dense(1)` to
# turn the last state into one number. Compile it with the optimizer `"adam"` and the loss `"mse"`.

# %% [raw]
# # BEGIN SOLUTION


# %%
def baseline_mse_sum(T):
    """MSE of always answering T / 2 for the sum of T independent prices, uniform on [0, 1).

    Args:
        T: number of prices.

    Returns:
        float
    """
    # BEGIN SOLUTION
    return T / 12
    # END SOLUTION


def build_sum_model(T, units=10):
    """Build the network: SimpleRNN(units), then Dense(1).

    Args:
        T: steps of a sequence; units: units of the RNN.

    Returns:
        Compiled keras.Model from float32 (n, T, 1) to (n, 1), optimizer adam, loss mse, not trained.
    """
    # BEGIN SOLUTION
    network = keras.Sequential(
        [keras.Input((T, 1)), keras.layers.SimpleRNN(units), keras.layers.Dense(1, activation="linear")]
    )
    network.compile(optimizer="adam", loss="mse")
    return network
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [markdown]
# ### The training
#
# Make 10,000 baskets of 5 prices with `SEED`, build a network for them into the variable `model`, and train it with
# `model.fit`: 10 epochs, batches of 32. Keep what `fit` returns in `history`; the plots need it. Keras would print one
# line for each epoch. With `verbose=0, callbacks=[OneLine()]` you get a single one, with the time that is left.


# %%
class OneLine(keras.callbacks.Callback):
    """Shows a training in one line: epoch, loss, seconds left."""

    def on_train_begin(self, logs=None):
        self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        epochs = self.params["epochs"]
        left = (time.monotonic() - self.start) / (epoch + 1) * (epochs - epoch - 1)
        line = f"\repoch {epoch + 1:2d} of {epochs}   loss {logs['loss']:.5f}   {left:3.0f} s left"
        print(line, end="", flush=True)

    def on_train_end(self, logs=None):
        print()


# %% [raw]
# # BEGIN SOLUTION

# %%
keras.utils.set_random_seed(SEED)  # the same first weights and the same order of the batches in every run
model = history = None
# BEGIN SOLUTION
X, y = make_sum_data(10_000, 5, seed=SEED)
model = build_sum_model(5)
history = model.fit(X, y, epochs=10, batch_size=32, verbose=0, callbacks=[OneLine()])
# END SOLUTION
if history is None:
    print("Nothing is trained yet.")

# %% [raw]
# # END SOLUTION

# %% [markdown]
# ### A first look
#
# Ask your network for the sum of 0.1, 0.2, 0.3, 0.4, 0.5. It wants the shape `(samples, steps, features)`, here one
# sample. The answer should be close to 1.5.

# %% [raw]
# # BEGIN SOLUTION

# %%
X_new = np.array([[[0.1], [0.2], [0.3], [0.4], [0.5]]])  # SOLUTION
predicted_sum = model.predict(X_new, verbose=0)  # SOLUTION
print("predicted:", "nothing yet" if predicted_sum is ... else predicted_sum, " true: 1.5")

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: The prices are independent, so the variance of the total is T times the variance of one price.
"""  # END TEST CONFIG


def test_baseline_of_three_prices(baseline_mse_sum):
    """The lazy answer for three prices"""
    import numpy as np

    assert baseline_mse_sum is not None, "baseline_mse_sum is not defined: keep the name and run its cell."
    got = baseline_mse_sum(3)
    assert got is not None, "baseline_mse_sum returned None: write its body and end it with return."
    causes = {
        "that is the variance of one price; there are three": 1 / 12,
        "that is the root of the MSE": 0.5,
        "variances add up, they do not grow with the square of T": 0.75,
        "that is the mean total, not its error": 1.5,
        "that is the mean of x squared; subtract the square of the mean": 1.0,
        "that is the variance of the mean price, not of the total": 1 / 36,
    }
    cause = next((f": {text}" for text, value in causes.items() if np.isclose(float(got), value)), "")
    assert np.isclose(float(got), 0.25), f"For T = 3 expected 0.25, got {float(got):.4g}{cause}."


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Draw many baskets of other lengths, answer T / 2 each time and measure the MSE. Does your formula
  agree?
"""  # END TEST CONFIG


def test_baseline_of_other_lengths(baseline_mse_sum):
    """The lazy answer for other lengths"""
    import numpy as np

    for T in (1, 2, 5, 12, 100):
        got = float(baseline_mse_sum(T))
        assert np.isclose(got, T / 12, rtol=1e-3), f"T={T}: expected {T / 12}, got {got}"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: The network is an input, one SimpleRNN and one Dense layer, compiled. Compare with model.summary().
"""  # END TEST CONFIG


def test_network_for_five_prices(build_sum_model):
    """The network for 5 prices: layers and weights"""
    import keras
    import numpy as np

    assert build_sum_model is not None, "build_sum_model is not defined: keep the name and run its cell."
    network = build_sum_model(5)
    assert network is not None, "build_sum_model returned None: write its body and end it with return."
    assert isinstance(network, keras.Model), f"Expected a Keras model, got {type(network).__name__}."
    names = [type(layer).__name__ for layer in network.layers if type(layer).__name__ != "InputLayer"]
    one_each = names.count("SimpleRNN") == 1 and names.count("Dense") == 1
    assert one_each, f"Expected one SimpleRNN and one Dense layer, got {names}."
    shape = tuple(np.shape(network(np.zeros((2, 5, 1), dtype=np.float32))))
    states = "; return_sequences=True gives one answer for each step" if shape == (2, 5, 1) else ""
    assert shape == (2, 1), f"Expected answers of shape (2, 1) for 2 baskets, got {shape}{states}."
    count = network.count_params()
    assert count == 131, f"Expected 131 weights, as in question 4, got {count}: 10 units and 1 output?"
    assert network.optimizer is not None, "The model is not compiled: call compile before you return it."


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: build_sum_model must follow both arguments, T and units, and return an untrained model each time,
  with tanh in the RNN and no activation after it, compiled with adam and mse as they are by themselves.
"""  # END TEST CONFIG


def test_networks_of_other_sizes(build_sum_model):
    """Networks for other lengths and with other numbers of units"""
    import numpy as np
    from reference import count_params

    for T, units, given in ((20, 3, {"units": 3}), (1, 10, {})):
        network = build_sum_model(T, **given)
        shape = tuple(np.shape(network(np.zeros((3, T, 1), dtype=np.float32))))
        assert shape == (3, 1), f"T={T}, units={units}: answers of shape {shape}"
        right, got = count_params(1, units, 1), network.count_params()
        assert got == right, f"T={T}, units={units}: expected {right} weights, got {got}"
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds.count("SimpleRNN") == 1 and kinds.count("Dense") == 1, f"layers {kinds}"
    rnn, dense = (network.layers[kinds.index(kind)].get_config()["activation"] for kind in ("SimpleRNN", "Dense"))
    assert (rnn, dense) == ("tanh", "linear"), f"activations {rnn} and {dense}"
    assert network.optimizer.name.lower().startswith("adam"), f"optimizer {network.optimizer.name}"
    rate = float(network.optimizer.learning_rate)
    assert abs(rate - 0.001) < 1e-6, f"learning rate {rate}"
    assert not isinstance(network.loss, str) or network.loss in ("mse", "MSE", "mean_squared_error"), network.loss


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: The trained network must beat the lazy answer by far on baskets that it never saw.
"""  # END TEST CONFIG


def test_better_than_lazy(model):
    """The trained network beats the lazy answer"""
    import numpy as np

    missing = model is None or model is Ellipsis
    assert not missing, "model is not there yet: build and train it in the training cell."
    X = np.random.default_rng(61).random((1000, 5, 1), dtype=np.float32)
    answers, y = np.asarray(model(X)), X.sum(axis=1)
    assert answers.shape == (1000, 1), f"Expected answers of shape (1000, 1), got {answers.shape}."
    mse, lazy = float(np.mean((answers - y) ** 2)), 5 / 12
    cause = "It says about the same for every basket." if answers.std() < 0.1 else "Did it train for 10 epochs?"
    if mse > 2 * lazy:
        cause = "That is like no training: was model built anew after it, or trained on other sums?"
    message = f"On 1,000 new baskets the lazy answer has an MSE of {lazy:.3f}, your network {mse:.3f}. {cause}"
    assert mse < lazy / 4, message


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: predicted_sum is what model.predict gives for the one basket 0.1, 0.2, 0.3, 0.4, 0.5 of shape (1,
  5, 1).
"""  # END TEST CONFIG


def test_first_look(model, predicted_sum):
    """The answer for 0.1, 0.2, 0.3, 0.4, 0.5"""
    import numpy as np

    missing = model is None or model is Ellipsis
    assert not missing, "model is not there yet: build and train it first."
    missing = predicted_sum is None or predicted_sum is Ellipsis
    assert not missing, "predicted_sum is not there yet: call model.predict on X_new."
    got = np.asarray(predicted_sum, dtype=np.float64).ravel()
    assert got.size == 1, f"Expected one number for one basket, got {got.size}: X_new has the shape (1, 5, 1)."
    basket = np.array([[[0.1], [0.2], [0.3], [0.4], [0.5]]], dtype=np.float32)
    right = float(np.asarray(model(basket))[0, 0])
    cause = ": that is the true sum; ask the network" if np.isclose(got[0], 1.5, atol=1e-6) else ""
    message = f"Your network answers {right:.4f} to this basket, predicted_sum is {got[0]:.4f}{cause}."
    assert np.isclose(got[0], right, atol=1e-3), message


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The network should add new baskets of 5 prices well. Train with 10,000 baskets, 10 epochs, batches
  of 32, adam and mse.
"""  # END TEST CONFIG


def test_trained_network_adds(model):
    """The trained network adds new baskets of 5 prices"""
    import numpy as np

    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("SimpleRNN") == 1 and kinds.count("Dense") == 1, f"layers {kinds}"
    assert model.count_params() == 131, f"{model.count_params()} weights"
    assert tuple(model.input_shape)[1] in (5, None), f"a model for {model.input_shape[1]} steps"
    X = np.random.default_rng(62).random((4000, 5, 1), dtype=np.float32)
    mse = float(np.mean((np.asarray(model(X)) - X.sum(axis=1)) ** 2))
    # Measured .0004 to .0072 over 60 seeds; always the mean gives .417.
    assert mse < 0.05, f"MSE on fresh data {mse:.4f}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## What did it learn?
#
# One basket proves little, and one from the middle of what it was trained on proves least. So measure: 2,000 new baskets
# of each kind, for the lazy answer, for your trained network and for the one that you made by hand.
#
# The weights do not mention $T$ (question 4), so the trained ones fit into a network for any length.


# %%
def at_length(T):
    """Return a network for T steps with the weights of your trained `model`."""
    network = build_sum_model(T)
    network.set_weights(model.get_weights())
    return network


def mse(network, X, y):
    """Return the mean squared error of `network` on X (n, T, 1) against y (n, 1)."""
    return float(np.mean((np.asarray(network(X)) - y) ** 2))


def guess(value):
    """Return a guess as text, or a dash where none was made."""
    return f"{value:.3g}" if isinstance(value, (int, float, np.number)) else "-"


finished = X is not None and till is not None and isinstance(model, keras.Model)
if not finished:
    print("Finish questions 1, 5 and 6 first.")
else:
    test_sets = {f"{T:2d} prices, 0 to 1": make_sum_data(2000, T, SEED + T) for T in (5, 10, 20)}
    X5, y5 = make_sum_data(2000, 5, SEED + 100)
    test_sets[" 5 prices, 1 to 2"] = (X5 + 1, y5 + 5)
    guesses = ["", guess(pred_T10), "", guess(pred_shift)]
    print(f"{'MSE':20}{'lazy':>10}{'trained':>10}{'by hand':>10}{'your guess':>12}")
    for (kind, (X_test, y_test)), text in zip(test_sets.items(), guesses, strict=True):
        T = X_test.shape[1]
        row = f"{kind:20}{baseline_mse_sum(T):10.3f}{mse(at_length(T), X_test, y_test):10.4f}"
        print(f"{row}{mse(till, X_test, y_test):10.4f}{text:>12}")

# %% [markdown]
# *What to see:* go down each column. Where is a network still better than the lazy answer? (The lazy one always knows the
# mean, also after the rise in prices.)
#
# Now look closer. First, how the error fell while your network learned.

# %%
if not finished or history is None:
    print("Finish question 6 first, with history = model.fit(...).")
else:
    losses = history.history["loss"]
    fig, ax = plt.subplots(figsize=(6, 3.5))
    ax.semilogy(range(1, len(losses) + 1), losses, "k-o", label="your network")
    ax.axhline(baseline_mse_sum(5), color="0.4", linestyle="--", label="lazy answer: 5/12")
    ax.set(xlabel="epoch", ylabel="training loss (MSE, log scale)", title="Learning to add 5 prices")
    ax.legend()
    alt = "Line plot: training loss by epoch on a logarithmic axis, and the lazy answer, 5/12, as a level line."
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)

# %% [markdown]
# *What to see:* where the curve crosses the dashed line, the network starts to be better than not looking at all.
#
# Next, every dot is a basket. On the line, the answer is right.

# %%
if not finished:
    print("Finish questions 1, 5 and 6 first.")
else:
    fig, axes = plt.subplots(1, 2, figsize=(9, 4.2))
    for ax, T in zip(axes, (5, 10), strict=True):
        X_test, y_test = (part[:300] for part in test_sets[f"{T:2d} prices, 0 to 1"])
        ends = [y_test.min(), y_test.max()]
        ax.plot(ends, ends, "-", color="0.6", label="right")
        by_hand = np.asarray(till(X_test))
        ax.plot(y_test, by_hand, "+", color="0.6", label="by hand")
        trained = np.asarray(at_length(T)(X_test))
        ax.plot(y_test, trained, "k.", markersize=4, label="trained on 5 prices")
        ax.set(xlabel="true sum", ylabel="answer of the network", title=f"{T} prices")
        ax.legend()
    fig.tight_layout()
    alt = (
        "Two scatter plots, 5 prices and 10 prices: answers of both networks by the true sum, and the "
        "line where they are right."
    )
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)

# %% [markdown]
# *What to see:* at 5 prices both networks lie on the line; at 10 prices, where the hand-made one stays on it, look how
# far your trained one is from it, and on which side.
#
# Last, look inside. Your `rnn_forward` gives every state, so ask for an answer after *every* step, not only the last:
# what does the network say when it has read 1 price, 2 prices, ... 20?

# %%
trained_weights = model.get_weights() if finished else []
if len(trained_weights) != 5 or rnn_forward(X[:1], *trained_weights[:3]) is None:
    print("Finish questions 1 to 6 first.")
else:
    X20, _ = test_sets["20 prices, 0 to 1"]
    Wx, Wh, b, V, c = trained_weights
    answers = (np.asarray(rnn_forward(X20, Wx, Wh, b)) @ V + c)[:, :, 0].mean(axis=0)
    highest = float(np.abs(V).sum() + c[0])
    steps = np.arange(1, 21)
    fig, ax = plt.subplots(figsize=(7, 4))
    ax.plot(steps, X20[:, :, 0].cumsum(axis=1).mean(axis=0), "-+", color="0.6", label="true sum so far = by hand")
    ax.plot(steps, answers, "k-o", markersize=4, label="trained on 5 prices")
    ax.axhline(highest, color="0.4", linestyle="--", label=f"all 10 states at their limit: {highest:.1f}")
    ax.axvline(5, color="0.4", linestyle=":", label="the only length it was trained on")
    ax.set(xlabel="prices read", ylabel="answer, mean of 2,000 baskets", xticks=range(0, 21, 5))
    ax.set_title("What the network says after every step")
    ax.legend()
    alt = (
        "Line plot: answers after 1 to 20 prices, true sum and trained network, with the limit of its "
        "states as a level line."
    )
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)

# %% [markdown]
# *What to see:* the hand-made network is right after every step. Follow the trained one: where is it right, and was it
# ever asked to be right anywhere else?
#
# **One run is one run.** We trained this network 60 times; only the seed differed. The table gives the lowest, the
# middle and the highest of the 60 errors. Does your own run lie inside? And which of these lines says something about
# *the* RNN, which only about a seed?
#
# | MSE                 | lowest | middle | highest |
# |---------------------|-------:|-------:|--------:|
# | 5 prices, 0 to 1    | 0.0004 | 0.0015 |  0.0072 |
# | 10 prices, 0 to 1   |   0.75 |     16 |      59 |
# | 20 prices, 0 to 1   |     29 |     74 |     154 |
# | 5 prices, 1 to 2    |    5.0 |    7.6 |      15 |

# %% [raw]
# # BEGIN QUESTION
# name: q7
# manual: true
# points: 10

# %% [markdown]
# ## Question 7: A till, or not?
#
# Your network is right at $T = 5$ and wrong at $T = 10$. Your hand-made one is right at both, and it uses the same
# formula. Explain.
#
# Write about ten sentences. Give the errors that you measured and compare them with your own two guesses. Use the plots:
# what did training decide, and what did it leave open? What can a $\tanh$ state not do that a till must do, and what is
# the state of the hand-made network after each step? End with one change that should help, and say how you would check
# that it does.

# %% [raw]
# # RUBRIC
# items:
# - id: numbers
#   points: 2
#   text: Gives both measured errors (of the trained and of the hand-made network, at T = 5 and T = 10) and compares
#     them with the own predictions.
# - id: rule
#   points: 3
#   text: Training fixed the state at step 5, not the rule. Nothing in the loss asks for a right answer after any other
#     step.
# - id: bound
#   points: 2
#   text: A tanh state lies between -1 and 1, so the output is bounded, while sums are not.
# - id: running-sum
#   points: 2
#   text: The state of the hand-made network is the running sum after every step, so the length does not matter.
# - id: cure
#   points: 1
#   text: Names a change that would help (such as training on mixed lengths, best with a linear state) and how to check
#     it, on fresh data of other lengths. Measured with lengths 1 to 20, two seeds each, tanh has 0.3 and 0.4 at T = 10 and
#     33 and 35 at T = 30, a linear state 0.006 and 0.04 at T = 10 and 0.4 and 1.3 at T = 30.
# misconceptions:
# - Overfitting. The network is right on fresh baskets of 5 prices; what changed is the task, not the sample.
# - More epochs would help. They improve the answer after step 5 and still ask for nothing after step 10.
# - There are no weights for step 6. All steps share the same weights, which is why it runs at any length.
# - RNNs cannot sum. The hand-made one does, with the same formula and a linear activation.
# - A linear state alone cures it. Trained on 5 prices only, two seeds gave 0.8 and 1.6 at T = 10, 6.6 and 345 at T = 20.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# My trained network has an MSE of 0.0005 at $T = 5$ and 13.6 at $T = 10$; the hand-made one has 0.0000 at both. I had
# guessed 0.5 for 10 prices and 1.0 for prices between 1 and 2 (measured: 7.0), so I was far too hopeful; at $T = 10$ it
# is even worse than the lazy answer with 0.83.
#
# The loss compares the output with the sum after step 5 and nowhere else. Training found states that are right *there*.
# It never asked for a state that is right at every step, so it did not find the rule "add the price to what you have".
# The last plot shows it: the answer is right after 5 prices, already wrong after 3 and after 6, and it sinks to about 1
# when the sum goes to 10. This is no overfitting: new baskets of 5 prices are answered as well as the training data.
#
# Besides, $\tanh$ keeps each of the 10 states between $-1$ and $1$. So the output cannot exceed $c + \sum |v|$, 5.7 in
# my run, and a sum of 10 is out of reach whatever is read. So are most sums of prices between 1 and 2, which lie
# between 5 and 10.
#
# In the hand-made network the state after step $t$ *is* the sum of the first $t$ prices, $h_t = h_{t-1} + x_t$, with no
# limit. Step 6 does what step 5 did, so the length does not matter.
#
# A change that should help is to train on baskets of mixed lengths, say 1 to 20, so that the loss asks for the right sum
# after many different steps. I would check it on fresh baskets of lengths inside and outside that range (10, 20, 30),
# with several seeds, against $T/12$. Far beyond 20 I expect it to fail again, because of the bound. A linear state has no
# bound, but by itself it is no cure: trained on 5 prices only, it would still not be asked for the rule.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## What you can take along
#
# - A simple RNN is one formula, applied again and again with the same weights. The number of weights does not depend on
#   the length.
# - Sequence to vector means: run to the end, use the last state.
# - An error says something only beside a baseline.
# - That a network *can* do a thing does not mean that training *finds* it. A low error on data like the training data
#   does not tell which rule was learned; data unlike it does.
