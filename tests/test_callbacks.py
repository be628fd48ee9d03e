"""A function of the test that a student's function calls: it runs in the judge, on what the box sends, a bounded number
of times, and a regrade repeats it."""

from dataclasses import replace

import pytest

from autograder import session

CHECK = "import otter\ngrader = otter.Notebook()\n"


def points(result, question="q1"):
    (found,) = [item for item in result.questions if item.name == question]
    return [case.points for case in found.cases]


def cases(result):
    return result.questions[0].cases


DECODE = """
    import numpy as np
    def decode(step, state, n):
        tokens, columns = np.ones(n, dtype=np.int32), []
        for _ in range(4):
            scores, state = step(tokens, state=state)
            tokens = scores.argmax(axis=1)
            columns.append(tokens)
        return np.stack(columns, axis=1)
"""
STUB = """
    def test(decode):
        import numpy as np
        seen = []
        def step(tokens, state):
            seen.append((tokens.tolist(), state["t"]))
            return np.eye(9)[(tokens + 1) % 9], {"t": state["t"] + 1}
        assert decode(step, {"t": 0}, 2).tolist() == [[2, 3, 4, 5]] * 2
        assert seen == [([t, t], t - 1) for t in (1, 2, 3, 4)]
"""


def test_a_test_may_hand_over_a_function_of_its_own(classroom):
    """It sees the arguments as they are and keeps what it learns: nothing of it is in the box."""
    assert points(classroom.grade(DECODE, q1=STUB)) == [1]


def test_several_functions_and_methods_and_functions_in_lists(classroom):
    """Each is called where it belongs; the same call may use all of them."""
    code = "def both(f, rest): return f(1) + rest['g'](x=2) + rest['h'][0](3)"
    q1 = """
        def test(both):
            counted = []
            class Counter:
                def add(self, n):
                    counted.append(n)
                    return 1000 * n
            assert both(lambda n: 10 * n, {"g": lambda x: 100 * x, "h": [Counter().add]}) == 3210
            assert counted == [3]
    """
    assert points(classroom.grade(code, q1=q1)) == [1]


def test_what_the_function_of_the_test_raises_is_the_tests_own(classroom):
    """The student's function sees that it failed, not why, and cannot hide it."""
    code = """
        def f(g):
            try:
                return g(1)
            except Exception as error:
                global seen
                seen = f"{type(error).__name__}: {error}"
                return 7
    """
    q1 = """
        def test_raises(f):
            def g(n):
                raise ValueError(f"secret {n}")
            try:
                f(g)
            except ValueError as error:
                assert str(error) == "secret 1"
            else:
                raise AssertionError("hidden")
        def test_asserts(f):
            def g(n):
                assert n == 2
            f(g)
        def test_seen(seen):
            assert "secret" not in seen and seen.startswith("RuntimeError")
    """
    assert points(classroom.grade(code, q1=q1)) == [1, 0, 1]


def test_what_does_not_cross_is_unusable_for_the_function_of_the_test(classroom):
    """An object of the student's class is none that the judge would touch."""
    code = "class Own: pass\ndef f(g): return g(Own())\ndef h(g): return g('\\ud800')"
    q1 = """
        def test_own(f):
            f(lambda thing: thing + 1)
        def test_text(h):
            h(lambda thing: thing)
        def test_untouched(f):
            assert f(lambda thing: 5) == 5
    """
    result = classroom.grade(code, q1=q1)
    assert points(result) == [0, 0, 1]
    assert "what f passed to a function of the test is of type 'Own'" in cases(result)[0].message


def test_the_function_ends_with_its_call(classroom):
    """Kept for later it raises, in a later call and in a later cell."""
    code = "def f(g):\n    global kept\n    kept = g\n    return g(1)\ndef later(g): return kept(1)"
    cell = "try:\n    got = kept(1)\nexcept RuntimeError:\n    got = 'over'"
    q1 = """
        def test_1(f):
            assert f(lambda n: n + 1) == 2
        def test_2(later):
            later(lambda n: n)
    """
    result = classroom.grade(
        CHECK, code, "grader.check('q1')", cell, q1=q1, q2="def test(got):\n    assert got == 'over'"
    )
    assert (points(result), points(result, "q2")) == ([1, 0], [1])
    assert "RuntimeError" in cases(result)[1].message


def test_a_function_of_a_test_that_asks_the_notebook_fails_the_test(classroom):
    """The box waits for it; nothing hangs, and it is no fault of the machine."""
    q1 = """
        def test(f, other):
            f(lambda n: other(n))
    """
    result = classroom.grade("def f(g): return g(1)\ndef other(n): return n", q1=q1)
    assert (result.status, points(result)) == ("graded", [0])
    assert "cannot ask the notebook" in cases(result)[0].message


def test_a_function_that_is_called_without_end_is_ended(classroom, monkeypatch):
    """A closed sentence says so; later cells and questions are judged."""
    code = "def f(g):\n    while True: g(1)"
    result = classroom.grade(
        CHECK,
        code,
        "grader.check('q1')",
        "x = 1",
        q1="def test(f):\n    f(lambda n: n)",
        q2="""
        def test(x):
            assert x == 1
    """,
    )
    assert (points(result), points(result, "q2")) == ([0], [1])
    assert cases(result)[0].cause == "f called functions of the test too often"


def test_as_many_calls_as_are_allowed(classroom):
    """The limit is not reached before its number."""
    code = f"def f(g):\n    return sum(g(n) for n in range({session.MAX_ASKED}))"
    assert points(classroom.grade(code, q1="def test(f):\n    assert f(lambda n: 1) == 1000")) == [1]


def test_mountains_of_arguments_are_ended(classroom):
    """What a session records is bounded in bytes too."""
    code = "import numpy as np\ndef f(g):\n    for _ in range(9): g(np.zeros(1 << 20))"
    result = classroom.grade(code, q1="def test(f):\n    f(lambda x: None)")
    assert cases(result)[0].cause == "f called functions of the test too often"


FORGERIES = {
    "no such function": "wire.Asked(runner._nonce, 5, [], {})",
    "a negative one": "wire.Asked(runner._nonce, -1, [], {})",
    "another nonce": "wire.Asked(b'12345678', 0, [], {})",
    "an answer as a request": "wire.Told(runner._nonce, 1)",
}
FORGE = """
    import gc
    from autograder.sandbox import wire
    from autograder.sandbox.runner import Runner
    runner = next(thing for thing in gc.get_objects() if type(thing) is Runner)
    def f(g=None):
        wire.send_frame(runner._sock, {message})
        told = wire.receive(runner._sock, wire.Told)
        runner._nonce = told.nonce
        return 1
"""


@pytest.mark.parametrize("message", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_request_earns_nothing(classroom, message):
    """It fails the test case or ends the box; the judge runs nothing that it was not handed for this call."""
    q1 = """
        def test_1(f):
            assert f(lambda: 1) == 1
        def test_2():
            pass
    """
    result = classroom.grade(FORGE.format(message=message), q1=q1)
    assert result.status == "graded" and points(result)[0] == 0


def test_a_request_where_nothing_was_handed_over_ends_the_box(classroom):
    """Nobody waits for it."""
    q1 = "def test(f):\n    assert f() == 1"
    result = classroom.grade(FORGE.format(message="wire.Asked(runner._nonce, 0, [], {})"), q1=q1)
    assert cases(result)[0].cause == "f called functions of the test too often"


# Regrading


def change(classroom, old, new, code=DECODE):
    """Return the result of the new tests from the evidence of the old ones, whether code ran, and a fresh result."""
    submission = classroom.submission(code)
    grader = replace(classroom.grader({"q1": new}), sha256="1" * 64)
    before = classroom.engine.grade(submission, classroom.grader({"q1": old}))
    after, ran = classroom.engine.regrade(before, grader)
    fresh = classroom.engine.grade(submission, grader)
    assert points(after) == points(fresh)
    return after, ran


def test_a_regrade_repeats_what_was_said_to_functions_of_the_test(classroom):
    """The same function, another expectation: no code runs."""
    after, ran = change(classroom, STUB, STUB.replace("[2, 3, 4, 5]", "[3, 3, 4, 5]"))
    assert (ran, points(after)) == (False, [0])


def test_a_function_that_returns_something_else_runs_the_notebook_again(classroom):
    """What the notebook would have done with it is in no evidence."""
    new = STUB.replace("np.eye(9)[(tokens + 1) % 9]", "2 * np.eye(9)[(tokens + 1) % 9]")
    after, ran = change(classroom, STUB, new)
    assert (ran, points(after)) == (True, [1])


def test_two_calls_that_begin_alike_are_told_apart(classroom):
    """An answer belongs to all that was said before it in its call, in whichever order the tests ask."""
    code = "def f(g, n): return [g(k) for k in range(n)]"
    first = "    def test_1(f):\n        assert f(lambda k: 0, 2) == [0, 0]\n"
    second = "    def test_2(f):\n        assert f(lambda k: 0, 3) == [0, 0, 0]\n"
    swapped = second.replace("test_2", "test_0") + first
    after, ran = change(classroom, "\n" + first + second, "\n" + swapped, code)
    assert (ran, points(after)) == (False, [1, 1])


def test_a_death_by_too_many_calls_is_evidence_too(classroom):
    """The sentence is repeated without a process."""
    q1 = "\n    def test(f):\n        f(lambda n: n)\n"
    after, ran = change(classroom, q1, q1 + "        assert True\n", "def f(g):\n    while True: g(1)")
    assert (ran, points(after)) == (False, [0])
