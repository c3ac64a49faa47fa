"""How slippery fingertips are, from the moment at which an object that is held ever more loosely slips.

At that moment the fingers' shear is what friction lets them bear. How the measured forces then depend on friction
is not written down but learnt from simulated slips, whose friction is known: contacts spread over the skin, and
fingers share the load.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.signals import NET, PLACE, Signals
from dexsim2real_description import FINGERS

Array = NDArray[np.float64]

FALL = 0.004
"""An object that falls by this much from one sample to the second after it slips [m]: 0.12 m/s at 60 Hz, faster than
arms sway."""
_APART = 2
LIFTED = 0.02
"""An object was held if it was this much higher than at first [m]."""
BEFORE = 0.05
"""The forces are taken this long before the slip was seen: mean of a window as long [s]."""
HELD = 0.4
"""And this long before, for comparison [s]."""
_SMALL = 0.02
"""Added before logarithms are taken [N]."""
_RIDGE = 1e-2
_LEAST = 30
"""Simulated slips without which nothing is learnt."""


@dataclass(frozen=True)
class FrictionEstimate:
    """Sliding friction of the fingertips."""

    value: float
    error: float
    """Standard error, relative, by leaving simulated slips out."""


def estimate_friction(times: Array, real: Signals, family: Signals, friction: Array) -> FrictionEstimate | None:
    """Friction of the recording's fingertips; None if no slip was seen, or too few simulated ones.

    `times` [s], shape (T,); `real` (T, D) and `family` (N, T, D) as in `divergence.compare`; `friction` of the
    members, shape (N,).
    """
    if not {NET, PLACE} <= set(real):
        return None
    members = [slip_forces(times, net, place) for net, place in zip(family[NET], family[PLACE], strict=True)]
    seen = np.array([row is not None for row in members])
    own = slip_forces(times, real[NET], real[PLACE])
    if own is None or seen.sum() < _LEAST:
        return None
    inputs = _squares(np.array([row for row in members if row is not None]))
    wanted = np.log(friction[seen])
    middle, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
    rows = np.concatenate([(inputs - middle) / spread, np.ones((len(inputs), 1))], axis=1)
    solve = np.linalg.solve(rows.T @ rows + _RIDGE * len(rows) * np.eye(rows.shape[1]), rows.T)
    weights = solve @ wanted
    left_out = (wanted - rows @ weights) / (1 - np.einsum("ij,ji->i", rows, solve))
    row = np.append((_squares(own[None])[0] - middle) / spread, 1.0)
    return FrictionEstimate(float(np.exp(row @ weights)), float(np.sqrt(np.mean(left_out**2))))


def slip_forces(times: Array, net: Array, place: Array) -> Array | None:
    """Logarithms of normal force and shear of thumb, index and middle finger just before the first slip, shape (12,).

    The first six just before it, the others while the object was still held well. `net` [N], shape (T, 12), and
    `place` of the first object [m], shape (T, 3 K). None without a slip.
    """
    height = place[:, 2]
    held = np.maximum.accumulate(height) - height[0] > LIFTED
    slipped = np.flatnonzero(held[:-_APART] & (height[:-_APART] - height[_APART:] > FALL))
    if not len(slipped) or not np.isfinite(net).all():
        return None
    at = float(times[slipped[0]])
    parts = [_forces(times, net, at - BEFORE), _forces(times, net, at - HELD)]
    return None if parts[1] is None or parts[0] is None else np.concatenate([parts[0], parts[1]])


def _forces(times: Array, net: Array, end: float) -> Array | None:
    """Logarithms of the mean forces of the three fingers in the window that ends at `end` [s], shape (6,)."""
    window = (times > end - BEFORE) & (times <= end)
    if not window.any():
        return None
    force = net[window].mean(axis=0).reshape(len(FINGERS), 3)[[0, 1, 3]]
    normal, shear = np.abs(force[:, 2]), np.hypot(force[:, 0], force[:, 1])
    return np.asarray(np.log(np.concatenate([normal, shear]) + _SMALL))


def _squares(rows: Array) -> Array:
    """Rows with the squares of their first half beside them: over a wide range the dependence is not straight."""
    return np.concatenate([rows, rows[:, : rows.shape[1] // 2] ** 2], axis=1)
