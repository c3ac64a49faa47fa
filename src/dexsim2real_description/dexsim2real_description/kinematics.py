"""Forward kinematics of the cell in numpy: where a link is, from the joints."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.cell import Cell
from dexsim2real_description.errors import UnknownNameError
from dexsim2real_description.model import Joint, Vec3
from dexsim2real_description.rotation import matrix_from_rpy

Array = NDArray[np.float64]


class LinkPose:
    """The pose of one link in the world as a function of the joints.

    Everything but the joint angles is multiplied out once: a joint's transform is
    O + sin(q) O K + (1 - cos(q)) O K^2 (Rodrigues), O its origin and K the cross product with its axis.
    Raises UnknownNameError for a link that the cell does not have.
    """

    def __init__(self, cell: Cell, link: str) -> None:
        chain = _chain(cell, link)
        names = [joint.name for joint in cell.moving_joints]
        self._columns = np.array([names.index(joint.name) if joint.axis else 0 for joint in chain], int)
        self._parts = np.array([_parts(joint) for joint in chain]).reshape(-1, 3, 4, 4)

    def __call__(self, q: Array) -> Array:
        """The pose, shape (4, 4), at joint positions `q` [rad], shape (23,)."""
        angles = q[self._columns, None, None]
        constant, sine, versine = self._parts[:, 0], self._parts[:, 1], self._parts[:, 2]
        return reduce(np.matmul, constant + np.sin(angles) * sine + (1.0 - np.cos(angles)) * versine, np.eye(4))


def forward_kinematics(cell: Cell, q: Array) -> dict[str, Array]:
    """The pose of every link in the world, each shape (4, 4), at joint positions `q` [rad], shape (23,)."""
    poses = {cell.arm.root: np.eye(4)}
    angles = dict(zip((joint.name for joint in cell.moving_joints), q, strict=True))
    for joint in cell.joints:  # parents come before children
        angle = angles.get(joint.name, 0.0)
        constant, sine, versine = _parts(joint)
        poses[joint.child] = poses[joint.parent] @ (constant + np.sin(angle) * sine + (1 - np.cos(angle)) * versine)
    return poses


def _chain(cell: Cell, link: str) -> list[Joint]:
    """The joints from the root to `link`."""
    above = {joint.child: joint for joint in cell.joints}
    if link not in above and link != cell.arm.root:
        raise UnknownNameError("link", link, (cell.arm.root, *above))
    chain: list[Joint] = []
    while link in above:
        chain.insert(0, above[link])
        link = above[link].parent
    return chain


def _parts(joint: Joint) -> Array:
    """Constant, sine and versine part of the joint's transform, shape (3, 4, 4)."""
    origin = np.eye(4)
    origin[:3, :3] = matrix_from_rpy(joint.rpy)
    origin[:3, 3] = joint.xyz
    cross = np.zeros((4, 4))
    if joint.axis is not None:
        cross[:3, :3] = _cross(joint.axis)
    return np.stack([origin, origin @ cross, origin @ cross @ cross])


def _cross(axis: Vec3) -> Array:
    """The matrix that takes the cross product with `axis` from the left, shape (3, 3)."""
    x, y, z = axis
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
