"""Measures how well GRU, LSTM and SimpleRNN translate in `seq2seq` and writes cells.csv beside itself.

Corpus, training and decoding are the notebook's own, read from its source; only the recurrent layer differs. A row is
one run: kind, seed, and the sequence accuracy on test sentences of one clause and of two. About 8 minutes on one core.
"""

import csv
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from autograder.build import read_percent
from autograder.reference import reference_module

KINDS, SEEDS, UNITS = ("GRU", "LSTM", "SimpleRNN"), 10, 64
SOURCE = Path(__file__).with_name("seq2seq.py")
TABLE = Path(__file__).with_name("cells.csv")


def definitions():
    """Return the names that the notebook defines, with its solution."""
    names = {}
    exec(reference_module(read_percent(SOURCE.read_text(encoding="utf-8")), SOURCE.name), names)
    return names


def build(kind, src_size, tgt_size):
    """Return the network of the solution with recurrent layers of another kind."""
    layer = getattr(keras.layers, kind)
    src, dec_in = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(src_size, UNITS, mask_zero=True)(src)  # drawn in the order of the solution
    _, *states = layer(UNITS, return_state=True)(embedded)
    read = keras.layers.Embedding(tgt_size, UNITS)(dec_in)
    written = layer(UNITS, return_sequences=True)(read, initial_state=states)
    return keras.Model([src, dec_in], keras.layers.Dense(tgt_size, activation="softmax")(written))


def run(names, kind, seed):
    """Train once; return the sequence accuracy on new sentences of one clause and of two."""
    pools = names["clause_pools"]()
    train, test = names["make_training_pairs"](pools), names["make_test_pairs"](pools)
    vocabularies = [names["build_vocab"]([pair[i] for pair in train]) for i in (0, 1)]

    def rows(pairs):
        X, Y = (names["encode"]([pair[i] for pair in pairs], vocabularies[i], 11) for i in (0, 1))
        return X, *names["teacher_forcing_arrays"](Y)

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = build(kind, *(3 + len(vocabulary) for vocabulary in vocabularies))
    names["train_network"](model, *rows(train))
    shares = []
    for lengths in ((3, 4, 5), (7, 8, 9, 10, 11)):
        X, _, right = rows([pair for words in lengths for pair in test[words]])
        shares.append(names["sequence_accuracy"](right, names["translate"](model, X)))
    return shares


def main():
    """Run every kind from every seed; the table is complete up to the last run after each of them."""
    names, done = definitions(), []
    for kind in KINDS:
        for seed in range(SEEDS):
            done.append([kind, seed, *np.round(run(names, kind, seed), 4).tolist()])
            print(*done[-1], flush=True)
            with TABLE.open("w", newline="") as file:
                rows = csv.writer(file, lineterminator="\n")
                rows.writerow(["kind", "seed", "one_clause", "two_clauses"])
                rows.writerows(done)


if __name__ == "__main__":
    main()
