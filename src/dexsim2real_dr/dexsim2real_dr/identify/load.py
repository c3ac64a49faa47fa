"""What the arm carries: a hand, held still, as inertial parameters of the arm's last link."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.cell import Cell
from dexsim2real_description.kinematics import forward_kinematics
from dexsim2real_dr.identify.inertia import PER_LINK, inertial_vector

Array = NDArray[np.float64]


def hand_load(cell: Cell, hand: Array) -> Array:
    """Inertial vector of adapter and hand about the origin of the arm's last link, shape (10,).

    `hand` are the hand's joint positions [rad], shape (16,).
    """
    arm = {link.name for link in cell.arm.links}
    poses = forward_kinematics(cell, np.concatenate([np.zeros(7), hand]))
    to_last = np.linalg.inv(poses[cell.arm.joints[6].child])
    load = np.zeros(PER_LINK)
    for link in cell.links:
        if link.inertia is not None and link.name not in arm:
            load += _moved(inertial_vector(link.inertia), to_last @ poses[link.name])
    return load


def _moved(vector: Array, pose: Array) -> Array:
    """Inertial parameters in another frame; `pose` is where their frame is in it, shape (4, 4)."""
    rotated = pose @ _second_moments(vector) @ pose.T
    mass, first, second = rotated[3, 3], rotated[:3, 3], rotated[:3, :3]
    tensor = np.trace(second) * np.eye(3) - second
    return np.concatenate([[mass], first, np.diag(tensor), tensor[(0, 0, 1), (1, 2, 2)]])


def _second_moments(vector: Array) -> Array:
    """The 4 x 4 matrix of mass moments (pseudo-inertia), which a change of frame transforms as T J T'."""
    tensor = np.diag(vector[4:7])
    tensor[(0, 0, 1), (1, 2, 2)] = tensor[(1, 2, 2), (0, 0, 1)] = vector[7:]
    out = np.empty((4, 4))
    out[:3, :3] = 0.5 * np.trace(tensor) * np.eye(3) - tensor
    out[:3, 3] = out[3, :3] = vector[1:4]
    out[3, 3] = vector[0]
    return out
