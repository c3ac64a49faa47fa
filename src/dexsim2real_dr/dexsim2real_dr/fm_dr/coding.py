"""A mixture distribution as a vector in the unit cube, which is what CMA-ES moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from dexsim2real_dr.critics.critic import Array
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import Mixture

REACH = 1.5
"""The box that mixtures are cut off at is this many times as wide as the manual ranges, within the bounds: a real
scene may lie outside what a person thought of."""
SCALES = (0.04, 1.0)
"""Standard deviations of components over the width of the box."""
LOGIT = 3.0
"""Weights of two components differ by at most exp(2 LOGIT)."""


@dataclass(frozen=True)
class Coding:
    """Which parameters, in which box, with how many components."""

    names: tuple[str, ...]
    components: int
    low: Array
    high: Array

    @classmethod
    def of(cls, names: Sequence[str], components: int) -> Coding:
        """The box of these parameters. Raises UnknownNameError."""
        ends = np.array([_reach(name) for name in names])
        return cls(tuple(names), components, ends[:, 0], ends[:, 1])

    @property
    def size(self) -> int:
        """Length of the vectors: a weight, and per parameter a mean and a scale, for every component."""
        return self.components * (1 + 2 * len(self.names))

    def start(self, rng: np.random.Generator) -> Array:
        """Wide components of equal weight about the middle, apart enough to develop differently."""
        middle = rng.uniform(0.35, 0.65, (self.components, len(self.names)))
        return np.concatenate([np.full(self.components, 0.5), middle.ravel(), np.full(middle.size, 0.8)])

    def mixture(self, vector: Array) -> Mixture:
        """The distribution of a vector in [0, 1], shape (size,)."""
        k, d = self.components, len(self.names)
        logits, means, scales = np.split(np.clip(vector, 0.0, 1.0), [k, k + k * d])
        width = self.high - self.low
        spread = SCALES[0] * (SCALES[1] / SCALES[0]) ** scales.reshape(k, d)
        middle = np.clip(self.low + width * means.reshape(k, d), self.low, self.high)
        weights = softmax(LOGIT * (2 * logits - 1))
        return Mixture(self.names, self.low, self.high, weights, middle, spread * width)

    def unit(self, values: Array) -> Array:
        """Values in [0, 1] over the box, shape (..., d)."""
        share: Array = (values - self.low) / (self.high - self.low)
        return share


def _reach(name: str) -> tuple[float, float]:
    p = parameter(name)
    middle, half = sum(p.range) / 2, REACH * (p.range[1] - p.range[0]) / 2
    return max(p.bounds[0], middle - half), min(p.bounds[1], middle + half)
