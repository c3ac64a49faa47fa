"""Granularity as a choice: what changes with every frame does, looks as it would for an episode, and is saved."""

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import load_randomization
from dexsim2real_sim.env import make_env
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.randomization import (
    AdrBox,
    Entropy,
    Granular,
    Independent,
    Randomization,
    Uniform,
    chosen_granularity,
)
from dexsim2real_sim.randomization.granular import PICTURED

SIZE, ENV = (48, 64), np.array([0])
DISTRACTORS = tuple(name for name in PICTURED if PARAMETERS[name].factor == "distractors")
SHOWN = ("light_x", "exposure", "table_red", "front_camera_yaw")


def drawn_twice(sampler):
    """What two frames of one episode have of some parameters."""
    env = make_env("pick_place", seed=5, sampler=sampler, threads=1)
    cameras, seen = env.make_cameras(SIZE), []
    for _ in range(2):
        cameras.frames(ENV)
        seen.append({name: env.values[name][0] for name in (*SHOWN, "distractor_count", "friction_tip")})
    cameras.close()
    return seen


@pytest.mark.parametrize(
    ("granularity", "changes"),
    [("registry", {"exposure"}), ("episode", set()), ("frame", {*SHOWN, "distractor_count"})],
)
def test_what_changes_from_frame_to_frame_is_what_was_chosen(granularity, changes):
    first, second = drawn_twice(chosen_granularity(Uniform(), granularity))
    assert {name for name in first if first[name] != second[name]} == changes
    assert second["distractor_count"] == round(second["distractor_count"])


def test_single_parameters_can_be_chosen():
    first, second = drawn_twice(Granular(Uniform(), ["table_red"]))
    assert {name for name in first if first[name] != second[name]} == {"table_red"}


def test_every_parameter_looks_the_same_whenever_it_is_drawn():
    """Each at a value of its own; distractors need each other, and grain is off."""
    rng = np.random.default_rng(0)
    values = {name: float(rng.uniform(*PARAMETERS[name].range)) for name in PICTURED} | {"image_noise": 0.0}
    pictures = []
    for frame in ((), PICTURED):
        env = make_env("pick_place", seed=3, threads=1)
        env.values.frame = frozenset(frame)
        cameras = env.make_cameras(SIZE)
        nominal = {name: PARAMETERS[name].nominal for name in PICTURED} | {"image_noise": 0.0}
        groups = [DISTRACTORS, *[(name,) for name in PICTURED if name not in DISTRACTORS]]
        for group in groups:
            env.set_parameters(ENV, nominal | {name: values[name] for name in group})
            cameras.reseed(0)
            pictures.append(cameras.frames(ENV, depth=True))
        cameras.close()
    half = len(pictures) // 2
    for group, once, each in zip(groups, pictures[:half], pictures[half:], strict=True):
        np.testing.assert_array_equal(once.color, each.color, err_msg=str(group))
        np.testing.assert_array_equal(once.depth, each.depth, err_msg=str(group))


def test_an_episode_moves_the_same_whenever_looks_are_drawn():
    """The draw of the episode takes the same random numbers, and physics feels no frame."""

    def final(granularity):
        sampler = chosen_granularity(Uniform(), granularity)
        env = make_env("pick_place", seed=5, sampler=sampler, threads=1, image_size=SIZE)
        for _ in range(4):
            env.step(np.full((1, 23), 0.3))
        state = env.sim.qpos[0, :23].copy()
        env.close()
        return state

    np.testing.assert_array_equal(final("episode"), final("frame"))


def test_the_file_keeps_the_choice(tmp_path):
    box = AdrBox(["light_x", "friction_tip", "exposure"], [0.3, 0.6, 0.9], [0.8, 1.2, 1.1])
    saved = Randomization("manual", "pick_place", Granular(box, ["exposure", "light_x"]), Entropy(0.0))
    saved.save(tmp_path / "r.yaml")
    loaded = load_randomization(tmp_path / "r.yaml").distribution
    assert isinstance(loaded, Granular)
    assert loaded.frame == {"light_x", "exposure"}
    assert loaded.names == box.names
    drawn = box.sample(np.random.default_rng(0), 5)
    np.testing.assert_array_equal(loaded.sample(np.random.default_rng(0), 5), drawn)
    np.testing.assert_array_equal(loaded.log_prob(drawn), box.log_prob(drawn))
    assert loaded.entropy() == box.entropy()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Granular(Uniform(["light_x", "friction_tip"]), ["friction_tip"]), "felt by physics.*light_x"),
        (lambda: Granular(Uniform(["light_x"]), ["exposure"]), "not drawn at all"),
        (lambda: Granular(Uniform(), ["distractor_hue"]), "all or none"),
        (lambda: Granular(Granular(Uniform(), []), []), "inside another"),
        (lambda: Independent([Granular(Uniform(["light_x"]), []), Uniform(["exposure"])]), "around all"),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(DexSim2RealError, match=said):
        make()
