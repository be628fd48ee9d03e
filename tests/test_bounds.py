"""proof/bounds.py and observe.py: every way to write a numeric bound is found, observed, and left as it was."""

import math
import sys
import textwrap

import numpy as np
import pytest
from conftest import HEAD
from otter.test_files.exception_test import ExceptionTestFile

from autograder.observe import MODULE, Observer
from autograder.proof.bounds import find_bounds, instrument


def text_of(body: str) -> str:
    """Return an Otter test file with one test function of `x`."""
    body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    case = '@test_case(points=1)\ndef test_it(x):\n    """The title"""\n    import math\n    import numpy as np\n'
    return HEAD.format(name="q1") + case + body + "\n"


def run(text: str, monkeypatch, **names):
    """Run a test file; return its outcome, the line and text of the failure, and what met its bounds."""
    observer = Observer()
    monkeypatch.setitem(sys.modules, MODULE, observer.module())
    file = ExceptionTestFile.from_string(text)
    file.run(names)
    (result,) = file.test_case_results
    message = result.message.splitlines()
    return (result.passed, message[1:2], message[3:]), observer.observations()


FORMS = [
    # body, value of x, what is seen of each bound: (sign, value, limit, held)
    ("assert x < 0.05", 0.02, [("<", 0.02, 0.05, True)]),
    ("assert x < 0.05, f'x is {x}'", 0.07, [("<", 0.07, 0.05, False)]),
    ("assert 0.05 > x", 0.02, [("<", 0.02, 0.05, True)]),
    ("assert (\n    x\n    <= 0.05\n), 'over lines'", 0.05, [("<=", 0.05, 0.05, True)]),
    ("assert 0.015 < x < 0.12", 0.01, [(">", 0.01, 0.015, False)]),  # the second is not reached
    ("assert 0.015 < x < 0.12", 0.1, [(">", 0.1, 0.015, True), ("<", 0.1, 0.12, True)]),
    ("assert not x > 0.5", 0.7, [("<=", 0.7, 0.5, False)]),
    ("assert not 0 < x < 1", 0.3, [("<=", 0.3, 0.0, False), (">=", 0.3, 1.0, False)]),
    ("assert not 0 < x < 1", 1.5, [("<=", 1.5, 0.0, True), (">=", 1.5, 1.0, True)]),
    ("lazy = 5 / 12\nassert x < lazy / 4", 0.1, [("<", 0.1, 5 / 48, True)]),
    ("assert abs(x - 6) < 1e-4", 6.5, [("<", 0.5, 1e-4, False)]),
    ("assert np.abs(x).max() < math.pi", np.array([1.0, -3.0]), [("<", 3.0, math.pi, True)]),
    ("for T in (1, 2, 5):\n    assert x < T / 12", 0.1, [("<", 0.1, 1 / 12, False)]),
    ("for part in x:\n    assert part < 1", [0.1, 0.8, 0.3], [("<", 0.8, 1.0, True)]),
    ("assert all(part < 1 for part in x)", [0.1, 0.8, 0.3], [("<", 0.8, 1.0, True)]),
    ("assert any(part < 1 for part in x)", [3, 2, 0.5, 9], [("<", 0.5, 1.0, True)]),
    ("assert any([part < 1 for part in x])", [3.0, 1.5, 2.0], [("<", 1.5, 1.0, False)]),
    ("assert not any(part < 1 for part in x)", [3.0, 1.5, 2.0], [(">=", 1.5, 1.0, True)]),
    ("assert (x < 1).all()", np.array([0.1, 0.8]), [("<", 0.8, 1.0, True)]),
    ("assert np.all((0.2 < x) & (x < 1))", np.array([0.1, 0.8]), [(">", 0.1, 0.2, False), ("<", 0.8, 1.0, True)]),
    ("assert np.any(~(x < 1))", np.array([0.1, 1.5]), [(">=", 1.5, 1.0, True)]),
    ("assert x < 1 or x > 9", 10.0, [("<", 10.0, 1.0, True), (">", 10.0, 9.0, True)]),
    ("assert x < 1 or x > 9", 5.0, [("<", 5.0, 1.0, False), (">", 5.0, 9.0, False)]),
    ("assert x > 0 and x < 1", 2.0, [(">", 2.0, 0.0, True), ("<", 2.0, 1.0, False)]),
    ("good = x < 0.5\nassert good", 0.7, [("<", 0.7, 0.5, False)]),
    ("same = np.allclose(x, 1.0, rtol=0, atol=0.1)\nassert not same", 1.05, [(">", 0.5, 1.0, False)]),
    ("if x > 0.5:\n    raise AssertionError('too much')", 0.7, [("<=", 0.7, 0.5, False)]),
    ("assert x[0] < 0.001 * x[-1]", [0.002, 1.0], [("<", 0.002, 0.001, False)]),
    ("assert np.isclose(x, 2.0, rtol=0, atol=0.5)", 2.25, [("<=", 0.5, 1.0, True)]),
    ("assert np.allclose(x, [1, 2], rtol=0.1, atol=0)", np.array([1.05, 2.5]), [("<=", 2.5, 1.0, False)]),
    ("assert np.isclose(x, 1, rtol=0, atol=1).all()", np.array([1.5, 0.75]), [("<=", 0.5, 1.0, True)]),
    ("assert np.isclose(x, 1, rtol=0, atol=1).any()", np.array([9.0, 0.75]), [("<=", 0.25, 1.0, True)]),
    ("assert np.allclose(*x, rtol=0, atol=1)", ([1.0], [1.5]), [("<=", 0.5, 1.0, True)]),
    ("assert math.isclose(x, 100, rel_tol=0.01)", 100.5, [("<=", 0.5 / 1.005, 1.0, True)]),
    ("np.testing.assert_allclose(x, 1, rtol=0.5)", 1.25, [("<=", 0.5, 1.0, True)]),
    ("np.testing.assert_allclose(x, 1, rtol=0.5)", 2.0, [("<=", 2.0, 1.0, False)]),
    ("np.testing.assert_array_almost_equal(x, [1.0], decimal=1)", [1.3], [("<=", 2.0, 1.0, False)]),
    ("np.testing.assert_almost_equal(x, 1.0, decimal=1)", 1.075, [("<=", 0.5, 1.0, True)]),
    ("np.testing.assert_array_less(np.abs(x), 0.1)", np.array([0.05, -0.2]), [("<", 0.2, 0.1, False)]),
    ("def near(a):\n    return abs(a - 1) < 0.5\nassert near(x)", 1.25, [("<", 0.25, 0.5, True)]),
    ("assert (y := x * 2) < 3, y", 1.0, [("<", 2.0, 3.0, True)]),
]


@pytest.mark.parametrize(("body", "x", "expected"), FORMS, ids=[form[0] for form in FORMS])
def test_a_bound_is_found_and_observed_and_the_outcome_stays(body, x, expected, monkeypatch):
    """Its sign, the value nearest to failing, its limit, whether it held; passing or failing at the same line."""
    text = text_of(body)
    bounds = find_bounds("q1", text)
    outcome, none = run(text, monkeypatch, x=x)
    assert none == ()
    watched, seen = run(instrument("q1", text), monkeypatch, x=x)
    assert watched == outcome
    found = [(bounds[one.bound].sign, one.value, one.limit, one.held) for one in seen]
    assert [(sign, held) for sign, _, _, held in found] == [(sign, held) for sign, _, _, held in expected]
    numbers = [number for _, value, limit, _ in found for number in (value, limit)]
    assert numbers == pytest.approx([number for _, value, limit, _ in expected for number in (value, limit)])


@pytest.mark.parametrize(
    ("body", "alternative"),
    [
        ("assert x < 1 or x > 9", True),
        ("assert not (x < 1 and x > 9)", True),
        ("assert not 1 < x < 9", True),
        ("assert x > 1 and x < 9", False),
        ("assert not (x < 1 or x > 9)", False),
        ("assert 1 < x < 9", False),
    ],
)
def test_alternatives_are_told_from_demands(body, alternative):
    """How far one of several alternatives is missed says nothing of the chance to fail."""
    assert [bound.rule.best for bound in find_bounds("q1", text_of(body))] == [alternative, alternative]


NO_BOUNDS = [
    "assert x == 3",
    "assert len(x) > 2",
    "assert x.shape[0] < 5 and x.ndim <= 2 and len(x) - 1 >= 0",
    "assert isinstance(x, int) and not isinstance(x, bool)",
    "assert x is not None and 'a' in x and x != 0.5",
    "assert np.array_equal(x, [1, 2]) and np.isfinite(x)",
    "assert x < 'm'",
    "cause = 'far' if x > 2 else 'near'\nassert x == 1, cause",
    "cause = next((name for name in 'ab' if np.allclose(x, 1)), '')\nassert x == 1, f'{cause} {x < 3}'",
    "for T in (1, 2):\n    assert T < 5",
]


@pytest.mark.parametrize("body", NO_BOUNDS)
def test_what_is_no_numeric_bound_is_left_alone(body):
    """Equality, lengths, shapes, types, texts, and what only makes a message."""
    text = text_of(body)
    assert find_bounds("q1", text) == ()
    assert instrument("q1", text) == text


def test_a_bound_is_named_by_case_line_and_text():
    """So that an author finds it."""
    (bound,) = find_bounds("q1", text_of("y = x\nassert np.abs(y\n  ).max() < 1 / 12, 'far'"))
    assert (bound.question, bound.function, bound.case) == ("q1", "test_it", "The title")
    assert bound.text == "np.abs(y ).max() < 1 / 12"
    assert text_of("y = x\nassert x").splitlines()[bound.line - 1].strip() == "assert x"
    assert bound.offset == 5


class Careful:
    """Notes in which order it is asked."""

    def __init__(self, log, name):
        self.log, self.name = log, name

    def __lt__(self, other):
        self.log.append(f"{self.name} < {other.name}")
        return self.name < other.name


@pytest.mark.parametrize(("names", "passed"), [("abc", True), ("bac", False), ("acb", False)])
def test_operands_are_evaluated_once_and_in_order(names, passed, monkeypatch):
    """A chain still stops at its first false comparison; what cannot be measured is not observed."""
    text = text_of("assert x(0) < x(1) < x(2)")
    logs = []
    for version in (text, instrument("q1", text)):
        log = []

        def x(number, log=log):
            log.append(f"get {names[number]}")
            return Careful(log, names[number])

        (outcome, *_), seen = run(version, monkeypatch, x=x)
        logs.append(log)
        assert outcome is passed and seen == ()
    assert logs[0] == logs[1]


def test_an_exception_in_a_comparison_stays(monkeypatch):
    """A test that fails because something cannot be compared fails in the same way."""
    text = text_of("assert x < 3")
    outcome, _ = run(text, monkeypatch, x="text")
    watched, seen = run(instrument("q1", text), monkeypatch, x="text")
    assert watched == outcome and not watched[0] and seen == ()


def test_nan_fails_a_bound(monkeypatch):
    """It is on the wrong side of every bound that the test does not let pass."""
    for body, passed in (("assert x < 3", False), ("assert not x >= 3", True)):
        (outcome, *_), (seen,) = run(instrument("q1", text_of(body)), monkeypatch, x=math.nan)
        assert outcome is passed and seen.held is passed


def test_the_bounds_of_this_course_are_found(root):
    """Their test files stay Python, line for line, and each `<` of an assertion is a bound."""
    for source in sorted(root.glob("solutions/*/*.py")):
        text = source.read_text(encoding="utf-8")
        if "BEGIN TESTS" in text:
            bounds = find_bounds("all", text)
            changed = instrument("all", text)
            compile(changed, source.name, "exec")
            assert len(bounds) > 15
            before, after = text.splitlines(), changed.splitlines()
            touched = [number for number, (one, other) in enumerate(zip(before, after, strict=False)) if one != other]
            assert {bound.line - 1 for bound in bounds} <= set(touched)
            for line in (line for line in before if line.lstrip().startswith("assert mse <")):
                assert any(before[bound.line - 1] == line for bound in bounds)
