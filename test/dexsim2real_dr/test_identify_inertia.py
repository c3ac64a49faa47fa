import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description.arm import FR3_INERTIAS, PANDA_INERTIAS
from dexsim2real_description.model import Inertia, box_inertia
from dexsim2real_dr.identify.inertia import (
    MIN_SPREAD,
    LinkFamily,
    family_jacobian,
    family_vector,
    from_vector,
    inertial_vector,
    scaled_to,
)

BOX = box_inertia(3.0, (0.2, 0.3, 0.4), (0.1, -0.05, 0.2))


def test_a_point_mass_by_hand():
    vector = inertial_vector(Inertia(2.0, (0.0, 0.0, 0.5), (0.0, 0.0, 0.0)))
    np.testing.assert_allclose(vector, [2, 0, 0, 1, 0.5, 0.5, 0, 0, 0, 0])  # 2 kg at 0.5 m: m l^2 = 0.5


@pytest.mark.parametrize("inertia", [*PANDA_INERTIAS, *FR3_INERTIAS, BOX])
def test_vector_and_back(inertia):
    again = from_vector(inertial_vector(inertia))
    np.testing.assert_allclose(again.matrix(), inertia.matrix(), atol=1e-12)
    np.testing.assert_allclose([again.mass, *again.com], [inertia.mass, *inertia.com])


def test_scaling_keeps_the_shape():
    scaled = scaled_to(BOX, 6.0)
    np.testing.assert_allclose(scaled.matrix(), 2 * BOX.matrix())
    assert scaled.com == BOX.com


def test_the_prior_is_at_zero():
    np.testing.assert_allclose(LinkFamily.around(BOX).vector(np.zeros(10)), inertial_vector(BOX))


def test_an_impossible_prior_is_widened():
    family = LinkFamily.around(Inertia(1.0, (0.0, 0.0, 0.0), (0.1, 0.1, 0.5)))  # Ixx + Iyy < Izz
    spread = family.factor @ family.factor.T
    assert np.linalg.eigvalsh(spread)[0] == pytest.approx(MIN_SPREAD**2)


@given(st.lists(st.floats(-3, 3), min_size=10, max_size=10))
def test_every_member_is_a_possible_body(z):
    inertia = from_vector(LinkFamily.around(BOX).vector(np.array(z)))
    principal = np.linalg.eigvalsh(inertia.matrix())
    assert inertia.mass > 0
    assert principal[0] > 0
    assert principal[0] + principal[1] >= principal[2] * (1 - 1e-9)  # the triangle inequality of real bodies


@given(st.lists(st.floats(-2, 2), min_size=20, max_size=20))
def test_the_jacobian_is_the_derivative(z):
    families = [LinkFamily.around(BOX), LinkFamily.around(FR3_INERTIAS[4])]
    z = np.array(z)
    step = 1e-6
    numeric = np.stack(
        [(family_vector(families, z + d) - family_vector(families, z - d)) / (2 * step) for d in step * np.eye(20)],
        axis=1,
    )
    np.testing.assert_allclose(family_jacobian(families, z), numeric, atol=1e-6 * (1 + np.abs(numeric).max()))
