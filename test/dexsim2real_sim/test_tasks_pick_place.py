"""Pick and place: what counts as carried, placed and let go."""

import numpy as np
import pytest

from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.tasks.base import Features, upright
from dexsim2real_sim.tasks.pick_place import ZONE

FULL, EASY = np.ones(1), np.zeros(1)


@pytest.fixture(scope="module")
def env() -> DexEnv:
    env = make_env("pick_place", 1, seed=0, objects="colored_block", threads=1)
    env.reset()
    return env


def placed(**changed: object) -> Features:
    """A cube in the zone's middle that was lifted 10 cm and let go, but for what is changed."""
    features = {
        "object_velocity": np.zeros((1, 3)),
        "to_goal": np.zeros((1, 3)),
        "tips_to_markers": np.full((1, 3, 3), 10.0),  # fingers far away
        "touching": np.zeros((1, 4)),
        "lifted": np.array([0.1]),
    }
    return features | {name: np.array([value], dtype=float) for name, value in changed.items()}


def test_features_of_a_state_set_by_hand(env: DexEnv) -> None:
    env.reset()
    env.sim.pose("object")[:] = upright(0.5, 0.1, 0.125)  # half edge 25 mm: 10 cm above the table
    features = env.task.features(env.world)
    np.testing.assert_allclose(features["to_goal"][0], [0.05, 0.1, -0.1], atol=1e-9)  # the zone is at (0.55, 0.2)
    assert features["lifted"][0] == pytest.approx(0.1)
    env.sim.pose("object")[:] = upright(*ZONE, 0.025)
    features = env.task.features(env.world)
    np.testing.assert_allclose(features["to_goal"][0], 0.0, atol=1e-9)
    assert features["lifted"][0] == pytest.approx(0.1)  # the highest so far
    env.reset()
    assert env.task.features(env.world)["lifted"][0] == pytest.approx(0.0, abs=1e-3)


def test_contact_goals_are_on_the_sides_of_the_cube(env: DexEnv) -> None:
    env.reset()
    env.sim.pose("object")[:] = upright(0.5, 0.1, 0.025, np.radians(-75.0))
    markers = env.task.features(env.world)["tips_to_markers"][0] + env.sim.tip_middles[0, [0, 1, 3]]
    away = np.array([np.cos(np.radians(-75.0)), np.sin(np.radians(-75.0))])
    np.testing.assert_allclose(markers[2], [*(np.array([0.5, 0.1]) - 0.025 * away), 0.025], atol=1e-9)
    np.testing.assert_allclose(markers[:2].mean(axis=0), [*(np.array([0.5, 0.1]) + 0.025 * away), 0.025], atol=1e-9)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"lifted": 0.02}, "lifted 2.0 cm at most, needed 3.0 cm"),
        ({"to_goal": [0.03, 0.04, 0.0]}, "5.0 cm from the zone's middle, allowed 4.0 cm"),
        ({"to_goal": [0.0, 0.0, -0.02]}, "2.0 cm over its place on the table, allowed 1.0 cm"),
        ({"touching": [1.0, 1.0, 0.0, 0.0]}, "2 fingertips still touch"),
        ({"object_velocity": [0.1, 0.0, 0.0]}, "moves at 0.10 m/s, allowed 0.05 m/s"),
    ],
)
def test_each_thing_that_may_be_missing_is_named(env: DexEnv, changed: dict[str, object], reason: str) -> None:
    features = placed(**changed)
    assert not env.task.achieved(features, FULL)[0]
    assert reason in env.task.failure(features, FULL, 0)


def test_placed_counts_and_easier_means_a_larger_zone(env: DexEnv) -> None:
    assert env.task.achieved(placed(), FULL)[0]
    assert env.task.achieved(placed(to_goal=[0.03, 0.04, 0.0]), EASY)[0]
    assert env.task.achieved(placed(to_goal=[0.0, 0.0, 0.03]), FULL)[0]  # toppled: lower than it would stand


def test_reward_by_hand(env: DexEnv) -> None:
    assert env.task.reward(placed(), FULL)[0] == pytest.approx(1.0)
    # held there by two fingers: 0.9 + 0.1 (1 - 2 / 4)
    assert env.task.reward(placed(touching=[1, 1, 0, 0]), FULL)[0] == pytest.approx(0.95)
    # fingers 1.27 cm (the skin's radius) and 5 cm further from the markers: 1 / (1 + 20 * 0.05) = 0.5 of 0.2
    apart = placed(tips_to_markers=np.array([[0.0627, 0.0, 0.0]] * 3), to_goal=[0.0, 0.1, -0.1], lifted=0.015)
    # half lifted: 0.5 * 0.3, and half of 0.4 / (1 + 10 * sqrt(0.02))
    expected = 0.2 * 0.5 + 0.3 * 0.5 + 0.4 * 0.5 / (1 + 10 * np.sqrt(0.02))
    assert env.task.reward(apart, FULL)[0] == pytest.approx(expected)


def test_an_object_on_the_floor_is_lost(env: DexEnv) -> None:
    env.reset()
    env.sim.pose("object")[0, 2] = -0.5
    assert env.task.lost(env.task.features(env.world))[0]


@pytest.mark.parametrize("difficulty", [0.0, 0.2, 0.45, 1.0])
def test_doing_nothing_fails(difficulty: float) -> None:
    env = make_env("pick_place", 6, seed=3, difficulty=difficulty)
    env.reset()
    for _ in range(int(env.task.time_limit * env.config.policy_rate)):
        *_, truncated, info = env.step(np.zeros((6, 23)))
        assert not info["success"].any()
    assert truncated.sum() >= 4  # all but what fell off the table
    assert all(info["final_reasons"])


@pytest.mark.parametrize("difficulty", [0.0, 0.3])
def test_easy_episodes_start_with_the_object_in_the_hand(difficulty: float) -> None:
    env = make_env("pick_place", 12, seed=4, difficulty=difficulty, objects="all")
    env.reset()
    start = env.sim.pose("object")[:, :3].copy()
    for _ in range(45):
        env.step(np.zeros((12, 23)))
    assert np.linalg.norm(env.sim.pose("object")[:, :3] - start, axis=1).max() < 0.015
    assert env.sim.touching[:, [0, 1, 3]].all()


def test_the_full_task_starts_anywhere_in_the_area_with_the_hand_away() -> None:
    env = make_env("pick_place", 200, seed=5)
    env.reset()
    place = env.sim.pose("object")[:, :2] - [0.55, 0.0]
    assert np.abs(place).max() <= 0.075
    assert np.std(place, axis=0) == pytest.approx(0.15 / np.sqrt(12), rel=0.15)  # of a uniform distribution
    np.testing.assert_allclose(np.ptp(env.sim.joint_position, axis=0), 0.0, atol=1e-12)
