import numpy as np
import pytest

from dexsim2real_description import JOINTS, make_cell
from dexsim2real_hw.gate import GateConfig
from dexsim2real_hw.gate.readings import RejectedError
from dexsim2real_hw.gate.watch import Watch, finger_forces, read_joints

CELL = make_cell()
WATCH = Watch(CELL, GateConfig())
READY = np.array([0, 0, 0, -1.57, 0, 1.57, -0.785] + [0.0] * 16)


def test_effort_names_the_joint_nearest_to_its_bound():
    effort = np.zeros(23)
    effort[[1, 6]] = 40.0, -9.0  # 40 of 78.3 and 9 of 10.8
    reading = WATCH.effort(effort)
    assert (reading.where, reading.value, reading.fired) == ("arm_joint_7", 9.0, False)
    assert reading.bound == pytest.approx(0.9 * 12)
    effort[7] = 0.42  # the hand may saturate: 0.312, and 30 % more
    assert WATCH.effort(effort).where == "index_joint_0"
    assert WATCH.effort(effort).fired


def test_the_magnitudes_of_a_fingers_taxels_are_summed():
    force = np.zeros((4, 15, 3))
    force[1, 0], force[1, 9] = (3, 0, 4), (0, 0, -2)
    np.testing.assert_allclose(finger_forces(force, 15), [0, 7, 0, 0])
    with pytest.raises(RejectedError, match="finite touch"):
        finger_forces(np.full((4, 15, 3), np.nan), 15)
    with pytest.raises(RejectedError, match="shape touch: 180"):
        finger_forces(force, 30)


def test_the_palm_is_measured_against_the_nearest_face():
    # The palm is at x 0.554, z 0.510 in this pose: 0.296 from the far face, 0.49 from the top.
    reading = WATCH.workspace(READY, "measured")
    assert (reading.where, reading.bound) == ("palm x (measured)", 0.85)
    assert reading.margin == pytest.approx(0.85 - 0.5544, abs=1e-3)
    turned = READY.copy()
    turned[0] = -np.pi / 2  # sideways: y is -0.554, 0.046 inside, but x is 0 and the box begins at 0.15
    assert WATCH.workspace(turned, "commanded").where == "palm x (commanded)"
    assert WATCH.workspace(turned, "commanded").value == pytest.approx(0.0, abs=1e-9)
    assert WATCH.workspace(turned, "commanded").fired


def test_measured_joints_are_put_in_order_or_refused():
    row = np.arange(23.0)
    sample = read_joints(JOINTS[::-1], [row, 2 * row, 3 * row], JOINTS)
    np.testing.assert_array_equal(sample.effort, 3 * row[::-1])
    with pytest.raises(RejectedError, match="shape joint_states effort: 0"):
        read_joints(JOINTS, [row, row, []], JOINTS)
    with pytest.raises(RejectedError, match="finite joint_states: 1"):
        read_joints(JOINTS, [row, row, np.where(row == 3, np.inf, row)], JOINTS)
