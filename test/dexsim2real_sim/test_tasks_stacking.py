"""Stacking: what counts as stacked, and for how long."""

import numpy as np
import pytest

from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.tasks.base import Features, upright
from dexsim2real_sim.tasks.stacking import APART

FULL, EASY = np.ones(1), np.zeros(1)


@pytest.fixture(scope="module")
def env() -> DexEnv:
    env = make_env("stacking", 1, seed=0, threads=1)
    env.reset()
    return env


def stacked(**changed: object) -> Features:
    """A cube exactly on the other, let go, but for what is changed."""
    features = {
        "offset": np.zeros((1, 3)),
        "tips_to_markers": np.full((1, 3, 3), 10.0),
        "touching": np.zeros((1, 4)),
        "lifted": np.array([0.1]),
    }
    return features | {name: np.array([value], dtype=float) for name, value in changed.items()}


def test_offset_of_a_state_set_by_hand(env: DexEnv) -> None:
    env.reset()
    env.sim.pose("base")[:] = upright(0.5, 0.1, 0.025)
    env.sim.pose("top")[:] = upright(0.51, 0.08, 0.095, 0.5)  # both 5 cm: lying on it would be 0.075
    features = env.task.features(env.world)
    np.testing.assert_allclose(features["offset"][0], [0.01, -0.02, 0.02], atol=1e-9)
    assert features["lifted"][0] == pytest.approx(0.07)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"offset": [0.0, 0.0, 0.01]}, "10 mm above the top of the lower one, 0 mm aside"),
        ({"offset": [0.1, 0.0, -0.05]}, "50 mm below the top of the lower one, 100 mm aside"),
        ({"offset": [0.003, 0.0045, 0.0]}, "centres are 5.4 mm apart, allowed 5.0 mm"),
        ({"touching": [0.0, 0.0, 0.0, 1.0]}, "1 fingertips still touch"),
    ],
)
def test_each_thing_that_may_be_missing_is_named(env: DexEnv, changed: dict[str, object], reason: str) -> None:
    features = stacked(**changed)
    assert not env.task.achieved(features, FULL)[0]
    assert reason in env.task.failure(features, FULL, 0)


def test_stacked_counts_and_easier_allows_two_centimetres(env: DexEnv) -> None:
    assert env.task.achieved(stacked(), FULL)[0]
    assert env.task.achieved(stacked(offset=[0.019, 0.0, 0.0]), EASY)[0]
    assert not env.task.achieved(stacked(offset=[0.019, 0.0, 0.0]), FULL)[0]


def test_reward_by_hand(env: DexEnv) -> None:
    assert env.task.reward(stacked(), FULL)[0] == pytest.approx(1.0)
    # fingers on their markers: 0.2; lifted: 0.2; 10 cm away: 0.5 / (1 + 20 * 0.1)
    features = stacked(tips_to_markers=np.zeros((3, 3)), offset=[0.0, 0.1, 0.0])
    assert env.task.reward(features, FULL)[0] == pytest.approx(0.4 + 0.5 / 3)


def test_a_stack_must_stand_for_three_seconds() -> None:
    env = make_env("stacking", 2, seed=0, threads=1)
    env.reset()
    x, y = 0.55, 0.25  # away from the hand
    env.sim.pose("base")[:] = upright(x, y, 0.025)
    env.sim.pose("top")[:] = upright(x, y, 0.075)
    env.sim.pose("top")[1, 0] += 0.03  # does not fall, but is no stack
    success = [env.step(np.zeros((2, 23)))[4]["success"] for _ in range(95)]
    assert np.argmax([s[0] for s in success]) == pytest.approx(3.0 * 30, abs=1)
    assert not any(s[1] for s in success)


@pytest.mark.parametrize("difficulty", [0.0, 0.3, 1.0])
def test_doing_nothing_fails(difficulty: float) -> None:
    env = make_env("stacking", 4, seed=3, difficulty=difficulty)
    env.reset()
    for _ in range(int(env.task.time_limit * env.config.policy_rate)):
        *_, info = env.step(np.zeros((4, 23)))
        assert not info["success"].any()
    assert all(info["final_reasons"])


@pytest.mark.parametrize("difficulty", [0.0, 0.2])
def test_easy_episodes_start_with_the_cube_held_over_the_other(difficulty: float) -> None:
    env = make_env("stacking", 8, seed=4, difficulty=difficulty, objects="all")
    env.reset()
    for _ in range(30):
        env.step(np.zeros((8, 23)))
    offset = env.features["offset"]
    assert (offset[:, 2] > 0.02).all()
    assert np.linalg.norm(offset[:, :2], axis=1).max() < 0.07
    assert env.sim.touching[:, [0, 1, 3]].all()


@pytest.mark.parametrize("difficulty", [0.4, 1.0])
def test_the_cubes_start_in_the_area_with_room_between_them(difficulty: float) -> None:
    env = make_env("stacking", 100, seed=5, difficulty=difficulty)
    env.reset()
    base, top = env.sim.pose("base")[:, :2], env.sim.pose("top")[:, :2]
    assert np.linalg.norm(top - base, axis=1).min() >= APART - 1e-9
    assert np.abs(base - [0.55, 0.0]).max() <= 0.075
