"""Roll, pitch, yaw: against scipy, and there and back."""

from math import pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dexsim2real_description.rotation import matrix_from_rpy, rpy_from_matrix

ANGLES = st.tuples(*[st.floats(-pi, pi)] * 3)


@given(ANGLES)
def test_matrix_is_the_rotation_about_fixed_axes(rpy: tuple[float, float, float]) -> None:
    assert np.allclose(matrix_from_rpy(rpy), Rotation.from_euler("xyz", rpy).as_matrix(), atol=1e-12)


@given(ANGLES)
def test_rpy_gives_the_same_rotation_back(rpy: tuple[float, float, float]) -> None:
    matrix = matrix_from_rpy(rpy)
    assert np.allclose(matrix_from_rpy(rpy_from_matrix(matrix)), matrix, atol=1e-8)


@pytest.mark.parametrize("pitch", [pi / 2, -pi / 2])
def test_x_straight_up_or_down(pitch: float) -> None:
    matrix = matrix_from_rpy((0.4, pitch, 1.1))
    rpy = rpy_from_matrix(matrix)
    assert rpy[0] == 0.0
    assert rpy[1] == pytest.approx(pitch)
    assert np.allclose(matrix_from_rpy(rpy), matrix, atol=1e-12)


@pytest.mark.parametrize("noise", [1e-17, -1e-17])
def test_noise_does_not_choose_the_sign_of_pi(noise: float) -> None:
    half_turn = np.array([[-1.0, 0.0, 0.0], [noise, -1.0, 0.0], [0.0, 0.0, 1.0]])
    assert rpy_from_matrix(half_turn) == (0.0, 0.0, pi)
