"""Every visual parameter is felt, and applying it twice equals applying it once."""

import mujoco
import numpy as np
import pytest

from dexsim2real_sim.env import make_env
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.parameters.lighting import black_body
from dexsim2real_sim.parameters.visual import PARAMETERS as ALL

VISUAL = [p for p in ALL if p.name != "image_lag"]
"""What a single picture shows; the lag is tested with the environment (test_cameras.py)."""
SIZE = (64, 64)
ENV = np.array([0])
QUIET = {"image_noise": 0.0}
"""Without grain, two pictures of the same scene are equal."""
CROWDED = {"distractor_count": 6.0, **QUIET}
"""What the other distractor parameters need in order to be seen."""


@pytest.fixture(scope="module")
def env():
    made = make_env("pick_place", seed=3, threads=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def cameras(env):
    return env.make_cameras(SIZE)


def seen(env, cameras, values):
    """Colour and depth with these values, everything else nominal, and the same random numbers each time."""
    env.set_parameters(ENV, {name: p.nominal for name, p in PARAMETERS.items()} | values)
    cameras.reseed(0)
    frames = cameras.frames(ENV, depth=True)
    return np.concatenate([frames.color.ravel().astype(float), 1000 * frames.depth.ravel()])


def other(p):
    """A value of the range that is not the nominal one."""
    return p.range[1] if p.range[1] != p.nominal else p.range[0]


def companions(p):
    return CROWDED if p.factor == "distractors" else QUIET


def test_there_are_enough_of_every_factor():
    factors = {p.factor for p in VISUAL}
    assert factors == {"lighting", "background", "distractors", "camera_pose", "table_height", "observation"}
    assert len(VISUAL) >= 18
    assert {p.granularity for p in VISUAL} == {"episode", "frame"}


@pytest.mark.parametrize("p", VISUAL, ids=lambda p: p.name)
def test_has_an_effect_on_the_picture(env, cameras, p):
    value = 0.5 if p.name == "distractor_hue" else 0.0 if p.name == "distractor_count" else other(p)
    changed = seen(env, cameras, {**companions(p), p.name: value})
    nominal = seen(env, cameras, {**companions(p), p.name: 6.0 if p.name == "distractor_count" else p.nominal})
    assert np.abs(changed - nominal).max() >= 2


@pytest.mark.parametrize("p", VISUAL, ids=lambda p: p.name)
def test_twice_equals_once(env, cameras, p):
    values = {**companions(p), p.name: other(p)}
    once = seen(env, cameras, values)
    fields = {name: array.copy() for name, array in env.plant.fields._arrays.items()}
    np.testing.assert_array_equal(seen(env, cameras, values), once)
    for name, array in env.plant.fields._arrays.items():
        np.testing.assert_array_equal(array, fields[name], err_msg=name)


def test_nominal_values_give_back_the_compiled_scene(env, cameras):
    """But for what an episode chooses, its object, and quaternions of length one to rounding."""
    seen(env, cameras, {})
    model = env.sim.model
    for name in ("light_pos", "light_dir", "light_diffuse", "mat_rgba", "mat_texid", "mat_texrepeat", "cam_pos",
                 "cam_quat", "cam_fovy"):  # fmt: skip
        np.testing.assert_allclose(env.plant.fields.array(name)[0], getattr(model, name), atol=1e-12, err_msg=name)


def test_table_height_moves_table_zone_distractors_and_object_together():
    def heights(value):
        class Fixed:
            names = ("table_height", "distractor_count")

            def sample(self, rng, count):
                return np.tile([value, 2.0], (count, 1))

        env = make_env("pick_place", seed=3, threads=1, sampler=Fixed())
        data, model = env.sim.batch.get_data(0), env.sim.batch.get_model(0)
        mujoco.mj_forward(model, data)
        names = ("table", "distractor_0", "distractor_1", "object")
        goal = env.sim.pose("object")[0, 2] + env.features["to_goal"][0, 2]
        return np.array([*(data.xpos[model.body(n).id, 2] for n in names), data.site("zone").xpos[2], goal])

    np.testing.assert_allclose(heights(0.015) - heights(0.0), 0.015, atol=1e-9)


def test_an_object_rests_on_the_lifted_table():
    class Lifted:
        names = ("table_height",)

        def sample(self, rng, count):
            return np.full((count, 1), 0.02)

    env = make_env("pick_place", seed=3, threads=1, sampler=Lifted(), objects="colored_block")
    for _ in range(15):
        env.step(np.zeros((1, 23)))
    assert env.sim.pose("object")[0, 2] == pytest.approx(0.02 + 0.025, abs=1e-3)


def test_black_body_is_warm_when_cool_and_blue_when_hot():
    warm, white, cold = black_body(np.array([2700.0, 6504.0, 10000.0]))
    assert warm[0] > 1.5
    assert warm[2] < 0.5
    np.testing.assert_allclose(white, 1.0, atol=0.07)  # sRGB's white, D65, lies just beside the locus at 6504 K
    assert cold[2] > 1.1
    assert cold[0] < 0.9
