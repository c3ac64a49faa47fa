"""What the score of parameters that were never scored would be, from all that were."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.special import ndtr

from dexsim2real_dr.critics.critic import Array, Differences, to_score
from dexsim2real_dr.fm_dr.gaussian_process import GaussianProcess


class Surrogate(Protocol):
    """An estimate of the score."""

    def predict(self, x: Array) -> Array:
        """Expected scores at points in the unit cube, shape (m, d), shape (m,)."""
        ...


class ScoreSurrogate(Surrogate):
    """A process on the scores themselves, all that a critic that judges gives."""

    def __init__(self, x: Array, scores: Array) -> None:
        """At points shape (n, d), scores shape (n,)."""
        self._process = GaussianProcess(x, scores[:, None])

    def predict(self, x: Array) -> Array:
        """The mean, as Surrogate."""
        return self._process.predict(x)[0][:, 0]


class DifferenceSurrogate(Surrogate):
    """Processes on the differences from the references, from which the score follows (Astudillo and Frazier 2019).

    Differences are smooth where scores have a ridge, and say which parameter to move which way.
    """

    def __init__(self, x: Array, differences: Differences) -> None:
        """At points shape (n, d), of n candidates."""
        self._process, self._weights = GaussianProcess(x, differences.values), differences.weights

    def predict(self, x: Array) -> Array:
        """The score of the expected size of the differences, as Surrogate."""
        return to_score(expected_size(*self._process.predict(x)) @ self._weights)


def expected_size(mean: Array, deviation: Array) -> Array:
    """Mean of |z| for normal z (the folded normal distribution; Leone et al. 1961), any shape."""
    deviation = np.maximum(deviation, 1e-9)
    ratio = mean / deviation
    size: Array = deviation * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + mean * (1 - 2 * ndtr(-ratio))
    return size
