import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.tasks.base import Features

ENVS = np.arange(2)


@pytest.fixture
def env() -> DexEnv:
    env = make_env("in_hand_rotation", 2, seed=0, difficulty=1.0, threads=1)
    env.reset()
    return env


def measure(env: DexEnv) -> Features:
    env.sim.forward(ENVS)
    return env.task.features(env.world)


def palm(env: DexEnv) -> Rotation:
    return Rotation.from_matrix(env.sim.xmat[0, env.sim.body_id("palm")].reshape(3, 3))


def turn(env: DexEnv, degrees: float, axis: str = "x") -> None:
    """Turn both objects, from where they started, about an axis of the palm."""
    about = palm(env) * Rotation.from_euler(axis, degrees, degrees=True) * palm(env).inv()
    start = Rotation.from_quat(env.world.start["object"][:, 3:], scalar_first=True)
    env.sim.pose("object")[:, 3:] = (about * start).as_quat(scalar_first=True)


def test_the_palm_faces_up_and_the_object_lies_on_it(env: DexEnv) -> None:
    features = measure(env)
    # its middle is half its height over the palm's face, which is 11.1 mm over the palm's origin
    height = 0.0111 + env.world.half["object"][:, 2]
    np.testing.assert_allclose(features["object_position"][:, 0], height, atol=1e-4)
    np.testing.assert_allclose(features["turned"], 0.0, atol=1e-3)


def test_turn_and_tilt_are_told_apart(env: DexEnv) -> None:
    turn(env, 30.0)
    features = measure(env)
    np.testing.assert_allclose(np.degrees(features["turned"]), 30.0, atol=0.2)
    np.testing.assert_allclose(np.degrees(features["tilt"]), 0.0, atol=0.2)
    turn(env, 40.0, axis="y")
    features = measure(env)
    np.testing.assert_allclose(np.degrees(features["turned"]), 0.0, atol=0.2)
    np.testing.assert_allclose(np.degrees(features["tilt"]), 40.0, atol=0.2)


def test_turning_the_arm_does_not_count(env: DexEnv) -> None:
    before = palm(env)
    at = env.sim.body_id("palm")
    position = env.sim.pose("object")[:, :3] - env.sim.xpos[:, at]
    env.sim.qpos[:, 0] += 0.8
    env.sim.forward(ENVS)
    moved = palm(env) * before.inv()
    start = Rotation.from_quat(env.world.start["object"][:, 3:], scalar_first=True)
    env.sim.pose("object")[:, :3] = env.sim.xpos[:, at] + moved.apply(position)
    env.sim.pose("object")[:, 3:] = (moved * start).as_quat(scalar_first=True)
    features = measure(env)
    np.testing.assert_allclose(features["turned"], 0.0, atol=1e-3)
    np.testing.assert_allclose(features["tilt"], 0.0, atol=0.01)


def test_the_turn_is_added_up_past_half_a_revolution(env: DexEnv) -> None:
    for degrees in (100.0, 200.0, 300.0, 400.0):
        turn(env, degrees)
        features = measure(env)
    np.testing.assert_allclose(np.degrees(features["turned"]), 400.0, atol=0.5)


def test_the_long_way_round_is_no_success(env: DexEnv) -> None:
    for degrees in (-100.0, -200.0, -270.0):  # -270 looks like 90
        turn(env, degrees)
        features = measure(env)
    np.testing.assert_allclose(np.degrees(features["turned"]), -270.0, atol=0.5)
    assert not env.task.achieved(features, env.world.difficulty).any()


def test_a_new_episode_starts_from_zero(env: DexEnv) -> None:
    for degrees in (100.0, 200.0):
        turn(env, degrees)
        measure(env)
    env.reset()
    np.testing.assert_allclose(env.features["turned"], 0.0, atol=1e-3)


@pytest.mark.parametrize(("difficulty", "enough", "short"), [(1.0, 86.0, 84.0), (0.0, 16.0, 14.0)])
def test_five_degrees_may_be_missing(env: DexEnv, difficulty: float, enough: float, short: float) -> None:
    env.world.difficulty[:] = difficulty
    for degrees, expected in ((enough, True), (short, False)):
        turn(env, degrees)
        assert (env.task.achieved(measure(env), env.world.difficulty) == expected).all()


def test_failures_say_what_is_missing(env: DexEnv) -> None:
    turn(env, 50.0)
    assert env.task.failure(measure(env), env.world.difficulty, 0) == "the object is turned by 50 degrees, needed 85"
    turn(env, 40.0, axis="z")
    assert env.task.failure(measure(env), env.world.difficulty, 0) == "the object is tilted by 40 degrees, allowed 30"
    turn(env, 70.0, axis="z")  # onto another side
    assert env.task.lost(measure(env)).all()
    turn(env, 0.0)
    env.sim.pose("object")[0, 2] -= 0.1
    features = measure(env)
    assert env.task.lost(features).tolist() == [True, False]
    assert env.task.failure(features, env.world.difficulty, 0).startswith("the object has left the palm")


def test_reward_wants_the_right_spin_and_the_angle(env: DexEnv) -> None:
    def reward() -> float:
        return float(env.task.reward(measure(env), env.world.difficulty)[0])

    still = reward()
    axis = env.sim.twist("object")
    axis[:, 3:] = [0.0, 0.0, 0.5]  # about the object's own z, which is the palm's normal
    # spin counts half
    assert reward() == pytest.approx(still + 0.25, abs=0.01)
    axis[:, 3:] = [0.0, 0.0, -0.5]
    assert reward() == pytest.approx(still - 0.25, abs=0.01)
    axis[:, 3:] = 0.0
    turn(env, 60.0)
    # angle to go: 1/(1 + 1.571) = 0.389 before, 1/(1 + 0.524) = 0.656 now; fingertips at another side count little
    assert reward() == pytest.approx(still + 0.3 * (0.656 - 0.389), abs=0.03)


def test_doing_nothing_fails_but_drops_nothing() -> None:
    env = make_env("in_hand_rotation", 4, seed=1, difficulty=0.0, threads=1)
    env.reset()
    for _ in range(900):
        _, _, terminated, truncated, info = env.step(np.zeros((4, 23)))
        assert not terminated.any()
    assert truncated.all()
    assert all("needed 15" in reason for reason in info["final_reasons"])
