import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.tasks.base import Features
from dexsim2real_sim.tasks.pouring import BOWL, GRANULES

ENVS = np.arange(2)
IN_BOWL, ON_TABLE, IN_AIR = [*BOWL, 0.02], [0.3, 0.3, 0.009], [0.3, 0.3, 0.3]


@pytest.fixture
def env() -> DexEnv:
    env = make_env("pouring", 2, seed=0, threads=1)
    env.reset()
    return env


def measure(env: DexEnv) -> Features:
    env.sim.forward(ENVS)
    return env.task.features(env.world)


def scatter(env: DexEnv, in_bowl: int = 0, on_table: int = 0, in_air: int = 0) -> Features:
    """Move the first granules of environment 0; the others stay in the cup."""
    for index, place in enumerate([IN_BOWL] * in_bowl + [ON_TABLE] * on_table + [IN_AIR] * in_air):
        start, _ = env.sim.free_address(f"granule_{index}")
        env.sim.qpos[0, start : start + 3] = place
    return measure(env)


def test_granules_are_counted_where_they_are(env: DexEnv) -> None:
    features = scatter(env, in_bowl=6, on_table=3, in_air=1)
    np.testing.assert_allclose(features["in_bowl"], [6 / 12, 0.0])
    np.testing.assert_allclose(features["spilled"], [3 / 12, 0.0])  # one in the air may still fall into the bowl


def test_the_bowl_moves_with_the_table() -> None:
    class High:
        names = ("table_height",)

        def sample(self, rng: np.random.Generator, count: int) -> np.ndarray:
            return np.full((count, 1), 0.05)

    env = make_env("pouring", 2, seed=0, threads=1, sampler=High())
    env.reset()
    assert scatter(env, in_bowl=5)["in_bowl"][0] == 0.0  # below the bowl now
    np.testing.assert_allclose(env.sim.xpos[0, env.sim.body_id("bowl")], [*BOWL, 0.05], atol=1e-9)


@pytest.mark.parametrize(("count", "expected"), [(9, True), (8, False)])  # 75 % and 67 %
def test_seventy_percent_are_enough(env: DexEnv, count: int, expected: bool) -> None:
    achieved = env.task.achieved(scatter(env, in_bowl=count), env.world.difficulty)
    assert achieved.tolist() == [expected, False]


@pytest.mark.parametrize(("count", "expected"), [(4, True), (3, False)])  # 33 % and 25 %
def test_with_more_than_thirty_percent_spilled_it_is_lost(env: DexEnv, count: int, expected: bool) -> None:
    assert env.task.lost(scatter(env, on_table=count)).tolist() == [expected, False]


def test_a_cup_off_the_table_is_lost(env: DexEnv) -> None:
    env.sim.pose("cup")[1, 2] = -0.2
    assert env.task.lost(measure(env)).tolist() == [False, True]


def test_the_mouth_is_seven_centimetres_up_the_cup(env: DexEnv) -> None:
    tilted = Rotation.from_euler("y", 90.0, degrees=True)  # the mouth points along x
    env.sim.pose("cup")[:] = [0.6, 0.1, 0.2, *tilted.as_quat(scalar_first=True)]
    features = measure(env)
    np.testing.assert_allclose(features["cup_up"][0], [1.0, 0.0, 0.0], atol=1e-9)
    # mouth at (0.67, 0.1, 0.2), 6 cm over the rim of the bowl is (0.74, 0, 0.11)
    np.testing.assert_allclose(features["mouth_to_bowl"][0], [0.07, -0.1, -0.09], atol=1e-9)


def test_the_failure_says_how_much_is_where(env: DexEnv) -> None:
    features = scatter(env, in_bowl=6, on_table=3)
    reason = env.task.failure(features, env.world.difficulty, 0)
    assert reason.startswith("50% of the granules' mass is in the bowl, needed 70%; 25% is spilled")


def test_reward_grows_with_every_granule_and_with_the_way_to_the_bowl(env: DexEnv) -> None:
    def reward(features: Features) -> float:
        return float(env.task.reward(features, env.world.difficulty)[0])

    standing = reward(measure(env))
    env.sim.pose("cup")[0, :3] = [0.72, 0.0, 0.1]
    over = reward(measure(env))
    assert over > standing + 0.05
    # each granule counts 0.4 / 12
    assert reward(scatter(env, in_bowl=3)) == pytest.approx(over + 0.1, abs=1e-6)


@pytest.mark.parametrize("difficulty", [0.0, 0.4, 1.0])
def test_doing_nothing_fails_and_spills_nothing(difficulty: float) -> None:
    env = make_env("pouring", 2, seed=1, difficulty=difficulty, threads=1)
    env.reset()
    for _ in range(150):
        _, _, terminated, _, _ = env.step(np.zeros((2, 23)))
        assert not terminated.any()
    features = env.features
    assert features["in_bowl"].max() == features["spilled"].max() == 0.0
    assert not env.task.achieved(features, env.world.difficulty).any()
    granules = [env.sim.qpos[:, env.sim.free_address(f"granule_{i}")[0] + 2] for i in range(GRANULES)]
    assert np.min(granules) > 0.005  # none has fallen through a floor
