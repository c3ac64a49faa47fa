"""Where a pinch puts the palm and the fingers, on objects that stand and lie."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dexsim2real_sim.pinch import (
    ARM_BETWEEN,
    ARM_MIRRORED,
    ARM_OVER,
    SPREAD,
    YAW,
    arm_over,
    default_pinch,
    pinch_markers,
    pinch_pose,
)
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.tasks.base import upright

PINCH = default_pinch()
RADIUS = PINCH.kinematics.tip_radius
BOX = np.array([0.02, 0.05, 0.03])


def fingertips(width: float, opening: float = 0.0) -> np.ndarray:
    """Middles of the fingertips in the grasp frame [m], shape (4, 3)."""
    robot = PINCH.kinematics
    palm = PINCH.palm(Pose.shift(0.0, 0.0, 0.0), width)  # the grasp frame at the world's origin
    return np.array([(palm @ Pose.shift(*tip)).position for tip in robot.tips(PINCH.hand(width, opening))])


@pytest.mark.parametrize("width", [0.03, 0.05, 0.076])
def test_fingertips_touch_both_sides(width: float) -> None:
    index, middle, ring, thumb = fingertips(width)
    reach = width / 2 + RADIUS
    np.testing.assert_allclose(thumb, [-reach, 0.0, 0.0], atol=1e-3)
    np.testing.assert_allclose(index, [reach, SPREAD, 0.0], atol=1e-3)
    np.testing.assert_allclose(middle, [reach, -SPREAD, 0.0], atol=1e-3)
    assert ring[0] > reach + 0.01


def test_opening_is_shared_by_thumb_and_fingers() -> None:
    index, _, _, thumb = fingertips(0.05, opening=0.02)
    assert index[0] - thumb[0] - 2 * RADIUS == pytest.approx(0.07, abs=2e-3)
    assert index[0] + thumb[0] == pytest.approx(0.0, abs=2e-3)


def test_squeeze_asks_for_opposite_forces() -> None:
    relaxed, tight = PINCH.hand(0.05), PINCH.hand(0.05, squeeze=2.0)
    robot = PINCH.kinematics
    torque = (tight - relaxed) * robot.model.actuator_gainprm[7:, 0]
    closing = np.array([-np.cos(np.radians(80.0)), 0.0, np.sin(np.radians(80.0))])  # of the fingers away from the thumb
    dq = 1e-6
    for finger, joint in ((0, 1), (1, 5), (3, 13)):  # virtual work: torque = force . (dx / dq)
        moved = relaxed.copy()
        moved[joint] += dq
        slope = (robot.tips(moved) - robot.tips(relaxed))[finger] / dq
        force = 2.0 * closing if finger == 3 else -1.0 * closing
        assert torque[joint] == pytest.approx(force @ slope, rel=0.02)


def grasp_at(x: float, y: float, z: float, yaw: float) -> Pose:
    return Pose(np.array([x, y, z]), Rotation.from_euler("z", yaw))


@pytest.mark.parametrize(("arm", "yaw"), [(ARM_OVER, YAW), (ARM_MIRRORED, -YAW)])
def test_both_postures_are_over_the_middle_of_the_area(arm: np.ndarray, yaw: float) -> None:
    joints = np.concatenate([arm, PINCH.hand(0.05)])
    grasp = grasp_at(0.55, 0.0, 0.2, yaw)
    metres, radians = PINCH.kinematics.palm(joints).distance(PINCH.palm(grasp, 0.05))
    assert metres < 0.02
    assert radians < 0.02
    assert arm_over(grasp) is arm


def test_the_wrist_turns_over_high_above_the_table() -> None:
    robot, hand = PINCH.kinematics, PINCH.hand(0.05, 0.03)
    for begin, end in pairwise((ARM_OVER, ARM_BETWEEN, ARM_MIRRORED)):
        for share in np.linspace(0.0, 1.0, 11):
            palm = robot.palm(np.concatenate([begin + share * (end - begin), hand]))
            assert min((palm @ Pose.shift(*tip)).position[2] for tip in robot.tips(hand)) > 0.18


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-0.075, 0.075),
    st.floats(-0.075, 0.075),
    st.floats(0.025, 0.1),
    st.floats(np.radians(20.0), np.radians(115.0)),  # beyond, some corner of the area is up to 4 cm out of reach
    st.sampled_from([-1.0, 1.0]),
)
def test_the_arm_reaches_the_directions_that_are_chosen_anywhere_in_the_area(
    x: float, y: float, z: float, yaw: float, side: float
) -> None:
    grasp = grasp_at(0.55 + x, y, z, side * yaw)
    joints = np.concatenate([PINCH.arm(grasp, 0.05), PINCH.hand(0.05)])
    metres, radians = PINCH.kinematics.palm(joints).distance(PINCH.palm(grasp, 0.05))
    assert metres < 0.002
    assert radians < 0.02


def test_a_box_is_pinched_across_its_narrow_side() -> None:
    grasp, width = pinch_pose(Pose.of(upright(0.5, 0.1, 0.03, np.radians(-60.0))), BOX, False)
    assert width == pytest.approx(0.04)
    assert np.degrees(grasp.rotation.as_rotvec()) == pytest.approx([0.0, 0.0, -60.0])
    np.testing.assert_allclose(grasp.position, [0.5, 0.1, 0.03])


@pytest.mark.parametrize(
    ("yaw", "expected"),
    [
        (120.0, -60.0),  # the same box from behind
        (10.0, 20.0),  # straight ahead is out of the arm's reach
        (-150.0, 30.0),  # the other hand side is easier
    ],
)
def test_the_easier_way_to_close_is_taken(yaw: float, expected: float) -> None:
    grasp, _ = pinch_pose(Pose.of(upright(0.5, 0.1, 0.03, np.radians(yaw))), BOX, False)
    assert np.degrees(grasp.rotation.as_rotvec()[2]) == pytest.approx(expected)


def test_a_cube_is_turned_by_quarters_and_a_ball_not_at_all() -> None:
    cube = np.full(3, 0.025)
    body = Pose.of(upright(0.5, 0.1, 0.025, np.radians(20.0)))
    assert np.degrees(pinch_pose(body, cube, False)[0].rotation.as_rotvec()[2]) == pytest.approx(20.0 - 90.0)
    assert pinch_pose(body, cube, True)[0].rotation.as_rotvec()[2] == pytest.approx(YAW)


def test_a_lying_box_is_pinched_across_the_narrower_of_the_sides_that_are_horizontal_now() -> None:
    lying = Pose(np.array([0.5, 0.0, 0.05]), Rotation.from_euler("x", 90, degrees=True))  # y is up; x and z lie
    grasp, width = pinch_pose(lying, BOX, False)
    assert width == pytest.approx(0.04)
    tall = np.array([0.03, 0.05, 0.02])
    grasp, width = pinch_pose(lying, tall, False)
    assert width == pytest.approx(0.04)
    assert np.degrees(grasp.rotation.as_rotvec()[2]) == pytest.approx(-90.0)  # z of the box points along -y


def test_a_tall_object_is_pinched_where_its_top_stays_clear_of_the_palm() -> None:
    grasp, _ = pinch_pose(Pose.of(upright(0.5, 0.0, 0.088)), np.array([0.02, 0.04, 0.088]), False)
    assert grasp.position[2] == pytest.approx(0.176 - 0.07)


def test_markers_lie_where_the_fingertips_press() -> None:
    poses = np.array([upright(0.5, 0.1, 0.03, np.radians(-60.0)), upright(0.6, -0.1, 0.088, 0.3)])
    halves = np.array([BOX, [0.03, 0.03, 0.088]])
    is_round = np.array([False, True])
    markers = pinch_markers(poses, halves, is_round)
    for pose, half, flag, marker in zip(poses, halves, is_round, markers, strict=True):
        grasp, width = pinch_pose(Pose.of(pose), half, bool(flag))
        for point, wanted in zip(marker, [(1, SPREAD), (1, -SPREAD), (-1, 0.0)], strict=True):
            local = grasp.inverse() @ Pose.shift(*point)
            np.testing.assert_allclose(local.position, [wanted[0] * width / 2, wanted[1], 0.0], atol=1e-9)
