"""Where palm and fingertips are, and the joints that put them somewhere: damped least squares."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import ARM_JOINTS, FINGERS, TIPS, Cell
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.robot import add_robot

Array = NDArray[np.float64]

_ARM = len(ARM_JOINTS)
_DAMPING = 1e-4
"""Added to the diagonal of J J^T; keeps steps finite near singular postures."""
_POSTURE_GAIN = 0.1
"""Share of the way to the nominal posture that is taken per iteration within the null space."""
_ARRIVED = 1e-6
"""An error this small needs no further iteration [m, rad]."""
_LONGEST_STEP = 0.3
"""Per joint and iteration [rad]; the linearisation holds about that far."""


class Kinematics:
    """The robot alone, for planning: forward kinematics and its inverse.

    A fingertip's place is the middle of its contact shape, not the origin of its frame.
    """

    def __init__(self, cell: Cell, nominal: Array) -> None:
        """`nominal` is the arm posture [rad], shape (7,), that the redundant joint is kept near."""
        spec = mujoco.MjSpec()
        spec.compiler.degree = False
        add_robot(spec, cell)
        self.model: mujoco.MjModel = spec.compile()
        self._data = mujoco.MjData(self.model)
        self._palm = self.model.body(cell.hand.root).id
        self._tips = [int(self.model.body(tip).geomadr[0]) for tip in TIPS]
        self.tip_radius = float(self.model.geom_size[self._tips[0], 0])
        """Of the fingertips' contact shapes [m]."""
        self._nominal = nominal
        self._lower, self._upper = self.model.jnt_range.T
        self._stiffness = self.model.actuator_gainprm[:, 0]

    def palm(self, joints: Array) -> Pose:
        """Pose of the palm in the world at joint positions [rad], shape (23,)."""
        self._forward(joints)
        return Pose(self._data.xpos[self._palm].copy(), Rotation.from_matrix(self._palm_rotation))

    def tips(self, hand: Array) -> Array:
        """Fingertips in the palm's frame [m], shape (4, 3), of hand joints [rad], shape (16,)."""
        self._forward(np.concatenate([self._nominal, hand]))
        points: Array = (self._data.geom_xpos[self._tips] - self._data.xpos[self._palm]) @ self._palm_rotation
        return points

    def reach(self, palm: Pose, start: Array, iterations: int = 2) -> Array:
        """Arm joints [rad], shape (7,), that bring the palm closest to a pose, from joints `start`, shape (23,).

        Two iterations suffice where each call starts at the last one's result, a step away.
        """
        joints = start.copy()
        goal = palm.rotation.as_matrix()
        jacobian = np.zeros((6, self.model.nv))
        for _ in range(iterations):
            self._forward(joints)
            error = np.concatenate(
                [palm.position - self._data.xpos[self._palm], _rotation_vector(goal @ self._palm_rotation.T)]
            )
            if np.abs(error).max() < _ARRIVED:
                break
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
            self._forward(joints)
            goal = self._data.xpos[self._palm] + self._palm_rotation @ point
            mujoco.mj_jacGeom(self.model, self._data, jacobian, None, self._tips[index])
            error = goal - self._data.geom_xpos[self._tips[index]]
            step = _damped_step(jacobian[:, columns], error, _POSTURE_GAIN * (posture - joints[columns]))
            joints[columns] = np.clip(joints[columns] + step, self._lower[columns], self._upper[columns])
        return joints[_ARM:]

    def give(self, finger: str, force: Array, hand: Array) -> Array:
        """How far servo targets must be beyond `hand` [rad], shape (16,), for a fingertip to press with a force.

        `force` on the surroundings, in the palm's frame [N], shape (3,).
        """
        self._forward(np.concatenate([self._nominal, hand]))
        jacobian = np.zeros((3, self.model.nv))
        mujoco.mj_jacGeom(self.model, self._data, jacobian, None, self._tips[FINGERS.index(finger)])
        torque = jacobian.T @ (self._palm_rotation @ force)
        beyond: Array = (torque / self._stiffness)[_ARM:]
        return beyond

    @property
    def _palm_rotation(self) -> Array:
        matrix: Array = self._data.xmat[self._palm].reshape(3, 3)
        return matrix

    def _forward(self, joints: Array) -> None:
        self._data.qpos[:] = joints
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_comPos(self.model, self._data)  # Jacobians are taken about the centre of mass


def _rotation_vector(matrix: Array) -> Array:
    """Axis times angle [rad], shape (3,), of a rotation matrix (3, 3)."""
    quaternion, vector = np.zeros(4), np.zeros(3)
    mujoco.mju_mat2Quat(quaternion, matrix.ravel())
    mujoco.mju_quat2Vel(vector, quaternion, 1.0)
    return vector


def _damped_step(jacobian: Array, error: Array, posture: Array) -> Array:
    """Joint step towards `error`, and within the null space by `posture`, no joint further than allowed."""
    squared = jacobian @ jacobian.T
    squared.flat[:: len(error) + 1] += _DAMPING
    step: Array = posture + jacobian.T @ np.linalg.solve(squared, error - jacobian @ posture)
    longest = float(np.abs(step).max())
    return step if longest < _LONGEST_STEP else step * (_LONGEST_STEP / longest)
