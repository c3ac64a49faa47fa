"""The twin: reproducible, outside the training ranges in part, with effects of its own, and refused when malformed."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from dexsim2real_description import DexSim2RealError, UnknownNameError, touch_layout
from dexsim2real_sim.env import make_env
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.twin import Twin, Unmodelled
from dexsim2real_sim.unmodelled import crosstalk, develop


def motion(twin, steps=20):
    """Joint positions of an arm and hand that go to and fro."""
    env = make_env("pick_place", num_envs=1, twin=twin, objects="apple")
    seen = []
    for step in range(steps):
        env.step(np.full((1, 23), np.sin(step / 3)))
        seen.append(env.sim.joint_position[0].copy())
    return np.array(seen)


def test_draws_are_reproducible_and_partly_outside_the_training_ranges():
    twin = Twin.draw(4)
    assert twin == Twin.draw(4)
    assert twin.values != Twin.draw(5).values
    outside = [n for n, v in twin.values.items() if not PARAMETERS[n].range[0] <= v <= PARAMETERS[n].range[1]]
    assert 0.03 < len(outside) / len(twin.values) < 0.5


def test_there_is_no_twin_of_a_negative_seed():
    with pytest.raises(DexSim2RealError, match="seed of a twin is -1; it must be 0 or more"):
        Twin.draw(-1)


def test_save_and_load_give_the_same_twin(tmp_path):
    twin = Twin.draw(1)
    twin.save(tmp_path / "twin.yaml")
    assert Twin.load(tmp_path / "twin.yaml") == twin


@pytest.mark.parametrize(
    "effect",
    [{"stribeck_arm": 3.0}, {"stribeck_hand": 0.05}, {"timing_jitter": 0.03}, {"payload": 0.5, "payload_offset": 0.02}],
)
def test_each_physical_effect_changes_the_motion(effect):
    plain = Twin(seed=0)
    changed = replace(plain, unmodelled=replace(Unmodelled(), **effect))
    assert np.abs(motion(plain) - motion(changed)).max() > 1e-4


def test_a_twin_without_effects_and_values_is_the_nominal_robot():
    np.testing.assert_allclose(motion(Twin(seed=0)), motion(None), atol=1e-9)


def test_crosstalk_keeps_the_total_force():
    mixing = crosstalk(touch_layout("grid15"), 0.1)
    force = np.random.default_rng(0).uniform(0, 1, 15)
    assert (mixing @ force).sum() == pytest.approx(force.sum())
    assert (mixing @ np.eye(15)[7])[7] == pytest.approx(0.9)


def test_camera_effects_darken_corners_and_tint():
    twin = Twin(seed=0, unmodelled=Unmodelled(vignetting=0.4, color_cast=(1.0, 0.5, 1.0)))
    image = develop(np.full((1, 9, 9, 3), 200, np.uint8), twin)
    assert image[0, 4, 4].tolist() == [200, 100, 200]
    assert image[0, 0, 0].tolist() == [120, 60, 120]  # corner: r^2 / 2 = 1, so 1 - 0.4


def write(file, **changes):
    data = {"schema": 1, "seed": 0, "values": {}, "unmodelled": {}}
    file.write_text(yaml.safe_dump({**data, **changes}))
    return file


def test_unknown_keys_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="colour"):
        Twin.load(write(tmp_path / "a.yaml", colour=1))
    with pytest.raises(UnknownNameError, match="friction_tip"):
        Twin.load(write(tmp_path / "b.yaml", values={"friction_tipp": 1.0}))
    with pytest.raises(UnknownNameError, match="payload"):
        Twin.load(write(tmp_path / "c.yaml", unmodelled={"payloud": 1.0}))


def test_bad_values_are_refused(tmp_path):
    with pytest.raises(DexSim2RealError, match=r"friction_tip = 99 .*\[0.05, 3\]"):
        Twin.load(write(tmp_path / "a.yaml", values={"friction_tip": 99.0}))
    with pytest.raises(DexSim2RealError, match="expected a finite number"):
        Twin.load(write(tmp_path / "b.yaml", values={"friction_tip": float("nan")}))
    with pytest.raises(DexSim2RealError, match="schema is 2, expected 1"):
        Twin.load(write(tmp_path / "c.yaml", schema=2))
    with pytest.raises(DexSim2RealError, match="cannot read twin file"):
        Twin.load(tmp_path / "missing.yaml")
