"""Limits, margins and tails of proof/statistics.py, against published numbers and known distributions."""

import math
import random

import pytest

from autograder.proof.statistics import margin_beyond, tail, upper_limit


@pytest.mark.parametrize(
    ("failures", "runs", "confidence", "limit"),
    [
        (0, 200, 0.95, 1 - 0.05 ** (1 / 200)),  # no failure: solved by hand
        (0, 1, 0.95, 0.95),
        (1, 10, 0.95, 0.394163),  # qbeta(0.95, k + 1, n - k)
        (3, 60, 0.95, 0.124187),
        (10, 100, 0.975, 0.176223),  # upper end of the two-sided 95 % interval
        (7, 7, 0.95, 1.0),
        (0, 0, 0.95, 1.0),
    ],
)
def test_the_upper_limit_is_that_of_clopper_and_pearson(failures, runs, confidence, limit):
    """Tabulated values, and those that can be worked out by hand."""
    assert upper_limit(failures, runs, confidence) == pytest.approx(limit, abs=2e-6)


def test_the_upper_limit_covers():
    """At the limit itself, so few failures or fewer have a probability of just 5 %."""
    limit = upper_limit(4, 80)
    few = sum(math.comb(80, k) * limit**k * (1 - limit) ** (80 - k) for k in range(5))
    assert few == pytest.approx(0.05, abs=1e-9)


def test_199_runs_without_a_failure_show_it_and_198_do_not():
    """The rule of `verify`: an upper limit of at most 1.5 %."""
    assert upper_limit(0, 199) <= 0.015 < upper_limit(0, 198)


def sample(draw, seed=1, runs=200):
    generator = random.Random(seed)
    return [draw(generator) for _ in range(runs)]


@pytest.mark.parametrize(
    ("draw", "limit", "below", "model", "least", "most"),
    [
        (lambda g: g.gauss(0, 1), 4, True, "normal", 1e-6, 2e-4),  # 3e-5
        (lambda g: g.gauss(0, 1), -2, False, "normal", 0.01, 0.04),  # 0.023
        (lambda g: math.exp(g.gauss(-7, 0.6)), 0.05, True, "log-normal", 0.0, 1e-6),
        (lambda g: math.exp(g.gauss(0, 1)), math.exp(3), True, "log-normal", 3e-4, 4e-3),  # 0.0013
        (lambda g: abs(g.gauss(0, 1)), 8.5, True, "Weibull", 0.0, 1e-5),  # as |measured - expected| is
        (lambda g: g.expovariate(1), 5, True, "Weibull", 1e-3, 2e-2),  # 0.0067
        (lambda g: 1 - g.expovariate(80_000), 1, True, "wall", 0.0, 0.0),  # the largest of 80,000 uniform numbers
        (lambda g: round(g.expovariate(80_000) * 2**24) / 2**24, 0, False, None, 0.0, 0.0),  # the smallest, in float32
    ],
)
def test_the_tail_follows_the_distribution_that_fits(draw, limit, below, model, least, most):
    """The estimate lies around the true chance, and a bound at the end of an interval is no risk."""
    found = tail(sample(draw), limit, below)
    assert model in (None, found.model)
    assert found.chance is not None and least <= found.chance <= most


def test_a_bound_two_deviations_away_is_never_taken_for_a_wall():
    """What looks like the end of an interval must not hide a bound that is too tight."""
    for seed in range(40):
        found = tail(sample(lambda g: g.gauss(0.5, 0.1), seed), 0.7, True)
        assert found.model != "wall" and found.chance is not None and found.chance > 0.001


def test_the_margin_counts_standard_deviations():
    """(limit - mean) / deviation, on the other side negative."""
    values = [1.0, -1.0, 0.0, 2.0, -2.0]
    deviation = math.sqrt(10 / 4)
    assert tail(values, 5.0, True).margin == pytest.approx(5 / deviation)
    assert tail(values, 5.0, False).margin == pytest.approx(-5 / deviation)
    assert margin_beyond(values, 5.0, 6.0, "normal") == pytest.approx(1 / deviation)
    assert margin_beyond([3.0, 3.0], 5.0, 6.0, "constant") is None


def test_few_runs_give_no_estimate():
    """Below 30 the spread is not known well enough."""
    assert tail(sample(lambda g: g.gauss(0, 1), runs=29), 4, True).chance is None
    assert tail(sample(lambda g: g.gauss(0, 1), runs=30), 4, True).chance is not None


@pytest.mark.parametrize(("value", "chance"), [(0.9, 0.0), (1.1, 1.0)])
def test_a_constant_holds_for_ever_or_never(value, chance):
    """Without any spread nothing is left to chance."""
    assert tail([value] * 50, 1.0, True).chance == chance
