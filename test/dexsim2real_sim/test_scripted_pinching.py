"""The scripted motions succeed at the full difficulty, and do what they say on the way."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dexsim2real_sim.env import make_env
from dexsim2real_sim.pinch import YAW
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted import SCRIPTS
from dexsim2real_sim.scripted.pick_place import PickPlaceScript
from dexsim2real_sim.scripted.pinching import CLEARANCE, PinchScript, upright_turn
from dexsim2real_sim.scripted.rollout import run_script
from dexsim2real_sim.scripted.script import Move
from dexsim2real_sim.tasks.base import upright


@pytest.mark.parametrize(("task", "episodes"), [("pick_place", 6), ("stacking", 3), ("peg_insertion", 3)])
def test_script_reaches_success_at_full_difficulty(task: str, episodes: int) -> None:
    result = run_script(SCRIPTS[task], task, episodes, seed=0, difficulty=1.0)
    assert result.rate >= 0.6, result.reasons
    assert all(bool(reason) != success for success, reason in zip(result.success, result.reasons, strict=True))


def test_upright_turn_is_the_shortest_that_stands_the_body_up() -> None:
    body = Pose(np.zeros(3), Rotation.from_euler("zx", [0.7, 0.1]))
    straight = upright_turn(body) * body.rotation
    np.testing.assert_allclose(straight.apply([0.0, 0.0, 1.0]), [0.0, 0.0, 1.0], atol=1e-12)
    assert upright_turn(body).magnitude() == pytest.approx(0.1)
    lying = Pose(np.zeros(3), Rotation.from_euler("x", np.pi / 2 + 0.05))
    assert upright_turn(lying).magnitude() == pytest.approx(0.05)


class Pick(PinchScript):
    """Picks the object up once and records what it was told."""

    turn = 0.0

    def plan(self, env: int) -> Iterator[Move]:
        self.turn = yield from self.pick(env, "object", self.env.starter.objects[env]["object"])


def test_a_box_that_only_the_turned_wrist_can_pinch_is_picked_up() -> None:
    env = make_env("pick_place", 1, seed=0, objects="pudding_box")
    env.reset()
    env.sim.pose("object")[:] = upright(0.55, 0.0, 0.0445, np.radians(30.0))
    script = Pick(env)
    for _ in range(400):
        env.step(script.act())
    assert env.sim.pose("object")[0, 2] > 0.0445 + 0.08
    assert script.turn == pytest.approx(np.radians(75.0 - 30.0), abs=0.01)


def test_pick_lifts_and_says_how_far_to_turn() -> None:
    env = make_env("pick_place", 1, seed=0, objects="colored_block")
    env.reset()
    script, start = Pick(env), env.sim.pose("object")[0].copy()
    for _ in range(130):
        env.step(script.act())
    assert env.sim.pose("object")[0, 2] - start[2] == pytest.approx(CLEARANCE, abs=0.01)
    yaw = Rotation.from_quat(start[3:], scalar_first=True).as_rotvec()[2]
    assert np.sin(2 * (script.turn - YAW + yaw)) == pytest.approx(0.0, abs=1e-3)  # a multiple of a quarter turn
    assert abs(script.turn) <= np.pi / 4 + 1e-3


def test_what_is_held_in_the_air_is_not_let_go() -> None:
    env = make_env("pick_place", 1, seed=0, objects="colored_block", difficulty=0.2)
    env.reset()
    script, heights = Pick(env), []
    for _ in range(60):
        env.step(script.act())
        heights.append(float(-env.features["to_goal"][0, 2]))
    assert min(heights) > 0.05  # it began 6 to 11 cm over the table
    assert heights[-1] == pytest.approx(CLEARANCE, abs=0.01)


def test_who_takes_over_near_the_table_lets_go_and_withdraws_first() -> None:
    env = make_env("pick_place", 1, seed=0, objects="colored_block", pregrasp=True)
    env.reset()
    script = SCRIPTS["pick_place"](env)
    env.sim.pose("object")[0, 1] += 0.1
    env.step(np.zeros((1, 23)))
    script.begin(0)
    low = script.palm_target(0).position[2]
    for _ in range(50):
        env.step(script.act())
    assert script.palm_target(0).position[2] - low == pytest.approx(CLEARANCE, abs=0.02)
    assert not env.sim.touching[0].any()


class TakeOver(PickPlaceScript):
    """The legs of a plan that begins in the midst of an episode, before its own."""

    def legs(self) -> list[Move]:
        return list(self.take_over(0, "object", self.env.starter.objects[0]["object"]))


@pytest.mark.parametrize(
    ("height", "around"),
    [(0.0, True), (0.05, False), (0.3, False)],  # open around it, fingers beside it, over it
)
def test_a_hand_goes_on_from_around_its_object_or_over_it_and_withdraws_from_beside_it(
    height: float, around: bool
) -> None:
    env = make_env("pick_place", 1, seed=0, objects="sugar_box", pregrasp=True)  # 0.175 m high
    env.reset()
    script = TakeOver(env)
    body, model = env.sim.pose("object")[0], env.starter.objects[0]["object"]
    body[2] -= height
    env.sim.forward(np.array([0]))
    env.steps[:] = 50
    assert script.around(0, "object", model) == around
    assert bool(script.legs()) == (height == 0.05)
    env.steps[:] = 0
    assert not script.legs()
