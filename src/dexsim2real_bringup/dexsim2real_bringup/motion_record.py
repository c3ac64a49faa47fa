"""The commands that left the gate and the motion that came of them, and whether they kept to the limits. No ROS."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Limits

Array = NDArray[np.float64]

AT_REST = 1e-3
"""Largest commanded joint velocity that counts as holding [rad/s]."""
ROBOT_AT_REST = 0.12
"""The same for measured velocities, which are noisy [rad/s]."""
_ROUNDING = 1e-6
"""Relative."""


@dataclass
class MotionRecord:
    """Vectors over joints as they came, with times of arrival on one clock [s]."""

    times: list[float] = field(default_factory=list)
    values: list[Array] = field(default_factory=list)

    def add(self, time: float, value: Array) -> None:
        """One more vector, shape (23,)."""
        self.times.append(time)
        self.values.append(value)

    def settled(self, after: float, bound: float) -> float | None:
        """When all values, later than `after`, had fallen to `bound` for good; None if they have not."""
        large = [
            t for t, value in zip(self.times, self.values, strict=True) if t > after and np.abs(value).max() > bound
        ]
        if not large:
            return after
        later = [t for t in self.times if t > large[-1]]
        return later[0] if later else None

    def since(self, after: float) -> Array:
        """What came later than `after`, shape (n, 23)."""
        kept = [value for t, value in zip(self.times, self.values, strict=True) if t > after]
        return np.array(kept) if kept else np.empty((0, 0))


def worst_share(positions: Array, limits: Limits, period: float) -> float:
    """Largest share of any limit of velocity, acceleration or jerk that commands (n, 23) [rad] take.

    By differences between commands that are one period [s] apart; 0 for fewer than two.
    """
    shares = [0.0]
    rates = positions
    for bound in (limits.velocity, limits.acceleration, limits.jerk):
        rates = np.diff(rates, axis=0) / period
        if rates.size:
            shares.append(float((np.abs(rates) / bound).max()))
    return max(shares)


def within(share: float) -> bool:
    """Whether a share of a limit is at most all of it."""
    return share <= 1.0 + _ROUNDING
