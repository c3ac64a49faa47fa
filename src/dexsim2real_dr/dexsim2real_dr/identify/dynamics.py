"""Inverse dynamics of a chain with joint friction: the model that identification fits and compares."""

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
COULOMB_SPEED = 0.05
"""Coulomb friction reverses over this joint speed [rad/s]: tanh(dq / speed)."""


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Parameters of a chain."""

    inertias: tuple[Inertia, ...]
    """Of the moving links."""
    joint_terms: Array
    """JOINT_TERMS of every joint, shape (n, 4)."""

    @classmethod
    def frictionless(cls, inertias: Sequence[Inertia]) -> Dynamics:
        """Rigid bodies on ideal joints."""
        return cls(tuple(inertias), np.zeros((len(inertias), len(JOINT_TERMS))))

    def torque(self, chain: Chain, motion: Motion) -> Array:
        """Joint torque that the motion takes [N m], shape (N, n)."""
        bodies = np.concatenate([inertial_vector(inertia) for inertia in self.inertias])
        rigid = chain.regressor(motion.q, motion.dq, motion.ddq) @ bodies
        return np.asarray(rigid + np.einsum("nik,ik->ni", joint_features(motion), self.joint_terms))


def joint_features(motion: Motion) -> Array:
    """Torque of a joint per unit of each of its JOINT_TERMS, shape (N, n, 4)."""
    sign = np.tanh(motion.dq / COULOMB_SPEED)
    return np.stack([sign, motion.dq, motion.ddq, np.ones_like(sign)], axis=2)


def columns(chain: Chain, motion: Motion) -> Array:
    """Torque per unit of every parameter, bodies first, then JOINT_TERMS joint by joint, shape (N, n, 14 n)."""
    features = joint_features(motion)
    samples, n, terms = features.shape
    block = np.zeros((samples, n, n, terms))
    block[:, np.arange(n), np.arange(n)] = features
    return np.concatenate([chain.regressor(motion.q, motion.dq, motion.ddq), block.reshape(samples, n, -1)], axis=2)


def published_friction(dq: Array) -> Array:
    """Friction of the Panda's joints [N m] at `dq` [rad/s], shape (N, 7) (Gaz et al. 2019; FACTS 1.4)."""
    size, slope, shift = np.array(FRICTION_A), np.array(FRICTION_SLOPE), np.array(FRICTION_SHIFT)
    return np.asarray(size / (1 + np.exp(-slope * (dq + shift))) - size / (1 + np.exp(-slope * shift)))


def rms(error: Array) -> Array:
    """Root mean square over samples, shape (n,)."""
    return np.asarray(np.sqrt(np.mean(error**2, axis=0)))
