"""Whether a joint can still be stopped: the test that makes position limits hold under bounded jerk.

The command is a discrete triple integrator, as the robot differentiates it (backward Euler, FACTS 1.6):
    a' = a + j dt,   v' = v + a' dt,   p' = p + v' dt.
Of all motions that keep |a| and |j| bounded, the one with a_i = max(-A, a_1 - (i - 1) J dt) has the smallest
acceleration, velocity and position at every later tick. So a joint can be kept below its upper limits if and only
if that motion stays below them, and the same upside down for the lower limits. A state from which both hold is
left only through states from which both hold, provided a joint's range is wide against the distance in which it
reverses (a few milliradians here); the property tests check that nothing leaves.

Each joint has two sides, and a lower limit is the upper limit of the mirrored joint: arrays over sides have shape
(2 J,), first the J upper sides, then the J lower ones with positions, velocities and accelerations negated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Limits
from dexsim2real_hw.gate.readings import Reading, at_least, at_most

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.intp]

TOLERANCE = 1e-9
"""Rounding that a limit forgives [rad, rad/s, or relative]; a millionth of what any sensor resolves."""
_HALVINGS = 7
"""Of the interval in which an acceleration is sought; leaves 1 % of the jerk limit unused at worst."""


class Braking:
    """Looks ahead along the hardest braking, for limits and ticks of `period` [s]."""

    def __init__(self, limits: Limits, period: float, joints: tuple[str, ...]) -> None:
        self._dt = period
        self._names, self._joints = joints, len(joints)
        self._edge = np.concatenate([limits.upper, -limits.lower])
        self._speed = np.tile(limits.velocity, 2)
        self._acceleration = np.tile(limits.acceleration, 2)
        self._jerk = np.tile(limits.jerk, 2)
        self._offset, self._slope, self._zero = _envelope(limits)
        longest = np.max(self._speed / self._acceleration + 2 * self._acceleration / self._jerk)
        self._ramp = np.outer(np.arange(int(longest / period) + 3), self._jerk * period)

    def safe(self, p: Array, v: Array, a: Array) -> Mask:
        """Whether each joint, at `p` and `v`, can take the acceleration `a` next and still be stopped, (J,)."""
        p, v, a = (np.concatenate([x, -x]) for x in (p, v, a))
        fine = self._safe(np.arange(2 * self._joints), p, v, a, TOLERANCE)
        return fine[: self._joints] & fine[self._joints :]

    def nearest_safe(self, joints: Index, p: Array, v: Array, wish: Array, low: Array, high: Array) -> Array:
        """The safe acceleration next to `wish` for some joints; all arguments and the result have shape (k,).

        `low` and `high` are what one tick of jerk can reach; `low` can always be braked from above, `high` from
        below.
        """
        result = wish.copy()
        for sign, refuge in ((1.0, low), (-1.0, high)):
            sides = joints if sign > 0 else joints + self._joints
            bad = ~self._safe(sides, sign * p, sign * v, sign * result)
            if bad.any():
                state = sides[bad], sign * p[bad], sign * v[bad]
                result[bad] = sign * self._bisect(*state, good=sign * refuge[bad], bad=sign * result[bad])
        return result

    def violations(self, joints: Index, p: Array, v: Array, a: Array) -> list[Reading]:
        """What braking would break if these joints took acceleration `a` next; p, v and a have shape (J,)."""
        found = []
        for sign in (1.0, -1.0):
            sides = joints if sign > 0 else joints + self._joints
            place, speed = self._brake(sides, *(sign * x[joints] for x in (p, v, a)))
            over = speed - self._top_speed(sides, place)
            for k, joint in enumerate(joints):
                far, fast = np.max(place[:, k]), np.argmax(over[:, k])
                if far > self._edge[sides[k]] + TOLERANCE:
                    found.append(_beyond("position", self._names[joint], sign, far, self._edge[sides[k]]))
                elif over[fast, k] > TOLERANCE:
                    top = speed[fast, k] - over[fast, k]
                    found.append(_beyond("velocity", self._names[joint], sign, speed[fast, k], top))
        return found

    def _bisect(self, sides: Index, p: Array, v: Array, good: Array, bad: Array) -> Array:
        for _ in range(_HALVINGS):
            middle = 0.5 * (good + bad)
            fine = self._safe(sides, p, v, middle)
            good, bad = np.where(fine, middle, good), np.where(fine, bad, middle)
        return good

    def _safe(self, sides: Index, p: Array, v: Array, a: Array, slack: float = 0.0) -> Mask:
        fine = self._surely_safe(sides, p, v, a)
        if not fine.all():
            open_ = np.flatnonzero(~fine)
            place, speed = self._brake(sides[open_], p[open_], v[open_], a[open_])
            inside = np.max(place, axis=0) <= self._edge[sides[open_]] + slack
            slow = np.max(speed - self._top_speed(sides[open_], place), axis=0) <= slack
            fine[open_] = inside & slow
        return fine

    def _surely_safe(self, sides: Index, p: Array, v: Array, a: Array) -> Mask:
        """A quick bound from above on where braking ends: true for most joints at most times."""
        limit, jerk = self._acceleration[sides], self._jerk[sides]
        peak = np.maximum(0.0, v + a * self._dt + np.maximum(a, 0.0) ** 2 / (2 * jerk))
        end = p + peak * ((a + limit) / jerk + 2 * self._dt + peak / (2 * limit))
        fine: Mask = (end <= self._edge[sides]) & (peak <= self._top_speed(sides, end))
        return fine

    def _brake(self, sides: Index, p: Array, v: Array, a: Array) -> tuple[Array, Array]:
        """Positions and velocities of the hardest braking, tick by tick, each shape (N, k)."""
        acceleration = np.maximum(a - self._ramp[:, sides], -self._acceleration[sides])
        speed = v + self._dt * np.cumsum(acceleration, axis=0)
        return p + self._dt * np.cumsum(speed, axis=0), speed

    def _top_speed(self, sides: Index, p: Array) -> Array:
        """The velocity limit at positions `p`, shape (..., k) (FACTS 1.3)."""
        if not self._slope.any():
            return self._speed[sides]
        root = np.sqrt(np.maximum(0.0, self._slope[sides] * (self._zero[sides] - p)))
        top: Array = np.minimum(self._speed[sides], np.maximum(0.0, self._offset[sides] + root))
        return top


def _envelope(limits: Limits) -> tuple[Array, Array, Array]:
    """Offset, slope and zero of every side's velocity envelope; without one, the offset is the plain limit."""
    joints = len(limits.velocity)
    offset, slope, zero = limits.velocity.copy(), np.zeros(joints), np.zeros((2, joints))
    if limits.envelope is not None:
        e, n = limits.envelope, len(limits.envelope.offset)
        offset[:n], slope[:n] = e.offset, e.slope
        zero[:, :n] = e.upper, -e.lower
    return np.tile(offset, 2), np.tile(slope, 2), zero.ravel()


def _beyond(name: str, joint: str, sign: float, value: float, bound: float) -> Reading:
    """A reading of a side, turned back to the joint."""
    return (at_most if sign > 0 else at_least)(name, joint, sign * value, sign * bound)
