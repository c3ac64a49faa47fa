"""Determinism, containment of failures, episodes and bad input of the batched environment."""

import re

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_sim.env import make_env
from dexsim2real_sim.randomization import Uniform

TASK = "pick_place"


def actions(num_envs, steps, seed=3):
    """The same actions for the same environment, whatever the number of environments."""
    rows = [np.random.default_rng([seed, i]).uniform(-1, 1, (steps, 23)) for i in range(num_envs)]
    return np.stack(rows, axis=1)


def rollout(num_envs, threads, steps=40):
    """All observations of the first eight environments, and their rewards, as bytes."""
    env = make_env(TASK, num_envs=num_envs, seed=5, threads=threads, sampler=Uniform())
    observation, _ = env.reset()
    seen = [observation]
    rewards = []
    for action in actions(num_envs, steps):
        observation, reward, *_ = env.step(action)
        seen.append(observation)
        rewards.append(reward[:8])
    return {k: np.stack([o[k][:8] for o in seen]) for k in seen[0]}, np.stack(rewards)


@pytest.fixture(scope="module")
def eight_on_one_thread():
    return rollout(8, threads=1)


@pytest.mark.parametrize(("num_envs", "threads"), [(8, 1), (8, 2), (64, 2)])
def test_bit_identical_whatever_runs_beside_it(eight_on_one_thread, num_envs, threads):
    expected, expected_reward = eight_on_one_thread
    found, reward = rollout(num_envs, threads)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    np.testing.assert_array_equal(reward, expected_reward)


def test_reset_with_the_same_seed_repeats_the_episode():
    env = make_env(TASK, num_envs=4, seed=0, sampler=Uniform())
    first, _ = env.reset(seed=11)
    env.step(actions(4, 1)[0])
    again, _ = env.reset(seed=11)
    other, _ = env.reset(seed=12)
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert np.abs(first["features"] - other["features"]).max() > 1e-3


def test_spaces_match_what_comes_out():
    env = make_env(TASK, num_envs=3)
    observation, _ = env.reset()
    assert env.observation_space.contains(observation)
    assert env.action_space.shape == (3, 23)
    observation, reward, terminated, truncated, info = env.step(np.zeros((3, 23)))
    assert env.observation_space.contains(observation)
    assert reward.dtype == np.float32
    assert terminated.shape == truncated.shape == info["success"].shape == (3,)


def test_targets_move_by_the_action_and_stop_at_the_limits():
    env = make_env(TASK)
    before = env.target.copy()
    towards_middle = np.where(before < (env.cell.limits.lower + env.cell.limits.upper) / 2, 0.5, -0.5)
    env.step(towards_middle)
    np.testing.assert_allclose(env.target - before, towards_middle * np.array(env.action_spec.scale), atol=1e-12)
    for _ in range(200):
        env.step(np.full((1, 23), 1.0))
        if env.steps[0] == 0:
            break
        assert (env.target <= env.cell.limits.upper + 1e-12).all()


def test_time_limit_truncates_and_starts_again():
    env = make_env(TASK, num_envs=2)
    env.reset()
    env.steps[0] = 899  # one step before 30 s at 30 Hz
    observation, _, terminated, truncated, info = env.step(np.zeros((2, 23)))
    assert truncated.tolist() == [True, False]
    assert not terminated.any()
    assert info["final_ids"].tolist() == [0]
    assert env.steps.tolist() == [0, 1]
    assert np.abs(info["final_obs"]["features"][0] - observation["features"][0]).max() > 1e-3


def test_an_episode_is_lost_where_the_gate_would_stop_the_robot():
    env = make_env(TASK, num_envs=2, seed=0)
    env.reset()
    away = np.zeros((2, 23))
    away[0, 0] = 1.0  # the arm turns about its base until the palm is beside the workspace
    for _ in range(90):
        _, _, terminated, _, info = env.step(away)
        if terminated.any():
            break
    assert info["lost"].tolist() == [True, False]
    assert re.fullmatch(r"the palm is at x = 0\.1\d* m, outside 0\.15 to 0\.85 m", info["final_reasons"][0])


def test_the_arm_stays_where_it_is_where_the_task_holds_it():
    env = make_env("in_hand_rotation", seed=0)
    env.reset()
    before = env.target.copy()
    env.step(np.full((1, 23), 0.5))
    assert (env.target[:, :7] == before[:, :7]).all()
    assert (env.target[:, 7:] != before[:, 7:]).all()


def test_the_arms_joints_are_measured_more_finely_than_the_hands():
    env = make_env(TASK, num_envs=64, seed=0)
    env.reset()
    env.set_parameters(np.arange(64), {"position_noise": 0.02, "velocity_noise": 0.1, "torque_noise": 0.02})
    env.step(np.zeros((64, 23)))
    readings, sim = env.sensor_values(), env.sim
    torque = env.plant.servos.torque()
    off = readings.position - sim.joint_position, readings.velocity - sim.joint_velocity, readings.torque - torque
    spread = [(values[:, :7].std(), values[:, 7:].std()) for values in off]
    assert spread[0] == pytest.approx((0.001, 0.02), rel=0.15)
    assert spread[1] == pytest.approx((0.005, 0.1), rel=0.3)
    assert spread[2] == pytest.approx((0.02, 0.02), rel=0.3)


def test_nan_in_one_environment_is_contained_logged_and_counted(tmp_path, caplog):
    env = make_env(TASK, num_envs=3, crash_folder=tmp_path)
    clean = make_env(TASK, num_envs=3)
    env.reset(), clean.reset()
    env.sim.qvel[1, 3] = np.nan
    observation, reward, terminated, _, info = env.step(np.zeros((3, 23)))
    expected, expected_reward, *_ = clean.step(np.zeros((3, 23)))
    assert terminated.tolist() == [False, True, False]
    assert info["unstable"].tolist() == [False, True, False]
    assert env.counters.unstable == 1
    assert "environment 1 became unstable" in caplog.text
    assert len(list(tmp_path.glob("unstable_*.npz"))) == 1
    for name in expected:
        assert np.isfinite(observation[name]).all()
        np.testing.assert_array_equal(observation[name][[0, 2]], expected[name][[0, 2]])
    np.testing.assert_array_equal(reward[[0, 2]], expected_reward[[0, 2]])
    assert np.isfinite(reward).all()


def test_engine_warnings_are_counted_by_name():
    env = make_env(TASK, num_envs=2)
    env.sim.batch.warning[1, :, 1] = 0
    env.sim.qvel[1, 3] = 1e12  # MuJoCo calls this a bad velocity
    env.step(np.zeros((2, 23)))
    assert env.counters.unstable == 1
    assert sum(env.counters.warnings.values()) >= 1
    assert all(name.startswith("bad") for name in env.counters.warnings)


def test_overflow_of_the_contact_buffer_is_reported():
    env = make_env(TASK, num_envs=1)
    full = int(__import__("mujoco").mjtWarning.mjWARN_CONTACTFULL)
    env.sim.batch.warning[0, full, 1] = 3
    env.step(np.zeros((1, 23)))
    assert env.counters.warnings["contactfull"] >= 3


def test_unknown_names_list_the_valid_ones():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'pick_place'"):
        make_env("pick_plase")
    with pytest.raises(UnknownNameError, match="apple"):
        make_env(TASK, objects="aple")
    with pytest.raises(UnknownNameError, match="uSCuAH"):
        make_env(TASK, touch="grid16")
    with pytest.raises(UnknownNameError, match="fr3, panda"):
        make_env(TASK, arm="ur5")


@pytest.mark.parametrize("difficulty", [-0.1, 1.1, np.nan])
def test_a_difficulty_that_there_is_not_is_refused(difficulty):
    with pytest.raises(DexSim2RealError, match=r"difficulty is .*; it must be from 0 to 1"):
        make_env(TASK, difficulty=difficulty)


def test_rates_that_do_not_divide_are_refused():
    with pytest.raises(DexSim2RealError, match="policy rate 50"):
        make_env(TASK, policy_rate=50.0)


@pytest.mark.parametrize(
    ("arm", "hand", "touch"), [("fr3", "v5", "uSCuAH"), ("panda", "v4", "none"), ("panda", "v4", "XR23AHRCPP")]
)
def test_other_robots_run(arm, hand, touch):
    env = make_env(TASK, num_envs=2, arm=arm, hand=hand, touch=touch)
    observation, _ = env.reset()
    assert ("touch" in observation) == (touch != "none")
    for _ in range(5):
        observation, *_ = env.step(np.zeros((2, 23)))
    assert np.isfinite(observation["proprioception"]).all()
    assert env.counters.unstable == 0


def test_unseen_objects_are_only_unseen():
    env = make_env(TASK, num_envs=32, objects="unseen")
    from dexsim2real_sim.objects import SEEN, UNSEEN

    names = {slots["object"] for slots in env.starter.object_names}
    assert names <= set(UNSEEN)
    assert len(UNSEEN) == 10
    assert not set(SEEN) & set(UNSEEN)
