from pathlib import Path

import numpy as np
import pytest

from dexsim2real_audit import Channel, Trace
from dexsim2real_audit.trace import EFFORT, POSITION, VELOCITY
from dexsim2real_description import ARM_JOINTS, JOINTS, DexSim2RealError, UnknownNameError, make_cell
from dexsim2real_description.arm import PANDA, PANDA_CAD_MASSES
from dexsim2real_dr.identify.arm import (
    MAKER,
    PUBLISHED,
    TUNED,
    ArmConfig,
    identify_arm,
    motion_of,
    published_torque,
    start_inertias,
)
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import rms
from dexsim2real_dr.identify.motion import read_columns, read_csv

RECORDING = Path(__file__).parents[3] / "shared/data/panda_real/excitation_0_14s.csv"
real = pytest.mark.skipif(not RECORDING.exists(), reason="the recording of a real Panda is not here")
REFERENCE = [0.31, 0.53, 0.29, 0.30, 0.14, 0.10, 0.07]
"""Torque error of the published model on the whole recording [N m], from the README beside it."""


@pytest.fixture(scope="module")
def result():
    return identify_arm(read_csv(RECORDING, 7, 10.0))


def test_the_start_is_the_makers_and_not_the_published_set():
    start = start_inertias("panda")
    assert [inertia.mass for inertia in start] == list(PANDA_CAD_MASSES[1:])
    assert start[0].com == (0.0, -0.018125, -0.038604)  # FR3, FACTS 1.4 c
    with pytest.raises(UnknownNameError, match="fr3"):
        start_inertias("ur5")


@real
def test_our_evaluation_gives_the_published_models_known_error():
    chain = Chain.of([joint for joint in PANDA.joints if joint.axis is not None])
    motion = read_csv(RECORDING, 7, 10.0)
    np.testing.assert_allclose(rms(motion.tau - published_torque(chain, motion)), REFERENCE, atol=0.006)


@real
def test_real_panda_held_out(result):
    before, after, reference = (result.errors(model)[1] for model in (MAKER, TUNED, PUBLISHED))
    assert np.all(after < np.array(REFERENCE))
    assert np.all(after < 0.5 * before)
    assert np.all(after < reference)  # on the same 4 s
    assert np.sum(after < 0.55 * reference) >= 6
    assert result.held_out.time[0] == pytest.approx(10.1, abs=0.02)
    assert result.train.time[-1] < 9.95


@real
def test_real_panda_inertias_stay_plausible(result):
    for found, maker in zip(result.fit.dynamics.inertias, result.start, strict=True):
        assert 0.5 < found.mass / maker.mass < 2.0
        assert np.linalg.norm(np.subtract(found.com, maker.com)) < 0.1
    assert np.all(result.fit.dynamics.joint_terms[:, :3] >= 0)


@real
def test_a_bag_with_the_same_signals_gives_the_same(result):
    """Through a trace of 23 joints on its own stamps, as a bag gives it."""
    names = ["time_s", *(f"{k}{i}_{u}" for k, u in (("q", "rad"), ("dq", "rad_s"), ("tau", "Nm")) for i in range(1, 8))]
    table = read_columns(RECORDING, names)
    stamps = np.round(table[:, 0] * 1e9).astype(np.int64) + 1_700_000_000_000_000_000
    channels = {}
    for name, part in zip((POSITION, VELOCITY, EFFORT), np.split(table[:, 1:], 3, axis=1), strict=True):
        channels[name] = Channel(stamps, np.hstack([part, np.zeros((len(part), 16))]), "", JOINTS)
    again = identify_arm(motion_of(Trace(channels), 10.0))
    np.testing.assert_allclose(again.errors(TUNED)[1], result.errors(TUNED)[1], rtol=1e-3)


@real
def test_a_hand_on_the_arm_is_taken_off(result):
    """Adding the torque that the hand takes, and saying so, must change nothing."""
    from dexsim2real_dr.identify.load import hand_load

    motion = read_csv(RECORDING, 7, 10.0)
    load = hand_load(make_cell("panda", "v4"), np.zeros(16))
    extra = result.chain.regressor(motion.q, motion.dq, motion.ddq)[:, :, -10:] @ load
    object.__setattr__(motion, "tau", motion.tau + extra)
    again = identify_arm(motion, ArmConfig(hand="v4"))
    np.testing.assert_allclose(again.errors(TUNED)[1], result.errors(TUNED)[1], rtol=1e-3)


def trace_of(labels, channels):
    stamps = np.arange(10, dtype=np.int64)
    return Trace({name: Channel(stamps, np.zeros((10, len(labels))), "", labels) for name in channels}, source="bag")


def test_traces_that_cannot_be_used():
    with pytest.raises(DexSim2RealError, match=r"bag has no joint\.effort"):
        motion_of(trace_of(JOINTS, [POSITION, VELOCITY]), 10.0)
    with pytest.raises(DexSim2RealError, match="no joint arm_joint_7"):
        motion_of(trace_of(ARM_JOINTS[:6], [POSITION, VELOCITY, EFFORT]), 10.0)


@real
@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ArmConfig(train=1.5), "between 0 and 1"),
        (ArmConfig(train=0.95), "too short"),
        (ArmConfig(arm="ur5"), "unknown arm"),
        (ArmConfig(hand="v9"), "unknown hand"),
    ],
)
def test_settings_that_make_no_sense(config, message):
    with pytest.raises(DexSim2RealError, match=message):
        identify_arm(read_csv(RECORDING, 7, 10.0), config)
