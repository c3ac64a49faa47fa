"""Quaternions against scipy, and the same bits for one as for many."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dexsim2real_sim.quaternions import inverse, length, matrices, multiply, rotate

FIRST, SECOND = (Rotation.random(20, random_state=seed) for seed in (0, 1))
A, B = FIRST.as_quat(scalar_first=True), SECOND.as_quat(scalar_first=True)
VECTORS = np.random.default_rng(0).normal(size=(20, 3))


def test_by_hand():
    quarter = np.array([np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)])  # 90 degrees about z: x becomes y
    assert rotate(quarter, np.array([1.0, 0.0, 0.0])) == pytest.approx([0.0, 1.0, 0.0])
    assert multiply(quarter, quarter) == pytest.approx([0.0, 0.0, 0.0, 1.0])  # half a turn
    assert length(np.array([[3.0, 4.0], [0.0, 2.0]])) == pytest.approx([5.0, 2.0])


def test_against_scipy():
    np.testing.assert_allclose(matrices(A), FIRST.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(rotate(A, VECTORS), FIRST.apply(VECTORS), atol=1e-12)
    np.testing.assert_allclose(matrices(multiply(A, B)), (FIRST * SECOND).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(rotate(inverse(A), rotate(A, VECTORS)), VECTORS, atol=1e-12)
    np.testing.assert_allclose(VECTORS[:, None] @ matrices(A), FIRST.inv().apply(VECTORS)[:, None], atol=1e-12)


@pytest.mark.parametrize(
    "function", [multiply, lambda a, b: rotate(a, b[:, 1:]), lambda a, b: matrices(multiply(a, b))]
)
def test_one_alone_gives_the_bits_it_gives_among_many(function):
    together = function(A, B)
    for i in range(len(A)):
        np.testing.assert_array_equal(function(A[i : i + 1], B[i : i + 1])[0], together[i])
