import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.tasks.base import Features
from dexsim2real_sim.tasks.tool_use import PLATE

ENVS = np.arange(2)
ON_PLATE = 0.036
"""Plate 3 cm, half the toast 0.6 cm [m]."""


@pytest.fixture
def env() -> DexEnv:
    env = make_env("tool_use", 2, seed=0, threads=1)
    env.reset()
    return env


def lay(env: DexEnv, x: float = 0.0, z: float = ON_PLATE, turned: float = 180.0) -> Features:
    """Toast of environment 0 `x` beside the plate's middle, turned by some degrees."""
    rotation = Rotation.from_euler("y", turned, degrees=True).as_quat(scalar_first=True)
    env.sim.pose("toast")[0] = [PLATE[0] + x, PLATE[1], z, *rotation]
    env.sim.forward(ENVS)
    return env.task.features(env.world)


def test_the_toast_starts_on_the_grill_and_the_spatula_stands(env: DexEnv) -> None:
    features = env.features
    np.testing.assert_allclose(features["toast_position"][:, 2], 0.016, atol=1e-6)  # rails of 1 cm
    np.testing.assert_allclose(features["turned"], 0.0, atol=1e-6)
    for _ in range(60):
        env.step(np.zeros((2, 23)))
    upright = Rotation.from_quat(env.sim.pose("tool")[:, 3:], scalar_first=True).apply([0.0, 0.0, 1.0])
    assert upright[:, 2].min() > 0.999
    np.testing.assert_allclose(env.features["toast_position"][:, 2], 0.016, atol=5e-4)


def test_the_turn_is_about_any_horizontal_axis(env: DexEnv) -> None:
    np.testing.assert_allclose(np.degrees(lay(env, turned=120.0)["turned"][0]), 120.0, atol=1e-6)
    spun = Rotation.from_euler("xz", [100.0, 70.0], degrees=True)
    env.sim.pose("toast")[0, 3:] = spun.as_quat(scalar_first=True)
    np.testing.assert_allclose(np.degrees(env.task.features(env.world)["turned"][0]), 100.0, atol=1e-6)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({}, True),
        ({"x": 0.019}, True),
        ({"x": 0.021}, False),
        ({"turned": 172.0}, True),
        ({"turned": 160.0}, False),  # over, but leaning on something
        ({"turned": 0.0}, False),
        ({"z": ON_PLATE + 0.01}, False),
    ],
)
def test_turned_flat_and_on_the_plate(env: DexEnv, case: dict[str, float], expected: bool) -> None:
    assert bool(env.task.achieved(lay(env, **case), env.world.difficulty)[0]) is expected


def test_the_easiest_allows_four_centimetres(env: DexEnv) -> None:
    env.world.difficulty[:] = 0.0
    assert env.task.achieved(lay(env, x=0.039), env.world.difficulty)[0]
    assert not env.task.achieved(lay(env, x=0.041), env.world.difficulty)[0]


def test_moving_toast_has_not_landed(env: DexEnv) -> None:
    env.sim.twist("toast")[0, 0] = 0.06
    features = lay(env)
    assert not env.task.achieved(features, env.world.difficulty)[0]
    assert "moves at 0.06 m/s" in env.task.failure(features, env.world.difficulty, 0)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"turned": 100.0}, "the toast is turned by 100 degrees, needed 150"),
        ({"x": 0.05}, "the toast is 5.0 cm from the plate's middle, allowed 2.0 cm"),
        ({"turned": 160.0}, "the toast does not lie flat: 20 degrees off, height 0.0 cm off"),
        ({"z": ON_PLATE + 0.02}, "the toast does not lie flat: 0 degrees off, height 2.0 cm off"),
    ],
)
def test_failures_say_what_is_missing(env: DexEnv, case: dict[str, float], words: str) -> None:
    assert env.task.failure(lay(env, **case), env.world.difficulty, 0) == words


def test_toast_on_the_bare_table_or_a_fallen_spatula_is_lost(env: DexEnv) -> None:
    assert env.task.lost(lay(env, x=0.2, z=0.006)).tolist() == [True, False]
    env.sim.pose("tool")[1, 2] = -0.3
    assert env.task.lost(lay(env)).tolist() == [False, True]


def test_reward_leads_over_the_grill_to_the_plate(env: DexEnv) -> None:
    stages = [env.features, lay(env, z=0.08, turned=0.0), *(lay(env, turned=turned) for turned in (60.0, 120.0, 180.0))]
    rewards = [float(env.task.reward(features, env.world.difficulty)[0]) for features in stages]
    assert (np.diff(rewards) > 0.05).all()
    assert rewards[-1] < 1.0


@pytest.mark.parametrize("difficulty", [0.0, 0.3, 0.6, 1.0])
def test_doing_nothing_fails_and_drops_nothing(difficulty: float) -> None:
    env = make_env("tool_use", 2, seed=1, difficulty=difficulty, threads=1)
    env.reset()
    for _ in range(150):
        _, _, terminated, _, _ = env.step(np.zeros((2, 23)))
        assert not terminated.any()
    assert env.features["turned"].max() < np.radians(40.0)


def test_the_spatula_has_the_mass_and_inertia_of_its_parts(env: DexEnv) -> None:
    body = env.sim.model.body("tool")
    assert body.mass[0] == pytest.approx(0.15)
    # blade's middle at x 6.5 cm, z -7.65 cm, a third of the mass: a third of the way there
    np.testing.assert_allclose(body.ipos, [0.02167, 0.0, -0.0255], atol=1e-5)
    # traces: handle 0.1/6 (2 * 0.032^2 + 0.13^2) = 3.158e-4, blade 0.05/6 (0.2^2 + 0.044^2 + 0.003^2) = 3.495e-4,
    # offsets 2 (0.1 * 0.00112 + 0.05 * 0.00448) = 6.719e-4
    assert body.inertia.sum() == pytest.approx(1.3372e-3, rel=1e-3)
