"""Planned motion: what counts as touching, the way around, the time law, the inverse kinematics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dexsim2real_description import DexSim2RealError, Workspace, make_cell
from dexsim2real_description.kinematics import LinkPose
from dexsim2real_description.model import Limits
from dexsim2real_sim.planning import Box, Collisions, Motion, plan_motion, reach_palm, time_waypoints
from dexsim2real_sim.planning.collision import CLEARANCE
from dexsim2real_sim.planning.timing import smooth_curve
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.tasks.base import ARM_READY, HAND_OPEN

pytest.importorskip("ruckig", reason="needs the extra 'plan'")

CELL = make_cell()
READY = np.concatenate([ARM_READY, HAND_OPEN])
POST = Box((0.5, 0.0, 0.2), (0.1, 0.1, 0.4))
"""In the way of the hand when the arm turns about its base."""


def turned(angle, joint=0):
    """READY with one joint elsewhere [rad]."""
    pose = READY.copy()
    pose[joint] = angle
    return pose


def fine(motion, step=0.002):
    """Positions on a grid in which no joint moves further than `step` [rad], whatever its speed."""
    _, velocities = motion.at(np.linspace(0.0, motion.duration, 1000))
    count = 2 + int(np.abs(velocities).max() * motion.duration / step)
    return motion.at(np.linspace(0.0, motion.duration, count))[0]


# What counts as touching


def test_table_overlap_is_measured_from_the_fingertips():
    low = turned(1.0, joint=1)
    nearest = Collisions(CELL).nearest(low)
    assert nearest.distance < 0 and "table" in nearest.names


def test_a_folded_arm_touches_itself():
    folded = READY.copy()
    folded[:7] = (0.0, 0.0, 0.0, -3.0, 0.0, 0.0, 0.0)  # the forearm on the upper arm, the hand against both
    nearest = Collisions(CELL).nearest(folded)
    assert nearest.distance < 0 and "table" not in nearest.names


def test_clearance_is_the_way_between_surfaces():
    """A plate is raised by 4 mm under the open hand, and comes 4 mm nearer."""
    x, y, _ = LinkPose(CELL, CELL.hand.root)(READY)[:3, 3]

    def distance(top):
        return Collisions(CELL, (Box((x, y, top - 0.005), (0.6, 0.6, 0.01)),)).nearest(READY).distance

    touching, apart = 0.3, 0.1
    while touching - apart > 1e-4:
        middle = (touching + apart) / 2
        touching, apart = (middle, apart) if distance(middle) < 0.005 else (touching, middle)
    assert distance(touching - 0.05) == CLEARANCE
    assert distance(touching + 0.004) == pytest.approx(distance(touching) - 0.004, abs=1e-6)


def test_the_palm_must_stay_in_the_workspace():
    inside = Collisions(CELL, workspace=Workspace((0.15, -0.6, 0.03), (0.85, 0.6, 1.0)))
    outside = Collisions(CELL, workspace=Workspace((0.15, -0.6, 0.03), (0.45, 0.6, 1.0)))
    assert inside.clear(READY, CLEARANCE)
    assert not outside.clear(READY, CLEARANCE)
    with pytest.raises(DexSim2RealError, match=r"where the robot is: the palm is at x = 0\.485 m, outside 0\.15 to 0"):
        outside.demand(READY, "where the robot is")


# Ways


@pytest.mark.parametrize("arm", ["panda", "fr3"])
def test_a_free_way_is_straight(arm):
    cell = make_cell(arm)
    motion = plan_motion(Collisions(cell), cell.limits, READY, turned(0.5), 0.25)
    others = np.delete(fine(motion), 0, axis=1)
    assert np.abs(others - np.delete(READY, 0)).max() < 1e-9


def test_the_way_around_an_obstacle_touches_nothing_and_the_straight_one_would():
    pytest.importorskip("ompl", reason="needs the extra 'plan'")
    collisions = Collisions(CELL, (POST,))
    start, goal = turned(-0.9), turned(0.9)
    straight = np.linspace(start, goal, 1000)
    assert min(collisions.nearest(joints).distance for joints in straight) < 0
    motion = plan_motion(collisions, CELL.limits, start, goal, 0.25)
    path = fine(motion)
    assert np.abs(np.diff(path, axis=0)).max() <= 0.0021
    assert min(collisions.nearest(joints).distance for joints in path) >= CLEARANCE / 2
    np.testing.assert_allclose(path[[0, -1]], [start, goal], atol=1e-9)


def test_the_hand_goes_straight_even_around_an_obstacle():
    pytest.importorskip("ompl", reason="needs the extra 'plan'")
    goal = turned(0.9)
    goal[7:] = np.concatenate([np.tile([0.0, 0.9, 0.6, 0.5], 3), [1.2, 0.4, 0.3, 0.4]])
    motion = plan_motion(Collisions(CELL, (POST,)), CELL.limits, turned(-0.9), goal, 0.25)
    way = goal[7:] - HAND_OPEN
    moved = fine(motion)[:, 7:] - HAND_OPEN
    share = moved @ way / (way @ way)
    assert np.abs(moved - share[:, None] * way).max() < 1e-6


@pytest.mark.parametrize(
    ("start", "goal", "message"),
    [
        (turned(1.0, joint=1), READY, "where the robot is: .* overlap by"),
        (READY, turned(1.0, joint=1), "where it shall go: .* overlap by"),
        (READY, turned(3.0), r"where it shall go: arm_joint_1 at 3\.000 rad is outside its range -2\.897 to 2\.897"),
        (READY, READY, "the robot is there already"),
    ],
)
def test_what_cannot_be_planned_is_said_in_one_line(start, goal, message):
    with pytest.raises(DexSim2RealError, match=message) as caught:
        plan_motion(Collisions(CELL), CELL.limits, start, goal, 0.25)
    assert "\n" not in str(caught.value)


def test_no_way_is_said_after_the_time_for_searching():
    pytest.importorskip("ompl", reason="needs the extra 'plan'")
    room = Workspace((0.25, -0.6, 0.03), (0.85, 0.6, 0.45))
    wall = Box((0.7, 0.0, 0.25), (0.9, 0.02, 0.5))  # from side to side and to the top of where the palm may be
    collisions = Collisions(CELL, (wall,), room)
    with pytest.raises(DexSim2RealError, match=r"no way to that pose was found within 0\.5 s"):
        plan_motion(collisions, CELL.limits, turned(-0.9), turned(0.9), 0.25, search=0.5)


def test_waypoints_of_somebody_else_are_looked_at_too():
    collisions = Collisions(CELL, (POST,))
    with pytest.raises(DexSim2RealError, match="comes too near to something"):
        time_waypoints(collisions, CELL.limits, np.stack([turned(-0.9), turned(0.9)]), 0.25)


# Time


@settings(max_examples=25)
@given(
    rows=st.lists(st.lists(st.floats(-0.8, 0.8), min_size=23, max_size=23), min_size=2, max_size=5),
    speed=st.floats(0.05, 1.0),
    arm=st.sampled_from(["panda", "fr3"]),
)
def test_no_joint_exceeds_its_share_of_any_limit(rows, speed, arm):
    cell = make_cell(arm)
    limits: Limits = cell.limits
    points = np.clip(READY + np.array(rows), limits.lower + 0.2, limits.upper - 0.2)
    if np.linalg.norm(np.diff(points, axis=0), axis=1).min() < 1e-2:
        return
    motion = Motion(smooth_curve(points, 0.2), limits, speed)
    count = 4000
    step = motion.duration / count
    positions, velocities = motion.at(step * np.arange(count + 1))
    low, high = limits.velocity_bounds(positions)
    assert (velocities <= speed * high * 1.02 + 1e-9).all() and (velocities >= speed * low * 1.02 - 1e-9).all()
    for order, bound in ((1, limits.velocity), (2, limits.acceleration), (3, limits.jerk)):
        rate = np.abs(np.diff(positions, order, axis=0)) / step**order
        assert (rate <= speed**order * bound * 1.001 + 1e-9 / step**order).all()
    np.testing.assert_allclose(positions[[0, -1]], points[[0, -1]], atol=1e-9)
    np.testing.assert_allclose(velocities[[0, -1]], 0.0, atol=1e-9)


def test_half_the_speed_takes_twice_the_time():
    curve = smooth_curve(np.stack([READY, turned(1.0)]), 0.2)
    fast, slow = Motion(curve, CELL.limits, 0.5), Motion(curve, CELL.limits, 0.25)
    assert slow.duration == pytest.approx(2 * fast.duration)
    np.testing.assert_allclose(slow.at(np.array([1.0]))[0], fast.at(np.array([0.5]))[0], atol=1e-9)


def test_a_smooth_curve_is_the_line_itself_and_cuts_corners_by_less_than_its_spacing():
    line = smooth_curve(np.array([[0.0, 0.0], [3.0, 4.0]]), 0.5)
    np.testing.assert_allclose(line(2.5), [1.5, 2.0], atol=1e-12)  # half of the way of length 5
    corner = smooth_curve(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]), 0.1)
    middle = corner(1.0)
    assert 0 < np.linalg.norm(middle - [1.0, 0.0]) < 0.1
    np.testing.assert_allclose(corner([0.0, 2.0]), [[0.0, 0.0], [1.0, 1.0]], atol=1e-12)


def test_velocities_are_those_of_the_positions():
    motion = plan_motion(Collisions(CELL), CELL.limits, READY, turned(0.6), 0.3)
    times = np.linspace(0.2, motion.duration - 0.2, 50)
    ahead, behind = motion.at(times + 1e-4)[0], motion.at(times - 1e-4)[0]
    np.testing.assert_allclose((ahead - behind) / 2e-4, motion.at(times)[1], atol=1e-4)


# Inverse kinematics


def palm_of(joints):
    matrix = LinkPose(CELL, CELL.hand.root)(joints)
    return Pose(matrix[:3, 3], Rotation.from_matrix(matrix[:3, :3]))


@pytest.mark.parametrize("place", [(0.5, 0.2, 0.3), (0.45, -0.3, 0.4), (0.6, 0.0, 0.25)])
def test_the_palm_gets_where_it_was_sent(place):
    pytest.importorskip("mink", reason="needs the extra 'plan'")
    goal = Pose(np.array(place), palm_of(READY).rotation)
    collisions = Collisions(CELL)
    joints = reach_palm(CELL, collisions, goal, READY)
    metres, radians = palm_of(joints).distance(goal)
    assert metres < 3e-4 and radians < 3e-4
    assert collisions.clear(joints, CLEARANCE)
    np.testing.assert_array_equal(joints[7:], READY[7:])


@pytest.mark.parametrize(
    ("place", "message"), [((1.5, 0.0, 0.3), "it is out of reach"), ((0.5, 0.0, 0.02), "mm from table")]
)
def test_a_palm_that_cannot_get_there_is_said_with_the_reason(place, message):
    pytest.importorskip("mink", reason="needs the extra 'plan'")
    goal = Pose(np.array(place), palm_of(READY).rotation)
    with pytest.raises(DexSim2RealError, match=message):
        reach_palm(CELL, Collisions(CELL), goal, READY)
