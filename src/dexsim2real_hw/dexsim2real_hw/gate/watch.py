"""What the sensors say, against bounds: joint torque, touch, where the palm is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS, FINGERS, Cell
from dexsim2real_description.hand import PALM
from dexsim2real_description.kinematics import LinkPose
from dexsim2real_hw.gate.chunk import finite, joint_order
from dexsim2real_hw.gate.config import GateConfig
from dexsim2real_hw.gate.readings import Reading, RejectedError, at_least, at_most

Array = NDArray[np.float64]


@dataclass(frozen=True)
class JointSample:
    """Measured joints in the gate's order, each shape (J,)."""

    position: Array
    """[rad]"""
    velocity: Array
    """[rad/s]"""
    effort: Array
    """[N m]"""


def read_joints(names: Sequence[str], values: Sequence[Sequence[float]], expected: Sequence[str]) -> JointSample:
    """Position, velocity and effort in the order of the `expected` joints. Raises RejectedError."""
    order = joint_order(names, expected)
    for kind, row in zip(("position", "velocity", "effort"), values, strict=True):
        if len(row) != len(order):
            reading = Reading("shape", f"joint_states {kind}", float(len(row)), float(len(order)), -1.0)
            raise RejectedError(reading)
    table = finite(np.array(values, np.float64)[:, order], "joint_states")
    return JointSample(*table)


def finger_forces(force: NDArray[np.floating], taxels: int) -> Array:
    """Force per finger [N], shape (4,), from forces [N], shape (4, taxels, 3). Raises RejectedError.

    The magnitudes are summed: taxels face different ways, and this is never less than the net force.
    """
    expected = (len(FINGERS), taxels, 3)
    if force.shape != expected:
        raise RejectedError(Reading("shape", "touch", float(force.size), float(np.prod(expected)), -1.0))
    per_finger: Array = np.linalg.norm(np.asarray(force, np.float64), axis=-1).sum(axis=-1)
    return finite(per_finger, "touch")


class Watch:
    """Readings of what is measured on a cell."""

    def __init__(self, cell: Cell, config: GateConfig) -> None:
        self._names = tuple(joint.name for joint in cell.moving_joints)
        arm = np.array([name in ARM_JOINTS for name in self._names])
        self._arm = np.flatnonzero(arm)
        self._following = config.following
        self._effort = cell.limits.effort * np.where(arm, config.arm_effort, config.hand_effort)
        self._touch = config.touch_force
        self._palm = LinkPose(cell, PALM)
        self._lower, self._upper = np.array(config.workspace_lower), np.array(config.workspace_upper)

    def effort(self, effort: Array) -> Reading:
        """The joint nearest to its torque bound, of torques [N m], shape (J,)."""
        worst = int(np.argmax(np.abs(effort) / self._effort))
        return at_most("effort", self._names[worst], abs(effort[worst]), self._effort[worst])

    def following(self, commanded: Array, measured: Array) -> Reading:
        """The arm joint that is furthest from its command [rad], both shape (J,); fingers may be held off theirs."""
        error = np.abs(commanded - measured)[self._arm]
        worst = int(np.argmax(error))
        return at_most("following", self._names[self._arm[worst]], error[worst], self._following)

    def touch(self, force: Array) -> Reading:
        """The finger that presses hardest, of forces [N], shape (4,)."""
        worst = int(np.argmax(force))
        return at_most("touch_force", FINGERS[worst], force[worst], self._touch)

    def workspace(self, position: Array, kind: str) -> Reading:
        """The face of the box that the palm is nearest to, at joint positions [rad], shape (J,)."""
        place = self._palm(position)[:3, 3]
        below, above = place - self._lower, self._upper - place
        axis = int(np.argmin(np.minimum(below, above)))
        where = f"palm {'xyz'[axis]} ({kind})"
        if below[axis] < above[axis]:
            return at_least("workspace", where, place[axis], self._lower[axis])
        return at_most("workspace", where, place[axis], self._upper[axis])
