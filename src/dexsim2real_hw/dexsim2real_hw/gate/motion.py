"""The command as it leaves: a plan that is inside the limits unchanged, otherwise the nearest motion that is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Limits
from dexsim2real_hw.gate.braking import TOLERANCE, Braking, Mask
from dexsim2real_hw.gate.readings import Reading
from dexsim2real_hw.gate.tracking import Tracker
from dexsim2real_hw.gate.worst import worst_position, worst_rates

Array = NDArray[np.float64]

LOOKAHEAD = 4
"""Samples of the plan that a tick needs: now and at the next three ticks."""


class MotionFilter:
    """One command per tick whose first three differences are inside the limits, whatever the plan is.

    A joint follows its plan exactly as long as the next sample is inside all limits and can be braked from. When
    it is not, the tracker leads the joint back, and it rejoins as soon as the next three samples, which determine
    velocity, acceleration and jerk, are inside the limits.
    """

    def __init__(self, limits: Limits, period: float, joints: tuple[str, ...]) -> None:
        self._limits, self._dt, self._names = limits, period, joints
        self._braking = Braking(limits, period, joints)
        self._tracker = Tracker(limits, period)
        self._bounds = np.stack([limits.velocity, limits.acceleration, limits.jerk])
        self.start(0.5 * (limits.lower + limits.upper))

    def start(self, position: Array) -> None:
        """Begin at rest at `position` [rad], shape (J,), which must be inside the position limits."""
        self.position = position.copy()
        self.velocity = np.zeros_like(position)
        self.acceleration = np.zeros_like(position)
        self.jerk = np.zeros_like(position)
        self._behind = np.zeros(len(position), bool)

    @property
    def on_plan(self) -> bool:
        """Whether every joint's last command was its plan."""
        return not self._behind.any()

    @property
    def at_rest(self) -> bool:
        """Whether the last commands were the same."""
        return not (self.velocity.any() or self.acceleration.any())

    @property
    def _state(self) -> Array:
        return np.array([self.position, self.velocity, self.acceleration])

    def stopping_point(self) -> Array:
        """Where the joints come to rest if they are stopped now [rad], shape (J,), inside the limits."""
        point = self._tracker.stopping_point(self._state)
        return np.clip(point, self._limits.lower, self._limits.upper)

    def step(self, plan: Array, scale: float = 1.0) -> list[Reading]:
        """Advance by one tick along `plan` [rad], shape (LOOKAHEAD, J); returns the limits that changed it.

        `scale` shrinks velocity and acceleration limits of joints that are on their way to the plan. Numbers that
        are not finite count as "stay".
        """
        plan = np.where(np.isfinite(plan), plan, self.position)
        wanted = self._differences(plan[1:])
        free = self._free(plan[1:], wanted, scale)
        chosen, fired = plan[1].copy(), []
        if not free.all():
            held = np.flatnonzero(~free)
            fired = self._broken(held, plan[1:], wanted)
            chosen[held] = self._lead_back(held, plan, scale)
        self._behind = ~free
        self.velocity, self.acceleration, self.jerk = self._differences(chosen[None])[:, 0]
        self.position = chosen
        return fired

    def margins(self) -> list[Reading]:
        """The last command against every limit: for each, the joint that is nearest to it."""
        limits = self._limits
        low, high = limits.velocity_bounds(self.position)
        rates = np.stack([self.velocity, self.acceleration, self.jerk])[:, None]
        bounds = np.stack([np.where(self.velocity > 0, high, -low), limits.acceleration, limits.jerk])
        position = worst_position(self._names, self.position[None], limits.lower, limits.upper)
        return [position, *worst_rates(self._names, rates, bounds)]

    def _differences(self, samples: Array) -> Array:
        """Velocity, acceleration and jerk that taking the samples (n, J) next would mean, shape (3, n, J)."""
        result = []
        for last in (self.position, self.velocity, self.acceleration):
            samples = (samples - np.concatenate([last[None], samples[:-1]])) / self._dt
            result.append(samples)
        return np.array(result)

    def _free(self, samples: Array, wanted: Array, scale: float) -> Mask:
        """Which joints may have their plan."""
        limits, size = self._limits, np.abs(wanted) * (1 - TOLERANCE)
        inside = (size <= self._bounds[:, None]).all(axis=0)
        inside &= (samples >= limits.lower - TOLERANCE) & (samples <= limits.upper + TOLERANCE)
        gentle = (size[:2] <= scale * self._bounds[:2, None]).all(axis=0)
        ready: Mask = inside[0] & (~self._behind | (inside & gentle).all(axis=0))
        return ready & self._braking.safe(self.position, self.velocity, wanted[1, 0])

    def _lead_back(self, joints: NDArray[np.intp], plan: Array, scale: float) -> Array:
        """Next positions [rad], shape (k,), of joints that cannot have their plan."""
        reachable = np.clip(plan[:3], self._limits.lower, self._limits.upper)
        wish = self._tracker.propose(joints, self._state, reachable, scale)
        turn = self._limits.jerk * self._dt
        low = np.maximum(-self._limits.acceleration, self.acceleration - turn)[joints]
        high = np.minimum(self._limits.acceleration, self.acceleration + turn)[joints]
        p, v = self.position[joints], self.velocity[joints]
        a = self._braking.nearest_safe(joints, p, v, np.clip(wish, low, high), low, high)
        led: Array = p + self._dt * (v + self._dt * a)
        return led

    def _broken(self, joints: NDArray[np.intp], samples: Array, wanted: Array) -> list[Reading]:
        """The limits that these joints would break: for each, the worst joint."""
        names = [self._names[joint] for joint in joints]
        lower, upper = self._limits.lower[joints], self._limits.upper[joints]
        readings = [
            worst_position(names, samples[:, joints], lower, upper),
            *worst_rates(names, wanted[:, :, joints], self._bounds[:, joints]),
        ]
        fired = [reading for reading in readings if reading.margin < -TOLERANCE * (1 + abs(reading.bound))]
        return fired or self._braking.violations(joints, self.position, self.velocity, wanted[1, 0])
