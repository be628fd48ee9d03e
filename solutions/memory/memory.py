# %% [raw]
# # ASSIGNMENT CONFIG
# name: memory

# %% [markdown]
# # Memory: measure a failure, then explain it
#
# A network that adds five numbers may forget each of them at once: the running total is enough. Here only **two**
# numbers count, the first and the last of a sequence, and the first must be carried past everything in between.
#
# The notebook that this course grew from says, under *The Problem With Simple RNN's*:
#
# > The difficulty in capturing long-term dependencies in vanilla RNNs is often not evident in short sequences like the
# > one used in the example. However, when you deal with longer sequences, the problem becomes more pronounced.
#
# To show it, a network is trained on sequences of length 30, once. Then it is tested on one sequence. This was printed:
#
#     True sum: 1.1793697607097735
#     Predicted sum: 1.1744807958602905
#
# A failure was announced. Is this one? One run and one sequence cannot say. Here is what can:
#
# | Question | What you make | Points |
# |---|---|---|
# | 1, 2 | the data, and the best guess of a network that has forgotten the first element | 3 |
# | 3, 4 | two instruments: what the output feels of each step, what a step leaves of the past | 5 |
# | predict, 5 | a prediction, then four trainings | 4 |
# | 6 | how sure a handful of runs can make you | 1 |
# | 7 | your explanation, marked by people | 12 |
#
# **How to work.** Replace each `...` by your code. `grader.check(...)` under a question runs the checks that you may
# see; others, on other sizes and numbers, run when your work is graded. The trainings take a minute or two in all.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras.layers import Dense, SimpleRNN

FORGETFUL = 1 / 12  # the MSE of the best guess from the last element alone: question 2
CONSTANT = 1 / 6  # the MSE of the best guess from nothing at all


def ready(*values):
    """Return True when none of the values is still an unanswered `...`."""
    return not any(value is None or value is ... for value in values)


# %%
from IPython.display import display  # shows a plot together with a text for those who cannot see it

# %% [raw]
# # BEGIN QUESTION
# name: q1

# %% [markdown]
# ## Question 1: Data whose first element matters
#
# Draw $n$ sequences of $T$ numbers, uniform on $[0, 1)$. The target is the sum of the first and the last:
#
# $$ y = x_0 + x_{T-1} $$
#
# As before, Keras wants the shape `(samples, steps, features)`, so `X` is `(n, T, 1)`; one target for each sample makes
# `y` `(n, 1)`. Everything between the first and the last element is noise. A sequence of one element has the same first
# and last, so there $y = 2 x_0$.
#
# Take your random numbers from `np.random.default_rng(seed)`, which belongs to you alone, and return float32.

# %% [raw]
# # BEGIN SOLUTION


# %%
def make_first_last_data(n, T, seed):
    """Draw sequences whose target is the sum of their first and last element.

    Args:
        n: number of sequences; T: length of each, at least 1; seed: int, the same seed gives the same data.

    Returns:
        X: float32 array of shape (n, T, 1), uniform on [0, 1).
        y: float32 array of shape (n, 1).
    """
    # BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    X = rng.random((n, T, 1), dtype=np.float32)
    return X, X[:, 0] + X[:, -1]
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Look at the shapes, the types and the sums of make_first_last_data(3, 4, 0).
"""  # END TEST CONFIG


def test_three_sequences(make_first_last_data):
    """Three sequences of four elements: shapes, types and sums"""
    import numpy as np

    result = make_first_last_data(3, 4, 0)
    assert result is not None, "make_first_last_data returned None: write its body and end it with return X, y."
    pair = isinstance(result, (tuple, list)) and len(result) == 2
    assert pair, f"Expected two arrays, X and y, got {type(result).__name__}: end the function with return X, y."
    X, y = np.asarray(result[0]), np.asarray(result[1])
    causes = {(3, 4): "the axis of features is missing", (4, 3, 1): "steps and samples are swapped"}
    message = f"Expected X of shape (3, 4, 1), got {X.shape}: {causes.get(X.shape, 'samples, steps, features')}."
    assert X.shape == (3, 4, 1), message
    causes = {
        (3,): "one target a sequence, but flat: index the steps only, as in X[:, 0], and the last axis stays",
        (3, 1, 1): "the axis of steps is still there: take X[:, 0] rather than X[:, :1]",
        (4, 1): "that adds two sequences, not two steps: the first axis of X is that of the samples",
    }
    message = f"Expected y of shape (3, 1), got {y.shape}: {causes.get(y.shape, 'one target a sequence')}."
    assert y.shape == (3, 1), message
    for name, array in (("X", X), ("y", y)):
        message = f"Expected {name} of type float32, got {array.dtype}: NumPy draws float64 unless you ask for float32."
        assert array.dtype == np.float32, message
    mistakes = {
        "that is the second element plus the last: the first has index 0": X[:, 1] + X[:, -1],
        "that is the sum of the whole sequence": X.sum(axis=1),
        "that is the last element alone": X[:, -1],
        "that is the first element alone": X[:, 0],
        "that is the mean of the two, not their sum": (X[:, 0] + X[:, -1]) / 2,
        "that is the first plus the one before the last: the last has index -1": X[:, 0] + X[:, -2],
    }
    cause = next((f": {text}" for text, wrong in mistakes.items() if np.allclose(y, wrong, atol=1e-5)), "")
    first = ", ".join(f"{value:.2f}" for value in X[0, :, 0])
    message = f"The first sequence is {first}: expected y = {X[0, 0, 0] + X[0, -1, 0]:.2f}, got {y[0, 0]:.2f}{cause}."
    assert np.allclose(y, X[:, 0] + X[:, -1], atol=1e-5), message


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: The data must come from default_rng(seed) alone, be uniform on [0, 1), and be right for any n and T, also n = 1 and T = 1.
"""  # END TEST CONFIG


def test_other_sizes_and_seeds(make_first_last_data):
    """Other sizes, uniform numbers, and a seed that is used and stays local"""
    import numpy as np

    before = np.random.get_state()
    for n, T in ((1, 1), (5, 1), (1, 2), (6, 9), (4, 4)):
        X, y = (np.asarray(part) for part in make_first_last_data(n, T, 21))
        assert X.shape == (n, T, 1) and y.shape == (n, 1), f"n={n}, T={T}: shapes {X.shape} and {y.shape}"
        assert X.dtype == y.dtype == np.float32, f"n={n}, T={T}: types {X.dtype} and {y.dtype}"
        assert np.allclose(y, X[:, 0] + X[:, -1], atol=1e-5), f"n={n}, T={T}: y is not first plus last"
    X, again, other = (np.asarray(make_first_last_data(20000, 3, seed)[0]) for seed in (5, 5, 6))
    after = np.random.get_state()
    unmoved = np.array_equal(before[1], after[1]) and before[2] == after[2]
    assert unmoved, "the global random state has moved: something draws from np.random itself, or seeds it"
    assert np.array_equal(X, again), "the same seed gave different data"
    assert not np.array_equal(X, other), "another seed gave the same data"
    assert X.min() >= 0 and X.max() <= 1, "not on [0, 1)"
    means, variances = X.mean(axis=0).ravel(), X.var(axis=0).ravel()
    assert np.allclose(means, 1 / 2, atol=0.015), f"means {means}, expected 1/2"
    assert np.allclose(variances, 1 / 12, atol=0.005), f"variances {variances}, expected 1/12"
    shared = np.corrcoef(X[:, :, 0].T)[~np.eye(3, dtype=bool)]
    assert np.abs(shared).max() < 0.05, "the steps of a sequence depend on each other"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %%
if ready(make_first_last_data(1, 1, 0)):
    X, y = make_first_last_data(10_000, 30, seed=0)
    print("X", X.shape, " y", y.shape)
    print(f"first sequence: {X[0, 0, 0]:.4f} ... {X[0, -1, 0]:.4f}, target {y[0, 0]:.4f}")
else:
    print("Finish question 1 first: this cell shows your data.")

# %% [raw]
# # BEGIN QUESTION
# name: q2

# %% [markdown]
# ## Question 2: The best guess of the forgetful
#
# Suppose a network has lost the first element. It still sees the last one. What should it answer, so that its mean
# squared error is as small as it can be?
#
# Write that predictor. It may use the last element of a sequence and what you know about the distribution, and nothing
# else: not the elements before, not the other sequences of the batch. Take $T \ge 2$.

# %% [raw]
# # BEGIN SOLUTION


# %%
def last_only_predictor(X):
    """Predict first plus last from the last element alone, with the smallest possible mean squared error.

    Args:
        X: float32 array of shape (n, T, 1), T at least 2, uniform on [0, 1); left as it is.

    Returns:
        array of shape (n, 1).
    """
    # BEGIN SOLUTION
    return X[:, -1] + np.float32(0.5)
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: 'Try the sequence .2, .7, .4 by hand: its last element is .4, and the first could have been anything.'
"""  # END TEST CONFIG


def test_two_short_sequences(last_only_predictor):
    """Two sequences of three elements"""
    import numpy as np

    X = np.array([[0.2, 0.7, 0.4], [0.6, 0.1, 0.3]], dtype=np.float32)[..., None]
    result = last_only_predictor(X.copy())
    assert result is not None, "last_only_predictor returned None: write its body and end it with return."
    got = np.asarray(result)
    assert got.shape == (2, 1), f"Expected shape (2, 1), one prediction a sequence, got {got.shape}."
    first, last = X[:, 0], X[:, -1]
    mistakes = {
        "that is the last element alone; the first is unknown, but not 0 on average": last,
        "that is the average of the sequence, which uses elements you have lost": X.mean(axis=1),
        "that uses the first element, which is lost": first + last,
        "that uses the first element, which is lost, and forgets the last": first + 0.5,
        "that is twice the last; the first element is not a copy of it": 2 * last,
        "that is the best guess from nothing; you do know the last element": np.ones((2, 1)),
        "that takes the mean of other elements where you know the distribution's": last + X[:, :-1].mean(axis=1),
        "that takes the batch's mean where you know the distribution's": last + first.mean(),
        "that takes the mean of all of X where you know the distribution's": last + X.mean(),
    }
    cause = next((f": {text}" for text, wrong in mistakes.items() if np.allclose(got, wrong, atol=1e-4)), "")
    values = f"{got[0, 0]:.2f} and {got[1, 0]:.2f}"
    message = f"For .2 .7 .4 and .6 .1 .3 expected .90 and .80, got {values}{cause}."
    assert np.allclose(got, [[0.9], [0.8]], atol=1e-4), message


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: 'Measure the mean squared error of your predictor on many sequences: no other guess from the last element has a smaller one.'
"""  # END TEST CONFIG


def test_error_on_many_sequences(last_only_predictor):
    """On 20,000 sequences nobody who sees the last element only does better"""
    import numpy as np
    from reference import make_first_last_data as draw

    X, y = draw(20000, 6, 77)
    got = np.asarray(last_only_predictor(X.copy()))
    assert got.shape == y.shape, f"shape {got.shape}"
    mse = np.mean((got - y) ** 2)
    assert abs(mse - 1 / 12) < 0.003, f"MSE {mse:.4f}, expected 1/12"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: 'Change every element but the last: the prediction must stay the same, and X itself too.'
"""  # END TEST CONFIG


def test_earlier_steps_do_not_matter(last_only_predictor):
    """Earlier elements change nothing, and X stays as it was"""
    import numpy as np

    X = np.random.default_rng(31).random((8, 5, 1), dtype=np.float32)
    other = X.copy()
    other[:, :-1] = np.random.default_rng(32).random((8, 4, 1), dtype=np.float32)
    given = X.copy()
    one, two = np.asarray(last_only_predictor(given)), np.asarray(last_only_predictor(other.copy()))
    assert np.array_equal(given, X), "X was changed"
    assert one.shape == (8, 1) and np.allclose(one, two, atol=1e-5), "earlier elements change the prediction"
    assert np.ptp(one - X[:, -1]) < 1e-4, "the prediction does not follow the last element"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: 'Predict a single sequence (n = 1) and the same one inside a batch: both answers must be equal.'
"""  # END TEST CONFIG


def test_the_batch_does_not_matter(last_only_predictor):
    """A sequence gets the same prediction alone and in a batch"""
    import numpy as np

    X = np.random.default_rng(33).random((6, 2, 1), dtype=np.float32)
    batch = np.asarray(last_only_predictor(X.copy()))
    for i in range(6):
        alone = np.asarray(last_only_predictor(X[i : i + 1].copy()))
        assert alone.shape == (1, 1) and np.allclose(alone[0], batch[i], atol=1e-5), "the batch changes the prediction"
    assert np.allclose(batch, X[:, -1] + 0.5, atol=1e-4), "right in shape, wrong in value"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# Two numbers will follow us through the notebook. Compare your predictor with one that says 1 whatever it sees:

# %%
if ready(make_first_last_data(1, 2, 0), last_only_predictor(np.zeros((1, 2, 1), np.float32))):
    X, y = make_first_last_data(20_000, 30, seed=1)
    print(f"from the last element alone: MSE {np.mean((last_only_predictor(X) - y) ** 2):.4f}, 1/12 is {FORGETFUL:.4f}")
    print(f"always 1:                    MSE {np.mean((1 - y) ** 2):.4f}, 1/6 is  {CONSTANT:.4f}")
else:
    print("Finish questions 1 and 2 first: this cell measures the two floors.")

# %% [raw]
# # BEGIN QUESTION
# name: q3

# %% [markdown]
# ## Question 3: What the output feels of each step
#
# An error of 1/12 says *that* the first element is lost. To see *where* a network listens, move one input a little
# and watch the output: the slope $\partial \hat y / \partial x_t$. Over many sequences,
#
# $$ p_t = \frac{1}{n} \sum_{i=1}^{n} \left\lvert \frac{\partial \hat y_i}{\partial x_{i,t}} \right\rvert $$
#
# A network that has solved the task has $p_0 \approx 1$, $p_{T-1} \approx 1$ and almost nothing between.
#
# `tf.GradientTape` gives the slopes. It watches variables by itself, but not constants: call `tape.watch(...)`. And
# since no sample depends on another, the gradient of the *sum* of all outputs holds the slope of each output with
# respect to its own inputs.

# %% [raw]
# # BEGIN SOLUTION


# %%
def input_gradient_profile(model, X):
    """Return how strongly the output depends on each step: the mean over samples of |d output / d x_t|.

    Args:
        model: Keras model from (n, T, 1) to (n, 1); left as it is.
        X: float32 array of shape (n, T, 1); left as it is.

    Returns:
        array of shape (T,), t = 0 first.
    """
    # BEGIN SOLUTION
    inputs = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(model(inputs))
    slopes = tape.gradient(total, inputs).numpy()
    return np.abs(slopes).mean(axis=(0, 2))
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: The test network halves its state at every step and multiplies the last one by -2. Work out its three slopes by hand.
"""  # END TEST CONFIG


def test_a_network_that_halves(input_gradient_profile):
    """A network that halves its state at every step"""
    import keras
    import numpy as np

    cell = keras.layers.SimpleRNN(1, activation="linear")
    model = keras.Sequential([keras.Input((3, 1)), cell, keras.layers.Dense(1)])
    model.set_weights([np.array(w, np.float32) for w in ([[1]], [[0.5]], [0], [[-2]], [0])])
    X = np.linspace(0, 1, 12, dtype=np.float32).reshape(4, 3, 1)
    given = X.copy()
    try:
        result = input_gradient_profile(model, given)
    except (TypeError, AttributeError, ValueError) as error:
        why = "The gradient is None when the tape does not watch the input: call tape.watch first."
        message = f"It stopped with: {error}. " + (
            why if "None" in str(error) else "Read the lines above this message."
        )
        raise AssertionError(message) from None
    assert result is not None, "input_gradient_profile returned None: write its body and end it with return."
    got = np.asarray(result)
    cause = {(3, 1): "drop the axis of features", (4, 3): "take the mean over samples", (4,): "one number a step"}
    assert got.shape == (3,), f"Expected shape (3,), got {got.shape}: {cause.get(got.shape, 'one number a step')}."
    right = np.array([0.5, 1, 2])
    mistakes = {
        "that is the profile in reverse: t = 0 comes first": right[::-1],
        "the sign is still there: take the absolute value": -right,
        "those are squares: take the absolute value": right**2,
        "that is 4 times too small for 4 samples: differentiate the sum of the outputs, not their mean": right / 4,
        "that is 4 times too large for 4 samples: take the mean over samples, not the sum": right * 4,
    }
    cause = next((f": {text}" for text, wrong in mistakes.items() if np.allclose(got, wrong, rtol=0.02)), "")
    message = f"For y = -2 (x2 + x1 / 2 + x0 / 4) expected 0.5, 1, 2, got {', '.join(f'{p:.3g}' for p in got)}{cause}."
    assert np.allclose(got, right, rtol=0.02), message
    assert np.array_equal(given, X), "Your function changed X: work on a copy."


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Without an activation the slopes do not depend on X and can be worked out by hand, for any weights and any length.
"""  # END TEST CONFIG


def test_linear_chains(input_gradient_profile):
    """A linear network of two chains: one fades, one grows and alternates"""
    import keras
    import numpy as np

    T, k, a, v = 7, np.array([1.5, -0.9]), np.array([0.6, -1.3]), np.array([0.8, -2.0])
    cell = keras.layers.SimpleRNN(2, activation="linear")
    model = keras.Sequential([keras.Input((T, 1)), cell, keras.layers.Dense(1)])
    model.set_weights([np.asarray(w, np.float32) for w in (k[None], np.diag(a), [0.1, 0.2], v[:, None], [-0.2])])
    X = np.random.default_rng(41).random((5, T, 1), dtype=np.float32)
    got = np.asarray(input_gradient_profile(model, X))
    expected = np.abs((v * k * a ** np.arange(T - 1, -1, -1)[:, None]).sum(axis=1))
    assert got.shape == (T,), f"shape {got.shape} for T = {T}"
    assert np.allclose(got, expected, rtol=0.02, atol=0.002), f"{got}, expected {expected}"


# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: A slope may be positive for one sample and negative for another. Where must the absolute value stand so that the two do not cancel?
"""  # END TEST CONFIG


def test_signs_do_not_cancel(input_gradient_profile):
    """A ReLU network whose slopes have both signs"""
    import keras
    import numpy as np

    T, a, k, v = 4, 0.7, 1.5, 1.2
    cell = keras.layers.SimpleRNN(2, activation="relu")
    model = keras.Sequential([keras.Input((T, 1)), cell, keras.layers.Dense(1)])
    weights = ([[k, -k]], [[a, 0], [0, a]], [0, 0], [[v], [v]], [0.3])
    model.set_weights([np.array(w, np.float32) for w in weights])
    size = np.random.default_rng(42).uniform(0.3, 1, (6, T, 1))
    X = (size * np.array([1, -1, 1, -1, 1, -1])[:, None, None]).astype(np.float32)
    got = np.asarray(input_gradient_profile(model, X))
    expected = v * k * a ** np.arange(T - 1, -1, -1)
    assert got.shape == (T,) and np.allclose(got, expected, rtol=0.02, atol=0.002), f"{got}, expected {expected}"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Try your function on an untrained network, with a single sample (n = 1) and a single step (T = 1).
"""  # END TEST CONFIG


def test_tanh_networks(input_gradient_profile):
    """A network with tanh, also one sample and one step"""
    import keras
    import numpy as np

    rng = np.random.default_rng(104)
    shapes = (1, 3), (3, 3), (3,), (3, 1), (1,)
    Wx, Wh, b, V, c = (rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes)
    model = keras.Sequential([keras.Input((None, 1)), keras.layers.SimpleRNN(3), keras.layers.Dense(1)])
    model.set_weights([Wx, Wh, b, V, c])
    for n, T in ((5, 4), (1, 1)):
        X = rng.random((n, T, 1), dtype=np.float32)
        states = [np.zeros((n, 3))]
        for t in range(T):
            states.append(np.tanh(X[:, t] @ Wx + states[-1] @ Wh + b))
        slopes, right = np.repeat(V.T, n, axis=0), np.zeros(T)
        for t in reversed(range(T)):
            slopes = slopes * (1 - states[t + 1] ** 2)
            right[t], slopes = np.abs(slopes @ Wx.T).mean(), slopes @ Wh.T
        got = np.asarray(input_gradient_profile(model, X.copy()))
        assert got.shape == (T,), f"n = {n}, T = {T}: shape {got.shape}"
        assert np.allclose(got, right, rtol=0.02, atol=0.003), f"n = {n}, T = {T}: {got}, expected {right}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4

# %% [markdown]
# ## Question 4: What a step leaves of the past
#
# The original notebook explains **vanishing gradients** so:
#
# > As RNNs are trained, earlier layers may receive very tiny updates to their weights, essentially halting learning.
# > This is caused by the multiplication of many small values (gradients) during backpropagation, which makes the
# > gradients vanish. The opposite problem, exploding gradients, occurs when gradients become too large, making the
# > network weights update too aggressively.
#
# Two words need care. *Layers*: unrolled over time, all steps share one matrix, so no step has weights of its own.
# *Values*: what is multiplied are matrices, the Jacobians of the steps. With states as rows, as in Keras,
#
# $$ h_t = \tanh(x_t W_x + h_{t-1} W_h + b) \quad\Rightarrow\quad
# J_t = \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) \, W_h^\top $$
#
# $$ \frac{\partial h_{T-1}}{\partial h_t} = J_{T-1} \, J_{T-2} \cdots J_{t+1} $$
#
# and the gradient of the shared weights is a sum over the steps, each term with its own product:
#
# $$ \frac{\partial L}{\partial W} = \sum_t \frac{\partial L}{\partial h_{T-1}} \,
# \frac{\partial h_{T-1}}{\partial h_t} \, \frac{\partial^+ h_t}{\partial W} $$
#
# where $\partial^+$ counts the direct influence at step $t$ only. Keep this sum in mind for question 7.
#
# A matrix is measured by its *spectral norm*, its largest singular value: the most by which it can stretch a vector. As
# $1 - h^2 \le 1$, a $W_h$ of norm below 1 is sufficient for the product to vanish. A norm above 1 is necessary for it
# to explode, but not sufficient. So do not guess: write the function that measures it.

# %% [raw]
# # BEGIN SOLUTION


# %%
def jacobian_product_norm(Wh, states):
    """Return the spectral norm of d h_last / d h_t for every step t.

    Args:
        Wh: array of shape (H, H), as Keras keeps it: h_t = tanh(x_t Wx + h_{t-1} Wh + b), states are rows.
        states: array of shape (T, H), the states h_0 to h_{T-1} of one sequence. Both are left as they are.

    Returns:
        array of shape (T,), t = 0 first; the last entry is 1.
    """
    # BEGIN SOLUTION
    norms = np.ones(len(states))
    product = np.eye(len(Wh))
    for t in range(len(states) - 1, 0, -1):
        product = product @ ((1 - states[t] ** 2)[:, None] * Wh.T)
        norms[t - 1] = np.linalg.norm(product, ord=2)
    return norms
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: In the test every step doubles a vector and then scales it by 1 - h². Work out the two products by hand.
"""  # END TEST CONFIG


def test_three_states(jacobian_product_norm):
    """Three states of two units, a matrix that swaps and doubles"""
    import numpy as np

    Wh = np.array([[0.0, 2.0], [2.0, 0.0]])
    states = np.array([[0.6, 0.6], [0.0, 0.0], [0.5, 0.5]])
    given = Wh.copy(), states.copy()
    result = jacobian_product_norm(*given)
    assert result is not None, "jacobian_product_norm returned None: write its body and end it with return."
    got = np.asarray(result)
    assert got.shape == (3,), f"Expected shape (3,), one norm a step, got {got.shape}."
    right = np.array([3.0, 1.5, 1.0])
    mistakes = {
        "that is the Frobenius norm, NumPy's default: ask for ord=2": right * [2**0.5, 2**0.5, 1],
        "that is the Frobenius norm, NumPy's default; ask for ord=2": right * 2**0.5,
        "that is the result in reverse: t = 0 comes first": right[::-1],
        "the slope of tanh is 1 - h², not 1 - h": np.array([2.0, 1.0, 1.0]),
        "the slope of tanh is missing": np.array([4.0, 2.0, 1.0]),
        "the slope belongs to the state that a step arrives at, h_{t+1} for the step from t": np.array([2.56, 2, 1]),
        "that is one factor too many: nothing lies between h_last and itself": np.array([3.84, 3.0, 1.5]),
        "that is each step's own norm: multiply the steps": np.array([2.0, 1.5, 1.0]),
        "the product runs from the first step to t, not from t to the last": np.array([1.0, 2.0, 3.0]),
    }
    cause = next((f": {text}" for text, wrong in mistakes.items() if np.allclose(got, wrong, rtol=1e-3)), "")
    message = (
        f"The steps stretch by 2, then by 1.5: expected 3, 1.5, 1, got {', '.join(f'{v:.3g}' for v in got)}{cause}."
    )
    assert np.allclose(got, right, rtol=1e-3), message
    unchanged = np.array_equal(given[0], Wh) and np.array_equal(given[1], states)
    assert unchanged, "Your function changed Wh or states: work on copies."


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: With all states 0 a step is Wh alone. An orthogonal Wh, a rotation say, stretches no vector at all.
"""  # END TEST CONFIG


def test_orthogonal(jacobian_product_norm):
    """An orthogonal matrix and states near 0 keep the norm at 1"""
    import numpy as np

    for T, H in ((6, 5), (40, 3), (1, 4), (3, 1)):
        Wh = np.linalg.qr(np.random.default_rng(T).normal(size=(H, H)))[0]
        got = np.asarray(jacobian_product_norm(Wh, np.zeros((T, H))))
        assert got.shape == (T,) and np.allclose(got, 1, rtol=1e-3), f"T = {T}, H = {H}: {got}, expected ones"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: 'Take the norm of the product, not the product of the norms: the second is only an upper bound.'
"""  # END TEST CONFIG


def test_powers(jacobian_product_norm):
    """With states 0 the products are powers of the matrix, also of one that is not normal"""
    import numpy as np

    for Wh in ([[0.5, 0.0], [0.0, 0.9]], [[0.5, 2.0], [0.0, 0.5]], [[0.0, 1.7, 0.0], [0.0, 0.0, 1.1], [0.4, 0.0, 0.0]]):
        Wh, T = np.array(Wh), 7
        expected = [np.linalg.svd(np.linalg.matrix_power(Wh, T - 1 - t), compute_uv=False)[0] for t in range(T)]
        got = np.asarray(jacobian_product_norm(Wh.copy(), np.zeros((T, len(Wh)))))
        assert got.shape == (T,) and np.allclose(got, expected, rtol=1e-3, atol=1e-6), f"{got}, expected {expected}"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: Take a matrix without symmetry and states that differ, and check order and transposition against finite differences.
"""  # END TEST CONFIG


def test_random_states(jacobian_product_norm):
    """Matrices without symmetry, states that differ, also one step and one unit"""
    import numpy as np
    from reference import jacobian_product_norm as expected

    for T, H in ((6, 4), (9, 3), (2, 5), (5, 1), (1, 3)):
        rng = np.random.default_rng(10 * T + H)
        Wh, states = rng.normal(size=(H, H)), np.tanh(rng.normal(size=(T, H)))
        got, right = np.asarray(jacobian_product_norm(Wh.copy(), states.copy())), expected(Wh, states)
        assert got.shape == (T,), f"T = {T}, H = {H}: shape {got.shape}"
        assert np.allclose(got, right, rtol=2e-3, atol=1e-5), f"T = {T}, H = {H}: {got}, expected {right}"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: predict

# %% [markdown]
# ## Predict before you run
#
# Soon you train the same network on sequences of length 10, 30 and 100, and measure its MSE on fresh data. Write down
# now what you expect, as numbers. Which of **0**, **1/12** and **1/6** will it be near, at each length?
#
# The point is for writing the numbers down, not for being right. Leave them as they are afterwards: question 7 asks
# what you learned from the difference.

# %% [raw]
# # BEGIN SOLUTION

# %%
pred_T10 = 0.001  # SOLUTION
pred_T30 = 1 / 12  # SOLUTION
pred_T100 = 1 / 6  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: false
failure_message: Write a number for each of pred_T10, pred_T30 and pred_T100. Any finite number counts.
"""  # END TEST CONFIG


def test_three_numbers(pred_T10, pred_T30, pred_T100):
    """Three predictions are written down"""
    import numpy as np

    for name, value in (("pred_T10", pred_T10), ("pred_T30", pred_T30), ("pred_T100", pred_T100)):
        missing = value is None or value is ...
        assert not missing, f"{name} has no value yet: write the MSE that you expect, a number such as 1 / 12."
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        assert number, f"Expected a number in {name}, got {type(value).__name__}: write the MSE that you expect."
        assert np.isfinite(value), f"Expected a finite number in {name}, got {value}."


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## The training, as it was and a little faster
#
# The original experiment is short. Only `input_shape=` has gone out of use; `keras.Input` replaces it:
#
#     X = np.random.rand(10000, 30, 1)
#     y = X[:, 0] + X[:, -1]
#     model.add(SimpleRNN(10, input_shape=(30, 1)))
#     model.add(Dense(1, activation='linear'))
#     model.compile(optimizer='adam', loss='mse')
#     model.fit(X, y, epochs=50, batch_size=32)
#
# It set no seed, so nobody can repeat it. Keras draws initial weights and shuffles from its own global generators:
# `keras.utils.set_random_seed(seed)`, called before the model is built, is the one place where you may touch those.
#
# The function below trains. With `fast=False` it is the `fit` above. With `fast=True` Keras compiles an epoch into one
# program, which gives the same losses to five decimals in less than half of the time. That needs whole batches only:
# take 9,984 sequences, which is 312 batches of 32, instead of 10,000.


# %%
def train(model, X, y, epochs, fast=True):
    """Train a compiled model in batches of 32 and print the loss five times.

    Args:
        model: compiled Keras model, trained in place; X: float32 (n, T, 1); y: float32 (n, 1); epochs: int.
        fast: compile whole epochs, n must then be a multiple of 32; False is the plain fit.
    """
    if fast:
        model.compile(optimizer=model.optimizer, loss=model.loss, jit_compile=True, steps_per_execution=len(X) // 32)

    def report(epoch, logs):
        if (epoch + 1) % max(1, epochs // 5) == 0:
            print(f"T = {X.shape[1]:3d}: epoch {epoch + 1:2d} of {epochs}, loss {logs['loss']:.5f}", flush=True)

    progress = keras.callbacks.LambdaCallback(on_epoch_end=report)
    model.fit(X, y, epochs=epochs, batch_size=32, verbose=0, callbacks=[progress])


# %% [raw]
# # BEGIN QUESTION
# name: q5

# %% [markdown]
# ## Question 5: Run the experiment
#
# First build the network: `keras.Input`, one `SimpleRNN(units)`, one `Dense(1)`; compile it with `"adam"` and `"mse"`.
#
# Then write `run_experiment`: set the seed, draw training data, build, train, and measure on **test data of its own**,
# at least 1,000 sequences from a seed that the training did not use. It returns a dict of the test `mse`, the `profile`
# of the trained network on test data, and the `model`.
#
# At last run it four times. Choose the two seeds for length 30 yourself, your birthday for example: if the whole class
# did the same run, the class would know no more than you.
#
# | `results[...]` | T | epochs | training |
# |---|---|---|---|
# | `"T10"` | 10 | 30 | fast |
# | `"T30a"` | 30 | 50 | plain, `fast=False`: the original experiment |
# | `"T30b"` | 30 | 50 | fast, with another seed |
# | `"T100"` | 100 | 10 | fast |
#
# Lengths 10 and 100 show with fewer epochs where they stand; what 50 do is in question 6. All four take a minute or
# two.

# %% [raw]
# # BEGIN SOLUTION


# %%
def build_memory_model(T, units=10):
    """Return a compiled Keras model from (n, T, 1) to (n, 1): SimpleRNN(units) and Dense(1), adam, mse."""
    # BEGIN SOLUTION
    model = keras.Sequential([keras.Input((T, 1)), SimpleRNN(units), Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model
    # END SOLUTION


# %%
def run_experiment(T, seed, epochs, fast=True):
    """Train one network on sequences of length T and measure it on fresh ones.

    Args:
        T: length of the sequences; seed: int, of weights, shuffles and data; epochs: int.
        fast: handed on to train: 9,984 training sequences when True, 10,000 when False.

    Returns:
        dict of "mse": float, on test data; "profile": array of shape (T,), on test data; "model": the trained model.
    """
    # BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    X, y = make_first_last_data(9_984 if fast else 10_000, T, seed)
    X_test, y_test = make_first_last_data(2_000, T, seed + 1_000_000)
    model = build_memory_model(T)
    train(model, X, y, epochs, fast)
    mse = float(np.mean((model(X_test) - y_test) ** 2))
    return {"mse": mse, "profile": input_gradient_profile(model, X_test[:500]), "model": model}
    # END SOLUTION


# %%
results = {}  # each entry is the dict that run_experiment returns
results["T10"] = run_experiment(10, seed=0, epochs=30)  # SOLUTION
results["T30a"] = run_experiment(30, seed=0, epochs=50, fast=False)  # SOLUTION
results["T30b"] = run_experiment(30, seed=1, epochs=50)  # SOLUTION
results["T100"] = run_experiment(100, seed=0, epochs=10)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: 'Compare build_memory_model(7).summary() with the description: two layers, 131 parameters, compiled.'
"""  # END TEST CONFIG


def test_the_network(build_memory_model):
    """The network for length 7"""
    model = build_memory_model(7)
    assert model is not None, "build_memory_model returned None: write its body and end it with return model."
    layers = [type(layer).__name__ for layer in model.layers if type(layer).__name__ != "InputLayer"]
    message = f"Expected the layers SimpleRNN and Dense, got {', '.join(layers) or 'none'}."
    assert layers == ["SimpleRNN", "Dense"], message
    shape = tuple(model.output_shape)
    causes = {(None, 7, 1): ": the RNN hands on all its states, leave return_sequences out"}
    message = f"Expected outputs of shape (None, 1), got {shape}{causes.get(shape, '')}."
    assert shape == (None, 1), message
    count = model.count_params()
    message = f"Expected 131 parameters (10 + 100 + 10 in the RNN, 10 + 1 in Dense), got {count}: are the units 10?"
    assert count == 131, message
    compiled = getattr(model, "optimizer", None) is not None
    assert compiled, 'The model is not compiled: call model.compile(optimizer="adam", loss="mse") before return.'


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: 'Each of the four entries of results must be what run_experiment returned: a dict of mse, profile and model.'
"""  # END TEST CONFIG


def test_the_results(results, run_experiment):
    """Four experiments, each with its MSE, profile and model"""
    import numpy as np

    lengths = {"T10": 10, "T30a": 30, "T30b": 30, "T100": 100}
    assert isinstance(results, dict), f"Expected results to be a dict, got {type(results).__name__}."
    for key, T in lengths.items():
        run = results.get(key)
        assert run is not ..., f'results["{key}"] is still `...`: call run_experiment with T = {T}.'
        message = f'Expected a dict in results["{key}"], got {type(run).__name__}: does run_experiment return one?'
        assert isinstance(run, dict), message
        absent = [name for name in ("mse", "profile", "model") if run.get(name) is None]
        assert not absent, f'results["{key}"] lacks {", ".join(absent)}.'
        assert np.ndim(run["mse"]) == 0 and np.isfinite(run["mse"]), (
            f'The mse of results["{key}"] is not a finite number.'
        )
        shape = np.shape(run["profile"])
        assert shape == (T,), f'The profile of results["{key}"] has shape {shape}, expected ({T},), one number a step.'
    same = np.allclose(results["T30a"]["profile"], results["T30b"]["profile"], rtol=1e-6, atol=0)
    message = (
        "T30a and T30b are the same run: hand another seed to the second and call keras.utils.set_random_seed(seed)."
    )
    assert not same, message
    short = float(results["T10"]["mse"])
    if not short < 0.01:  # measured, one right network in 400 stays at 1/12: it gets a second try
        short = float(run_experiment(10, 870_011, 30)["mse"])
    cause = "Is y first plus last, and are there 30 epochs? If both are right, try another seed."
    assert short < 0.01, f"Expected a test MSE below .01 at length 10, got {short:.4f}. {cause}"


# %%
""" # BEGIN TEST CONFIG
points: 0.25
hidden: true
failure_message: The number of units must be that of the argument, for any length, with the usual tanh, adam and mse.
"""  # END TEST CONFIG


def test_other_lengths_and_units(build_memory_model):
    """The network for other lengths and other numbers of units"""
    import re

    import numpy as np

    for T, units in ((1, 1), (5, 4), (100, 12)):
        model = build_memory_model(T, units)
        rnn, dense = (layer for layer in model.layers if type(layer).__name__ != "InputLayer")
        assert type(rnn).__name__ == "SimpleRNN" and type(dense).__name__ == "Dense", "other layers"
        assert rnn.get_config()["activation"] == "tanh", "the activation of the RNN is not tanh"
        assert dense.get_config()["activation"] == "linear", "the output is not linear"
        assert model.count_params() == units**2 + 3 * units + 1, f"T = {T}, units = {units}: {model.count_params()}"
        optimizer = re.sub(r"_\d+$", "", model.optimizer.name.lower())  # Keras numbers them: adam, adam_1
        assert optimizer == "adam", f"optimizer {optimizer}"
        assert not isinstance(model.loss, str) or model.loss in ("mse", "MSE", "mean_squared_error"), model.loss
        assert np.shape(model(np.zeros((2, T, 1), np.float32))) == (2, 1), "shape of the output"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: The network trained at length 10 must be right on new sequences, and the MSE that you report must be that of test data.
"""  # END TEST CONFIG


def test_length_10_is_learned(results, run_experiment):
    """At length 10 the network has learned the task"""
    import numpy as np
    from reference import make_first_last_data as draw

    X, y = draw(4000, 10, 870_010)
    mse = np.mean((results["T10"]["model"].predict(X, batch_size=4000, verbose=0) - y) ** 2)
    assert abs(mse - float(results["T10"]["mse"])) < 0.003 + mse / 4, (
        f"reported {results['T10']['mse']}, fresh {mse:.5f}"
    )
    if not mse < 0.01:  # measured, one right network in 400 stays at 1/12: it gets a second try
        mse = np.mean((run_experiment(10, 870_011, 30)["model"].predict(X, batch_size=4000, verbose=0) - y) ** 2)
    assert mse < 0.01, f"MSE {mse:.5f} on fresh data"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: After ten epochs at length 100 hardly a network has solved the task, and none does much worse than question 2. Is the MSE that you report that of test data?
"""  # END TEST CONFIG


def test_length_100_is_reported(results):
    """At length 100 the network is no worse than the last element alone, and its MSE is reported as it is"""
    import numpy as np
    from reference import make_first_last_data as draw

    X, y = draw(4000, 100, 870_100)
    mse = np.mean((results["T100"]["model"].predict(X, batch_size=4000, verbose=0) - y) ** 2)
    # Measured, 4 of 400 right networks are below .015 after ten epochs, all others above .068.
    assert mse < 0.12, f"MSE {mse:.5f} on fresh data, expected about 1/12"
    assert abs(mse - float(results["T100"]["mse"])) < 0.02, f"reported {results['T100']['mse']}, fresh {mse:.5f}"


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: 'The profiles must be those of the trained networks, on test data, with t = 0 first: what does each network feel of its first and of its last element?'
"""  # END TEST CONFIG


def test_profiles_of_the_trained_networks(results):
    """The profiles: those of the networks, at length 100 dead at the start unless the network has learned the task"""
    import numpy as np
    from reference import input_gradient_profile
    from reference import make_first_last_data as draw

    for key, T in (("T10", 10), ("T100", 100)):
        right = input_gradient_profile(results[key]["model"], draw(200, T, 870_500 + T)[0])
        got = np.asarray(results[key]["profile"], dtype=np.float64)
        assert got.shape == (T,), f"{key}: shape {got.shape}"
        for t in (0, T - 1):
            assert abs(got[t] - right[t]) < 0.15, f"{key}, t = {t}: {got[t]}, on fresh data {right[t]}"
    of_the_start = 0 if float(results["T100"]["mse"]) < 0.05 else got[0] / got[-1]  # 4 of 400 learn the task
    assert of_the_start < 0.001, f"T100: {got[0]} at the start, {got[-1]} at the end"


# %%
""" # BEGIN TEST CONFIG
points: 0.25
hidden: true
failure_message: 'Run run_experiment(2, 5, 6) twice: the same seed gives the same network and another seed another one, two elements are soon learned, and mse and profile are those of data that the training did not use.'
"""  # END TEST CONFIG


def test_short_experiments(run_experiment, make_first_last_data):
    """Experiments with two elements: the seed, what is learned, and data of its own to measure on"""
    import numpy as np
    from reference import input_gradient_profile
    from reference import make_first_last_data as draw

    first, again, other = run_experiment(2, 5, 6), run_experiment(2, 5, 6), run_experiment(2, 6, 6, fast=False)
    one, two, three = (run["model"].get_weights()[1] for run in (first, again, other))
    assert np.allclose(one, two, atol=1e-4), "the same seed gave two networks"
    assert np.linalg.norm(one - three) > 1, "another seed gave the same network: does it set the initial weights?"
    X, y = draw(4000, 2, 870_002)
    for run in (first, other):
        mse = np.mean((np.asarray(run["model"](X)) - y) ** 2)
        assert mse < 0.006, f"MSE {mse:.4f} on fresh data after six epochs"
    X, y = (np.asarray(part) for part in make_first_last_data(10_000, 2, 5))
    errors = (np.asarray(first["model"](X)) - y) ** 2
    for n in (500, 1_000, 2_000, 9_984):
        assert not np.isclose(errors[:n].mean(), first["mse"], rtol=1e-6, atol=0), "the mse is that of training data"
        profile = input_gradient_profile(first["model"], X[:n])
        assert not np.allclose(profile, first["profile"], rtol=1e-7, atol=0), "the profile is that of training data"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### What came out

# %%
if results and ready(*results.values()):
    fig, ax = plt.subplots(figsize=(7, 4))
    ax.axhline(CONSTANT, color="0.4", linestyle=":", label="1/6: always 1")
    ax.axhline(FORGETFUL, color="0.4", linestyle="--", label="1/12: last element alone")
    ax.axhline(0.01, color="0.7", linewidth=1, label=".01: counts as solved from here on")
    points = [(len(run["profile"]), run["mse"]) for run in results.values()]
    ax.plot(*zip(*points, strict=True), "o", color="black", markersize=8, label="measured, one run each")
    if ready(pred_T10, pred_T30, pred_T100):
        guesses = np.clip([pred_T10, pred_T30, pred_T100], 3e-5, 0.5)
        ax.plot([10.8, 32.4, 108], guesses, "x", color="0.3", markersize=9, label="your prediction, beside it")
    ax.set(xscale="log", yscale="log", ylim=(2e-5, 0.6), xlabel="length T of the sequences (steps)")
    ax.set(ylabel="MSE on test data", title="Learned, or forgotten?")
    ax.set_xticks([10, 30, 100], labels=["10", "30", "100"])
    ax.minorticks_off()
    ax.legend(fontsize=8)
    alt = (
        "Test MSE by length, 10, 30 and 100, on logarithmic axes, with level lines at 1/6, 1/12 and .01, "
        "and your predictions."
    )
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)
    print("  ".join(f"{key}: {run['mse']:.5f}" for key, run in results.items()))
else:
    print("Finish question 5 first: this cell plots the test MSE by length.")

# %% [markdown]
# **See:** nothing lies at 1/6. Runs are either far below the line of .01 or at 1/12, seldom on the way between: there
# the loss stays, epoch after epoch, so we call it the *plateau*. Your two runs at length 30 may be neighbours or worlds
# apart.

# %%
if results and ready(*results.values()):
    styles = {"T10": "-", "T30a": "--", "T30b": "-.", "T100": ":"}
    fig, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    for key, run in results.items():
        T = len(run["profile"])
        keras.utils.set_random_seed(0)
        before = input_gradient_profile(build_memory_model(T), make_first_last_data(200, T, seed=2)[0])
        for ax, profile in zip(axes, (before, run["profile"]), strict=True):
            back = np.arange(T)[::-1]
            if key != "T30b" or ax is axes[1]:  # untrained, the two networks of length 30 are one
                label = key if ax is axes[1] else f"T{T}"
                ax.plot(back, profile, styles[key], color="black", label=label, linewidth=1.3)
                ax.plot(back[0], profile[0], "o", color="black")
        print(f"{key:4s}  t = 0: {before[0]:.1e} before, {run['profile'][0]:.1e} after training")
    for ax, when in zip(axes, ("before training", "after training"), strict=True):
        ax.axhline(1, color="0.6", linewidth=0.8)
        ax.set(yscale="log", ylim=(1e-12, 10), xlabel="steps before the end, T - 1 - t", title=when)
        ax.legend()
    axes[0].set_ylabel("mean |slope| of the output by x_t (1 per 1)")
    alt = (
        "Two line plots, before and after training: slope of the output by each input, by steps before "
        "the end, for four networks."
    )
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)
else:
    print("Finish question 5 first: this cell plots the profiles before and after training.")

# %% [markdown]
# **See:** the dot marks the first element, and the line at 1 is where it should be (at length 100 it leaves the
# picture). Untrained, each step back costs about the same factor, a straight line on this axis. Training either lifts
# the first element to 1 or pushes it further down: a network on the plateau has shut it out *more* tightly than before
# it learned anything.
#
# One warning: the profile sees slopes, not jumps. Of 120 networks of length 100 that we trained for ten epochs, one
# came to an MSE of .069 with a slope of 3e-31 at t = 0. Its first element throws a switch, and the state stays on that
# side: it has kept one bit, large or small.
#
# Are these lines the product of Jacobians of question 4? Follow one sequence through each network:


# %%
def hidden_states(model, x):
    """Return the states (T, H) of the network for one sequence x (T, 1)."""
    Wx, Wh, b = model.get_weights()[:3]
    states = [np.zeros(len(Wh))]
    for x_t in x:
        states.append(np.tanh(x_t @ Wx + states[-1] @ Wh + b))
    return np.array(states[1:])


if results and ready(*results.values(), jacobian_product_norm(np.eye(1), np.zeros((1, 1)))):
    keras.utils.set_random_seed(0)
    models = {"untrained": build_memory_model(30)} | {key: run["model"] for key, run in results.items()}
    print("network    length   norm of Wh   norm of the product   factor a step")
    for key, model in models.items():
        T = model.input_shape[1]
        Wh = model.get_weights()[1]
        norm = jacobian_product_norm(Wh, hidden_states(model, make_first_last_data(1, T, seed=3)[0][0]))[0]
        print(f"{key:9s} {T:7d} {np.linalg.norm(Wh, 2):12.2f} {norm:21.1e} {norm ** (1 / (T - 1)):15.2f}")
else:
    print("Finish questions 4 and 5 first: this cell shows what a step leaves of the past.")

# %% [markdown]
# **See:** a network on the plateau loses a constant factor a step, although the norm of its $W_h$ is not below 1. In a
# network that has learned, something survives all the steps.

# %% [raw]
# # BEGIN QUESTION
# name: q6

# %% [markdown]
# ## Question 6: How sure can a handful of runs make you?
#
# Length 30 is a matter of luck. So the question is not *does it work?* but *how often?* If $k$ of $n$ runs succeed,
# $\hat p = k / n$ is an estimate; how far may the true rate be from it? **Wilson's interval** holds all rates $p$ from
# which $\hat p$ is at most $z$ standard errors $\sqrt{p (1 - p) / n}$ away, where $z = 1.96$ gives 95 %. Its ends are
#
# $$ \frac{1}{1 + z^2 / n} \left( \hat p + \frac{z^2}{2 n} \pm
# z \sqrt{\frac{\hat p (1 - \hat p)}{n} + \frac{z^2}{4 n^2}} \right) $$
#
# The textbook's $\hat p \pm z \sqrt{\hat p (1 - \hat p) / n}$ is simpler, and useless where we need it: what does it
# say about 0 successes in 10 runs?

# %% [raw]
# # BEGIN SOLUTION


# %%
def wilson_interval(k, n, z=1.96):
    """Return Wilson's interval for a rate.

    Args:
        k: number of successes, 0 to n; n: number of runs, at least 1; z: width in standard errors.

    Returns:
        (lo, hi): two floats.
    """
    # BEGIN SOLUTION
    p = k / n
    middle = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return float((middle - half) / scale), float((middle + half) / scale)
    # END SOLUTION


# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: false
failure_message: Work out 12 successes in 33 runs with a pocket calculator; the ends are .222 and .534.
"""  # END TEST CONFIG


def test_twelve_of_33(wilson_interval):
    """12 successes in 33 runs"""
    import numpy as np

    result = wilson_interval(12, 33)
    assert result is not None, "wilson_interval returned None: write its body and end it with return lo, hi."
    got = np.asarray(result, dtype=float)
    assert got.shape == (2,), f"Expected two numbers, lo and hi, got shape {got.shape}."
    mistakes = {
        "that is the textbook's interval, not Wilson's": (0.1995, 0.5278),
        "that is the right interval, upside down": (0.5338, 0.2219),
        "the factor in front is missing: divide by 1 + z² / n": (0.2479, 0.5960),
        "the square root holds z / (4 n²) where it should hold z² / (4 n²)": (0.2262, 0.5298),
        "those are per cent, divide by 100": (22.19, 53.38),
    }
    cause = next((f": {text}" for text, wrong in mistakes.items() if np.allclose(got, wrong, atol=0.0008)), "")
    message = f"For 12 of 33 expected .222 and .534, got {got[0]:.3f} and {got[1]:.3f}{cause}."
    assert np.allclose(got, (0.2219, 0.5338), atol=0.0008), message


# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
failure_message: 'Try no success and only successes, other numbers of runs and another z: the interval stays in [0, 1], holds k / n and has a width even there.'
"""  # END TEST CONFIG


def test_other_counts(wilson_interval):
    """Other counts, also none and all, and another z"""
    import numpy as np
    from reference import wilson_interval as expected

    for k, n, z in ((0, 10, 1.96), (20, 20, 1.96), (1, 1, 1.96), (3, 20, 1.96), (5, 9, 1.0), (7, 50, 2.576)):
        got = np.asarray(wilson_interval(k, n, z), dtype=float)
        right = expected(k, n, z)
        assert np.allclose(got, right, atol=1e-4), f"{k} of {n}, z = {z}: {got}, expected {right}"
    assert np.allclose(wilson_interval(4, 12), expected(4, 12, 1.96), atol=1e-4), "z = 1.96 is not the default"


# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# Somebody had the patience for 130 runs: the original training, 50 epochs, from the seeds 0, 1, 2 and so
# on. A run counts as solved when its MSE on fresh data is below .01. The table holds all of them, whatever came out:

# %%
SOLVE_RATES = {10: (20, 20), 20: (20, 15), 30: (40, 14), 40: (20, 5), 50: (20, 1), 100: (10, 0)}  # T: (runs, solved)

if ready(wilson_interval(1, 2)):
    fig, ax = plt.subplots(figsize=(7, 4))
    for place, (T, (runs, solved)) in enumerate(SOLVE_RATES.items()):
        low, high = wilson_interval(solved, runs)
        print(f"T = {T:3d}: {solved:2d} of {runs} solved, the rate is between {max(low, 0):.2f} and {high:.2f}")
        ax.plot([place, place], [low, high], color="0.5", linewidth=4)
        ax.plot(place, solved / runs, "o", color="black", markersize=8)
    ax.set_xticks(range(len(SOLVE_RATES)), labels=[str(T) for T in SOLVE_RATES])
    ax.set(ylim=(-0.03, 1.03), xlabel="length T of the sequences (steps)", ylabel="share of runs that solve the task")
    ax.set_title("Solved after 50 epochs, with Wilson's interval (95 %)")
    alt = "Share of runs that solve the task by length, from 10 to 100, each with its interval as a bar."
    display(fig, metadata={"image/png": {"alt": alt}})
    plt.close(fig)
else:
    print("Finish question 6 first: this cell plots how often the task is solved.")

# %% [markdown]
# **See:** there is no length at which the network begins to fail. The rate falls step by step, and at
# length 30 no single run says more than heads or tails. Where no run succeeded, the interval still does not end at 0.

# %% [raw]
# # BEGIN QUESTION
# name: q7
# manual: true
# points: 12

# %% [markdown]
# ## Question 7: Explain it
#
# **Why exactly 0.083, and why do two runs of the same code differ?** Write 250 to 400 words, for somebody who knows
# what a network is but has not seen this notebook. These parts are looked for:
#
# 1. Both floors, 1/12 and 1/6, derived from the distribution of the data, and which of them a network on the plateau
#    reaches. (3)
# 2. Two numbers or more from your own profiles, and what they say. (2)
# 3. Why the first element is lost: which matrices are multiplied, what a step costs, and what that makes of the
#    gradient of the shared weights. Is that gradient zero, when the loss does fall from 1/6 to 1/12? (3)
# 4. Your two runs at length 30, and what can be said about *all* such runs: a rate with its interval. Was the original
#    notebook's run a failure? (2)
# 5. Your three predictions beside what you measured, and what you had not thought of. (1)
# 6. Can these networks not *represent* the answer, or did they not *learn* it? What in your results tells? (1)

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **The floors.** A uniform number on $[0, 1)$ has mean 1/2 and variance 1/12. Who knows nothing does best to say the
# mean of $x_0 + x_{T-1}$, which is 1; the error is the variance of the sum, $1/12 + 1/12 = 1/6$, as the two are
# independent. Who knows the last element says $x_{T-1} + 1/2$; what remains is the variance of $x_0$, $1/12 = 0.083$.
# My runs T30a (.083) and T100 (.083) stand there: they use the last element perfectly and the first not at all.
#
# **The profile says the same.** At T = 10 the slope is .98 at the first element and about 1 at the last. At T = 100 it
# is about 1 at the end and 5e-21 at the start. In T30a the slope at t = 0 was 3.6e-3 before training and 1.5e-5 after
# it: training on the last element has closed the path of the first.
#
# **Why.** The influence of $h_t$ on the last state is a product of $T - 1 - t$ Jacobians $\operatorname{diag}(1 - h^2)
# \, W_h^\top$. In T100 that costs a factor of .64 a step, and $.64^{99}$ is about 1e-19. The gradient of the shared
# weights is a sum over the steps. It is not zero: the late terms are large, and the loss falls from 1/6 to 1/12 by
# them. But the early terms, the only ones that know of $x_0$, are drowned. So what vanishes is the early part of the
# sum, not the update.
#
# **Luck.** Seed 0 at T = 30 stayed at .083, seed 1 reached .0002, with the same code: seeds decide on initial weights,
# data and order of the batches. One run shows nothing. 14 of 40 runs solved it, so the rate is between .22 and .50. The
# original run was one of the lucky ones: its text announced a failure, its output was right.
#
# **My prediction.** .001, 1/12, 1/6. I had expected 1/6 at T = 100, as if nothing could be learned at all, and at T =
# 30 one answer where there are two.
#
# **Not learned.** The network of T30b has the same 131 parameters as T30a and is right, so weights that do it exist;
# T30a did not find them. For T = 100 my runs cannot tell: none succeeded, but that is about training, not about what
# can be represented.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # RUBRIC
# items:
# - id: floors
#   points: 3
#   text: >-
#     Both floors derived. A uniform number on [0, 1) has variance 1/12. Knowing nothing, the best guess is the mean, 1,
#     and the error is the variance of first plus last: 1/12 + 1/12 = 1/6, as they are independent (1). Knowing the
#     last, the best guess is last + 1/2, and the error is the variance of the first, 1/12 = .083 (1). The plateau is
#     the second: the network uses the last element and nothing of the first (1).
# - id: profiles
#   points: 2
#   text: >-
#     At least two numbers of the own profiles (1), read rightly (1). For example 1 at both ends at T = 10; at T = 100
#     about 1 at the end and below 1e-6 at the start; on the plateau at T = 30 less after training than before.
# - id: product
#   points: 3
#   text: >-
#     The influence of h_t on the last state is a product of T - 1 - t Jacobians diag(1 - h²) Whᵀ (1). Each shortens a
#     vector on average by a factor below 1, so the product falls geometrically with the distance (1). The gradient of
#     the shared weights is a sum over the steps: it is not zero, recent steps dominate it, and what early steps could
#     teach is drowned (1).
# - id: luck
#   points: 2
#   text: >-
#     Runs differ by seed: initial weights, data, order of batches (1). So what can be stated is a rate with its
#     interval, such as 14 of 40 at T = 30, .22 to .50; the original's single run, which was right, proves as little as
#     a single failure (1).
# - id: predictions
#   points: 1
#   text: >-
#     Own predictions compared with the measured values, number by number, and what was not foreseen. Wrong predictions
#     cost nothing.
# - id: not-learned
#   points: 1
#   text: >-
#     Not learned rather than not representable: the same architecture solves T = 30 from some seeds, so weights that do
#     it exist there; that training does not find them is a statement about training. For T = 100 the runs alone do not
#     tell; who says so gets the point.
# misconceptions:
# - >-
#   "The gradient is zero." The total gradient of the weights is 3.0, 3.5 and 3.6 at T = 5, 30 and 100; only the part of
#   step 2 falls, .84, .016, 1e-6.
# - >-
#   "More units would do it." A claim without a run: what shrinks is a product over steps, and units do not make the
#   steps fewer.
# - >-
#   "More data would do it." The test error is at the floor too: this is not overfitting, and 1/12 belongs to the guess.
# - '"An LSTM always solves it." LSTM(10) sits on the plateau at T = 50, GRU(10) at T = 100.'
# - '"One run proves it": that it fails, or that it works.'
# - '"Training cannot have made it worse." On the plateau the slope at t = 0 is smaller after training than before.'

# %% [raw]
# # END QUESTION
