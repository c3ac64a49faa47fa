"""Arithmetic of vectors and unit quaternions w, x, y, z, many at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.compiled import of_vectors

Array = NDArray[np.float64]


def multiply(a: Array, b: Array) -> Array:
    """The rotation `b` followed by `a`, each shape (..., 4)."""
    product: Array = _multiply(a, b)
    return product


def inverse(a: Array) -> Array:
    """The rotation back, shape (..., 4)."""
    back: Array = a * _CONJUGATE
    return back


def matrices(a: Array) -> Array:
    """Rotation matrices, shape (..., 3, 3), of rotations, shape (..., 4).

    Vectors in rows, shape (..., k, 3), are turned back by `rows @ matrices(a)`.
    """
    turned: Array = _matrix(a, _THREE)
    return turned


def rotate(a: Array, vectors: Array) -> Array:
    """Vectors, shape (..., 3), turned by rotations, shape (..., 4)."""
    turned: Array = np.matvec(matrices(a), vectors)
    return turned


def length(vectors: Array) -> Array:
    """Euclidean, shape (...), of vectors, shape (..., k)."""
    root: Array = _length(vectors)
    return root


@of_vectors("f8[:], f8[:], f8[:]", "(n),(n)->(n)")
def _multiply(a: Array, b: Array, product: Array) -> None:
    product[0] = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]
    product[1] = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2]
    product[2] = a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1]
    product[3] = a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]


@of_vectors("f8[:], f8[:], f8[:, :]", "(n),(m)->(m,m)")
def _matrix(a: Array, _: Array, turned: Array) -> None:
    w, x, y, z = a[0], a[1], a[2], a[3]
    turned[0, 0], turned[0, 1], turned[0, 2] = w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)
    turned[1, 0], turned[1, 1], turned[1, 2] = 2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)
    turned[2, 0], turned[2, 1], turned[2, 2] = 2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z


@of_vectors("f8[:], f8[:]", "(n)->()")
def _length(vector: Array, root: Array) -> None:
    square = 0.0
    for value in vector:
        square += value * value
    root[0] = np.sqrt(square)


_CONJUGATE = np.array([1.0, -1.0, -1.0, -1.0])
_THREE = np.empty(3)
"""Says how large a matrix is."""
