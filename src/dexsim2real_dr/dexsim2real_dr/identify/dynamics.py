"""Inverse dynamics of a chain with joint friction and torque sensors: what identification fits and compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.arm import FRICTION_A, FRICTION_SHIFT, FRICTION_SLOPE
from dexsim2real_description.model import Inertia
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.inertia import inertial_vector
from dexsim2real_dr.identify.motion import Motion

Array = NDArray[np.float64]

JOINT_TERMS: tuple[str, ...] = ("frictionloss", "damping", "armature", "torque_offset")
"""Per joint, with MuJoCo's names: Coulomb friction [N m], viscous friction [N m s/rad], reflected rotor inertia
[kg m^2]; and the zero error of the torque sensor [N m]."""
SENSOR_TERMS: tuple[str, ...] = ("turn_sin", "turn_cos", "leak_x", "leak_y", "leak_z")
"""Per joint, errors of its torque sensor: a zero that changes once per turn of the joint [N m], and what share of the
moment about each axis of the joint's frame leaks into the reading (about its own axis that is an error of gain)."""
PRESLIDING = 0.002
"""Travel over which friction turns after a reversal [rad], as teeth and grease yield before they slide."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Parameters of a chain."""

    inertias: tuple[Inertia, ...]
    """Of the moving links."""
    joint_terms: Array
    """JOINT_TERMS of every joint, shape (n, 4)."""
    sensor_terms: Array
    """SENSOR_TERMS of every joint, shape (n, 5)."""

    @classmethod
    def frictionless(cls, inertias: Sequence[Inertia]) -> Dynamics:
        """Rigid bodies on ideal joints, measured without error."""
        n = len(inertias)
        return cls(tuple(inertias), np.zeros((n, len(JOINT_TERMS))), np.zeros((n, len(SENSOR_TERMS))))

    def torque(self, chain: Chain, motion: Motion) -> Array:
        """Joint torque that is measured during the motion [N m], shape (N, n)."""
        bodies = np.concatenate([inertial_vector(inertia) for inertia in self.inertias])
        moments = chain.moments(motion.q, motion.dq, motion.ddq) @ bodies
        rigid = np.einsum("ij,nij->ni", chain.axes, moments)
        friction = np.einsum("nik,ik->ni", joint_features(motion), self.joint_terms)
        return np.asarray(
            rigid + friction + np.einsum("nik,ik->ni", sensor_features(motion, moments), self.sensor_terms)
        )


def joint_features(motion: Motion) -> Array:
    """Torque of a joint per unit of each of its JOINT_TERMS, shape (N, n, 4)."""
    direction = friction_direction(motion.q, motion.dq)
    return np.stack([direction, motion.dq, motion.ddq, np.ones_like(direction)], axis=2)


def friction_direction(q: Array, dq: Array) -> Array:
    """Coulomb friction over its size, -1 to 1, shape (N, n).

    It follows the direction s of travel over the distance PRESLIDING, not at once: dz/dq = (1 - s z) s / PRESLIDING
    (Dahl 1968), which for a step without reversal is exact below. It starts as if the joint had been sliding.
    """
    steps = np.diff(q, axis=0)
    signs, kept = np.sign(steps), np.exp(-np.abs(steps) / PRESLIDING)
    out = np.empty_like(q)
    out[0] = np.sign(dq[0])
    for i, (sign, share) in enumerate(zip(signs, kept, strict=True)):
        out[i + 1] = sign + (out[i] - sign) * share
    return out


def sensor_features(motion: Motion, moments: Array) -> Array:
    """Reading of a joint per unit of each of its SENSOR_TERMS, (N, n, 5), of moments at the joints [N m], (N, n, 3)."""
    return np.concatenate([np.sin(motion.q)[:, :, None], np.cos(motion.q)[:, :, None], moments], axis=2)


def columns(chain: Chain, motion: Motion) -> Array:
    """Torque per unit of every parameter, bodies first, then JOINT_TERMS joint by joint, shape (N, n, 14 n)."""
    bodies = chain.regressor(motion.q, motion.dq, motion.ddq)
    return np.concatenate([bodies, of_own_joint(joint_features(motion))], axis=2)


def of_own_joint(features: Array) -> Array:
    """Columns that each act on their own joint, joint by joint, shape (N, n, k n), of features (N, n, k)."""
    samples, n, terms = features.shape
    block = np.zeros((samples, n, n, terms))
    block[:, np.arange(n), np.arange(n)] = features
    return block.reshape(samples, n, -1)


def published_friction(dq: Array) -> Array:
    """Friction of the Panda's joints [N m] at `dq` [rad/s], shape (N, 7) (Gaz et al. 2019; FACTS 1.4)."""
    size, slope, shift = np.array(FRICTION_A), np.array(FRICTION_SLOPE), np.array(FRICTION_SHIFT)
    return np.asarray(size / (1 + np.exp(-slope * (dq + shift))) - size / (1 + np.exp(-slope * shift)))


def rms(error: Array) -> Array:
    """Root mean square over samples, shape (n,)."""
    return np.asarray(np.sqrt(np.mean(error**2, axis=0)))
