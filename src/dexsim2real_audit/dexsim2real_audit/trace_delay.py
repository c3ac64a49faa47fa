"""How much later one signal is than another, from their cross-correlation, finer than a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import DexSim2RealError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Delay:
    """A measured delay."""

    seconds: float
    """How much later the second signal is [s]; negative if it is earlier."""
    correlation: float
    """Of the signals when shifted by it, -1 to 1; low means that they are not the same motion."""


def delay_between(earlier: Array, later: Array, step: float, longest: float = 0.5) -> Delay:
    """Delay of `later` after `earlier`, both sampled every `step` [s], searched up to +-`longest` [s].

    One signal each, shape (N,), or J signals with one delay in common, shape (N, J). Correlates changes, not values,
    so that drift and offset do not matter; a parabola through the best lag and its neighbours gives the fraction of
    a sample. Raises DexSim2RealError if a signal does not move or is too short.
    """
    lags = int(longest / step)
    a, b = np.diff(earlier, axis=0), np.diff(later, axis=0)
    if len(a) < 3 * lags or len(a) != len(b):
        raise DexSim2RealError(f"{len(earlier)} and {len(later)} samples are too few to find a delay of {longest:g} s")
    if not (np.any(a) and np.any(b)):
        raise DexSim2RealError("one of the signals does not move, so it shows no delay")
    scores = np.array([_correlation(a, b, lag) for lag in range(-lags, lags + 1)])
    best = int(np.argmax(scores))
    return Delay(float((best - lags + _peak(scores, best)) * step), float(scores[best]))


def _correlation(a: Array, b: Array, lag: int) -> float:
    """Correlation of a(t) and b(t + lag) where they overlap."""
    x, y = (a[: len(a) - lag], b[lag:]) if lag >= 0 else (a[-lag:], b[:lag])
    norm = np.sqrt(np.sum(x * x) * np.sum(y * y))
    return float(np.sum(x * y) / norm) if norm > 0 else 0.0


def _peak(scores: Array, best: int) -> float:
    """Where the top of the parabola through three scores is, -0.5 to 0.5 from the middle one."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    left, middle, right = scores[best - 1 : best + 2]
    curvature = left - 2 * middle + right
    return 0.0 if curvature >= 0 else float(0.5 * (left - right) / curvature)
