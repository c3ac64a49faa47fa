"""What the flange carries, as the robot must know it to compensate gravity and to tell collisions from weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dexsim2real_description import Cell
from dexsim2real_description.arm import FLANGE
from dexsim2real_description.kinematics import forward_kinematics


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
    poses = forward_kinematics(cell, np.zeros(len(cell.moving_joints)))
    to_flange = np.linalg.inv(poses[FLANGE])
    bodies = []
    for link in cell.links:
        if link.inertia is not None and link not in cell.arm.links:
            pose = to_flange @ poses[link.name]
            centre = pose[:3, :3] @ np.array(link.inertia.com) + pose[:3, 3]
            bodies.append((link.inertia.mass, centre, pose[:3, :3] @ link.inertia.matrix() @ pose[:3, :3].T))
    mass = sum(body[0] for body in bodies)
    com = sum((body[0] * body[1] for body in bodies), np.zeros(3)) / mass
    tensor = np.zeros((3, 3))
    for part, centre, own in bodies:  # parallel axes
        arm = centre - com
        tensor += own + part * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return Load(float(mass), tuple(com.tolist()), tuple(tensor.ravel().tolist()))
