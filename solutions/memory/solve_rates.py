"""Measures how often the network of `memory` learns its task at each length and writes solve_rates.csv beside itself.

Every run is the seed's own: 10,000 sequences, SimpleRNN(10) + Dense(1), Adam, mse, batch 32, 50 epochs. A run has solved
the task when its MSE on 10,000 fresh sequences is below the threshold. An epoch is one XLA program around Keras' own
`train_step` on the shuffles of `fit`: the same numbers up to rounding, at a seventh of the CPU. About 15 minutes on one core.
"""

import csv
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras.layers import Dense, SimpleRNN

RUNS = {10: 20, 100: 10, 30: 40, 20: 20, 40: 20, 50: 20}
THRESHOLD, EPOCHS, BATCH, SAMPLES = 0.01, 50, 32, 10_000
TABLE = Path(__file__).with_name("solve_rates.csv")


def first_last_data(T, rng):
    """Return X float32 (SAMPLES, T, 1), uniform [0, 1), and y float32 (SAMPLES, 1), first plus last element."""
    X = rng.random((SAMPLES, T, 1), dtype=np.float32)
    return X, X[:, 0] + X[:, -1]


def shuffled_indices(n):
    """Return a dataset of one permutation of n, drawn anew at every pass as the data adapter of `fit` draws it."""
    return tf.data.Dataset.range(1).map(lambda _: tf.random.shuffle(tf.range(n, dtype=tf.int64))).prefetch(1)


def train(model, X, y, epochs):
    """Train a compiled model in place, as model.fit(X, y, epochs=epochs, batch_size=BATCH) does."""
    full = len(X) // BATCH
    X, y = tf.constant(X), tf.constant(y)
    model._symbolic_build(data_batch=(X[:BATCH], y[:BATCH]))

    @tf.function(jit_compile=True, autograph=False)
    def epoch(order):
        batches = tf.reshape(order[: full * BATCH], (full, BATCH))
        xs, ys = tf.gather(X, batches), tf.gather(y, batches)

        def step(i):
            model.train_step((xs[i], ys[i]))
            return i + 1

        tf.while_loop(lambda i: i < full, step, [tf.constant(0)])
        rest = order[full * BATCH :]
        if rest.shape[0]:
            model.train_step((tf.gather(X, rest), tf.gather(y, rest)))
        return 0

    orders = shuffled_indices(len(X))
    for _ in range(epochs):
        model.reset_metrics()
        for order in orders:
            epoch(order)


def test_mse(T, seed):
    """Return the MSE on fresh sequences of one run of length T, started from this seed."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    X, y = first_last_data(T, rng)
    model = keras.Sequential([keras.Input((T, 1)), SimpleRNN(10), Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    train(model, X, y, EPOCHS)
    X, y = first_last_data(T, rng)
    return float(np.mean((model.predict(X, batch_size=SAMPLES, verbose=0) - y) ** 2))


def write(counts):
    """Write the table as it stands: one row a length, in order of length."""
    with TABLE.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["T", "runs", "solved", "threshold", "epochs"])
        rows.writerows([T, *counts[T], THRESHOLD, EPOCHS] for T in sorted(counts))


def main():
    """Run every length and seed; the table is complete up to the last run after each of them."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    counts = {}
    for T, runs in RUNS.items():
        for seed in range(runs):
            mse = test_mse(T, seed)
            done, solved = counts.get(T, (0, 0))
            counts[T] = (done + 1, solved + (mse < THRESHOLD))
            write(counts)
            print(f"T = {T:3d}  seed {seed:2d}  test MSE {mse:.6f}", flush=True)


if __name__ == "__main__":
    main()
