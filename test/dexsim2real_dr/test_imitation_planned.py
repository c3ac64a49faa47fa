"""The expert that plans its way."""

import numpy as np

from dexsim2real_dr.imitation.planned import PlannedPegInsertion, PlannedPickPlace
from dexsim2real_sim import make_env
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.scripted.rollout import run_script
from dexsim2real_sim.tasks.base import Array


def test_it_succeeds() -> None:
    assert run_script(PlannedPickPlace, "pick_place", 2, seed=3, objects=("colored_block",), threads=1).rate == 1.0


def test_its_way_to_the_grasp_is_planned_and_reaches_it() -> None:
    env = make_env("pick_place", 1, seed=1, objects=("soup_can",), threads=1)
    env.reset()
    expert = PlannedPickPlace(env)
    asked: list[tuple[Pose, Array]] = []
    approach = expert.approach

    def noted(index: int, palm: Pose, hand: Array, over: Array):
        asked.append((palm, hand))
        return approach(index, palm, hand, over)

    expert.approach = noted  # type: ignore[method-assign]
    while expert.planned == 0 or expert._legs[0].over is False:
        env.step(expert.act())
    assert expert.unplanned == 0
    palm, hand = asked[0]
    metres, radians = expert.palm_target(0).distance(palm)
    assert metres < 1e-3
    assert radians < 1e-3
    assert abs(expert.targets[0, 7:] - hand).max() < 1e-6


def test_where_no_way_is_found_it_goes_as_the_script() -> None:
    env = make_env("pick_place", 1, seed=1, objects=("soup_can",), threads=1)
    env.reset()
    expert = PlannedPickPlace(env)
    nowhere = Pose.of(env.sim.pose("object")[0]).moved(z=3.0)
    moves = list(expert.approach(0, nowhere, env.target[0, 7:], env.target[0, :7]))
    assert (expert.planned, expert.unplanned) == (0, 1)
    assert moves[-1].palm == nowhere


def test_obstacles_are_all_that_is_on_the_table() -> None:
    env = make_env("peg_insertion", 1, seed=1, difficulty=1.0, threads=1)
    env.reset()
    boxes = PlannedPegInsertion(env)._obstacles(0)
    assert len(boxes) == 5  # the peg, and four walls around the hole
    peg = boxes[int(np.argmax([box.size[2] for box in boxes]))]
    np.testing.assert_allclose(peg.centre, env.sim.pose("peg")[0, :3], atol=1e-6)
    assert abs(peg.size[2] - 0.12) < 1e-3
    # upright and turned by an angle, a square of 0.03 has sides of 0.03 (|cos| + |sin|) along the axes
    assert 0.03 - 1e-6 <= peg.size[0] <= 0.03 * 2**0.5 + 1e-6
