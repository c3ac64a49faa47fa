"""An FR3 that is not there: the part of pylibfranka's interface that the driver uses, with the robot's own checks.

It differentiates every position it gets as the robot does and stops with the same errors (FACTS 1.3, 1.6). Use the
module where `pylibfranka` would be used. Names follow pylibfranka, hence their capitals.
"""
# ruff: noqa: N802, D102

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np

from dexsim2real_hw.driver import Array
from dexsim2real_hw.franka.bounds import DT, fr3_limits

LOST_LIMIT = 20
"""Packets in a row that may be late or lost."""
START_POSE = 1e-6
"""The first command is the robot's own pose, as exactly as a packet tells it [rad]."""
_ROUNDING = 1e-5
"""Jerk of the last digit of a position near 3 rad, with room [rad/s^3]."""
_LAG = 0.02
"""Time constant of the joints behind q_d [s]."""


class FrankaException(Exception): ...  # noqa: N818, D101


class ControlException(RuntimeError): ...  # noqa: N818, D101


class CommandException(RuntimeError): ...  # noqa: N818, D101


class NetworkException(RuntimeError): ...  # noqa: N818, D101


class RealtimeException(RuntimeError): ...  # noqa: N818, D101


class InvalidOperationException(RuntimeError): ...  # noqa: N818, D101


class RealtimeConfig(Enum):  # noqa: D101
    kEnforce = 0  # noqa: N815
    kIgnore = 1  # noqa: N815


class ControllerMode(Enum):  # noqa: D101
    JointImpedance = 0
    CartesianImpedance = 1


class RobotMode(Enum):
    """FACTS 1.5."""

    Other = 0
    Idle = 1
    Move = 2
    Guiding = 3
    Reflex = 4
    UserStopped = 5
    AutomaticErrorRecovery = 6


class Duration:
    """Time between two packets."""

    def __init__(self, cycles: int) -> None:
        self._cycles = cycles

    def to_sec(self) -> float:
        return self._cycles * DT


class JointPositions:
    """A command."""

    def __init__(self, q: Sequence[float]) -> None:
        self.q = [float(x) for x in q]
        self.motion_finished = False


@dataclass
class Robot:
    """The robot; `paced` keeps to 1 kHz of wall-clock time, otherwise time passes with every packet."""

    address: str = "standin"
    realtime: RealtimeConfig = RealtimeConfig.kEnforce
    paced: bool = True
    q_d: Array = field(default_factory=lambda: np.array([0.0, -0.785, 0.0, -2.356, 0.0, 1.571, 0.785]))
    mode: RobotMode = RobotMode.Idle
    error: str = ""
    """Of the last motion."""
    settings: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """What was configured, by the name of the call."""

    def __post_init__(self) -> None:
        self.limits = fr3_limits()
        self.q = self.q_d.copy()
        self.dq_d = np.zeros(7)
        self.ddq_d = np.zeros(7)
        self.cycle = 0
        self.lose_next = 0
        """Packets that will be lost before the next one arrives."""
        self.late_next = 0
        """Commands that will arrive too late to be followed."""
        self._start = time.monotonic()

    def set_collision_behavior(self, *thresholds: Sequence[float]) -> None:
        self._configure("collision_behavior", thresholds)

    def set_joint_impedance(self, stiffness: Sequence[float]) -> None:
        self._configure("joint_impedance", (stiffness,))

    def set_load(self, mass: float, com: Sequence[float], inertia: Sequence[float]) -> None:
        self._configure("load", (mass, com, inertia))

    def _configure(self, what: str, values: tuple[Any, ...]) -> None:
        if self.mode is RobotMode.Move:
            raise InvalidOperationException("libfranka: cannot set parameters while the robot moves")
        self.settings[what] = values

    def read_once(self) -> SimpleNamespace:
        self.tick()
        return self.state()

    def automatic_error_recovery(self) -> None:
        if self.mode is RobotMode.UserStopped:
            raise CommandException("libfranka: Automatic error recovery command rejected: user stopped")
        self.mode, self.error = RobotMode.Idle, ""

    def stop(self) -> None:
        self.mode = RobotMode.Idle

    def start_joint_position_control(self, mode: ControllerMode) -> ActiveControl:
        if self.mode is not RobotMode.Idle:
            raise CommandException(
                f"libfranka: Move command rejected: command not possible in the current mode ({self.mode.name})!"
            )
        self.mode = RobotMode.Move
        return ActiveControl(self)

    def abort(self, error: str, mode: RobotMode = RobotMode.Reflex) -> None:
        """Stop the motion as the robot does; the next packet tells."""
        self.mode, self.error = mode, error
        self.dq_d = np.zeros(7)
        self.ddq_d = np.zeros(7)
        self.q_d = self.q.copy()

    def state(self) -> SimpleNamespace:
        """What a packet says: single-precision numbers, though commands are double (libfranka's version 10)."""
        vectors = {"q": self.q, "dq": (self.q_d - self.q) / _LAG}
        vectors |= {"q_d": self.q_d, "dq_d": self.dq_d, "ddq_d": self.ddq_d}
        return SimpleNamespace(
            **{name: vector.astype(np.float32).tolist() for name, vector in vectors.items()},
            tau_J=[0.0] * 7,
            robot_mode=self.mode,
            last_motion_errors=self.error,
            control_command_success_rate=1.0,
        )

    def tick(self) -> None:
        """Let a millisecond pass."""
        self.cycle += 1
        self.q += (self.q_d - self.q) * DT / _LAG
        if self.paced and (wait := self._start + self.cycle * DT - time.monotonic()) > 0:
            time.sleep(wait)

    def extrapolate(self) -> None:
        """A packet is missing: go on with the same acceleration."""
        self.dq_d = self.dq_d + self.ddq_d * DT
        self.q_d = self.q_d + self.dq_d * DT

    def follow(self, q: Array) -> str:
        """Follow a command; returns the name of the rule that it breaks, or nothing."""
        velocity = (q - self.q_d) / DT
        acceleration = (velocity - self.dq_d) / DT
        jerk = (acceleration - self.ddq_d) / DT
        low, high = self.limits.velocity_bounds(self.q_d)
        rules: list[tuple[str, Callable[[], Any]]] = [
            ("position_limits_violation", lambda: (q < self.limits.lower) | (q > self.limits.upper)),
            ("velocity_limits_violation", lambda: (velocity < low - 1e-3) | (velocity > high + 1e-3)),
            ("velocity_discontinuity", lambda: np.abs(acceleration) > self.limits.acceleration),
            ("acceleration_discontinuity", lambda: np.abs(jerk) > self.limits.jerk + _ROUNDING),
        ]
        for name, broken in rules:
            if np.any(broken()):
                return f"joint_motion_generator_{name}"
        self.q_d, self.dq_d, self.ddq_d = q, velocity, acceleration
        return ""


class ActiveControl:
    """A running motion."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._first = True
        self._answered = True
        self.commands: list[list[float]] = []
        """Every position that was sent [rad]."""

    def readOnce(self) -> tuple[SimpleNamespace, Duration]:
        robot = self._robot
        lost, robot.lose_next = robot.lose_next, 0
        if not self._answered:
            lost += 1
        for _ in range(lost):
            robot.extrapolate()
            robot.tick()
        if lost >= LOST_LIMIT:
            robot.abort("communication_constraints_violation")
        self._raise_if_stopped()
        robot.tick()
        cycles = 0 if self._first else 1 + lost
        self._first = self._answered = False
        return robot.state(), Duration(cycles)

    def writeOnce(self, command: JointPositions) -> None:
        robot = self._robot
        self._raise_if_stopped()
        if not np.isfinite(command.q).all():
            raise InvalidOperationException("libfranka: Commanding value is infinite or NaN.")
        if not self.commands and np.abs(np.array(command.q) - robot.q_d).max() > START_POSE:
            robot.abort("joint_position_motion_generator_start_pose_invalid")
            self._raise_if_stopped()
        self.commands.append(command.q)
        self._answered = True
        if robot.late_next:
            robot.late_next -= 1
            robot.extrapolate()
            return
        broken = robot.follow(np.array(command.q))
        if not broken and command.motion_finished and np.abs(robot.dq_d).max() > 1e-4:
            broken = "joint_motion_generator_velocity_discontinuity"
        if broken:
            robot.abort(broken)
            self._raise_if_stopped()
        if command.motion_finished:
            robot.mode = RobotMode.Idle

    def _raise_if_stopped(self) -> None:
        if self._robot.mode is not RobotMode.Move:
            raise ControlException(
                f'libfranka: Move command aborted: motion aborted by reflex! ["{self._robot.error}"]'
            )
