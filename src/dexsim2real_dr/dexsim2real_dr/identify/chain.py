"""Rigid-body dynamics of a serial chain, written as a matrix times its inertial parameters.

Joint torque is linear in the mass, first moment and inertia of every link (about the link's own origin), so
identification is a least-squares problem. Recursive Newton-Euler, vectorised over samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.model import Joint
from dexsim2real_description.rotation import matrix_from_rpy
from dexsim2real_dr.identify.inertia import PER_LINK

Array = NDArray[np.float64]

GRAVITY = 9.81
"""[m/s^2]"""


@dataclass(frozen=True, eq=False)
class Chain:
    """A fixed base and n hinges in series, each moving one link."""

    names: tuple[str, ...]
    offsets: Array
    """Origin of each joint in the link before [m], shape (n, 3)."""
    rotations: Array
    """Orientation of each joint in the link before, at angle 0, shape (n, 3, 3)."""
    axes: Array
    """Axis of each joint in its own frame, shape (n, 3)."""

    @classmethod
    def of(cls, joints: Sequence[Joint]) -> Chain:
        """The chain of these hinges. Raises DexSim2RealError unless each carries the next."""
        for before, after in pairwise(joints):
            if after.parent != before.child:
                raise DexSim2RealError(f"{after.name} is not mounted on the link that {before.name} moves")
        if any(joint.axis is None for joint in joints):
            raise DexSim2RealError("a chain is made of hinges; leave fixed joints out")
        return cls(
            tuple(joint.name for joint in joints),
            np.array([joint.xyz for joint in joints], float),
            np.array([matrix_from_rpy(joint.rpy) for joint in joints]),
            np.array([joint.axis for joint in joints], float),
        )

    @property
    def size(self) -> int:
        """Number of joints and of links."""
        return len(self.names)

    def regressor(self, q: Array, dq: Array, ddq: Array) -> Array:
        """Torque per unit of each inertial parameter, shape (N, n, 10 n).

        `q`, `dq`, `ddq` are joint positions [rad], velocities [rad/s] and accelerations [rad/s^2], shape (N, n).
        Times the inertial parameters of all links, shape (10 n,), it gives joint torque [N m], shape (N, n).
        """
        return np.asarray(np.einsum("ij,nijk->nik", self.axes, self.moments(q, dq, ddq)))

    def moments(self, q: Array, dq: Array, ddq: Array) -> Array:
        """The same for all three components of the moment at each joint, in the frame it turns, (N, n, 3, 10 n)."""
        samples, n = q.shape
        turned = [self.rotations[i] @ _rotation(self.axes[i], q[:, i]) for i in range(n)]
        wrenches = self._link_wrenches(turned, dq, ddq)
        out = np.zeros((samples, n, 3, n, PER_LINK))
        for link in range(n):
            wrench = wrenches[link]
            for joint in range(link, -1, -1):
                out[:, joint, :, link] = wrench[:, 3:]
                wrench = _to_parent(turned[joint], self.offsets[joint], wrench)
        return out.reshape(samples, n, 3, n * PER_LINK)

    def _link_wrenches(self, turned: Sequence[Array], dq: Array, ddq: Array) -> list[Array]:
        """Force and moment at each link's origin per unit of its parameters, each shape (N, 6, 10)."""
        spin = np.zeros((len(dq), 3))
        spin_rate = np.zeros_like(spin)
        acceleration = np.tile([0.0, 0.0, GRAVITY], (len(dq), 1))  # a base pushed up feels like gravity
        wrenches = []
        for i, rotation in enumerate(turned):
            arm = self.offsets[i]
            acceleration = acceleration + np.cross(spin_rate, arm) + np.cross(spin, np.cross(spin, arm))
            spin, spin_rate, acceleration = (_into(rotation, v) for v in (spin, spin_rate, acceleration))
            joint_spin = self.axes[i] * dq[:, i, None]
            spin_rate = spin_rate + self.axes[i] * ddq[:, i, None] + np.cross(spin, joint_spin)
            spin = spin + joint_spin
            wrenches.append(_wrench(spin, spin_rate, acceleration))
        return wrenches


def _wrench(spin: Array, spin_rate: Array, acceleration: Array) -> Array:
    """Newton-Euler of one link about its origin, per unit of m, m c and I: shape (N, 6, 10)."""
    out = np.zeros((len(spin), 6, PER_LINK))
    out[:, :3, 0] = acceleration
    out[:, :3, 1:4] = _cross_matrix(spin_rate) + _cross_matrix(spin) @ _cross_matrix(spin)
    out[:, 3:, 1:4] = -_cross_matrix(acceleration)
    out[:, 3:, 4:] = _inertia_times(spin_rate) + _cross_matrix(spin) @ _inertia_times(spin)
    return out


def _to_parent(rotation: Array, arm: Array, wrench: Array) -> Array:
    """Express a wrench at a link's origin in the frame of the link before, about that link's origin."""
    force, moment = rotation @ wrench[:, :3], rotation @ wrench[:, 3:]
    return np.concatenate([force, moment + _cross_matrix(arm) @ force], axis=1)


def _into(rotation: Array, vector: Array) -> Array:
    """Vectors of the link before, in the frame of this link, shape (N, 3)."""
    return np.asarray(np.einsum("nji,nj->ni", rotation, vector))


def _rotation(axis: Array, angle: Array) -> Array:
    """Rodrigues' formula, shape (N, 3, 3)."""
    cross = _cross_matrix(axis)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross))


def _cross_matrix(v: Array) -> Array:
    """The matrix that makes the cross product with v, shape (..., 3, 3)."""
    out = np.zeros((*v.shape[:-1], 3, 3))
    out[..., 2, 1], out[..., 0, 2], out[..., 1, 0] = v[..., 0], v[..., 1], v[..., 2]
    return out - np.swapaxes(out, -1, -2)


def _inertia_times(v: Array) -> Array:
    """I v as a matrix times (Ixx, Iyy, Izz, Ixy, Ixz, Iyz), shape (N, 3, 6)."""
    x, y, z = v[:, 0], v[:, 1], v[:, 2]
    out = np.zeros((len(v), 3, 6))
    out[:, 0, 0], out[:, 0, 3], out[:, 0, 4] = x, y, z
    out[:, 1, 1], out[:, 1, 3], out[:, 1, 5] = y, x, z
    out[:, 2, 2], out[:, 2, 4], out[:, 2, 5] = z, x, y
    return out
