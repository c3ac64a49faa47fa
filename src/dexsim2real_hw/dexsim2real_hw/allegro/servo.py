"""The position servo that closes the loop on the host: positions in, torque or current out."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import NDArray

from dexsim2real_hw.allegro.hands import HandType
from dexsim2real_hw.driver import Array

VELOCITY_CUTOFF = 30.0
"""Of the low-pass on differentiated positions [Hz] (WR2); one count of a V5 in 3 ms is 0.5 rad/s."""


class JointServo:
    """PD control of the sixteen joints, with a goal that moves no faster than the joints may.

    torque = kp (goal - q) - kd dq, then counts, then the clamp of the hand.
    """

    def __init__(self, hand: HandType, stiffness: float = 1.0, effort_scale: float = 1.0) -> None:
        self._hand = hand
        self._kp = hand.kp * stiffness
        self._kd = hand.kd * np.sqrt(stiffness)  # keeps the damping ratio
        self._limit = np.floor(hand.limit * effort_scale)
        self.goal: Array = np.zeros(16)
        """Where the servo pulls to [rad]; on its way to the target."""
        self.velocity: Array = np.zeros(16)
        """Filtered [rad/s]."""
        self._last: Array | None = None

    def reset(self, position: Array) -> None:
        """Start at rest at the measured position [rad], shape (16,), holding it."""
        self.goal = np.clip(position, self._hand.limits.lower, self._hand.limits.upper)
        self.velocity = np.zeros(16)
        self._last = position

    def step(self, position: Array, target: Array, dt: float) -> NDArray[np.int16]:
        """Counts to send, shape (16,), for measured positions and a target [rad], `dt` [s] after the last step.

        Raises nothing for any input: a target that is not finite leaves the goal where it is.
        """
        if self._last is None:
            self.reset(position)
        self._differentiate(position, dt)
        limits = self._hand.limits
        reach = limits.velocity * dt
        wish = np.where(np.isfinite(target), target, self.goal)
        self.goal = np.clip(self.goal + np.clip(wish - self.goal, -reach, reach), limits.lower, limits.upper)
        torque = self._kp * (self.goal - position) - self._kd * self.velocity
        counts: NDArray[np.int16] = np.clip(
            np.rint(torque * self._hand.counts_per_nm), -self._limit, self._limit
        ).astype(np.int16)
        return counts

    def torque(self, counts: NDArray[np.int16]) -> Array:
        """The torque [N m] that counts stand for, shape (16,)."""
        return counts / self._hand.counts_per_nm

    def _differentiate(self, position: Array, dt: float) -> None:
        if self._last is not None and dt > 0:
            gain = dt / (dt + 1 / (2 * pi * VELOCITY_CUTOFF))
            self.velocity = self.velocity + gain * ((position - self._last) / dt - self.velocity)
        self._last = position
