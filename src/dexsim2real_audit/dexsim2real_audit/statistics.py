"""Intervals and tests for small numbers of trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from dexsim2real_description import DexSim2RealError

CONFIDENCE = 0.95
RESAMPLES = 10_000


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval that contains the truth with 95 % confidence."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """Success rate with Wilson's score interval (Wilson 1927), which stays inside [0, 1] and holds at 0 and n.

    Raises DexSim2RealError unless 0 <= successes <= trials and there is a trial.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise DexSim2RealError(f"{successes} successes of {trials} trials make no success rate")
    z = float(stats.norm.ppf(0.5 + CONFIDENCE / 2))
    rate = successes / trials
    shrink = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / shrink
    half = z / shrink * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # At 0 and n successes one end is the rate itself; rounding must not move it.
    return Interval(rate, max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half)))


def difference(a: Interval, b: Interval) -> Interval:
    """Difference a - b of two independent rates, by Newcombe's hybrid of their score intervals (1998, method 10)."""
    gap = a.value - b.value
    below = sqrt((a.value - a.low) ** 2 + (b.high - b.value) ** 2)
    above = sqrt((a.high - a.value) ** 2 + (b.value - b.low) ** 2)
    return Interval(gap, gap - below, gap + above)


def barnard(successes_a: int, trials_a: int, successes_b: int, trials_b: int) -> float:
    """Two-sided p-value that two success rates are the same (Barnard's exact test).

    More powerful than Fisher's where only the numbers of trials were fixed beforehand, as here.
    """
    for successes, trials in ((successes_a, trials_a), (successes_b, trials_b)):
        wilson(successes, trials)  # refuses what is not a rate
    table = [[successes_a, successes_b], [trials_a - successes_a, trials_b - successes_b]]
    p = float(stats.barnard_exact(table).pvalue)
    return 1.0 if isnan(p) else p  # all succeeded or all failed: no evidence of a difference


def cohens_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Agreement of two judges beyond chance, -1 to 1 (Cohen 1960); nan if both gave one and the same verdict only.

    Raises DexSim2RealError if they did not judge the same number of trials, at least one.
    """
    if len(first) != len(second) or not first:
        raise DexSim2RealError(f"two judges must judge the same trials; they judged {len(first)} and {len(second)}")
    n = len(first)
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    counts = Counter(first), Counter(second)
    chance = sum(counts[0][label] * counts[1][label] for label in counts[0]) / n**2
    return nan if chance == 1 else (observed - chance) / (1 - chance)


def bootstrap(
    values: ArrayLike,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap of a statistic of independent values, shape (n,).

    `statistic` takes shape (R, n) to shape (R,); without it, the mean. Raises DexSim2RealError without values.
    """
    data = np.asarray(values, np.float64)
    if data.ndim != 1 or not len(data):
        raise DexSim2RealError(f"a bootstrap needs a list of values, got shape {data.shape}")
    compute = statistic or (lambda rows: np.asarray(np.mean(rows, axis=1)))
    drawn = np.random.default_rng(seed).integers(0, len(data), (RESAMPLES, len(data)))
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(compute(data[drawn]), [tail, 100 - tail])
    return Interval(float(compute(data[None])[0]), float(low), float(high))
