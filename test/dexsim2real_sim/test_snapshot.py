"""An episode that begins from a snapshot goes on as the one that was photographed did, in any environment."""

import io

import numpy as np
import pytest

from dexsim2real_sim import Uniform, make_env
from dexsim2real_sim.parameters import names_of
from dexsim2real_sim.snapshot import pack, unpack

FACTORS = ("object", "contact", "actuation", "table_height")


def environment(task, num_envs=3):
    return make_env(task, num_envs, seed=3, sampler=Uniform(names_of(FACTORS)), threads=1)


def drive(env, steps, rows):
    """Step with actions drawn per environment of `rows`; returns joint positions and features of the last of them."""
    rng = np.random.default_rng(7)
    env.sensors.reseed(0)
    for _ in range(steps):
        action = rng.uniform(-0.5, 0.5, 23)
        env.step(np.tile(action, (env.num_envs, 1)))
    return {**{n: v[rows].copy() for n, v in env.features.items()}, "q": env.sim.qpos[rows].copy()}


@pytest.mark.parametrize("task", ["pick_place", "in_hand_rotation", "pouring"])
def test_what_follows_is_the_same_in_another_environment_of_another_batch(task):
    first = environment(task)
    drive(first, 20, 1)
    first.plant.values["action_noise"][:] = 0.0
    state = first.snapshot(1)
    expected = drive(first, 15, 1)

    second = environment(task, 2)
    second.starter.begin_from(0, unpack(_through_a_file(pack([state, state])))[1])
    second.reset()
    second.plant.values["action_noise"][:] = 0.0
    assert second.starter.object_names[0] == first.starter.object_names[1]
    assert second.world.table_height[0] == first.world.table_height[1]
    found = drive(second, 15, 0)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def _through_a_file(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    file.seek(0)
    return dict(np.load(file, allow_pickle=False))


def test_the_next_but_one_episode_is_drawn_again():
    env = environment("pick_place", 2)
    state = env.snapshot(0)
    env.starter.begin_from(1, state)
    env.reset()
    np.testing.assert_array_equal(env.sim.qpos[1], state.physics[1 : 1 + env.sim.qpos.shape[1]])
    env.reset()
    assert np.abs(env.sim.pose("object")[1, :2] - env.sim.pose("object")[0, :2]).max() > 1e-3


def test_an_environment_that_blew_up_goes_back_to_the_snapshot():
    env = environment("pick_place", 2)
    drive(env, 10, 0)
    state = env.snapshot(0)
    env.starter.begin_from(0, state)
    env.reset()
    begin = env.sim.qpos[0].copy()
    drive(env, 5, 0)
    env.starter.restore(np.array([0]))
    np.testing.assert_array_equal(env.sim.qpos[0], begin)


class Reached:
    """A goal that environment 1 has reached."""

    hold = np.array([0.0, 0.05, 0.0])
    success_bonus = 7.0

    def achieved(self, features, difficulty):
        return np.array([False, True, False])

    def failure(self, features, difficulty, env):
        return "as told"

    def reward(self, features, difficulty):
        return np.full(3, 0.5)


def test_episodes_are_judged_by_the_goal_and_ends_of_successes_are_kept_if_asked_for():
    env = make_env("in_hand_rotation", 3, threads=1)
    env.goal, env.ends = Reached(), {}
    env.reset()
    before = env.snapshot(1)
    env.step(np.zeros((3, 23)))
    assert env.ends == {}
    _, reward, terminated, _, _ = env.step(np.zeros((3, 23)))
    np.testing.assert_array_equal(terminated, [False, True, False])
    np.testing.assert_allclose(reward, [0.5, 7.5, 0.5])
    assert list(env.ends) == [1]
    assert env.failure_reason(0) == "as told"
    assert env.ends[1].physics[0] == pytest.approx(before.physics[0] + 2 / 30)  # [s]
