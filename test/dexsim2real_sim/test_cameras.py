"""Cameras over a batch: shapes, segmentation, per-frame draws from streams that depend on nothing else, the twin."""

from itertools import pairwise

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_sim.env import make_env
from dexsim2real_sim.randomization import Uniform
from dexsim2real_sim.twin import Twin, Unmodelled

TASK = "pick_place"
SIZE = (48, 64)


def test_shapes_and_types_for_some_environments():
    env = make_env(TASK, num_envs=3, seed=1)
    frames = env.make_cameras(SIZE).frames(np.array([0, 2]), depth=True, geoms=True)
    assert frames.color.shape == (2, 2, *SIZE, 3)
    assert frames.color.dtype == np.uint8
    assert frames.depth.shape == frames.geoms.shape == (2, 2, *SIZE)
    assert frames.depth.dtype == np.float32
    assert frames.geoms.dtype == np.int32
    assert np.ptp(frames.color[:, 0].astype(int), axis=(1, 2)).min() > 50  # neither is blank
    env.close()


def test_segmentation_names_the_bodies():
    env = make_env(TASK, seed=1)
    frames = env.make_cameras((120, 160)).frames(np.array([0]), geoms=True)
    bodies = frames.bodies(env.sim.model)[0]
    names = [{env.sim.model.body(i).name for i in np.unique(view) if i >= 0} for view in bodies]
    assert {"table", "object", "palm", "world"} <= names[0]
    assert any(name.endswith("_tip") for name in names[1])
    env.close()


def test_depth_of_the_table_is_metric():
    env = make_env(TASK, seed=1)
    frames = env.make_cameras((120, 160)).frames(np.array([0]), depth=True, geoms=True)
    mount = env.cell.cameras[0]
    lens = mount.intrinsics.scaled(160, 120)
    table = frames.geoms[0, 0] == env.sim.model.geom("table").id
    row, column = np.argwhere(table)[-1]  # lowest: no shadow of another surface
    depth = frames.depth[0, 0, row, column]
    ray = np.array([(column + 0.5 - lens.cx) / lens.fx, (row + 0.5 - lens.cy) / lens.fy, 1.0])
    point = np.array(mount.xyz) + depth * (mount.rotation @ ray)
    assert point[2] == pytest.approx(0.0, abs=0.02)  # noise at 0.8 m: 2.4 mm
    env.close()


def episode(num_envs, count=2, steps=3):
    """Images in the observations of the first environments under randomisation."""
    env = make_env(TASK, num_envs=num_envs, seed=5, image_size=SIZE, sampler=Uniform(), threads=1)
    observation, _ = env.reset()
    images = [observation["images"][:count]]
    for _ in range(steps):
        observation, *_ = env.step(np.zeros((num_envs, 23)))
        images.append(observation["images"][:count])
    assert env.observation_space.contains(observation)
    env.close()
    return np.stack(images)


def test_images_do_not_depend_on_how_many_environments_there_are():
    np.testing.assert_array_equal(episode(2), episode(4))


def test_the_same_seed_repeats_the_images():
    env = make_env(TASK, num_envs=2, seed=5, image_size=SIZE, sampler=Uniform(), threads=1)
    first, _ = env.reset(seed=7)
    env.step(np.zeros((2, 23)))
    again, _ = env.reset(seed=7)
    np.testing.assert_array_equal(first["images"], again["images"])
    env.close()


def test_frame_parameters_change_with_every_frame_and_episode_ones_do_not():
    env = make_env(TASK, seed=5, sampler=Uniform(), threads=1)
    cameras = env.make_cameras(SIZE)
    tables = []
    for _ in range(2):
        cameras.frames(np.array([0]))
        tables.append({name: env.values[name][0] for name in ("exposure", "light_flicker", "light_x", "table_red")})
    assert tables[0]["exposure"] != tables[1]["exposure"]
    assert tables[0]["light_flicker"] != tables[1]["light_flicker"]
    assert tables[0]["light_x"] == tables[1]["light_x"]
    assert tables[0]["table_red"] == tables[1]["table_red"]
    env.close()


def test_physics_does_not_know_whether_anyone_looks():
    def final(look):
        env = make_env(TASK, seed=5, sampler=Uniform(), threads=1)
        for _ in range(5):
            env.step(np.full((1, 23), 0.3))
            if look:
                env.camera_images(SIZE)
        state = env.sim.qpos.copy()
        env.close()
        return state

    np.testing.assert_array_equal(final(look=True), final(look=False))


def test_the_observation_after_an_episode_shows_the_next_one():
    env = make_env(TASK, num_envs=2, seed=5, image_size=SIZE, threads=1, objects=("apple", "sugar_box"))
    env.steps[1] = round(env.task.time_limit * env.config.policy_rate) - 1
    observation, _, _, truncated, info = env.step(np.zeros((2, 23)))
    assert truncated.tolist() == [False, True]
    assert info["final_obs"]["images"].shape == (1, 2, *SIZE, 3)
    assert np.abs(info["final_obs"]["images"][0].astype(int) - observation["images"][1]).max() > 30
    env.close()


def test_a_twins_cameras_have_its_flaws():
    flaws = Unmodelled(vignetting=0.5, color_cast=(1.0, 0.5, 1.0))
    plain = make_env(TASK, seed=1, twin=Twin(0, {"image_noise": 0.0})).camera_images(SIZE)[0, 0].astype(float)
    flawed = make_env(TASK, seed=1, twin=Twin(0, {"image_noise": 0.0}, flaws)).camera_images(SIZE)[0, 0]
    middle, corner = (SIZE[0] // 2, SIZE[1] // 2), (0, 0)
    np.testing.assert_allclose(flawed[middle], plain[middle] * [1.0, 0.5, 1.0], atol=2)
    np.testing.assert_allclose(flawed[corner], plain[corner] * [0.5, 0.25, 0.5], atol=2)


def test_a_texture_folder_without_images_is_refused(tmp_path):
    with pytest.raises(DexSim2RealError, match=r"no images in .*\.png"):
        make_env(TASK, textures=tmp_path)


@pytest.mark.parametrize(("lag", "frames"), [(0.0, 0), (0.05, 2), (0.1, 3)])
def test_images_in_the_observation_are_late_by_whole_frames(lag, frames):
    """At 30 Hz, 0.05 s is between one frame and two, and 0.1 s is three."""

    class Late:
        names = ("image_lag", "image_noise")

        def __init__(self, seconds):
            self._seconds = seconds

        def sample(self, rng, count):
            return np.tile([self._seconds, 0.0], (count, 1))

    def seen(seconds):
        env = make_env(TASK, seed=5, image_size=SIZE, sampler=Late(seconds), threads=1)
        images = [env.reset()[0]["images"]]
        images += [env.step(np.full((1, 23), 0.5))[0]["images"] for _ in range(7)]
        env.close()
        return images

    prompt, late = seen(0.0), seen(lag)
    assert any((a != b).any() for a, b in pairwise(prompt))
    for step, image in enumerate(late):
        np.testing.assert_array_equal(image, prompt[max(0, step - frames)])
