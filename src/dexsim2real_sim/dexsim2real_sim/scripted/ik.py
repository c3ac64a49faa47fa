"""Inverse kinematics of arm and fingers by damped least squares."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import ARM_JOINTS, FINGERS, TIPS, Cell
from dexsim2real_sim.robot import add_robot
from dexsim2real_sim.scripted.pose import Pose

Array = NDArray[np.float64]

_ARM = len(ARM_JOINTS)
_DAMPING = 1e-4
"""Added to the diagonal of J J^T; keeps steps finite near singular postures."""
_POSTURE_GAIN = 0.1
"""Share of the way to the nominal posture that is taken per iteration within the null space."""
_LONGEST_STEP = 0.3
"""Per joint and iteration [rad]; the linearisation holds about that far."""


class Kinematics:
    """The robot alone, for planning: forward kinematics and its inverse."""

    def __init__(self, cell: Cell, nominal: Array) -> None:
        """`nominal` is the arm posture [rad], shape (7,), that the redundant joint is kept near."""
        spec = mujoco.MjSpec()
        spec.compiler.degree = False
        add_robot(spec, cell)
        self.model: mujoco.MjModel = spec.compile()
        self._data = mujoco.MjData(self.model)
        self._palm = self.model.body(cell.hand.root).id
        self._tips = [self.model.body(tip).id for tip in TIPS]
        self._nominal = nominal
        self._lower, self._upper = self.model.jnt_range.T

    def palm(self, joints: Array) -> Pose:
        """Pose of the palm in the world at joint positions [rad], shape (23,)."""
        self._forward(joints)
        data = self._data
        return Pose(data.xpos[self._palm].copy(), Rotation.from_matrix(data.xmat[self._palm].reshape(3, 3)))

    def tips(self, hand: Array) -> Array:
        """Origins of the fingertip frames in the palm's frame [m], shape (4, 3), of hand joints [rad], (16,)."""
        joints = np.concatenate([self._nominal, hand])
        palm = self.palm(joints)
        points: Array = palm.rotation.inv().apply(self._data.xpos[self._tips] - palm.position)
        return points

    def reach(self, palm: Pose, start: Array, iterations: int = 4) -> Array:
        """Arm joints [rad], shape (7,), that bring the palm closest to a pose, from joints `start`, shape (23,).

        A few iterations suffice where each call starts at the last one's result.
        """
        joints = start.copy()
        jacobian = np.zeros((6, self.model.nv))
        for _ in range(iterations):
            now = self.palm(joints)
            error = np.concatenate([palm.position - now.position, (palm.rotation * now.rotation.inv()).as_rotvec()])
            mujoco.mj_jacBody(self.model, self._data, jacobian[:3], jacobian[3:], self._palm)
            step = _damped_step(jacobian[:, :_ARM], error, _POSTURE_GAIN * (self._nominal - joints[:_ARM]))
            joints[:_ARM] = np.clip(joints[:_ARM] + step, self._lower[:_ARM], self._upper[:_ARM])
        return joints[:_ARM]

    def reach_tip(self, finger: str, point: Array, hand: Array, iterations: int = 30) -> Array:
        """Hand joints [rad], shape (16,), with one fingertip closest to a point in the palm's frame [m], shape (3,).

        The finger's redundant joint stays near where `hand` (16,) has it; other fingers do not move.
        """
        index = FINGERS.index(finger)
        columns = slice(_ARM + 4 * index, _ARM + 4 * index + 4)
        joints = np.concatenate([self._nominal, hand])
        posture = joints[columns].copy()
        jacobian = np.zeros((3, self.model.nv))
        for _ in range(iterations):
            palm = self.palm(joints)
            goal = palm.position + palm.rotation.apply(point)
            mujoco.mj_jacBody(self.model, self._data, jacobian, None, self._tips[index])
            error = goal - self._data.xpos[self._tips[index]]
            step = _damped_step(jacobian[:, columns], error, _POSTURE_GAIN * (posture - joints[columns]))
            joints[columns] = np.clip(joints[columns] + step, self._lower[columns], self._upper[columns])
        return joints[_ARM:]

    def _forward(self, joints: Array) -> None:
        self._data.qpos[:] = joints
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_comPos(self.model, self._data)  # Jacobians are taken about the centre of mass


def _damped_step(jacobian: Array, error: Array, posture: Array) -> Array:
    """Joint step towards `error`, and within the null space by `posture`, no joint further than allowed."""
    inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + _DAMPING * np.eye(len(error)))
    step: Array = inverse @ error + posture - inverse @ (jacobian @ posture)
    return step / max(1.0, np.abs(step).max() / _LONGEST_STEP)
