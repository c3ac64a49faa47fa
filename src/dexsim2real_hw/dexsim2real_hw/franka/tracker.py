"""Jerk-limited motion from where the robot is to where it should be, one millisecond at a time.

The readOnce/writeOnce path of libfranka bounds nothing: the robot takes every position it gets, differentiates it,
and stops with a reflex if velocity, acceleration or jerk is too large (FACTS 1.5, 1.6). Ruckig plans each step in
continuous time; a guard checks the same differences that the robot will take.
"""

from __future__ import annotations

from typing import Any

from dexsim2real_description.optional import require
from dexsim2real_hw.franka.bounds import DT, Bounds, Vector


class Tracker:
    """Follows a moving target within bounds, and comes to rest within them."""

    def __init__(self, bounds: Bounds) -> None:
        self._ruckig = require("ruckig", "arm")
        self._bounds = bounds
        self._planner = self._ruckig.Ruckig(7, DT)
        self._input = self._ruckig.InputParameter(7)
        self._output = self._ruckig.OutputParameter(7)
        self._input.max_acceleration = bounds.acceleration
        self._input.max_jerk = bounds.jerk
        self._input.synchronization = self._ruckig.Synchronization.No

    def reset(self, position: Vector, velocity: Vector, acceleration: Vector) -> None:
        """Start from the robot's q_d, dq_d, ddq_d.

        Those are backward differences, so the velocity they mean is half a cycle old.
        """
        self._input.current_position = list(position)
        self._input.current_velocity = [v + a * DT / 2 for v, a in zip(velocity, acceleration, strict=True)]
        self._input.current_acceleration = list(acceleration)

    @property
    def position(self) -> list[float]:
        """Where it is [rad]."""
        return list(self._input.current_position)

    @property
    def at_rest(self) -> bool:
        """Neither velocity nor acceleration is left."""
        planned: Any = self._input
        return all(abs(v) < 1e-6 for v in planned.current_velocity) and all(
            abs(a) < 1e-4 for a in planned.current_acceleration
        )

    def follow(self, position: Vector, velocity: Vector) -> list[float] | None:
        """The next position [rad] on the way to `position` [rad], to pass it at `velocity` [rad/s].

        None if the planner finds no way; the state is then as before.
        """
        goal = self._bounds.inside(position)
        low_here, high_here = self._set_velocity_bounds()
        low_there, high_there = self._bounds.velocity(goal)
        self._input.control_interface = self._ruckig.ControlInterface.Position
        self._input.target_position = goal
        self._input.target_velocity = [
            0.0 if goal[i] != position[i] else min(max(v, low_here[i], low_there[i]), high_here[i], high_there[i])
            for i, v in enumerate(velocity)
        ]
        try:
            return self._step()
        except self._ruckig.RuckigError:
            return None

    def slow_down(self) -> list[float]:
        """The next position [rad] on the way to rest."""
        self._set_velocity_bounds()
        self._input.control_interface = self._ruckig.ControlInterface.Velocity
        self._input.target_velocity = [0.0] * 7
        return self._step()

    def _set_velocity_bounds(self) -> tuple[list[float], list[float]]:
        low, high = self._bounds.velocity(self._input.current_position)
        self._input.min_velocity, self._input.max_velocity = low, high
        return low, high

    def _step(self) -> list[float]:
        self._planner.update(self._input, self._output)
        self._output.pass_to_input(self._input)
        return list(self._output.new_position)


class StepGuard:
    """The robot's own check, before the robot makes it: backward differences of what is sent."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self.position: list[float] = [0.0] * 7
        """Last one let through [rad]."""
        self.velocity: list[float] = [0.0] * 7
        self.acceleration: list[float] = [0.0] * 7

    def reset(self, position: Vector, velocity: Vector, acceleration: Vector) -> None:
        """Start from the robot's q_d, dq_d, ddq_d."""
        self.position, self.velocity, self.acceleration = list(position), list(velocity), list(acceleration)

    def let_through(self, position: Vector) -> bool:
        """Let `position` [rad] through, or the nearest that the bounds allow.

        The result is in `position`, `velocity`, `acceleration`; false if it is not what was asked.
        """
        low, high = self._bounds.velocity(self.position)
        unchanged = True
        for i, wish in enumerate(position):
            asked = (wish - self.position[i]) / DT
            acceleration = self._allowed(i, (asked - self.velocity[i]) / DT, low[i], high[i])
            allowed = self.velocity[i] + acceleration * DT
            if abs(allowed - asked) > 1e-9:
                unchanged = False
                self.position[i] += allowed * DT
            else:
                self.position[i] = wish
            self.velocity[i], self.acceleration[i] = allowed, acceleration
        return unchanged

    def _allowed(self, i: int, wish: float, low: float, high: float) -> float:
        """The acceleration nearest to `wish` [rad/s^2] for joint `i`.

        Where not all bounds can be kept at once, jerk comes first: it is the one the robot reacts to soonest.
        """
        bounds = self._bounds
        wish = min(max(wish, (low - self.velocity[i]) / DT), (high - self.velocity[i]) / DT)
        wish = min(max(wish, -bounds.acceleration[i]), bounds.acceleration[i])
        change = bounds.jerk[i] * DT
        return min(max(wish, self.acceleration[i] - change), self.acceleration[i] + change)
