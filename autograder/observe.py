"""What met the numeric bounds of a test: instrumented test files (proof/bounds.py) report here while a judge runs them.

In goes each value with the limit it was compared with; out come Observations, for each bound the value that came
nearest to failing. What a test sees stays what it was: every function here returns what it was given.
"""

import contextlib
import operator
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograder.job import Observation

MODULE = "observed"  # under this name an instrumented test file finds the observer

_HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Rule(NamedTuple):
    """What a bound asks for, as it stands at the end of an instrumented test file.

    Attributes:
        site: number of the comparison or call in the file.
        pair: which comparison of a chain `a < b < c`; -1 for a call of np.isclose and the like, whose value is the gap
            in units of what is allowed, and whose limit is 1.
        value: 0 when the value stands left of the limit, 1 when right.
        sign: "<", "<=", ">" or ">=": what must be so of value and limit.
        best: the bound is one of several ways to fulfil its assertion, so that the best value counts, not the worst.
        group: number of the assertion that decides, -1 when the comparison itself does.
    """

    site: int
    pair: int
    value: int
    sign: str
    best: bool
    group: int


class _Met(NamedTuple):
    """One meeting; `slack` relative to the limit, below 0 on its wrong side."""

    slack: float
    value: float
    limit: float
    held: bool


class Sheet:
    """The notes on one test file; its methods are called by the instrumented text."""

    def __init__(self, question: str, rules: list[tuple[Any, ...]]) -> None:
        self._question = question
        self._rules = [Rule(*rule) for rule in rules]
        self._operands: dict[int, dict[int, Any]] = {}
        self._pending: dict[int, _Met] = {}
        self._worst: dict[int, _Met] = {}

    def at(self, site: int, place: int, operand: Any) -> Any:
        """Note an operand of a comparison."""
        self._operands.setdefault(site, {})[place] = operand
        return operand

    def done(self, site: int, outcome: Any) -> Any:
        """Note the end of a comparison."""
        for number, rule in enumerate(self._rules):
            operands = self._operands.get(site, {})
            if rule.site == site and {rule.pair, rule.pair + 1} <= operands.keys():
                # what cannot be measured was not compared by its size
                with contextlib.suppress(Exception):
                    self._meet(number, *_compared(rule, operands[rule.pair], operands[rule.pair + 1]))
        self._operands.pop(site, None)
        return outcome

    def function(self, site: int, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what calls `function`, one of `GAPS` by its name, and notes how far its arguments were apart."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            try:
                outcome = function(*args, **kwargs)
            except AssertionError:
                self._called(site, function, args, kwargs, False)
                raise
            self._called(site, function, args, kwargs, True if outcome is None else outcome)
            return outcome

        return watched

    def settle(self, group: int, outcome: Any, wanted: bool = True) -> Any:
        """Note the end of an assertion, whose condition ought to be `wanted`."""
        with contextlib.suppress(Exception):
            fulfilled = bool(outcome) is wanted
            for number, rule in enumerate(self._rules):
                if rule.group == group and number in self._pending:
                    met = self._pending.pop(number)
                    self._keep(number, met._replace(held=met.held or fulfilled))
        return outcome

    def observations(self) -> list[Observation]:
        """Return one for each bound that was met."""
        return [
            Observation(self._question, number, met.value, met.limit, met.held)
            for number, met in sorted(self._worst.items())
        ]

    def _called(
        self, site: int, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], outcome: Any
    ) -> None:
        for number, rule in enumerate(self._rules):
            if rule.site == site:
                with contextlib.suppress(Exception):
                    self._meet(number, *_measured(rule, function, args, kwargs, outcome))

    def _meet(self, number: int, values: Any, limits: Any, held: Any) -> None:
        """Note the value of one comparison, of many at once where they are arrays."""
        rule = self._rules[number]
        values, limits, held = np.broadcast_arrays(values, limits, held)
        if not values.size:
            return
        scale = np.where(np.isfinite(limits) & (limits != 0), np.abs(limits), 1.0)
        with np.errstate(all="ignore"):
            slacks = (limits - values if rule.sign.startswith("<") else values - limits) / scale
        slacks = np.where(np.isnan(slacks), -np.inf, slacks).ravel()
        place = int(np.argmax(slacks) if rule.best else np.argmin(slacks))
        met = _Met(
            *(float(slacks[place]), float(values.ravel()[place]), float(limits.ravel()[place])),
            bool(held.ravel()[place]),
        )
        earlier = self._pending.get(number)
        if rule.group < 0:
            self._keep(number, met)
        elif earlier is None or (met.slack > earlier.slack if rule.best else met.slack < earlier.slack):
            self._pending[number] = met

    def _keep(self, number: int, met: _Met) -> None:
        worst = self._worst.get(number)
        if worst is None or met.slack < worst.slack:
            self._worst[number] = met


class Observer:
    """All sheets of one judge."""

    def __init__(self) -> None:
        self._sheets: list[Sheet] = []

    def module(self) -> types.ModuleType:
        """Return the module that instrumented test files ask for their sheet."""
        module = types.ModuleType(MODULE, "Notes what meets the numeric bounds of tests.")
        vars(module).update(sheet=self._sheet)
        return module

    def observations(self) -> tuple[Observation, ...]:
        """Return what met the bounds so far, none when no test file is instrumented."""
        return tuple(one for sheet in self._sheets for one in sheet.observations())

    def _sheet(self, question: str, rules: list[tuple[Any, ...]]) -> Sheet:
        self._sheets.append(Sheet(question, rules))
        return self._sheets[-1]


def _compared(rule: Rule, left: Any, right: Any) -> tuple[Any, Any, Any]:
    """Return value, limit and whether the rule holds, as numbers or arrays."""
    value, limit = (np.asarray(side) for side in ((right, left) if rule.value else (left, right)))
    if {value.dtype.kind, limit.dtype.kind} - set("biuf"):
        raise TypeError("not numbers")
    held = _HOLDS[rule.sign](value, limit)  # in their own precision, as the test compares
    return value.astype(np.float64), limit.astype(np.float64), held


def _measured(
    rule: Rule, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], outcome: Any
) -> tuple[Any, Any, Any]:
    """Return the gaps, the limit 1 and whether the rule holds."""
    name = "math" if getattr(function, "__module__", "") == "math" else function.__name__
    gaps = GAPS[name](*args, **kwargs)
    close = np.asarray(outcome, bool)
    held = close if rule.sign == "<=" else ~close
    return gaps, 1.0, held if held.shape == gaps.shape else held.all()


def _gaps(a: Any, b: Any, allowed: Any, equal_nan: bool = False) -> Any:
    """Return |a - b| in units of what is allowed: 0 where equal, infinite where nothing is allowed or comparable."""
    a, b = np.broadcast_arrays(_numbers(a), _numbers(b))
    same = (a == b) | (np.isnan(a) & np.isnan(b) if equal_nan else False)
    with np.errstate(all="ignore"):
        gaps = np.abs(a - b) / allowed
    return np.where(same, 0.0, np.where(np.isnan(gaps), np.inf, gaps))


def _numbers(thing: Any) -> Any:
    array = np.asarray(thing)
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    return _gaps(a, b, atol + rtol * np.abs(_numbers(b)), equal_nan)


def _assert_allclose(
    actual: Any, desired: Any, rtol: Any = 1e-7, atol: Any = 0, equal_nan: bool = True, *_: Any, **__: Any
) -> Any:
    return _gaps(actual, desired, atol + rtol * np.abs(_numbers(desired)), equal_nan)


def _assert_almost_equal(actual: Any, desired: Any, decimal: int = 7, *_: Any, **__: Any) -> Any:
    return _gaps(actual, desired, 1.5 * 10.0**-decimal, True)


def _assert_array_almost_equal(actual: Any, desired: Any, decimal: int = 6, *_: Any, **__: Any) -> Any:
    return _gaps(actual, desired, 1.5 * 10.0**-decimal, True)


def _math_isclose(a: Any, b: Any, *, rel_tol: float = 1e-9, abs_tol: float = 0.0) -> Any:
    return _gaps(a, b, max(rel_tol * max(abs(a), abs(b)), abs_tol))


GAPS: dict[str, Callable[..., Any]] = {
    "isclose": _isclose,
    "allclose": _isclose,
    "math": _math_isclose,
    "assert_allclose": _assert_allclose,
    "assert_almost_equal": _assert_almost_equal,
    "assert_array_almost_equal": _assert_array_almost_equal,
}
"""Functions that compare two numbers or arrays within a tolerance, by name; see NumPy's and Python's manuals.
`decimal` allows 1.5 * 10**-decimal (numpy.testing.assert_almost_equal)."""
