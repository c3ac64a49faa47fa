"""Scripted motions: a plan per environment, made of legs, driven through the environment's own actions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS
from dexsim2real_sim.env import DexEnv
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.tasks.base import ARM_READY

Array = NDArray[np.float64]

_ARM = len(ARM_JOINTS)
SPEED = 0.2
"""Mean speed of the palm over a leg, at most [m/s]; keeps the arm's action below 1."""
TURN_SPEED = 0.7
"""Mean turning speed of the palm over a leg, at most [rad/s]."""
JOINT_SPEED = 0.4
"""Mean speed of an arm joint over a leg that is given in joints, at most [rad/s]."""


@dataclass(frozen=True)
class Move:
    """One leg: palm and fingers go to their goals along a smooth profile, and stay where not told to go."""

    palm: Pose | None = None
    """In the world; on a straight line, turning the short way."""
    hand: Array | None = None
    """Targets of the hand joints [rad], shape (16,)."""
    seconds: float = 0.3
    """How long it takes; longer where the palm or a joint would be too fast."""
    until: Callable[[], bool] | None = None
    """Ends the leg early, once it is true."""
    arm: Array | None = None
    """Targets of the arm joints [rad], shape (7,), where these matter and not the way of the palm."""
    way: Callable[[float], Array] | None = None
    """In place of all these: the joint targets [rad], shape (23,), at a share of the leg's time, from 0 to 1."""


class Leg:
    """A move under way in one environment."""

    def __init__(self, move: Move, kinematics: Kinematics, joints: Array, rate: float) -> None:
        """`joints` are the present targets [rad], shape (23,); `rate` in steps per second."""
        self._move, self._kinematics, self._start = move, kinematics, joints.copy()
        self._palm = kinematics.palm(joints)
        self._steps = max(1, round(max(move.seconds, self._least_time()) * rate))
        self._step = 0

    def _least_time(self) -> float:
        """For the limits on speed [s]."""
        metres, radians = self._palm.distance(self._move.palm or self._palm)
        arm = self._start[:_ARM] if self._move.arm is None else self._move.arm
        swing = float(np.abs(arm - self._start[:_ARM]).max())
        return max(metres / SPEED, radians / TURN_SPEED, swing / JOINT_SPEED)

    @property
    def over(self) -> bool:
        """Arrived, or its condition holds."""
        return self._step >= self._steps or (self._move.until is not None and self._move.until())

    def advance(self, joints: Array) -> Array:
        """Joint targets of the next step [rad], shape (23,), from the last ones."""
        self._step += 1
        time = self._step / self._steps
        if self._move.way is not None:
            return self._move.way(time)
        share, move = time * time * (3 - 2 * time), self._move
        targets = joints.copy()
        if move.palm is not None:
            targets[:_ARM] = self._kinematics.reach(self._palm.toward(move.palm, share), joints)
        if move.arm is not None:
            targets[:_ARM] = self._start[:_ARM] + share * (move.arm - self._start[:_ARM])
        if move.hand is not None:
            targets[_ARM:] = self._start[_ARM:] + share * (move.hand - self._start[_ARM:])
        return targets


class Script(ABC):
    """A motion for one task, run in every environment of a batch; a new episode starts it anew."""

    nominal: ClassVar[Array] = ARM_READY
    """Arm posture that the redundant joint is kept near [rad], shape (7,)."""

    def __init__(self, env: DexEnv) -> None:
        self.env = env
        self.kinematics = Kinematics(env.cell, self.nominal)
        spec = env.action_spec
        self._scale, self._lower, self._upper = np.array(spec.scale), np.array(spec.lower), np.array(spec.upper)
        self.targets: Array = env.target.copy()
        """Joint targets that the legs ask for [rad], shape (N, 23)."""
        self._plans: list[Iterator[Move]] = [iter(())] * env.num_envs
        self._legs: list[Leg | None] = [None] * env.num_envs

    @abstractmethod
    def plan(self, env: int) -> Iterator[Move]:
        """The moves of one episode of environment `env`.

        A generator runs on only when its last move is over, so it can measure and decide as it goes.
        """

    def begin(self, env: int) -> None:
        """Plan one environment's episode anew from where it is, in its midst too."""
        self.targets[env] = self.env.target[env]
        self._plans[env], self._legs[env] = self.plan(env), None

    def act(self) -> Array:
        """Actions of the next step, in [-1, 1], shape (N, 23)."""
        for env in range(self.env.num_envs):
            self._advance(env)
        return self.env.action_spec.toward(self.env.target, self.targets)

    def _advance(self, env: int) -> None:
        """Move the targets of one environment on by one step."""
        if self.env.steps[env] == 0:
            self.begin(env)
        elif np.any(np.abs(self.targets[env] - self.env.target[env]) > self._scale):
            return  # some joint is at its speed limit: the others wait for it, so that the palm keeps to its path
        leg = self._legs[env]
        if leg is None or leg.over:
            leg = self._legs[env] = self._next_leg(env)
        if leg is not None:
            self.targets[env] = np.clip(leg.advance(self.targets[env]), self._lower, self._upper)

    def _next_leg(self, env: int) -> Leg | None:
        """None once the plan has ended; the robot then stays where it is."""
        move = next(self._plans[env], None)
        if move is None:
            return None
        return Leg(move, self.kinematics, self.targets[env], self.env.config.policy_rate)

    def palm_target(self, env: int) -> Pose:
        """Where the joint targets want the palm."""
        return self.kinematics.palm(self.targets[env])

    def palm(self, env: int) -> Pose:
        """Where the palm is."""
        return self.kinematics.palm(self.env.sim.joint_position[env])

    def body(self, env: int, name: str) -> Pose:
        """Where a free body is."""
        return Pose.of(self.env.sim.pose(name)[env])
