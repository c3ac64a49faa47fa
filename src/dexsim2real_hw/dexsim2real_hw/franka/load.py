"""What the flange carries, as the robot must know it to compensate gravity and to tell collisions from weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import Cell
from dexsim2real_description.arm import FLANGE

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Load:
    """A rigid body in the flange's frame."""

    mass: float
    """[kg]"""
    com: tuple[float, ...]
    """Centre of mass [m]."""
    inertia: tuple[float, ...]
    """Tensor about the centre of mass, axes of the flange, row after row [kg m^2], nine numbers."""


def hand_load(cell: Cell) -> Load:
    """Everything that hangs on the flange of `cell`, fingers straight (all hand joints at zero)."""
    frames: dict[str, tuple[Array, Array]] = {FLANGE: (np.eye(3), np.zeros(3))}
    for joint in cell.joints:  # parents before children
        if joint.parent in frames:
            rotation, origin = frames[joint.parent]
            turn = Rotation.from_euler("xyz", joint.rpy).as_matrix()
            frames[joint.child] = (rotation @ turn, origin + rotation @ np.array(joint.xyz))
    bodies = []
    for link in cell.links:
        if link.inertia is not None and link.name in frames:
            rotation, origin = frames[link.name]
            centre = origin + rotation @ np.array(link.inertia.com)
            bodies.append((link.inertia.mass, centre, rotation @ link.inertia.matrix() @ rotation.T))
    mass = sum(body[0] for body in bodies)
    com = sum((body[0] * body[1] for body in bodies), np.zeros(3)) / mass
    tensor = np.zeros((3, 3))
    for part, centre, own in bodies:  # parallel axes
        arm = centre - com
        tensor += own + part * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return Load(float(mass), tuple(com.tolist()), tuple(tensor.ravel().tolist()))
