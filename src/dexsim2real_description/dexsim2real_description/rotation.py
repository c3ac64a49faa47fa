"""Rotations as URDF writes them: roll, pitch, yaw about the fixed axes x, y, z, in that order."""

from __future__ import annotations

from math import atan2, cos, hypot, sin

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.model import Vec3


def matrix_from_rpy(rpy: Vec3) -> NDArray[np.float64]:
    """Rz(yaw) Ry(pitch) Rx(roll), shape (3, 3), of angles [rad]."""
    (cr, cp, cy), (sr, sp, sy) = (tuple(map(f, rpy)) for f in (cos, sin))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def rpy_from_matrix(matrix: NDArray[np.float64]) -> Vec3:
    """Roll, pitch, yaw [rad] of a rotation matrix, shape (3, 3), with pitch in [-pi/2, pi/2].

    Where x points straight up or down, roll and yaw turn about the same axis and roll is taken as 0.
    """
    matrix = np.where(np.abs(matrix) < 1e-12, 0.0, matrix)  # so that noise does not choose between pi and -pi
    sine, cosine = -float(matrix[2, 0]), hypot(matrix[0, 0], matrix[1, 0])
    pitch = atan2(sine, cosine)
    if cosine < 1e-9:
        return 0.0, pitch, atan2(-matrix[0, 1], matrix[1, 1])
    return atan2(matrix[2, 1], matrix[2, 2]), pitch, atan2(matrix[1, 0], matrix[0, 0])
