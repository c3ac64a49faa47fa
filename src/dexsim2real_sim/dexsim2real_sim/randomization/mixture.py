"""A mixture of Gaussians over parameters, cut off at the ends of a box."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp, ndtr, ndtri

from dexsim2real_sim.errors import SimError
from dexsim2real_sim.randomization.distribution import Array, Box, Entropy, manual_ranges

SCALES = (1e-3, 10.0)
"""Narrowest and widest standard deviation over the width of the box; beyond, it is a point or uniform."""
ENTROPY_DRAWS = 4096


class Mixture:
    """Independent truncated Gaussians per parameter in each component. Immutable."""

    def __init__(
        self,
        names: Sequence[str],
        low: ArrayLike,
        high: ArrayLike,
        weights: ArrayLike,
        means: ArrayLike,
        scales: ArrayLike,
    ) -> None:
        """A box `low`, `high` (d,), `weights` (K,), `means` and standard deviations `scales` (K, d), in their units.

        Means and scales are those before truncation. Raises as Box does, and SimError for numbers that make no mixture.
        """
        self._box = Box(names, low, high)
        self.names, self.low, self.high = self._box.names, self._box.low, self._box.high
        self.weights = np.array(weights, dtype=float)
        self.means, self.scales = np.array(means, dtype=float), np.array(scales, dtype=float)
        self._check()
        # standardised ends, and the mass between them that truncation leaves
        self._below = ndtr((self.low - self.means) / self.scales)
        self._mass = ndtr((self.high - self.means) / self.scales) - self._below
        self._unit = manual_ranges(self.names)[1]

    def _check(self) -> None:
        shape = (self.weights.size, len(self.names))
        if self.weights.ndim != 1 or self.means.shape != shape or self.scales.shape != shape:
            raise SimError(
                f"a mixture of {self.weights.size} components over {len(self.names)} parameters needs means and "
                f"scales of shape {shape}, got {self.means.shape} and {self.scales.shape}"
            )
        if not (self.weights.size and (self.weights > 0).all() and abs(self.weights.sum() - 1) < 1e-9):
            raise SimError(f"weights are {self.weights.tolist()}; they must be positive and add up to 1")
        if not ((self.means >= self.low) & (self.means <= self.high)).all():
            raise SimError("a mean lies outside the box that the mixture is cut off at; move it inside")
        share = self.scales / (self.high - self.low)
        if not ((share >= SCALES[0]) & (share <= SCALES[1])).all():
            raise SimError(
                f"a standard deviation is outside {SCALES[0]:g} to {SCALES[1]:g} times the width of its box; change it"
            )

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Draw `count` sets of values, shape (count, len(names))."""
        return self.at(rng.random((count, 1 + len(self.names))))

    def at(self, uniform: Array) -> Array:
        """Values that independent numbers in [0, 1), shape (n, 1 + d), stand for, shape (n, d).

        The first column chooses the component, the others go through its inverse distribution function.
        """
        ends = np.cumsum(self.weights)[:-1]
        component = np.searchsorted(ends, uniform[:, 0], side="right")
        standard = ndtri(self._below[component] + uniform[:, 1:] * self._mass[component])
        values: Array = self.means[component] + self.scales[component] * standard
        return np.clip(values, self.low, self.high)

    def log_prob(self, values: Array) -> Array:
        """Log density over the uniform one's [nats], shape (n,), of values shape (n, len(names))."""
        standard = (values[:, None] - self.means) / self.scales
        norm = np.log(self.scales * self._mass * np.sqrt(2 * np.pi) / self._unit).sum(axis=1)
        components = -0.5 * np.square(standard).sum(axis=2) - norm + np.log(self.weights)
        return np.where(self._box.contains(values), logsumexp(components, axis=1), -np.inf)

    def entropy(self) -> Entropy:
        """Mean of -log_prob over 4096 draws, always the same ones, with the standard error of that mean."""
        surprise = -self.log_prob(self.sample(np.random.default_rng(0), ENTROPY_DRAWS))
        return Entropy(float(surprise.mean()), float(surprise.std(ddof=1) / np.sqrt(ENTROPY_DRAWS)))
