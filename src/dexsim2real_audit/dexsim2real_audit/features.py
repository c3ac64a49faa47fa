"""A trace as a row of numbers: the mean of every component over every tenth of a second, and how rough channels are.

Rows are scaled so that their scalar product compares channels, not components: every channel weighs the same, and
its roughness, which is noise and not motion, a part of that.
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
_ORDER = 4
"""Of the differences that leave noise and take away motion."""
_ROUGH = 0.3
"""What the roughness of a channel weighs over its motion."""
_ROUGH_FLOOR = 0.05
"""Relative differences of roughness that never matter."""


class Features:
    """Turns traces into rows, in units of what is usual in a family."""

    def __init__(self, family: Signals, floors: Mapping[str, float]) -> None:
        """`family` has shape (N, T, D) for each channel; `floors` as for `divergence.compare`."""
        self._names = tuple(family)
        motion = {name: _binned(family[name]) for name in self._names}
        rough = {name: _roughness(family[name]) for name in self._names}
        raw = np.concatenate([*motion.values(), *rough.values()], axis=1)
        sizes = [part.shape[1] for part in (*motion.values(), *rough.values())]
        floor = [*(floors[name] for name in self._names), *[_ROUGH_FLOOR] * len(rough)]
        weights = [1 / size for size in sizes[: len(motion)]] + [_ROUGH / size for size in sizes[len(motion) :]]
        known = np.isfinite(raw).all(axis=1)
        self._mean = raw[known].mean(axis=0)
        self._scale = raw[known].std(axis=0) + np.repeat(floor, sizes)
        self._weight = np.sqrt(np.repeat(weights, sizes))

    def __call__(self, traces: Signals) -> Array:
        """Rows, shape (n, F), of traces of shape (n, T, D); what was not recorded counts as the family's mean."""
        parts = [_binned(traces[name]) for name in self._names] + [_roughness(traces[name]) for name in self._names]
        scaled = np.clip((np.concatenate(parts, axis=1) - self._mean) / self._scale, -CLIP, CLIP)
        return np.asarray(np.nan_to_num(scaled) * self._weight)


def _binned(values: Array) -> Array:
    """Means over bins of samples, shape (n, bins x D), of (n, T, D)."""
    n, count, width = values.shape
    bins = values[:, : count // BIN * BIN].reshape(n, count // BIN, BIN, width)
    return np.asarray(bins.mean(axis=2).reshape(n, -1))


def _roughness(values: Array) -> Array:
    """Logarithm of the noise of two groups of components of each trace, shape (n, 2), by fourth differences."""
    split = max(1, values.shape[2] // 3)
    rough = np.abs(np.diff(values, _ORDER, axis=1))
    groups = (rough[:, :, :split], rough[:, :, split:])
    return np.log(np.stack([np.median(group, axis=(1, 2)) for group in groups], axis=1) + 1e-5)
