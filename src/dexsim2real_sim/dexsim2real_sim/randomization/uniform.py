"""Uniform randomisation over the registry's ranges: vanilla domain randomisation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dexsim2real_sim.parameters import PARAMETERS, parameter
from dexsim2real_sim.randomization.distribution import Array, Box, Entropy


class Uniform:
    """Every parameter uniform over its manual range, independently."""

    def __init__(self, names: Iterable[str] | None = None) -> None:
        """`names` defaults to all parameters that are not frozen. Raises UnknownNameError."""
        chosen = PARAMETERS if names is None else names
        self.names = tuple(name for name in chosen if not parameter(name).frozen)
        ranges = np.array([parameter(name).range for name in self.names]).reshape(-1, 2)
        self._box = Box(self.names, ranges[:, 0], ranges[:, 1])

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        """Draw `count` sets of values, shape (count, len(names))."""
        return rng.uniform(self._box.low, self._box.high, (count, len(self.names)))

    def log_prob(self, values: Array) -> Array:
        """0 inside the ranges, -inf outside, shape (n,), of values shape (n, len(names))."""
        return self._box.uniform_log_prob(values)

    def entropy(self) -> Entropy:
        """0: what other distributions are compared with."""
        return Entropy(0.0)
