"""A simulated robot with hidden parameters, told to swing its joints, and what is found of them."""

from pathlib import Path

import numpy as np
import pytest

from dexsim2real_audit import Channel, Trace
from dexsim2real_audit.rollout import rollout_traces
from dexsim2real_audit.trace import COMMAND, POSITION
from dexsim2real_description import ARM_JOINTS, JOINTS, DexSim2RealError
from dexsim2real_dr.identify.autotune import QUANTITIES, RESTS, TuneConfig, autotune, tuned_randomization
from dexsim2real_sim import PARAMETERS, load_randomization
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.excitation import excitation

HIDDEN = {
    "arm_delay": 0.03,
    "arm_stiffness": 0.85,
    "hand_stiffness": 1.3,
    "hand_delay": 0.035,
    "hand_friction": 0.02,
    "hand_backlash": 0.01,
}
RECORDING = Path(__file__).parents[3] / "shared/data/panda_real/excitation_0_14s.csv"
TICKS = 300
"""Free motion of all joints, 2.5 s."""


@pytest.fixture(scope="module")
def recording():
    motion = excitation()
    cell = Counterpart(EnvConfig("pick_place", 1, 3))
    cell.begin(list(HIDDEN), np.array([list(HIDDEN.values())]), motion.start, seed=1)
    return rollout_traces(cell, motion.commands[:TICKS])[0]


@pytest.fixture(scope="module")
def result(recording):
    return autotune(recording, "panda", "v4", TuneConfig(candidates=48, rounds=8))


def test_hidden_parameters_are_recovered(result):
    found = {each.name: each for each in result.parameters}
    assert len(found) == 2 * len(QUANTITIES)
    assert found["arm_delay"].value == pytest.approx(HIDDEN["arm_delay"], abs=0.005)
    assert found["hand_delay"].value == pytest.approx(HIDDEN["hand_delay"], abs=0.01)
    assert found["hand_stiffness"].value == pytest.approx(HIDDEN["hand_stiffness"], rel=0.1)
    assert found["hand_friction"].value == pytest.approx(HIDDEN["hand_friction"], abs=0.005)
    assert found["hand_backlash"].value == pytest.approx(HIDDEN["hand_backlash"], abs=0.005)
    assert all(found[name].told for name in HIDDEN if name.startswith("hand"))
    assert all(abs(found[name].value - value) < 3 * found[name].error for name, value in HIDDEN.items())


def test_what_was_held_out_is_tracked_better_too(result):
    for part, bound in (("arm", 0.5), ("hand", 0.25)):
        before, after = (held_out for _, held_out in result.errors[part])
        assert after < bound * before


def test_what_the_recording_cannot_tell_is_said(result):
    found = {each.name: each for each in result.parameters}
    assert not found["arm_armature"].told  # slow swings of a stiff arm
    assert not found["arm_stiffness"].told  # the lag shows only the ratio of velocity gain and stiffness


def test_the_randomization_is_narrow_where_the_recording_told(result, tmp_path):
    tuned_randomization(result, "pick_place", "swing", "abc").save(tmp_path / "r.yaml")
    drawn = load_randomization(tmp_path / "r.yaml").distribution
    rows = drawn.sample(np.random.default_rng(0), 500)
    columns = dict(zip(drawn.names, rows.T, strict=True))
    assert set(columns) == {name for name, p in PARAMETERS.items() if not p.frozen}
    delay = next(each for each in result.parameters if each.name == "hand_delay")
    assert np.median(columns["hand_delay"]) == pytest.approx(delay.value, abs=0.002)
    assert np.ptp(columns["hand_delay"]) < 4.1 * max(delay.error, 0.003)
    assert np.ptp(columns["arm_armature"]) > 0.35  # as wide as before


def only(trace, joints, moves=True):
    columns = [JOINTS.index(joint) for joint in joints]
    channels = {}
    for name in (COMMAND, POSITION):
        values = trace[name].values[:, columns]
        channels[name] = Channel(trace[name].stamps, values if moves else 0 * values, "rad", tuple(joints))
    return Trace(channels, source="part")


def test_an_arm_alone_is_tuned_alone(recording):
    result = autotune(only(recording, JOINTS[:7]), "panda", "v4", TuneConfig(candidates=8, rounds=1, longest=2.0))
    assert {each.name.split("_")[0] for each in result.parameters} == {"arm"}


def test_what_cannot_be_tuned_to_is_refused(recording):
    with pytest.raises(DexSim2RealError, match="no joint of part is told to move"):
        autotune(only(recording, JOINTS, moves=False), "panda", "v4")
    with pytest.raises(DexSim2RealError, match=r"1\.0 s long; 2 s are needed"):
        autotune(recording.between(0, 10**9), "panda", "v4")
    with pytest.raises(DexSim2RealError, match=r"has no command\.position"):
        autotune(Trace({POSITION: recording[POSITION]}, source="x"), "panda", "v4")
    with pytest.raises(DexSim2RealError, match="share to fit between 0 and 1"):
        autotune(recording, "panda", "v4", TuneConfig(train=1.0))


def test_a_recording_that_begins_in_motion_is_refused(recording):
    with pytest.raises(DexSim2RealError, match=r"must begin at rest.*_joint_\d begins at \d\.\d\d rad/s; cut it to"):
        autotune(recording.between(int(0.45e9), 10**12), "panda", "v4")


@pytest.mark.skipif(not RECORDING.exists(), reason="the recording of a real Panda is not here")
def test_a_real_arm_rests_at_first_and_then_does_not():
    """By its own account joint 2 is the fastest after 0.3 s, at 0.67 rad/s. It rests to within 0.01 rad/s before."""
    table = np.genfromtxt(RECORDING, delimiter=",", names=True)
    assert max(np.abs(table[f"dq{j}_rad_s"][:40]).max() for j in range(1, 8)) < RESTS / 5
    stamps, position = (
        np.round(1e9 * table["time_s"]).astype(int),
        np.stack([table[f"q{j}_rad"] for j in range(1, 8)], 1),
    )
    rows = np.flatnonzero(np.diff(stamps, prepend=-1) > 0)
    seen = Channel(stamps[rows], position[rows], "rad", ARM_JOINTS)
    trace = Trace({POSITION: seen, COMMAND: Channel(seen.stamps, 0 * seen.values, "rad", ARM_JOINTS)}, source="panda")
    few = TuneConfig(candidates=8)
    with pytest.raises(DexSim2RealError, match="no joint of panda is told to move"):  # so it got past its beginning
        autotune(trace, "panda", "v4", few)
    with pytest.raises(DexSim2RealError, match=r"panda must begin at rest.* arm_joint_2 begins at 0\.\d\d rad/s"):
        autotune(trace.between(int(0.3e9), 10**12), "panda", "v4", few)
