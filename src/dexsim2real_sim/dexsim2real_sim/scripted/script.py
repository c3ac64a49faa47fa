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


@dataclass(frozen=True)
class Move:
    """One leg: palm and fingers go to their goals along a smooth profile, and stay where not told to go."""

    palm: Pose | None = None
    """In the world."""
    hand: Array | None = None
    """Targets of the hand joints [rad], shape (16,)."""
    seconds: float = 0.3
    """How long it takes; longer where the palm would be too fast."""
    until: Callable[[], bool] | None = None
    """Ends the leg early, once it is true."""


class Leg:
    """A move under way in one environment."""

    def __init__(self, move: Move, palm: Pose, hand: Array, rate: float) -> None:
        """`palm` and `hand` are the present targets; `rate` in steps per second."""
        self._from, self._hand = palm, hand
        self._to = move.palm or palm
        self._hand_to = hand if move.hand is None else move.hand
        metres, radians = palm.distance(self._to)
        self._steps = max(1, round(max(move.seconds, metres / SPEED, radians / TURN_SPEED) * rate))
        self._step = 0
        self._until = move.until

    @property
    def over(self) -> bool:
        """Arrived, or its condition holds."""
        return self._step >= self._steps or (self._until is not None and self._until())

    def advance(self) -> tuple[Pose, Array]:
        """Targets of the next step: palm pose, hand joints [rad], shape (16,)."""
        self._step += 1
        time = self._step / self._steps
        share = time * time * (3 - 2 * time)
        return self._from.toward(self._to, share), self._hand + share * (self._hand_to - self._hand)


class Script(ABC):
    """A motion for one task, run in every environment of a batch; a new episode starts it anew."""

    nominal: ClassVar[Array] = ARM_READY
    """Arm posture that the redundant joint is kept near [rad], shape (7,)."""

    def __init__(self, env: DexEnv) -> None:
        self.env = env
        self.kinematics = Kinematics(env.cell, self.nominal)
        spec = env.action_spec
        self._scale, self._lower, self._upper = np.array(spec.scale), np.array(spec.lower), np.array(spec.upper)
        self._targets: Array = env.target.copy()
        """Joint targets that the legs ask for [rad], shape (N, 23)."""
        self._plans: list[Iterator[Move]] = [iter(())] * env.num_envs
        self._legs: list[Leg | None] = [None] * env.num_envs

    @abstractmethod
    def plan(self, env: int) -> Iterator[Move]:
        """The moves of one episode of environment `env`.

        A generator runs on only when its last move is over, so it can measure and decide as it goes.
        """

    def act(self) -> Array:
        """Actions of the next step, in [-1, 1], shape (N, 23)."""
        for env in range(self.env.num_envs):
            self._advance(env)
        actions: Array = np.clip((self._targets - self.env.target) / self._scale, -1.0, 1.0)
        return actions

    def _advance(self, env: int) -> None:
        """Move the targets of one environment on by one step."""
        if self.env.steps[env] == 0:
            self._targets[env] = self.env.target[env]
            self._plans[env], self._legs[env] = self.plan(env), None
        elif np.any(np.abs(self._targets[env] - self.env.target[env]) > self._scale):
            return  # some joint is at its speed limit: the others wait for it, so that the palm keeps to its path
        leg = self._legs[env]
        if leg is None or leg.over:
            leg = self._legs[env] = self._next_leg(env)
        if leg is not None:
            palm, hand = leg.advance()
            joints = np.concatenate([self.kinematics.reach(palm, self._targets[env]), hand])
            self._targets[env] = np.clip(joints, self._lower, self._upper)

    def _next_leg(self, env: int) -> Leg | None:
        """None once the plan has ended; the robot then stays where it is."""
        move = next(self._plans[env], None)
        if move is None:
            return None
        return Leg(move, self.palm_target(env), self._targets[env, _ARM:].copy(), self.env.config.policy_rate)

    def palm_target(self, env: int) -> Pose:
        """Where the joint targets want the palm."""
        return self.kinematics.palm(self._targets[env])

    def palm(self, env: int) -> Pose:
        """Where the palm is."""
        return self.kinematics.palm(self.env.sim.joint_position[env])

    def body(self, env: int, name: str) -> Pose:
        """Where a free body is."""
        return Pose.of(self.env.sim.pose(name)[env])

    def tip_forces(self, env: int) -> Array:
        """How hard each fingertip touches [N], shape (4,), free of the touch sensor's noise."""
        force = self.env.sim.contacts[env, :, :, :3].sum(axis=1)
        magnitude: Array = np.linalg.norm(force, axis=-1)
        return magnitude
