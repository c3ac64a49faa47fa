"""Couplings of a simulated finger: a motor moves one joint, a tendon (an equality constraint) the other."""

import mujoco
import numpy as np
import pytest
import yaml

from dexsim2real_audit import Channel, Trace
from dexsim2real_audit.trace import COMMAND, POSITION
from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_dr.identify.couplings import couple, find_couplings, parse_pair
from dexsim2real_dr.identify.params_file import load_params, save_params, with_couplings

RATIO, OFFSET, NOISE = 0.7, 0.12, 2e-3
STEP = 0.01
FINGER = """
<mujoco>
  <compiler angle="{angle}"/>
  <option timestep="0.01" integrator="implicitfast" gravity="0 0 0"/>
  <default><joint armature="0.001"/></default>
  <worldbody>
    <body name="proximal"><joint name="knuckle" axis="0 1 0" damping="0.02" ref="{ref}"/>
      <geom type="capsule" fromto="0 0 0 0 0 0.04" size="0.008" mass="0.03"/>
      <body name="distal" pos="0 0 0.04"><joint name="tip" axis="0 1 0" damping="0.002"/>
        <geom type="capsule" fromto="0 0 0 0 0 0.03" size="0.007" mass="0.02"/></body></body>
    <body name="thumb" pos="0.1 0 0"><joint name="thumb" axis="0 1 0" damping="0.02"/>
      <geom type="capsule" fromto="0 0 0 0 0 0.04" size="0.008" mass="0.03"/></body>
  </worldbody>
  <actuator>
    <position joint="knuckle" kp="2" kv="0.05"/>
    <position joint="thumb" kp="2" kv="0.05"/>
  </actuator>
  {equality}
</mujoco>
"""
TENDON = f'<equality><joint joint1="tip" joint2="knuckle" polycoef="{OFFSET} {RATIO} 0 0 0"/></equality>'
TIMES = np.arange(0, 7, STEP)
TARGETS = np.stack([0.5 + 0.4 * np.sin(2 * np.pi * 0.6 * TIMES), 0.4 + 0.4 * np.sin(2 * np.pi * 0.9 * TIMES)], axis=1)
JOINTS, MOTORS = ("knuckle", "tip", "thumb"), ("knuckle", "thumb")


def swing(model):
    """Joint positions [rad] as the motors follow their targets, shape (T, 3)."""
    data, rows = mujoco.MjData(model), []
    data.qpos = [0.5, RATIO * 0.5 + OFFSET, 0.4]
    for target in TARGETS:
        data.ctrl = target
        mujoco.mj_step(model, data)
        rows.append(data.qpos.copy())
    return np.array(rows)


def finger(equality="", angle="radian", ref=0.0):
    return FINGER.format(equality=equality, angle=angle, ref=ref)


@pytest.fixture(scope="module")
def clean():
    return swing(mujoco.MjModel.from_xml_string(finger(TENDON)))


def recording(positions, seed=0, joints=JOINTS):
    noisy = positions + np.random.default_rng(seed).normal(0, NOISE, positions.shape)
    stamps = np.round(TIMES * 1e9).astype(np.int64)
    told = Channel(stamps, TARGETS, "rad", MOTORS)
    return Trace({COMMAND: told, POSITION: Channel(stamps, noisy, "rad", joints)}, source="finger")


def test_the_driven_joint_its_driver_and_the_line_are_found(clean):
    (found,) = find_couplings(recording(clean))
    assert (found.driven, found.driver, found.coupled) == ("tip", "knuckle", True)
    assert found.ratio == pytest.approx(RATIO, abs=0.01)
    assert found.offset == pytest.approx(OFFSET, abs=0.01)
    # noise of the driven joint and, times the ratio, of the driver: 2e-3 * sqrt(1 + 0.7^2) = 2.4e-3
    assert found.held_out == pytest.approx(2.4e-3, rel=0.3)
    assert found.independent > 0.1


def test_errors_are_as_large_as_they_are_said_to_be():
    """A line with noise that lasts (first order, 0.8): the estimates of 60 recordings scatter by the error given."""
    rng, found = np.random.default_rng(1), []
    knuckle = 0.4 * np.sin(2 * np.pi * 0.6 * TIMES)
    for _ in range(60):
        noise = np.zeros(len(TIMES))
        for i in range(1, len(noise)):
            noise[i] = 0.8 * noise[i - 1] + rng.normal(0, 0.01)
        rows = np.stack([knuckle, RATIO * knuckle + OFFSET + noise], axis=1)
        stamps = np.round(TIMES * 1e9).astype(np.int64)
        trace = Trace({POSITION: Channel(stamps, rows, "rad", JOINTS[:2])}, source="line")
        found += find_couplings(trace, [("tip", "knuckle")])
    for value, truth, error in (("ratio", RATIO, "ratio_error"), ("offset", OFFSET, "offset_error")):
        off = np.array([(getattr(each, value) - truth) / getattr(each, error) for each in found])
        assert 0.7 < np.sqrt(np.mean(off**2)) < 1.4


def test_outliers_do_not_bend_the_line(clean):
    spoilt = clean.copy()
    spoilt[::20, 1] = 1.5  # every twentieth reading is nonsense
    (found,) = find_couplings(recording(spoilt))
    assert found.ratio == pytest.approx(RATIO, abs=0.02)
    assert found.offset == pytest.approx(OFFSET, abs=0.01)


def test_a_joint_that_moves_for_itself_is_not_coupled(clean):
    free = clean.copy()
    free[:, 1] = 0.3 * np.sin(2 * np.pi * 0.37 * TIMES)
    (found,) = find_couplings(recording(free))
    assert not found.coupled
    (named,) = find_couplings(recording(clean), [("thumb", "knuckle")])
    assert not named.coupled


@pytest.mark.parametrize(("angle", "ref"), [("radian", 0.0), ("radian", 0.2), ("degree", 15.0)])
def test_a_model_with_the_coupling_moves_as_the_recording(clean, tmp_path, angle, ref):
    path = tmp_path / "robot_params.yaml"
    save_params(path, with_couplings(path, find_couplings(recording(clean)), "panda", "finger"))
    spec = mujoco.MjSpec.from_string(finger(angle=angle, ref=ref))
    uncoupled = spec.compile()
    load_params(path).couple(spec)
    coupled = swing(spec.compile())
    assert np.abs(coupled[:, 1] - RATIO * coupled[:, 0] - OFFSET).max() < 0.02
    assert np.abs(swing(uncoupled)[:, 1] - clean[:, 1]).max() > 0.2


def test_the_file_keeps_what_it_said_and_what_is_not_coupled_is_not_applied(clean, tmp_path):
    path = tmp_path / "robot_params.yaml"
    pairs = [("tip", "knuckle"), ("thumb", "knuckle")]
    save_params(path, with_couplings(path, find_couplings(recording(clean), pairs), "panda", "finger"))
    written = yaml.safe_load(path.read_text())["couplings"]["joints"]
    assert [entry["coupled"] for entry in written.values()] == [True, False]
    read = load_params(path).couplings
    assert set(read) == {"tip"}
    assert read["tip"].ratio == pytest.approx(written["tip"]["ratio"])
    data = yaml.safe_load(path.read_text())
    data["couplings"]["joints"]["tip"]["ratio"] = float("nan")
    save_params(path, data)
    with pytest.raises(DexSim2RealError, match="not a complete"):
        load_params(path)
    with pytest.raises(DexSim2RealError, match="of another arm than fr3"):
        save_params(path, {**data, "couplings": {}})
        with_couplings(path, (), "fr3", "finger")


def test_what_shows_no_coupling_is_refused(clean):
    with pytest.raises(DexSim2RealError, match="moved without a command"):
        find_couplings(recording(clean[:, [0, 2]], joints=MOTORS))
    with pytest.raises(UnknownNameError, match="elbow"):
        find_couplings(recording(clean), [("elbow", "knuckle")])
    with pytest.raises(DexSim2RealError, match="tip does not move"):
        find_couplings(recording(clean * [1, 0, 1]), [("tip", "knuckle")])
    with pytest.raises(DexSim2RealError, match=r"has no joint\.position"):
        find_couplings(Trace({}, source="x"))
    with pytest.raises(DexSim2RealError, match="write DRIVEN:DRIVER"):
        parse_pair("tip")
    with pytest.raises(UnknownNameError, match="tip"):
        couple(mujoco.MjSpec(), {"tip": find_couplings(recording(clean))[0]})
