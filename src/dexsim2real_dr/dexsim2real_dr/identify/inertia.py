"""Inertial parameters of links: as vectors for the regressor, and as a family of physically possible ones.

A link is a mass m at a centre c with a spread S, the covariance of its mass distribution [m^2]. Every m > 0 and
every positive definite S is a real body, and every real body has them (Wensing, Kim, Slotine, RA-L 2018). So
identification moves log m, c and the Cholesky factor of S away from a prior, and cannot leave what is possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.model import Inertia

Array = NDArray[np.float64]

MIN_SPREAD = 0.01
"""Smallest standard deviation of a link's mass along any axis [m]; the maker's rounded tensors of a thin link can
come out slightly impossible, and are widened to this."""
MASS_WIDTH = float(np.log(1.5))
"""A priori the true mass is within a factor of 1.5 of the maker's (one standard deviation of log m)."""
COM_WIDTH = 0.05
"""A priori the true centre of mass is within 5 cm of the maker's, per axis."""
SPREAD_WIDTH = 0.5
"""A priori the extents are within a factor exp(0.5) of the maker's."""

PARAMETER_NAMES: tuple[str, ...] = (
    "mass",
    *(f"com_{axis}" for axis in "xyz"),
    *("extent_x", "shear_xy", "extent_y", "shear_xz", "shear_yz", "extent_z"),
)
PER_LINK = len(PARAMETER_NAMES)
_LOWER = np.tril_indices(3)


def inertial_vector(inertia: Inertia) -> Array:
    """m, m c, and the inertia about the link's origin, shape (10,), in the order of the regressor."""
    com = np.array(inertia.com)
    tensor = inertia.matrix() + inertia.mass * (com @ com * np.eye(3) - np.outer(com, com))
    return np.concatenate([[inertia.mass], inertia.mass * com, np.diag(tensor), tensor[(0, 0, 1), (1, 2, 2)]])


def from_vector(vector: Array) -> Inertia:
    """The inverse of `inertial_vector`."""
    mass, com = float(vector[0]), vector[1:4] / vector[0]
    tensor = np.diag(vector[4:7])
    tensor[(0, 0, 1), (1, 2, 2)] = tensor[(1, 2, 2), (0, 0, 1)] = vector[7:]
    tensor = tensor - mass * (com @ com * np.eye(3) - np.outer(com, com))
    products = tensor[(0, 0, 1), (1, 2, 2)]
    return Inertia(mass, _triple(com), _triple(np.diag(tensor)), _triple(products))


def scaled_to(inertia: Inertia, mass: float) -> Inertia:
    """The same shape with another mass [kg]: the tensor scales with it."""
    ratio = mass / inertia.mass
    return Inertia(
        mass,
        inertia.com,
        _triple(ratio * np.array(inertia.diagonal)),
        _triple(ratio * np.array(inertia.products)),
    )


@dataclass(frozen=True, eq=False)
class LinkFamily:
    """All physically possible inertias of one link, as ten numbers z around a prior at z = 0.

    Each z is in units of its prior width, so |z| is how surprising the body is.
    """

    mass: float
    com: Array
    """[m], shape (3,)"""
    factor: Array
    """Cholesky factor of the prior's spread [m], shape (3, 3)."""

    @classmethod
    def around(cls, inertia: Inertia) -> LinkFamily:
        """The family with this inertia as its prior."""
        tensor = inertia.matrix() / inertia.mass
        spread = 0.5 * np.trace(tensor) * np.eye(3) - tensor
        variances, axes = np.linalg.eigh(spread)
        possible = axes @ np.diag(np.maximum(variances, MIN_SPREAD**2)) @ axes.T
        return cls(inertia.mass, np.array(inertia.com), np.linalg.cholesky(possible))

    def vector(self, z: Array) -> Array:
        """The inertial vector, shape (10,), of `z`, shape (10,)."""
        mass, com, factor = self._parts(z)
        return mass * _moments(1.0, com, factor @ factor.T + np.outer(com, com))

    def jacobian(self, z: Array) -> Array:
        """Derivative of `vector`, shape (10, 10)."""
        mass, com, factor = self._parts(z)
        columns = [MASS_WIDTH * self.vector(z)]
        for axis in np.eye(3) * COM_WIDTH:
            moved = np.outer(axis, com)
            columns.append(mass * _moments(0.0, axis, moved + moved.T))
        stretch = _stretch(z[4:])
        for row, column in zip(*_LOWER, strict=True):
            step = np.zeros((3, 3))
            step[row, column] = SPREAD_WIDTH * (stretch[row, row] if row == column else 1.0)
            moved = self.factor @ step @ factor.T
            columns.append(mass * _moments(0.0, np.zeros(3), moved + moved.T))
        return np.stack(columns, axis=1)

    def _parts(self, z: Array) -> tuple[float, Array, Array]:
        mass = self.mass * float(np.exp(MASS_WIDTH * z[0]))
        return mass, self.com + COM_WIDTH * z[1:4], self.factor @ _stretch(z[4:])


def family_vector(families: Sequence[LinkFamily], z: Array) -> Array:
    """Inertial vectors of several links, shape (10 n,), of `z`, shape (10 n,)."""
    return np.concatenate([f.vector(part) for f, part in zip(families, np.split(z, len(families)), strict=True)])


def family_jacobian(families: Sequence[LinkFamily], z: Array) -> Array:
    """Derivative of `family_vector`, block diagonal, shape (10 n, 10 n)."""
    out = np.zeros((len(z), len(z)))
    for i, (family, part) in enumerate(zip(families, np.split(z, len(families)), strict=True)):
        block = slice(i * PER_LINK, (i + 1) * PER_LINK)
        out[block, block] = family.jacobian(part)
    return out


def _stretch(z: Array) -> Array:
    """Lower triangular matrix near the identity: exponential on the diagonal, shear below."""
    out = np.zeros((3, 3))
    out[_LOWER] = SPREAD_WIDTH * z
    out[np.diag_indices(3)] = np.exp(np.diag(out))
    return out


def _moments(zeroth: float, first: Array, second: Array) -> Array:
    """The inertial vector of moments of mass about the link's origin (linear in all three), shape (10,)."""
    tensor = np.trace(second) * np.eye(3) - second
    return np.concatenate([[zeroth], first, np.diag(tensor), tensor[(0, 0, 1), (1, 2, 2)]])


def _triple(values: Array) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
