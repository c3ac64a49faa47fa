"""Arithmetic of unit quaternions w, x, y, z, many at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def multiply(a: Array, b: Array) -> Array:
    """The rotation `b` followed by `a`, each shape (..., 4)."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    product: Array = np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )
    return product


def inverse(a: Array) -> Array:
    """The rotation back, shape (..., 4)."""
    back: Array = a * _CONJUGATE
    return back


def cross(a: Array, b: Array) -> Array:
    """Vector product, each shape (..., 3); numpy's own spends most of its time on moving axes."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    product: Array = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
    return product


def rotate(a: Array, vectors: Array) -> Array:
    """Vectors, shape (..., 3), turned by rotations, shape (..., 4)."""
    w, axis = a[..., :1], a[..., 1:]
    twice = 2.0 * cross(axis, vectors)
    turned: Array = vectors + w * twice + cross(axis, twice)
    return turned


_CONJUGATE = np.array([1.0, -1.0, -1.0, -1.0])
