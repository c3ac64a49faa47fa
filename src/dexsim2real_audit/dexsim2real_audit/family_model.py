"""How likely a trace is as a member of a family: a Gaussian of a few common factors and a variance per feature.

A feature is the mean of a channel's component over a tenth of a second. What the family's parameters do not explain
of it by linear regression, judged on members left out, is its own variance: noise, and what contacts make
unpredictable. What members have in common is a few principal components (factor analysis). All work is with tens of
components and thousands of features, never with their covariance.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.signals import Signals

Array = NDArray[np.float64]

BIN = 6
"""Samples that are averaged into a feature."""
CLIP = 10.0
"""A feature counts as this many standard deviations at most: one lost object must not drown everything else."""
FACTORS = 32
"""Principal components that members have in common."""
_RIDGE = 0.02
"""Regularisation of the regression on parameters, per member, for parameters of variance 1."""
_LEAST = 0.02
"""Least variance of its own that a feature has, in variances of the family."""
_ORDER = 4
"""Of the differences that leave noise and take away motion."""
_NOISES = 2
"""Features of noise per channel: of its first third of components, and of the rest."""
_NOISE_FLOOR = 0.05
"""Relative differences of noise that never matter."""


class FamilyModel:
    """Turns traces into features and says how likely they are."""

    def __init__(self, family: Signals, parameters: Array, floors: Mapping[str, float]) -> None:
        """`family` has shape (N, T, D) for each channel, its parameters (N, d); `floors` as `divergence.compare`."""
        self._names = tuple(family)
        raw = self._raw(family)
        known = np.isfinite(raw).all(axis=1)
        raw = raw[known]
        sizes = [_binned(family[name][:1]).size for name in self._names]
        floor = np.repeat([*(floors[name] for name in self._names), _NOISE_FLOOR], [*sizes, _NOISES * len(sizes)])
        self.noise = np.arange(len(floor)) >= sum(sizes)
        """Which features measure noise, shape (F,)."""
        self._mean, self._scale = raw.mean(axis=0), raw.std(axis=0) + floor
        members = self.features(family)[known]
        self._own = np.maximum(_own_variance(members, parameters[known]), _LEAST)
        _, sizes_of, parts = np.linalg.svd(members / np.sqrt(self._own), full_matrices=False)
        count = min(FACTORS, len(members) // 2)
        self._factors = parts[:count] * sizes_of[:count, None] / np.sqrt(len(members)) * np.sqrt(self._own)
        self.usual = float(np.median([self.log_likelihood(member) for member in members]))
        """Log likelihood of the family's own members, the median [nats]."""

    def features(self, traces: Signals) -> Array:
        """Deviations from the family's mean in standard deviations, shape (n, F), of traces (n, T, D).

        What was not recorded counts as the mean.
        """
        return np.asarray(np.nan_to_num(np.clip((self._raw(traces) - self._mean) / self._scale, -CLIP, CLIP)))

    def log_likelihood(self, feature: Array, shift: Array | None = None, doubt: float = 0.0) -> float:
        """Of one trace's features (F,), were the family's mean shifted by `shift` (F,), up to a constant [nats].

        The shift itself is doubted: each feature has the share `doubt` of its shift as another standard deviation.
        """
        moved = np.zeros_like(feature) if shift is None else shift
        variance = self._own + (doubt * moved) ** 2
        rest = feature - moved
        weighted = self._factors / variance
        inner = np.eye(len(self._factors)) + weighted @ self._factors.T
        shared = weighted @ rest
        square = float(rest @ (rest / variance) - shared @ np.linalg.solve(inner, shared))
        return -0.5 * (square + float(np.linalg.slogdet(inner)[1]) + float(np.log(variance).sum()))

    def _raw(self, traces: Signals) -> Array:
        motion = [_binned(traces[name]) for name in self._names]
        return np.concatenate([*motion, *(_noise(traces[name]) for name in self._names)], axis=1)


def _binned(values: Array) -> Array:
    """Means over bins of samples, shape (n, bins x D), of (n, T, D)."""
    n, count, width = values.shape
    bins = values[:, : count // BIN * BIN].reshape(n, count // BIN, BIN, width)
    return np.asarray(bins.mean(axis=2).reshape(n, -1))


def _noise(values: Array) -> Array:
    """Logarithm of the noise of two groups of components of each trace, shape (n, 2), by fourth differences."""
    split = max(1, values.shape[2] // 3)
    rough = np.abs(np.diff(values, _ORDER, axis=1))
    groups = (rough[:, :, :split], rough[:, :, split:])
    return np.log(np.stack([np.median(group, axis=(1, 2)) for group in groups], axis=1) + 1e-5)


def _own_variance(members: Array, parameters: Array) -> Array:
    """Variance of each feature that parameters (n, d) do not explain, members left out one by one, shape (F,)."""
    spread = parameters.std(axis=0)
    inputs = (parameters - parameters.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    n = len(inputs)
    hat = inputs @ np.linalg.solve(inputs.T @ inputs + _RIDGE * n * np.eye(inputs.shape[1]), inputs.T)
    left_out = (members - hat @ members) / (1 - np.diag(hat))[:, None]
    return np.asarray(np.mean(left_out**2, axis=0))
