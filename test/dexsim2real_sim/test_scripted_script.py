"""The framework of scripted motions: legs, plans, new episodes."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dexsim2real_description import make_cell
from dexsim2real_sim.env import make_env
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.pinch import ARM_OVER
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.script import JOINT_SPEED, SPEED, Leg, Move, Script

ROBOT = Kinematics(make_cell(), ARM_OVER)
JOINTS = np.concatenate([ARM_OVER, np.full(16, 0.5)])
HERE = ROBOT.palm(JOINTS)


def run(move: Move) -> np.ndarray:
    """Joint targets of all steps of a leg at 10 Hz, shape (steps, 23)."""
    leg, joints, targets = Leg(move, ROBOT, JOINTS, rate=10.0), JOINTS, []
    while not leg.over:
        joints = leg.advance(joints)
        targets.append(joints)
    return np.array(targets)


def test_a_leg_is_smooth_and_ends_at_its_goal() -> None:
    targets = run(Move(HERE.moved(x=0.1), np.ones(16), seconds=1.0))
    assert len(targets) == 10
    xs = [ROBOT.palm(joints).position[0] - HERE.position[0] for joints in targets]
    # after a share s of the time it is 3 s^2 - 2 s^3 of the way: half the way at s = 0.5
    assert xs[4] == pytest.approx(0.05, abs=1e-4)
    assert xs[0] == pytest.approx(0.1 * (3 * 0.01 - 2 * 0.001), abs=1e-4)
    np.testing.assert_allclose(targets[4, 7:], 0.75)
    np.testing.assert_allclose(targets[-1, 7:], 1.0)
    metres, radians = ROBOT.palm(targets[-1]).distance(HERE.moved(x=0.1))
    assert metres < 1e-4
    assert radians < 1e-3


def test_a_leg_in_joints_is_straight_in_joints_and_the_rest_stays() -> None:
    goal = ARM_OVER + [0.4, 0.0, 0.0, -0.2, 0.0, 0.0, 0.0]
    targets = run(Move(arm=goal))
    assert len(targets) == round(0.4 / JOINT_SPEED * 10)
    np.testing.assert_allclose(targets[-1, :7], goal)
    np.testing.assert_allclose(targets[4, 3] - ARM_OVER[3], -0.5 * (targets[4, 0] - ARM_OVER[0]))
    np.testing.assert_array_equal(targets[:, 7:], 0.5)
    np.testing.assert_array_equal(run(Move(seconds=0.5)), np.tile(JOINTS, (5, 1)))


def test_a_leg_takes_longer_where_the_palm_would_be_too_fast() -> None:
    assert len(run(Move(HERE.moved(x=-0.2), seconds=0.1))) == round(0.2 / SPEED * 10)


def test_a_leg_ends_early_when_its_condition_holds() -> None:
    assert Leg(Move(seconds=5.0, until=lambda: True), ROBOT, JOINTS, rate=10.0).over


class Reach(Script):
    """Moves the palm up by 5 cm, opens the fingers a little, and records what it saw."""

    seen: list[float]

    def plan(self, env: int) -> Iterator[Move]:
        self.seen = [self.palm(env).position[2]]
        yield Move(self.palm_target(env).moved(z=0.05))
        yield Move(seconds=0.5)
        self.seen.append(self.palm(env).position[2])
        yield Move(hand=self.env.target[env, 7:] - 0.1)


def test_a_plan_goes_on_when_its_leg_is_over_and_measures_then() -> None:
    env = make_env("pick_place", 2, seed=0)
    env.reset()
    script = Reach(env)
    start = env.target.copy()
    turned = script.palm(0).rotation
    for _ in range(40):
        actions = script.act()
        assert np.abs(actions).max() <= 1.0
        env.step(actions)
    assert script.seen[1] - script.seen[0] == pytest.approx(0.05, abs=1e-3)
    np.testing.assert_allclose(env.target[:, 7:], start[:, 7:] - 0.1, atol=1e-9)
    assert (turned.inv() * script.palm(0).rotation).magnitude() < 0.01
    np.testing.assert_array_equal(script.act(), 0.0)  # the plan has ended


def test_a_new_episode_starts_the_plan_anew() -> None:
    env = make_env("pick_place", 1, seed=0)
    env.reset()
    script = Reach(env)
    for _ in range(40):
        env.step(script.act())
    env.reset()
    env.step(script.act())
    assert len(script.seen) == 1
    assert script.palm(0).position[2] == pytest.approx(script.seen[0], abs=1e-3)


def test_joints_wait_for_the_slowest_so_that_the_palm_keeps_to_its_path() -> None:
    class Swing(Script):
        def plan(self, env: int) -> Iterator[Move]:
            yield Move(Pose(self.palm(env).position, Rotation.from_euler("z", 0.8) * self.palm(env).rotation))

    env = make_env("pick_place", 1, seed=0)
    env.reset()
    script = Swing(env)
    place = script.palm(0).position
    saturated = 0
    for _ in range(60):
        actions = script.act()
        saturated += int(np.abs(actions).max() == 1.0)
        env.step(actions)
        in_force = script.kinematics.palm(env.target[0])
        assert np.linalg.norm(in_force.position - place) < 0.01
    assert saturated > 0
