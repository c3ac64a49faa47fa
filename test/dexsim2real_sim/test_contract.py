"""The contract of a simulator backend. A new backend is one more entry of BACKENDS and passes the same tests.

A backend is a function (task, num_envs, seed, sampler) -> environment with the interface of DexEnv: a Gymnasium
VectorEnv with `set_parameters`, `make_cameras`, `plant.values`, `counters` and numpy observations.
"""

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_sim.env import make_env
from dexsim2real_sim.parameters import PARAMETERS


def mujoco_batch(task="pick_place", num_envs=2, seed=0, sampler=None):
    return make_env(task, num_envs=num_envs, seed=seed, sampler=sampler)


BACKENDS = {"mujoco.batch": mujoco_batch}


@pytest.fixture(params=BACKENDS, ids=list(BACKENDS))
def backend(request):
    return BACKENDS[request.param]


def drive(env, steps=10, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        result = env.step(rng.uniform(-1, 1, (env.num_envs, 23)))
    return result


def test_reset_gives_finite_float32_observations_of_the_declared_shape(backend):
    env = backend(num_envs=3)
    observation, info = env.reset(seed=1)
    assert isinstance(info, dict)
    assert env.observation_space.contains(observation)
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in observation.values())


def test_step_returns_the_five_of_gymnasium(backend):
    env = backend(num_envs=3)
    env.reset(seed=1)
    observation, reward, terminated, truncated, info = drive(env, 3)
    assert env.observation_space.contains(observation)
    assert reward.shape == terminated.shape == truncated.shape == (3,)
    assert terminated.dtype == truncated.dtype == bool
    assert "success" in info


def test_a_held_target_holds_the_robot(backend):
    env = backend()
    env.reset(seed=1)
    for _ in range(30):
        env.step(np.zeros((2, 23)))
    error = env.sim.joint_position - env.target
    assert np.abs(error[:, :7]).max() < 0.005
    assert np.abs(error[:, 7:]).max() < 0.05


def test_actions_move_the_joints_they_name(backend):
    env = backend()
    env.reset(seed=1)
    before = env.sim.joint_position.copy()
    action = np.zeros((2, 23))
    action[0, 0] = 1.0
    for _ in range(10):
        env.step(action)
    for _ in range(20):
        env.step(np.zeros((2, 23)))
    moved = env.sim.joint_position - before
    assert moved[0, 0] == pytest.approx(10 * env.action_spec.scale[0], rel=0.02)
    assert abs(moved[1, 0]) < 0.01


def test_same_seed_same_bits(backend):
    first, second = backend(seed=4), backend(seed=4)
    first.reset(seed=9), second.reset(seed=9)
    a, b = drive(first, 20), drive(second, 20)
    for name in a[0]:
        np.testing.assert_array_equal(a[0][name], b[0][name])
    np.testing.assert_array_equal(a[1], b[1])


def test_parameters_are_set_per_environment_and_felt(backend):
    env = backend()
    env.reset(seed=1)
    env.set_parameters(np.array([1]), {"arm_delay": 0.06, "gravity": 5.0})
    assert env.plant.values["arm_delay"].tolist() == [PARAMETERS["arm_delay"].nominal, 0.06]
    same = backend()
    same.reset(seed=1)
    drive(env, 10), drive(same, 10)
    difference = np.abs(env.sim.joint_position - same.sim.joint_position).max(axis=1)
    assert difference[0] == 0.0
    assert difference[1] > 1e-4


def test_parameters_outside_bounds_or_unknown_change_nothing(backend):
    env = backend()
    env.reset(seed=1)
    before = env.plant.values.table.copy()
    with pytest.raises(DexSim2RealError, match="outside its bounds"):
        env.set_parameters(np.array([0]), {"gravity": 5.0, "friction_tip": 100.0})
    with pytest.raises(UnknownNameError, match="gravity"):
        env.set_parameters(np.array([0]), {"gravitas": 9.0})
    np.testing.assert_array_equal(env.plant.values.table, before)


def test_touch_is_silent_in_the_air_and_feels_a_press(backend):
    env = backend()
    env.reset(seed=1)
    env.step(np.zeros((2, 23)))
    assert np.abs(env.sensors.touch.contact).max() == 0.0
    action = np.zeros((2, 23))
    action[:, 1] = 1.0  # the shoulder lowers the fingers onto the table
    felt = 0.0
    for _ in range(60):
        env.step(action)
        felt = max(felt, env.sensors.touch.contact[..., 2].max())
    assert felt > 0.05


def test_cameras_see_the_scene(backend):
    env = backend()
    env.reset(seed=1)
    cameras = env.make_cameras((48, 64))
    images = cameras.frames(np.arange(2)).color
    cameras.close()
    assert images.shape == (2, 2, 48, 64, 3)
    assert images.dtype == np.uint8
    assert images.std(axis=(2, 3, 4)).min() > 5.0  # no blank frame


def test_an_unknown_task_lists_the_six(backend):
    with pytest.raises(UnknownNameError, match="pick_place"):
        backend(task="juggling")
