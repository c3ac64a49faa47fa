"""Peg insertion: the hole's clearance, and what counts as seated."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.pinch import YAW
from dexsim2real_sim.tasks.base import Features, upright
from dexsim2real_sim.tasks.peg_insertion import HOLE, PEG

FULL, EASY = np.ones(1), np.zeros(1)


@pytest.fixture
def env() -> DexEnv:
    env = make_env("peg_insertion", 1, seed=0, threads=1)
    env.reset()
    return env


def way(x: float, y: float, gap: float) -> Features:
    """A lifted peg whose lower end is that far from the hole's middle and ground."""
    return {
        "to_goal": np.array([[x, y, -gap]]),
        "turn": np.zeros(1),
        "tips_to_markers": np.zeros((1, 3, 3)),
        "lifted": np.array([0.1]),
    }


def test_features_of_a_state_set_by_hand(env: DexEnv) -> None:
    env.sim.pose("peg")[:] = upright(HOLE[0] - 0.01, HOLE[1], 0.10, YAW + np.pi / 2 + 0.1)
    features = env.task.features(env.world)
    np.testing.assert_allclose(features["to_goal"][0], [0.01, 0.0, -0.04], atol=1e-9)  # 12 cm long, middle at 10
    assert features["turn"][0] == pytest.approx(0.1)  # against the nearest quarter
    upside_down = Rotation.from_euler("z", YAW) * Rotation.from_euler("x", np.pi)
    env.sim.pose("peg")[0, 3:] = upside_down.as_quat(scalar_first=True)
    np.testing.assert_allclose(env.task.features(env.world)["to_goal"][0], [0.01, 0.0, -0.04], atol=1e-9)


@pytest.mark.parametrize(
    ("features", "full", "easy"),
    [
        (way(0.0, 0.0, 0.0005), True, True),
        (way(0.0, 0.0, 0.002), False, True),
        (way(0.0, 0.0, 0.006), False, False),
        (way(0.003, 0.0, 0.0), False, False),  # beside the hole: on the table
    ],
)
def test_seated_is_inside_and_on_the_ground(env: DexEnv, features: Features, full: bool, easy: bool) -> None:
    assert env.task.achieved(features, FULL)[0] == full
    assert env.task.achieved(features, EASY)[0] == easy


def test_the_failure_says_where_the_end_is(env: DexEnv) -> None:
    reason = env.task.failure(way(0.03, 0.04, 0.05), FULL, 0)
    assert reason == "the peg's lower end is 50.0 mm beside the hole's middle, 50.0 mm above its ground"
    reason = env.task.failure(way(0.0, 0.0, 0.02), FULL, 0)
    assert reason == "the peg is 20.0 mm above the ground of the hole, allowed 1.0 mm"


def test_reward_by_hand(env: DexEnv) -> None:
    assert env.task.reward(way(0.0, 0.0, 0.0), FULL)[0] == pytest.approx(1.0)
    assert env.task.reward(way(0.0, 0.05, 0.0), FULL)[0] == pytest.approx(0.4 + 0.6 / 2)  # 1 + 20 * 0.05 = 2


def across_of(wall: object) -> np.ndarray:
    """Direction through the thickness of a wall, shape (3,)."""
    return Rotation.from_quat(wall.quat, scalar_first=True).apply([1.0, 0.0, 0.0])


def drop(env: DexEnv, x: float, y: float, yaw: float) -> float:
    """Let the peg fall over the hole with the hand away; the height at which its end comes to rest [m]."""
    env.sim.pose("peg")[:] = upright(HOLE[0] + x, HOLE[1] + y, PEG.half[2] + 0.035, YAW + yaw)
    env.sim.qvel[:] = 0.0
    for _ in range(30):
        env.step(np.zeros((1, 23)))
    return -float(env.features["to_goal"][0, 2])


def test_the_peg_fits_with_half_a_millimetre_on_each_side(env: DexEnv) -> None:
    across = Rotation.from_euler("z", YAW).apply([1.0, 0.0, 0.0])
    assert drop(env, *(0.0003 * across[:2]), 0.0) < 0.001
    assert drop(env, *(0.006 * across[:2]), 0.0) > 0.01  # from closer it tips into the hole
    assert drop(env, 0.0, 0.0, 0.5) > 0.01  # turned by less it finds its way
    model = env.sim.model
    walls = [model.geom(f"wall_{side}") for side in range(4)]
    for one, other in ((walls[0], walls[2]), (walls[1], walls[3])):
        width = np.linalg.norm((one.pos - other.pos) @ across_of(one)) - 2 * one.size[0]
        assert width == pytest.approx(PEG.extent[0] + 0.001)


@pytest.mark.parametrize("difficulty", [0.0, 0.3, 1.0])
def test_doing_nothing_fails(difficulty: float) -> None:
    env = make_env("peg_insertion", 4, seed=3, difficulty=difficulty)
    env.reset()
    for _ in range(int(env.task.time_limit * env.config.policy_rate)):
        *_, info = env.step(np.zeros((4, 23)))
        assert not info["success"].any()
    assert all(info["final_reasons"])


@pytest.mark.parametrize("table_height", [-0.02, 0.0, 0.02])
def test_easy_episodes_start_with_the_peg_held_over_the_hole(table_height: float) -> None:
    class Height:
        names = ("table_height",)

        def sample(self, rng: np.random.Generator, count: int) -> np.ndarray:
            return np.full((count, 1), table_height)

    env = make_env("peg_insertion", 8, seed=4, difficulty=0.1, sampler=Height())
    env.reset()
    start = env.sim.pose("peg")[:, :3].copy()
    for _ in range(30):
        env.step(np.zeros((8, 23)))
    assert np.linalg.norm(env.sim.pose("peg")[:, :3] - start, axis=1).max() < 0.006
    assert env.sim.touching[:, [0, 1, 3]].all()
