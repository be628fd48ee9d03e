"""What several submissions train is compiled once, of descriptions alone; the numbers are the same as before."""

import textwrap
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from msgspec import msgpack

from autograder.errors import Fault
from autograder.job import CodeCell
from autograder.programs import MAX_PROGRAMS, Programs
from autograder.sandbox import epochs, training
from autograder.sandbox.programs import NAME, Program, _canonical
from autograder.sandbox.values import Training

NOTEBOOK = textwrap.dedent(
    """
    import keras, numpy as np
    keras.utils.set_random_seed(4)
    X = np.random.default_rng(0).random((3200, 3, 1), dtype=np.float32)
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.SimpleRNN(UNITS), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    loss = model.fit(X, X.sum(axis=1), epochs=3, verbose=0).history["loss"][-1]
    """
)


def traced(units: int, first: int = 0) -> Any:
    """Return the traced epoch of a small network, after so many others were made in this process."""
    for _ in range(first):
        keras.Sequential([keras.Input((3, 1)), layers.SimpleRNN(2)])
    model = keras.Sequential([keras.Input((3, 1)), layers.SimpleRNN(units), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    X = np.zeros((64, 3, 1), np.float32)
    work = epochs.Work((X, X[:, 0]), 32, 1, False, 0, [], {})
    model._symbolic_build(data_batch=work.data)
    return epochs._trace(model, [tf.constant(part) for part in work.data], work)[0]


def test_networks_that_are_alike_have_one_program():
    """Names and counters of the process are gone; another number of units is another program."""

    def text(function: Any) -> list[bytes]:
        return [definition.SerializeToString(deterministic=True) for definition in _canonical(function)[0]]

    one, again, other = text(traced(4)), text(traced(4, first=2)), text(traced(5))
    assert one == again
    assert one[0] != other[0]


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
def test_xla_takes_the_program_of_every_recurrent_layer(kind):
    """None falls back to TensorFlow's own loop, which would be right as well, and slow."""
    model = keras.Sequential([keras.Input((3, 1)), getattr(layers, kind)(4), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    X = np.ones((64, 3, 1), np.float32)
    calls = []
    stock = Program.run_epoch
    try:
        Program.run_epoch = lambda self, *arguments: (stock(self, *arguments), calls.append(1))[0]
        train = epochs.epoch_program(model, epochs.Work((X, X[:, 0]), 32, 2, False, 0, [], {}))
        for _ in range(2):
            train(iter([tf.range(64, dtype=tf.int64)]))
    finally:
        Program.run_epoch = stock
    assert len(calls) == 2


def test_the_third_of_its_kind_finds_the_program_of_the_second(engine, classroom):
    """Points and evidence are the same to the byte, whether a box compiled or found."""
    engine.programs = Programs()
    tests = {"q1": "def test(loss, model):\n    assert 0 < loss < 10\n    assert model.count_params() > 20"}
    runs = [classroom.grade(NOTEBOOK.replace("UNITS", "10"), **tests) for _ in range(2)]
    made = engine.programs.made()
    assert len(made) == 2  # compiled by XLA, and traced
    runs += [classroom.grade(NOTEBOOK.replace("UNITS", "10"), **tests) for _ in range(2)]
    assert engine.programs.made() == made
    assert [run.score for run in runs] == [1] * 4
    assert len({run.facts.evidence_sha256 for run in runs}) == 1
    assert classroom.grade(NOTEBOOK.replace("UNITS", "9"), **tests).score == 1
    assert engine.programs.made() == made


def test_a_program_is_found_and_not_compiled_again(engine, classroom):
    """It costs less CPU time, and one that is damaged costs nobody a result."""
    engine.programs = Programs()
    job = engine.job((CodeCell(1, NOTEBOOK.replace("UNITS", "7"), ()),), classroom.grader({}))
    (described,) = engine.run(job).trainings
    found = engine.run(replace(job, cells=(), training=described)).programs
    assert len(found) == 2
    assert all(NAME.fullmatch(name) for name in found)

    def seconds(programs: dict[str, bytes]) -> float:
        engine.programs = Programs()
        engine.programs.add(programs, 0)
        verdict = engine.run(job)
        assert not verdict.cell_errors
        assert not verdict.notes
        return verdict.cpu_seconds

    times = [(seconds(found), seconds({})) for _ in range(3)]
    assert min(with_it for with_it, _ in times) < 0.8 * min(without for _, without in times), times
    seconds(dict.fromkeys(found, b"no program"))


TOO_MUCH = {
    "too large": lambda made: Training(made.model, 1 << 30, 32, made.parts),
    "negative": lambda made: Training(made.model, -1, 32, made.parts),
    "no such dtype": lambda made: Training(made.model, 1, 32, [(made.parts[0][0], "object"), made.parts[1]]),
    "no parts": lambda made: Training(made.model, 1, 32, []),
    "another shape": lambda made: Training(made.model, 1, 32, [([9, 9, 9], "float32"), made.parts[1]]),
}


@pytest.mark.parametrize("change", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_description_that_makes_no_training_makes_no_program(engine, classroom, change):
    """It is a fault of the job that asked, and of nothing else."""
    model = keras.Sequential([keras.Input((3, 1)), layers.SimpleRNN(4), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    training._take_note(model, epochs.Work((np.zeros((64, 3, 1), np.float32),) * 2, 32, 1, False, 0, [], {}))
    (made,) = training.take_trainings()
    job = replace(engine.job((), classroom.grader({})), training=msgpack.encode(change(made)))
    with pytest.raises(Fault):
        engine.run(job)


def test_only_what_is_seen_twice_is_made_and_not_without_end():
    """A network of one student's own is not worth it; a class of inventors does not fill the memory."""
    programs = Programs()
    assert programs.due((b"one", b"two")) == []
    assert programs.due((b"two",)) == [b"two"]
    assert programs.due((b"two",)) == []
    assert programs.due((bytes(30_000),)) == programs.due((bytes(30_000),)) == []
    assert Programs(most=0).due((b"one",)) == Programs(most=0).due((b"one", b"one")) == []
    many = [str(number).encode() for number in range(2 * MAX_PROGRAMS)]
    made = [training for name in many for _ in range(2) for training in programs.due((name,))]
    assert len(made) == MAX_PROGRAMS - 1
