"""The way back to a plan that the gate cannot follow exactly: time-optimal under bounded jerk, by ruckig."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Limits
from dexsim2real_description.optional import require

Array = NDArray[np.float64]

_HEADROOM = 0.9
"""Fraction of a limit that a plan may use while it is being caught up with; the rest closes the distance."""


class Tracker:
    """Proposes accelerations; that they are safe is somebody else's business.

    Ruckig is asked anew in every tick for the way to the plan in the plan's own, moving frame: there the target
    is at rest, and a limit on velocity becomes one on relative velocity. It is asked joint by joint (a microsecond
    each): joints need not wait for one another, and where it finds no way for one (it fails on some states that
    are nearly at the target) the others have theirs. Raises DexSim2RealError without ruckig.
    """

    def __init__(self, limits: Limits, period: float) -> None:
        ruckig = require("ruckig", "gate")
        self._limits, self._dt = limits, period
        self._solver, self._path = ruckig.Ruckig(1), ruckig.Trajectory(1)
        self._failures = (ruckig.RuckigError, ValueError)  # it has no Python name for one of its error codes
        self._question = ruckig.InputParameter(1)
        self._question.target_position = [0.0]
        self._to_position, self._to_rest = ruckig.ControlInterface.Position, ruckig.ControlInterface.Velocity

    def propose(self, joints: NDArray[np.intp], state: Array, plan: Array, scale: float) -> Array:
        """The next accelerations of some joints [rad/s^2], shape (k,).

        `state` holds position, velocity and acceleration, shape (3, J); `plan` the plan now and at the next two
        ticks [rad], shape (3, J). `scale` shrinks the velocity and acceleration limits. Brakes a joint for which
        ruckig has no answer.
        """
        top = scale * np.stack([self._limits.velocity, self._limits.acceleration])
        step = (plan[1:] - plan[:-1]) / self._dt
        frame = np.clip([step[0], (step[1] - step[0]) / self._dt], -_HEADROOM * top, _HEADROOM * top)
        start = state - np.concatenate([plan[:1], frame])
        questions = np.concatenate([start, top - frame, -top - frame, [self._limits.jerk]])[:, joints].T.tolist()
        answers = [self._approach(*question) for question in questions]
        wish = np.array([np.nan if answer is None else answer for answer in answers]) + frame[1, joints]
        chosen: Array = np.where(np.isfinite(wish), wish, -state[1, joints] / self._dt)
        return chosen

    def stopping_point(self, state: Array) -> Array:
        """Where the joints come to rest if they are stopped now [rad], shape (J,); `state` as in `propose`."""
        limits = self._limits
        point: Array = state[0].copy()
        ask = self._question
        ask.control_interface = self._to_rest
        for joint, (p, v, a) in enumerate(state.T.tolist()):
            ask.max_velocity, ask.min_velocity = [limits.velocity[joint]], None
            ask.max_acceleration, ask.min_acceleration = [limits.acceleration[joint]], None
            ask.max_jerk = [limits.jerk[joint]]
            if self._solve(p, v, a):
                point[joint] = self._path.at_time(self._path.duration)[0][0]
        return point

    def _approach(
        self, p: float, v: float, a: float, v_max: float, a_max: float, v_min: float, a_min: float, jerk: float
    ) -> float | None:
        """The acceleration after one tick on the way from p, v, a to rest at zero."""
        ask = self._question
        ask.control_interface = self._to_position
        ask.max_velocity, ask.min_velocity = [v_max], [v_min]
        ask.max_acceleration, ask.min_acceleration = [a_max], [a_min]
        ask.max_jerk = [jerk]
        if not self._solve(p, v, a):
            return None
        acceleration: float = self._path.at_time(self._dt)[2][0]
        return acceleration

    def _solve(self, p: float, v: float, a: float) -> bool:
        ask: Any = self._question
        ask.current_position, ask.current_velocity, ask.current_acceleration = [p], [v], [a]
        try:
            return int(self._solver.calculate(ask, self._path)) >= 0
        except self._failures:
            return False
