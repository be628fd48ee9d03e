"""What a notebook earns: checkpoints, deaths, and what tests see of the student's objects."""

import pytest

CHECK = "import otter\ngrader = otter.Notebook()\n"


def points(result, question="q1"):
    (found,) = [item for item in result.questions if item.name == question]
    return [case.points for case in found.cases]


def causes(result, question="q1"):
    (found,) = [item for item in result.questions if item.name == question]
    return [case.cause for case in found.cases]


def test_a_question_is_judged_with_the_names_of_the_moment_it_is_checked(classroom):
    """As in stock Otter, what the notebook does after `check` does not count."""
    result = classroom.grade(CHECK, "x = 1", "grader.check('q1')", "x = 2", q1="def test(x):\n    assert x == 1")
    assert points(result) == [1]


def test_the_last_check_of_a_question_counts(classroom):
    """As in stock Otter, a check that is run again replaces the first."""
    cells = (CHECK, "x = 1", "grader.check('q1')", "x = 2", "grader.check('q1')")
    assert points(classroom.grade(*cells, q1="def test(x):\n    assert x == 1")) == [0]


def test_a_question_that_is_never_checked_is_judged_at_the_end(classroom):
    """A student who deletes a check cell loses nothing."""
    assert points(classroom.grade("x = 1", "x = 3", q1="def test(x):\n    assert x == 3")) == [1]


def test_cell_metadata_asks_for_a_check_too(classroom):
    """A missing name is None, as in stock Otter."""
    assert points(classroom.grade("y = 1", q1="def test(x):\n    assert x is None")) == [1]


def test_an_exception_in_a_cell_does_not_stop_the_notebook(classroom):
    """Later cells run, and staff learn which cell raised what."""
    result = classroom.grade("1/0", "x = 1", q1="def test(x):\n    assert x == 1")
    assert points(result) == [1]
    assert [(error.cell, error.type_name) for error in result.facts.cell_errors] == [(1, "ZeroDivisionError")]


def test_the_box_never_learns_whether_a_test_passed(classroom):
    """`check` returns nothing and prints nothing that depends on the outcome."""
    cells = (CHECK, "x = 1", "seen = [grader.check('q1'), grader.check('q2')]")
    result = classroom.grade(
        *cells,
        q1="def test(x):\n    assert x == 1",
        q2="def test(x):\n    assert x == 2",
        q3="def test(seen):\n    assert seen == [None, None]",
    )
    assert points(result, "q3") == [1]


@pytest.mark.parametrize(
    ("fatal", "said"),
    [
        ("import os; os._exit(0)", "ended the Python process"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed the Python process"),
        ("import ctypes; ctypes.string_at(0)", "crashed the Python process"),
        ("while True: pass", "reached the time limit of 2 s"),
        ("import time; time.sleep(1000)", "waited for longer than the limit of 2 s"),
        ("hoard = [bytearray(b'x' * (1 << 20)) for _ in range(600)]", "reached the memory limit of 300 MB"),
    ],
)
def test_a_fatal_cell_costs_only_what_depends_on_it(classroom, fatal, said):
    """The cell is named and left out; what was earned before stays, and the rest is graded in a fresh box."""
    classroom.allow(cell_seconds=2, memory_mb=300)
    cells = (CHECK, "x = 1", "grader.check('q1')", fatal, "y = x + 1")
    result = classroom.grade(*cells, q1="def test(x):\n    assert x == 1", q2="def test(y):\n    assert y == 2")
    assert (points(result), points(result, "q2")) == ([1], [1])
    assert result.note == f"Cell 4 {said}; the cell was left out."
    assert result.facts.boxes == 2


def test_a_fatal_function_costs_its_own_question(classroom):
    """The case that killed the box and those after it are lost with the cause; other questions keep their marks."""
    cells = ("import os\ndef f(n):\n    if n == 2: os._exit(1)\n    return n", "def g(): return 5")
    q1 = """
        def test_1(f):
            assert f(1) == 1
        def test_2(f):
            assert f(2) == 2
        def test_3(f):
            assert f(3) == 3
    """
    result = classroom.grade(*cells, q1=q1, q2="def test(g):\n    assert g() == 5")
    assert (points(result), points(result, "q2")) == ([1, 0, 0], [1])
    assert causes(result) == ["", "f ended the Python process", "f ended the Python process"]


def test_a_test_cannot_swallow_the_death_of_the_box(classroom):
    """A test that catches every exception does not pass for it, and what comes after gets a fresh box."""
    q1 = """
        def test(f):
            try:
                f()
            except Exception:
                pass
    """
    cells = (CHECK, "import os\ndef f(): os._exit(0)", "grader.check('q1')", "x = 1")
    result = classroom.grade(*cells, q1=q1, q2="def test(x):\n    assert x == 1")
    assert result.status == "graded"
    assert (points(result), points(result, "q2")) == ([0], [1])
    assert causes(result) == ["f ended the Python process"]


def test_a_notebook_that_dies_again_and_again_is_given_up(classroom):
    """Four boxes at most; what was not reached says so."""
    deadly = "import os; os._exit(0)"
    cells = (CHECK, *[deadly] * 6, "x = 1")
    result = classroom.grade(*cells, q1="def test(x):\n    assert x == 1")
    assert points(result) == [0]
    assert result.facts.boxes == 4
    assert "not reached" in causes(result)[0]


def test_arrays_changed_in_place_are_seen_by_the_test(classroom):
    """Whether a function leaves its inputs as they were can be tested across the wall."""
    q1 = """
        def test_changed(bad):
            import numpy as np
            X = np.zeros(3)
            bad(X)
            assert (X == 1).all()
        def test_kept(good):
            import numpy as np
            X = np.zeros(3)
            good(X)
            assert (X == 0).all()
    """
    assert points(classroom.grade("def bad(X): X += 1\ndef good(X): return X + 1", q1=q1)) == [1, 1]


def test_a_moved_global_random_state_is_seen_by_the_test(classroom):
    """The judge's own generator moves when the student's call moved the box's."""
    q1 = """
        def test_moved(bad):
            import numpy as np
            before = np.random.get_state()[2]
            bad()
            assert np.random.get_state()[2] != before
        def test_kept(good):
            import numpy as np
            before = np.random.get_state()[2]
            good()
            assert np.random.get_state()[2] == before
    """
    code = """
        import numpy as np
        def bad(): return np.random.rand()
        def good(): return np.random.default_rng(0).random()
    """
    assert points(classroom.grade(code, q1=q1)) == [1, 1]


def test_exceptions_of_built_in_types_arrive_as_themselves(classroom):
    """Others arrive as a StudentError that names the type."""
    q1 = """
        def test_builtin(f):
            try:
                f()
            except ValueError as error:
                assert str(error) == "no"
            else:
                assert False
        def test_own(g):
            try:
                g()
            except Exception as error:
                assert "Mine: so" in str(error)
            else:
                assert False
    """
    code = "def f(): raise ValueError('no')\nclass Mine(Exception): pass\ndef g(): raise Mine('so')"
    assert points(classroom.grade(code, q1=q1)) == [1, 1]


@pytest.mark.parametrize(
    "lie",
    [
        "class A(int):\n    __eq__ = lambda *a: True\n    __hash__ = None\nx = A(7)",
        "class A(float):\n    __eq__ = lambda *a: True\n    __hash__ = None\nx = A(7)",
        "class A(list):\n    __eq__ = lambda *a: True\n    __hash__ = None\nx = A([7])",
        "class A(dict):\n    __eq__ = lambda *a: True\n    __hash__ = None\nx = A()",
        "class A:\n    __eq__ = lambda *a: True\n    __class__ = int\n    __array__ = lambda s, *a, **k: 1/0\nx = A()",
        "import numpy as np\nclass A(np.ndarray):\n    __eq__ = lambda *a: True\nx = np.zeros(3).view(A)",
        "x = object()",
        "x = open('/dev/null')",
        "x = type",
    ],
)
def test_an_object_that_lies_about_itself_fails_the_test(classroom, lie):
    """Subclasses and strangers do not cross, whatever they say they are equal to."""
    result = classroom.grade(lie, q1="def test(x):\n    assert x == 1")
    assert result.status == "graded"
    assert points(result) == [0]


def test_a_model_is_judged_without_its_code(classroom):
    """The judge rebuilds the model: the same predictions, none of the student's classes."""
    code = """
        import keras
        model = keras.Sequential([keras.Input((4, 1)), keras.layers.SimpleRNN(3), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        def predict(X): return model.predict(X, verbose=0)
        class Evil(keras.layers.Dense): pass
        evil = keras.Sequential([keras.Input((4,)), Evil(1)])
    """
    q1 = """
        def test_predictions(model, predict):
            import numpy as np
            X = np.random.default_rng(0).random((5, 4, 1)).astype("float32")
            assert np.allclose(model(X), predict(X), atol=1e-6)
            assert model.count_params() == 19 and model.optimizer.name == "adam" and model.loss == "mse"
        def test_own_layer(evil):
            try:
                evil.layers
            except TypeError as error:
                assert "Evil" in str(error)
            else:
                assert False
    """
    assert points(classroom.grade(code, q1=q1)) == [1, 1]


def test_a_model_that_grew_layer_by_layer_is_judged_too(classroom):
    """`Sequential()` with `add` builds its graph anew each time; only the last one counts."""
    code = """
        import keras
        model = keras.Sequential()
        model.add(keras.Input((4, 1)))
        model.add(keras.layers.SimpleRNN(3))
        model.add(keras.layers.Dense(1))
        i = keras.Input((4, 1))
        functional = keras.Model(i, keras.layers.Dense(1)(keras.layers.SimpleRNN(3)(i)))
        two = keras.Model([i, j := keras.Input((4, 1))], keras.layers.Add()([keras.layers.Dense(2)(i), j]))
    """
    q1 = """
        def test_sequential(model):
            assert [type(layer).__name__ for layer in model.layers] == ["SimpleRNN", "Dense"]
        def test_functional(functional):
            assert [type(layer).__name__ for layer in functional.layers] == ["InputLayer", "SimpleRNN", "Dense"]
        def test_two_inputs(two):
            import numpy as np
            assert two([np.zeros((1, 4, 1)), np.ones((1, 4, 1))]).shape == (1, 4, 2)
    """
    assert points(classroom.grade(code, q1=q1)) == [1, 1, 1]


def test_a_call_that_moves_one_random_generator_does_not_move_the_other(classroom):
    """Keras draws its seeds from Python's generator; a test of NumPy's must not fail for that."""
    q1 = """
        def test(f):
            import numpy as np, random
            before, python = np.random.get_state()[2], random.getstate()
            f()
            assert np.random.get_state()[2] == before and random.getstate() != python
    """
    assert points(classroom.grade("import random\ndef f(): return random.random()", q1=q1)) == [1]


def test_a_test_may_hand_a_model_of_its_own_to_the_student(classroom):
    """As `gradients(model, x)` needs it."""
    q1 = """
        def test(outputs):
            import keras, numpy as np
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
            model.set_weights([np.array([[2.0], [3.0]])])
            assert np.allclose(outputs(model, np.array([[1.0, 1.0]])), 5)
    """
    assert points(classroom.grade("import numpy as np\ndef outputs(m, x): return np.asarray(m(x))", q1=q1)) == [1]


def test_the_reference_is_importable_by_tests_only(classroom):
    """Hidden tests compare with it; the box does not have it."""
    q1 = """
        def test_hidden(f, stolen):
            from reference import f as expected
            assert f(3) == expected(3) and stolen is None
    """
    code = "def f(x): return 2 * x\ntry:\n    from reference import f as stolen\nexcept ImportError:\n    stolen = None"
    assert points(classroom.grade(code, q1=q1, reference="def f(x):\n    return x + x\n")) == [1]


def test_data_files_lie_beside_the_notebook(classroom):
    """What an assignment ships can be opened by its plain name."""
    result = classroom.grade(
        "x = open('a.csv').read()", q1="def test(x):\n    assert x == '1,2'", files={"a.csv": b"1,2"}
    )
    assert points(result) == [1]


def test_tests_draw_the_same_numbers_for_everybody_and_the_box_cannot_guess_them(classroom):
    """Judge and box are forks of one process; their generators are seeded apart."""
    q1 = """
        def test_hidden(mine):
            import numpy as np
            drawn = np.random.rand()
            assert drawn != mine
            raise AssertionError(drawn)
    """
    code = "import numpy as np\nmine = np.random.rand()"
    messages = {classroom.grade(code, q1=q1).questions[0].cases[0].message for _ in range(2)}
    assert len(messages) == 1 and "drawn != mine" not in messages.pop()


def test_a_fault_of_the_tests_is_never_a_zero(classroom):
    """A test file that cannot be read is ours: status fault, no score."""
    result = classroom.grade("x = 1", q1="this is not Python")
    assert (result.status, result.score) == ("fault", None)
    assert "grade it again" in result.note


def test_many_short_cells_reach_the_time_limit_of_the_notebook(classroom):
    """None of them runs for long enough to be looked at, all together they do."""
    classroom.allow(cell_seconds=2, run_seconds=2)
    spin = "import time\nend = time.process_time() + 0.05\nwhile time.process_time() < end: pass"
    result = classroom.grade(*[spin] * 200, "x = 1", q1="def test(x):\n    assert x == 1")
    assert (result.status, points(result)) == ("graded", [0])
    assert "was running when the notebook reached its time limit of 2 s" in result.note


def test_an_end_by_the_clock_is_a_limit_too(classroom):
    """Cells that wait a little each, again and again, do not hold a worker for ever."""
    submission = classroom.submission(*["import time\ntime.sleep(0.5)"] * 40, "x = 1")
    grader = classroom.grader({"q1": "def test(x):\n    assert x == 1"})
    result = classroom.engine.grade(submission, grader, wall_seconds=3)
    assert (result.status, points(result)) == ("graded", [0])
    assert "was running when the notebook reached its time limit of 3 s by the clock" in result.note


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("open('big', 'wb').write(bytes(40 << 20))", "f reached the disk limit of 16 MB"),
        ("[os.dup(0) for _ in range(2000)]", "f reached the limit of 512 open files"),
        (
            "[threading.Thread(target=time.sleep, args=(5,)).start() for _ in range(500)]",
            "f reached the limit of 64 processes",
        ),
        ("np.ones(1 << 40)", "f reached the memory limit of 1 GB"),
    ],
)
def test_a_limit_that_a_call_survives_is_named(classroom, answer, said):
    """The kernel said no and the box lives on: the lost test case says which limit it was."""
    classroom.allow(disk_mb=16, processes=64)
    code = f"import os, threading, time\nimport numpy as np\ndef f(): {answer}"
    result = classroom.grade(code, "x = 1", q1="def test(f):\n    f()", q2="def test(x):\n    assert x == 1")
    assert (points(result), points(result, "q2"), result.facts.boxes) == ([0], [1], 1)
    assert causes(result)[0].startswith(said)


def test_a_cell_that_takes_the_streams_away_costs_nobody_else(classroom):
    """Later cells print, and run, as they would in a kernel."""
    cells = ("import sys\nsys.stdout = sys.stderr = None", "print(1)\n2", "sys.stdout.close()", "print(3)\nx = 1")
    result = classroom.grade(*cells, q1="def test(x):\n    assert x == 1")
    assert (points(result), result.facts.boxes) == ([1], 1)


def test_what_is_printed_takes_no_memory(classroom):
    """It goes nowhere: a talkative notebook does not reach the memory limit."""
    classroom.allow(memory_mb=100)
    result = classroom.grade("for _ in range(300): print('x' * (1 << 20))\nx = 1", q1="def test(x):\n    assert x == 1")
    assert (points(result), result.note) == ([1], "")


def test_a_long_list_is_too_much_to_cross_and_no_more(classroom):
    """An answer of too many parts fails its test with a sentence; the box lives on."""
    q1 = "def test(f):\n    assert len(f()) == 300_000"
    result = classroom.grade(
        "def f(): return list(range(300_000))", "x = 1", q1=q1, q2="def test(x):\n    assert x == 1"
    )
    assert (points(result), points(result, "q2"), result.facts.boxes) == ([0], [1], 1)
    assert "too many parts" in result.questions[0].cases[0].message


def test_a_loop_around_check_ends(classroom):
    """More checks than any notebook has are the cell's own end."""
    result = classroom.grade(CHECK + "x = 1", "while True: grader.check('q1')", q1="def test(x):\n    assert x == 1")
    assert points(result) == [1]
    assert result.note == "Cell 2 asked for more than 200 checks; the cell was left out."


@pytest.mark.parametrize(
    ("child", "reached"),
    [
        ("time.sleep(2)", False),
        ("time.sleep(2 * (number % 2))", False),  # nobody waits for those that have ended
        ("hoard = b'x' * (40 << 20); time.sleep(2)", True),
    ],
)
def test_forks_share_their_memory(child, reached, classroom):
    """Children that write nothing cost nothing: a pool of processes is not a hoard."""
    classroom.allow(memory_mb=100)
    code = f"""
        import os, time
        for number in range(6):
            if os.fork() == 0:
                {child}
                os._exit(0)
        time.sleep(1)
        x = 1
    """
    result = classroom.grade(code, q1="def test(x):\n    assert x == 1")
    sentence = "Cell 1 reached the memory limit of 100 MB; the cell was left out."
    assert (points(result), result.note) == (([0], sentence) if reached else ([1], ""))


@pytest.mark.parametrize("end", ["", "raise SystemExit", "1 / 0"])
def test_a_fork_that_comes_back_does_not_take_the_notebooks_place(end, classroom):
    """A cell that forks and goes on in both processes, as a pool that is used wrongly: the child ends with the cell."""
    cells = f"import os\nif os.fork() == 0:\n    pass\n    {end}", "import time\ntime.sleep(0.3)\nx = 1"
    result = classroom.grade(*cells, q1="def test(x):\n    assert x == 1\ndef test2(os):\n    assert 0")
    assert (points(result), result.note) == ([1, 0], "")


def test_a_hoard_counts_beside_a_fork_where_nobody_waits_around_the_box(classroom, monkeypatch):
    """Without isolation the student's process is the only one there was: its memory is nobody else's share."""
    monkeypatch.setattr(classroom.engine, "level", "none")
    classroom.allow(memory_mb=100)
    fork = "if os.fork() == 0:\n    time.sleep(2)\n    os._exit(0)"
    code = f"import os, time\nhoard = b'x' * (250 << 20)\n{fork}\ntime.sleep(1)"
    result = classroom.grade(code, q1="def test(hoard):\n    assert hoard")
    assert result.note == "Cell 1 reached the memory limit of 100 MB; the cell was left out."
