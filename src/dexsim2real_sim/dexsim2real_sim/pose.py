"""Rigid poses, for planning relative to objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """A frame in another frame; `a @ b` is frame b, given in a, in a's parent."""

    position: Array
    """[m], shape (3,)."""
    rotation: Rotation

    @classmethod
    def of(cls, vector: Array) -> Pose:
        """From position [m] and quaternion w, x, y, z, shape (7,)."""
        return cls(vector[:3].copy(), Rotation.from_quat(vector[3:], scalar_first=True))

    @classmethod
    def shift(cls, x: float, y: float, z: float) -> Pose:
        """A displacement [m] without rotation."""
        return cls(np.array([x, y, z]), Rotation.identity())

    @property
    def vector(self) -> Array:
        """Position [m] and quaternion w, x, y, z, shape (7,)."""
        return np.concatenate([self.position, self.rotation.as_quat(scalar_first=True)])

    def __matmul__(self, other: Pose) -> Pose:
        return Pose(self.position + self.rotation.apply(other.position), self.rotation * other.rotation)

    def inverse(self) -> Pose:
        """The parent in this frame."""
        back = self.rotation.inv()
        return Pose(-back.apply(self.position), back)

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Pose:
        """Displaced along the axes of the parent frame [m]."""
        return Pose(self.position + np.array([x, y, z]), self.rotation)

    def toward(self, goal: Pose, fraction: float) -> Pose:
        """On the way to `goal`: straight line and shortest turn, `fraction` in [0, 1]."""
        turn = (self.rotation.inv() * goal.rotation).as_rotvec()
        position = self.position + fraction * (goal.position - self.position)
        return Pose(position, self.rotation * Rotation.from_rotvec(fraction * turn))

    def distance(self, other: Pose) -> tuple[float, float]:
        """To another pose: metres and radians."""
        metres = float(np.linalg.norm(other.position - self.position))
        return metres, float((self.rotation.inv() * other.rotation).magnitude())
