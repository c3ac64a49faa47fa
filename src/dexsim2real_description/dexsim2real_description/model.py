"""The vocabulary of a robot description: inertia, shape, link, joint, servo, limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vec3 = tuple[float, float, float]
ZERO: Vec3 = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Inertia:
    """Mass properties of a link in its own frame."""

    mass: float
    """[kg]"""
    com: Vec3
    """Centre of mass [m]."""
    diagonal: Vec3
    """Ixx, Iyy, Izz about the centre of mass, axes of the link frame [kg m^2]."""
    products: Vec3 = ZERO
    """Ixy, Ixz, Iyz [kg m^2]."""

    def matrix(self) -> NDArray[np.float64]:
        """The inertia tensor [kg m^2], shape (3, 3)."""
        xy, xz, yz = self.products
        xx, yy, zz = self.diagonal
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def box_inertia(mass: float, size: Vec3, com: Vec3) -> Inertia:
    """Inertia of a homogeneous box of full edge lengths `size` [m] centred at `com` [m]."""
    x, y, z = size
    diagonal = (mass * (y * y + z * z) / 12, mass * (x * x + z * z) / 12, mass * (x * x + y * y) / 12)
    return Inertia(mass, com, diagonal)


@dataclass(frozen=True)
class Shape:
    """A collision primitive in the frame of its link."""

    kind: Literal["box", "capsule", "sphere", "cylinder"]
    size: Vec3
    """Box: full edge lengths. Others: radius, length of the straight part (0 for a sphere), unused [m]."""
    xyz: Vec3 = ZERO
    rpy: Vec3 = ZERO


@dataclass(frozen=True)
class Link:
    """A rigid body."""

    name: str
    inertia: Inertia | None = None
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class Joint:
    """A hinge, or a fixed joint where `axis` is None, as in URDF: origin in the parent, axis in the child."""

    name: str
    parent: str
    child: str
    xyz: Vec3 = ZERO
    rpy: Vec3 = ZERO
    axis: Vec3 | None = None
    lower: float = 0.0
    """[rad]"""
    upper: float = 0.0
    """[rad]"""


@dataclass(frozen=True)
class Servo:
    """A position servo as the real joint has it; what the simulator's actuator is compiled from."""

    kp: float
    """[N m/rad]"""
    kd: float
    """[N m s/rad]"""
    effort: float
    """Torque limit [N m]."""
    velocity: float
    """Velocity limit [rad/s]."""
    acceleration: float
    """[rad/s^2]"""
    jerk: float
    """[rad/s^3]"""
    armature: float
    """Reflected rotor inertia [kg m^2]."""
    damping: float
    """Viscous friction of the joint [N m s/rad]."""
    frictionloss: float
    """Coulomb friction of the joint [N m]."""


@dataclass(frozen=True)
class RobotModel:
    """One arm or one hand: links and joints from its root link outward, one servo per moving joint."""

    name: str
    root: str
    links: tuple[Link, ...]
    joints: tuple[Joint, ...]
    servos: tuple[Servo, ...]


@dataclass(frozen=True, eq=False)
class VelocityEnvelope:
    """Velocity limits that shrink near the position limits (FR3): c + sqrt(k (Q - q)), FACTS 1.3.

    `offset` c [rad/s], `slope` k, `upper` and `lower` Q [rad], shape (J,); `lower` is where the mirrored
    branch reaches zero, as -Q in the maker's formula.
    """

    offset: NDArray[np.float64]
    slope: NDArray[np.float64]
    upper: NDArray[np.float64]
    lower: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Limits:
    """Motion limits per joint, each shape (J,), in the order of the joint names they came with."""

    lower: NDArray[np.float64]
    """[rad]"""
    upper: NDArray[np.float64]
    """[rad]"""
    velocity: NDArray[np.float64]
    """[rad/s]"""
    acceleration: NDArray[np.float64]
    """[rad/s^2]"""
    jerk: NDArray[np.float64]
    """[rad/s^3]"""
    effort: NDArray[np.float64]
    """[N m]"""
    envelope: VelocityEnvelope | None = None
    """Position-dependent velocity limits of the first joints (the arm's), where the robot has them."""

    def velocity_bounds(self, position: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest allowed velocity [rad/s] at `position` [rad], shape (..., J)."""
        high = np.broadcast_to(self.velocity, position.shape).copy()
        low = -high
        if self.envelope is not None:
            e, n = self.envelope, len(self.envelope.offset)
            q = position[..., :n]
            rise = np.sqrt(np.maximum(0.0, e.slope * (e.upper - q)))
            fall = np.sqrt(np.maximum(0.0, e.slope * (q - e.lower)))
            high[..., :n] = np.minimum(high[..., :n], np.maximum(0.0, e.offset + rise))
            low[..., :n] = np.maximum(low[..., :n], -np.maximum(0.0, e.offset + fall))
        return low, high
