"""What a person types to move the robot."""

import numpy as np
import pytest

from dexsim2real_bringup.cli import main
from dexsim2real_bringup.cli.move import _summary
from dexsim2real_bringup.move_goal import goal_joints
from dexsim2real_description import DexSim2RealError, make_cell
from dexsim2real_description.kinematics import LinkPose
from dexsim2real_sim.planning import Collisions, plan_motion
from dexsim2real_sim.tasks import TASKS
from dexsim2real_sim.tasks.base import ARM_READY, HAND_OPEN

CELL = make_cell()
COLLISIONS = Collisions(CELL)
READY = np.concatenate([ARM_READY, HAND_OPEN])


def test_ready_is_ready():
    np.testing.assert_array_equal(goal_joints("ready", CELL, COLLISIONS, READY), READY)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_start_that_touches_nothing(task):
    joints = goal_joints(task, CELL, COLLISIONS, READY)
    assert COLLISIONS.demand(joints, "start") > 0


def test_a_place_without_orientation_turns_the_palm_as_in_ready():
    pytest.importorskip("mink", reason="needs the extra 'plan'")
    joints = goal_joints("0.5,0.1,0.35", CELL, COLLISIONS, READY)
    palm, ready = (LinkPose(CELL, CELL.hand.root)(q) for q in (joints, READY))
    np.testing.assert_allclose(palm[:3, 3], [0.5, 0.1, 0.35], atol=3e-4)
    np.testing.assert_allclose(palm[:3, :3], ready[:3, :3], atol=3e-4)


def test_roll_pitch_and_yaw_are_about_the_fixed_axes():
    pytest.importorskip("mink", reason="needs the extra 'plan'")
    joints = goal_joints("0.5,0,0.4,3.0416,0,0", CELL, COLLISIONS, READY)  # 0.1 rad off straight down, about x
    palm = LinkPose(CELL, CELL.hand.root)(joints)
    np.testing.assert_allclose(palm[:3, 2], [0.0, -np.sin(3.0416), np.cos(3.0416)], atol=1e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("redy", "unknown pose 'redy'. Did you mean 'ready'.*pick_place"),
        ("0.5,0.1", "has 2 numbers"),
        ("0.5,0.1,nan", "not finite"),
        ("2,0,0.3", "out of reach"),
    ],
)
def test_other_words_are_refused_in_one_line(text, message):
    pytest.importorskip("mink", reason="needs the extra 'plan'")
    with pytest.raises(DexSim2RealError, match=message):
        goal_joints(text, CELL, COLLISIONS, READY)


@pytest.mark.parametrize("speed", ["0", "1.5", "nan"])
def test_a_speed_that_is_no_share_is_refused_before_anything_else(speed, capsys):
    assert main(["move", "--to", "ready", "--speed", speed]) == 2
    assert "choose a share of the limits" in capsys.readouterr().err


def test_the_summary_says_how_long_how_far_and_how_fast():
    pytest.importorskip("ruckig", reason="needs the extra 'plan'")
    goal = READY.copy()
    goal[0] = 0.8
    motion = plan_motion(COLLISIONS, CELL.limits, READY, goal, 0.1)
    assert _summary("there", READY, goal, motion) == (
        f"to there: {motion.duration:.1f} s; furthest arm_joint_1 by 0.80 rad, fastest joint 0.22 rad/s"
    )  # a tenth of 2.175 rad/s
