"""Inverse kinematics against forward kinematics, and forward kinematics against the description's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import FINGERS, make_cell
from dexsim2real_description.kinematics import LinkPose
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.pinch import ARM_OVER
from dexsim2real_sim.tasks.base import HAND_OPEN

CELL = make_cell()
ROBOT = Kinematics(CELL, ARM_OVER)
OVER = np.concatenate([ARM_OVER, HAND_OPEN])
small_steps = st.lists(st.floats(-0.3, 0.3), min_size=7, max_size=7).map(np.array)


def test_palm_is_where_the_description_has_it() -> None:
    palm = ROBOT.palm(OVER)
    expected = LinkPose(CELL, "palm")(OVER)
    np.testing.assert_allclose(palm.position, expected[:3, 3], atol=1e-9)
    np.testing.assert_allclose(palm.rotation.as_matrix(), expected[:3, :3], atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(small_steps)
def test_arm_reaches_poses_that_another_posture_has(step: np.ndarray) -> None:
    there = OVER.copy()
    there[:7] += step
    found = OVER.copy()
    found[:7] = ROBOT.reach(ROBOT.palm(there), OVER, iterations=40)
    metres, radians = ROBOT.palm(found).distance(ROBOT.palm(there))
    assert metres < 1e-4
    assert radians < 1e-3


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3))
def test_arm_stays_within_its_limits(shift: list[float]) -> None:
    arm = ROBOT.reach(ROBOT.palm(OVER).moved(*shift), OVER, iterations=40)
    assert (arm >= CELL.limits.lower[:7]).all()
    assert (arm <= CELL.limits.upper[:7]).all()


@pytest.mark.parametrize("finger", FINGERS)
def test_fingertip_reaches_a_point_and_the_others_stay(finger: str) -> None:
    index = FINGERS.index(finger)
    bent = HAND_OPEN.copy()
    bent[4 * index : 4 * index + 4] += [-0.1, 0.3, 0.2, 0.1]
    goal = ROBOT.tips(bent)[index]
    tips = ROBOT.tips(ROBOT.reach_tip(finger, goal, HAND_OPEN, iterations=100))
    np.testing.assert_allclose(tips[index], goal, atol=2e-4)
    others = [i for i in range(4) if i != index]
    np.testing.assert_array_equal(tips[others], ROBOT.tips(HAND_OPEN)[others])


def test_give_is_the_torque_of_the_force_over_the_stiffness() -> None:
    # virtual work: a force f does f . dx when the joint moves by dq, which is the torque times dq
    hand, dq, force = HAND_OPEN.copy(), 1e-6, np.array([0.0, 0.0, 2.0])
    hand[13] += dq
    way = (ROBOT.tips(hand) - ROBOT.tips(HAND_OPEN))[3]
    stiffness = CELL.hand.servos[13].kp
    assert ROBOT.give("thumb", force, HAND_OPEN)[13] == pytest.approx(force @ way / dq / stiffness, rel=1e-3)
