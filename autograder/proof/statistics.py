"""What a sample of runs says about the chance that a right answer fails: limits, margins, tails.

In go counts and values; out come chances and what they assume. Nothing here knows of tests or notebooks.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from statistics import fmean, stdev

CONFIDENCE = 0.95
PILED_UP = 1.5  # shape of a Weibull distribution: 1 is highest at 0, 2 rises from 0, about 3.5 looks normal
MIN_RUNS = 30  # for a tail: the spread of fewer is not known well enough to look beyond them
DECISIVE = 5.0  # difference of log-likelihoods, a factor of 150: "very strong" in Kass and Raftery (1995), table in 3.2


@dataclass(frozen=True)
class Tail:
    """How a sample lies before a limit, and what that says about values beyond it.

    Attributes:
        model: what is assumed of the values: "normal"; "log-normal"; "Weibull"; "wall", they pile up at the limit as at
            the end of an interval, and none lies beyond it; or "constant", all are the same.
        margin: from the mean to the limit in standard deviations, of the logarithms where the model is log-normal;
            negative when the mean lies beyond the limit; None without a spread.
        chance: that a value lies beyond the limit; None for fewer than MIN_RUNS values.
    """

    model: str
    margin: float | None
    chance: float | None


def upper_limit(failures: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided upper limit of a chance that was met `failures` times in `runs` independent runs; 1 of none.

    That is the chance at which so few failures or fewer have a probability of 1 - confidence (C. J. Clopper and
    E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26,
    1934), found by bisection.
    """
    if failures >= runs:
        return 1.0
    low, high = failures / runs, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        if _at_most(failures, runs, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(failures: int, runs: int, chance: float) -> float:
    """Return the binomial probability of so many failures or fewer; 0 < chance < 1."""
    if chance <= 0:
        return 1.0
    # each term from the one before, in logarithms: nothing overflows
    odds = math.log(chance) - math.log1p(-chance)
    steps = (math.log((runs - k) / (k + 1)) + odds for k in range(failures))
    return math.fsum(math.exp(term) for term in accumulate(steps, initial=runs * math.log1p(-chance)))


def tail(values: Sequence[float], limit: float, below: bool) -> Tail:
    """Return how a sample lies before a limit.

    The tail is that of the distribution that fits the sample best, by its likelihood: the normal one, or, where all
    values are positive, the log-normal one or Weibull's (close to that of |x| for a normal x, exponential at shape 1).
    Where a Weibull distribution of the distance to the limit, of a shape that is highest at the limit or near it,
    fits decisively better, the sample piles up at the limit like the largest of many numbers from an interval: a wall.

    Args:
        values: finite, at least one.
        below: the values ought to lie below the limit, otherwise above.
    """
    if min(values) == max(values):
        beyond = values[0] > limit if below else values[0] < limit
        return Tail("constant", None, float(beyond) if len(values) >= MIN_RUNS else None)
    fits = [_normal("normal", values, limit, below)]
    plain = fits[0]
    if min(values) > 0:
        logarithms = [math.log(value) for value in values]
        logarithm = _normal("log-normal", logarithms, math.log(limit) if limit > 0 else -math.inf, below)
        fits.append(replace(logarithm, likelihood=logarithm.likelihood - math.fsum(logarithms)))
        fits.append(replace(_weibull(values, limit, below), margin=plain.margin))
    best = max(fits, key=lambda fit: fit.likelihood)
    if len(values) < MIN_RUNS:
        return Tail(best.model, best.margin, None)
    if _wall_likelihood(values, limit, below) > best.likelihood + DECISIVE:
        return Tail("wall", plain.margin, 0.0)
    return Tail(best.model, best.margin, best.chance)


@dataclass(frozen=True)
class _Fit:
    """A distribution fitted to a sample; `likelihood`: its logarithm. Margin and chance: see Tail."""

    model: str
    likelihood: float
    margin: float
    chance: float
    shape: float = 0.0


def _normal(model: str, values: Sequence[float], limit: float, below: bool) -> _Fit:
    spread = stdev(values)
    distance = limit - fmean(values) if below else fmean(values) - limit
    if not spread:  # the logarithms of values that differ in their last digits
        return _Fit(model, -math.inf, math.copysign(math.inf, distance), float(distance < 0))
    n = len(values)
    likelihood = -n / 2 * math.log(2 * math.pi * spread**2) - (n - 1) / 2
    return _Fit(model, likelihood, distance / spread, math.erfc(distance / spread / math.sqrt(2)) / 2)


def _weibull(values: Sequence[float], limit: float, below: bool) -> _Fit:
    """Fit Weibull's distribution to positive values, not all of them the same, by maximum likelihood.

    The shape solves sum(x**k log x) / sum(x**k) - 1 / k = mean(log x) (A. C. Cohen, "Maximum likelihood estimation in
    the Weibull distribution", Technometrics 7, 1965); its left side grows with k.
    """
    n, largest = len(values), max(values)
    parts = [value / largest for value in values]
    logarithms = [math.log(part) for part in parts]
    mean = fmean(logarithms)
    low, high = 1e-3, 1e9
    while high > low * (1 + 1e-9):
        shape = math.sqrt(low * high)
        weights = [math.exp(shape * logarithm) for logarithm in logarithms]
        if math.fsum(map(operator.mul, weights, logarithms)) / math.fsum(weights) - 1 / shape < mean:
            low = shape
        else:
            high = shape
    scale = fmean(math.exp(shape * logarithm) for logarithm in logarithms)  # to the power of the shape
    likelihood = n * (math.log(shape / scale) + (shape - 1) * mean - 1 - math.log(largest))
    reach = math.exp(min(shape * math.log(limit / largest) - math.log(scale), 700.0)) if limit > 0 else 0.0
    return _Fit("Weibull", likelihood, 0.0, math.exp(-reach) if below else -math.expm1(-reach), shape)


def _wall_likelihood(values: Sequence[float], limit: float, below: bool) -> float:
    """Return the likelihood of values that pile up at the limit; one at the limit itself counts as the nearest."""
    distances = [limit - value if below else value - limit for value in values]
    positive = [distance for distance in distances if distance > 0]
    if min(distances) < 0 or len(positive) < len(distances) / 2 or min(positive) == max(positive):
        return -math.inf
    fit = _weibull([distance or min(positive) for distance in distances], 0.0, True)
    return fit.likelihood if fit.shape < PILED_UP else -math.inf


def margin_beyond(values: Sequence[float], limit: float, other: float, model: str) -> float | None:
    """Return how far `other` lies from the limit in standard deviations of `values`, on a model's scale; None without.

    Args:
        values, limit: as for `tail`, which gave the model.
        other: a value on the other side of the limit.
    """
    if model == "log-normal" and min(limit, other) > 0:
        values, limit, other = [math.log(value) for value in values], math.log(limit), math.log(other)
    spread = stdev(values) if len(values) > 1 else 0.0
    return abs(other - limit) / spread if spread else None
