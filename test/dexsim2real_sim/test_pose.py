"""Rigid poses: group axioms, and hand-computed compositions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dexsim2real_sim.pose import Pose

numbers = st.floats(-2.0, 2.0)
poses = st.lists(numbers, min_size=6, max_size=6).map(lambda v: Pose(np.array(v[:3]), Rotation.from_rotvec(v[3:])))


def assert_same(a: Pose, b: Pose) -> None:
    metres, radians = a.distance(b)
    assert metres < 1e-9
    assert radians < 1e-7


@settings(deadline=None)
@given(poses, poses, poses)
def test_poses_are_a_group(a: Pose, b: Pose, c: Pose) -> None:
    assert_same((a @ b) @ c, a @ (b @ c))
    assert_same(a @ a.inverse(), Pose(np.zeros(3), Rotation.identity()))
    assert_same(a.inverse() @ (a @ b), b)


@settings(deadline=None)
@given(poses, poses)
def test_the_way_to_a_goal_starts_here_and_ends_there(a: Pose, b: Pose) -> None:
    assert_same(a.toward(b, 0.0), a)
    assert_same(a.toward(b, 1.0), b)
    whole, half = a.distance(b), a.distance(a.toward(b, 0.5))
    np.testing.assert_allclose(half, np.divide(whole, 2), atol=1e-7)


def test_a_frame_turned_by_a_quarter_carries_its_x_to_y() -> None:
    turned = Pose(np.array([1.0, 0.0, 0.0]), Rotation.from_euler("z", np.pi / 2))
    np.testing.assert_allclose((turned @ Pose.shift(0.2, 0.0, 0.0)).position, [1.0, 0.2, 0.0], atol=1e-12)
    np.testing.assert_allclose(turned.moved(x=0.2).position, [1.2, 0.0, 0.0], atol=1e-12)


def test_reads_position_and_quaternion() -> None:
    pose = Pose.of(np.array([1.0, 2.0, 3.0, np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]))
    np.testing.assert_allclose(pose.position, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(pose.rotation.apply([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0], atol=1e-12)
