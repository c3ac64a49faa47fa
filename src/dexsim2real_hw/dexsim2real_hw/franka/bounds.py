"""What the joints of an FR3 may do, as plain numbers for a loop at 1 kHz."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from dexsim2real_description import Limits, make_cell
from dexsim2real_hw.driver import limits_of

DT = 0.001
"""The robot's cycle [s]."""
INSET = 0.02
"""The arm stays this far inside its position limits, where the FR3 still allows some velocity [rad]."""
RESERVE = 0.06
"""Velocity kept free below the envelope: what five lost packets in a row add at 10 rad/s^2 [rad/s]."""
_LEAST_SPEED = 0.01
"""Velocity bounds never shrink below this, or a joint at its limit could not leave it [rad/s]."""

Vector = Sequence[float]


def fr3_limits() -> Limits:
    """Limits of the seven joints, the velocity envelope included."""
    return limits_of(make_cell(arm="fr3").limits, slice(0, 7))


class Bounds:
    """A share of the limits of seven joints."""

    def __init__(
        self,
        limits: Limits,
        share: float,
        jerk_share: float | None = None,
        braking: float | None = None,
        reserve: float = 0.0,
    ) -> None:
        """Keep to `share` of every limit, of jerk to `jerk_share`, and `reserve` [rad/s] below the velocity envelope.

        With `braking`, the envelope is so low that following it takes at most this share of the acceleration
        limit: along s (c + sqrt(k d)) a joint brakes at up to s^2 k / 2.
        """
        self._reserve = reserve
        self.lower: list[float] = (limits.lower + INSET).tolist()
        self.upper: list[float] = (limits.upper - INSET).tolist()
        self.acceleration: list[float] = (limits.acceleration * share).tolist()
        self.jerk: list[float] = (limits.jerk * (jerk_share or share)).tolist()
        self._cap: list[float] = (limits.velocity * share).tolist()
        self._envelope: list[tuple[float, float, float, float, float]] = []
        if limits.envelope is not None:
            e = limits.envelope
            numbers = zip(e.offset, e.slope, e.upper, e.lower, limits.acceleration, strict=True)
            for c, k, top, bottom, a in (map(float, row) for row in numbers):
                s = share if braking is None else min(share, sqrt(2 * braking * a / k))
                self._envelope.append((s, c, k, top, bottom))

    def inside(self, position: Vector) -> list[float]:
        """The nearest position within the position limits [rad]."""
        return [min(max(q, low), high) for q, low, high in zip(position, self.lower, self.upper, strict=True)]

    def velocity(self, position: Vector) -> tuple[list[float], list[float]]:
        """Lowest and highest velocity [rad/s] at a position [rad]."""
        high = list(self._cap)
        low = [-v for v in high]
        for i, (s, c, k, top, bottom) in enumerate(self._envelope):
            rise = s * (c + sqrt(max(0.0, k * (top - position[i])))) - self._reserve
            fall = s * (c + sqrt(max(0.0, k * (position[i] - bottom)))) - self._reserve
            high[i] = min(high[i], max(_LEAST_SPEED, rise))
            low[i] = max(low[i], -max(_LEAST_SPEED, fall))
        return low, high


def planner_bounds(limits: Limits) -> Bounds:
    """What motion is planned with: rounding and lost packets must not reach the robot's limits.

    After lost packets the robot's q_d is known to single precision only, 2.4e-7 rad near 4 rad. Over a millisecond
    that is up to 480 rad/s^3 of jerk, a tenth of the limit.
    """
    return Bounds(limits, 0.95, jerk_share=0.85, braking=0.8, reserve=RESERVE)


def guard_bounds(limits: Limits) -> Bounds:
    """What no step may exceed, whatever was planned."""
    return Bounds(limits, 0.99)
