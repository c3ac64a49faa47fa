"""Arithmetic of vectors and unit quaternions w, x, y, z, many at a time.

Written for few numpy calls: in a step of some environments, the calls cost more than the arithmetic. The memory layout
of what goes into a product must not depend on how many there are, or the last bit would (`take` keeps it, an index does
not).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def multiply(a: Array, b: Array) -> Array:
    """The rotation `b` followed by `a`, each shape (..., 4)."""
    product: Array = np.matvec(a.take(_LEFT, axis=-1) * _LEFT_SIGNS, b)
    return product


def inverse(a: Array) -> Array:
    """The rotation back, shape (..., 4)."""
    back: Array = a * _CONJUGATE
    return back


def matrices(a: Array) -> Array:
    """Rotation matrices, shape (..., 3, 3), of rotations, shape (..., 4).

    Vectors in rows, shape (..., k, 3), are turned back by `rows @ matrices(a)`.
    """
    squares = (a[..., :, None] * a[..., None, :]).reshape(*a.shape[:-1], 1, 16)
    turned: Array = (squares @ _FROM_SQUARES).reshape(*a.shape[:-1], 3, 3)
    return turned


def rotate(a: Array, vectors: Array) -> Array:
    """Vectors, shape (..., 3), turned by rotations, shape (..., 4)."""
    turned: Array = np.matvec(matrices(a), vectors)
    return turned


def cross(a: Array, b: Array) -> Array:
    """Vector product, each shape (..., 3)."""
    product: Array = np.matvec(a.take(_CROSS, axis=-1) * _CROSS_SIGNS, b)
    return product


def length(vectors: Array) -> Array:
    """Euclidean, shape (...), of vectors, shape (..., k)."""
    root: Array = np.sqrt(np.vecdot(vectors, vectors))
    return root


_CONJUGATE = np.array([1.0, -1.0, -1.0, -1.0])
_CROSS = np.array([[0, 2, 1], [2, 1, 0], [1, 0, 2]])
_CROSS_SIGNS = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
_LEFT = np.array([[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]])
"""Which component of `a` stands where in the matrix that multiplies `b`."""
_LEFT_SIGNS = np.array([[1.0, -1, -1, -1], [1, 1, -1, 1], [1, 1, 1, -1], [1, -1, 1, 1]])


def _from_squares() -> Array:
    """The linear map from the products of components, ww wx ... zz, to the rotation matrix, shape (16, 9)."""
    mapping = np.zeros((3, 3, 4, 4))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        w, x, y, z = 0, i + 1, j + 1, k + 1
        mapping[i, i, [w, x, y, z], [w, x, y, z]] = 1.0, 1.0, -1.0, -1.0
        mapping[j, i, [x, w], [y, z]] = 2.0, 2.0
        mapping[i, j, [x, w], [y, z]] = 2.0, -2.0
    return np.ascontiguousarray(mapping.reshape(9, 16).T)


_FROM_SQUARES = _from_squares()
