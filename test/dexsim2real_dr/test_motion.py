"""Motions replayed in simulation: repeatable, felt by parameters, and recovered from a recording."""

import numpy as np
import pytest

from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, TOUCH
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr import bench as bench_module
from dexsim2real_dr.bench import MotionBench
from dexsim2real_dr.motion import FELT, MotionSimulator, Teaching, together, twin_traces
from dexsim2real_dr.probe import friction_probes, probes
from dexsim2real_dr.recorded import recorded_motion
from dexsim2real_sim import Twin

NAMES = ("friction_tip", "touch_gain")


@pytest.fixture(scope="module")
def simulator():
    return MotionSimulator(friction_probes(), NAMES)


@pytest.fixture(scope="module")
def replayed(simulator):
    """The probes with slippery fingers, with usual ones, and with a skin that reads half."""
    return simulator.observe(np.array([[0.5, 1.0], [1.0, 1.0], [1.0, 0.5]]))


def test_the_probes_begin_with_the_excitation():
    first, push, slip = probes()
    assert len(first.commands) > len(slip.commands) > len(push.commands)
    assert first.start.objects == push.start.objects == {"object": "soup_can"}


def test_the_same_values_give_the_same_traces(simulator, replayed):
    again = simulator.observe(np.array([[0.5, 1.0], [1.0, 1.0], [1.0, 0.5]]))
    assert [seen.digest for seen in again] == [seen.digest for seen in replayed]
    assert replayed[0].digest != replayed[1].digest


def test_a_can_is_pushed_lifted_and_lost_from_slippery_fingers(replayed):
    push, slip = replayed[1].traces
    assert np.ptp(push[OBJECTS].values[:, 0, :2], axis=0).max() > 0.05
    height = {i: replayed[i].traces[1][OBJECTS].values[:, 0, 2] for i in (0, 1)}
    rise = {i: values.max() - values[0] for i, values in height.items()}
    assert rise[1] > 0.04
    assert rise[0] < 0.03
    assert slip[COMMAND].stamps.shape == slip[POSITION].stamps.shape


def test_a_skin_that_reads_half_says_so(replayed):
    usual, half = (replayed[i].traces[1][TOUCH].values.sum(axis=(1, 2, 3)).max() for i in (1, 2))
    assert 0.45 * usual < half < 0.75 * usual  # shear axes of the usual one saturate


def test_a_recording_is_replayed_from_where_it_began(replayed):
    trace = replayed[1].traces[1]
    motion = recorded_motion(trace, "pick_place")
    probe = friction_probes()[1]
    assert len(motion.commands) == pytest.approx(len(probe.commands), abs=8)
    np.testing.assert_allclose(motion.start.joints, probe.start.joints, atol=0.03)
    np.testing.assert_allclose(motion.start.poses["object"][:3], probe.start.poses["object"][:3], atol=0.005)


def test_a_bench_gives_a_twins_traces_and_a_critic_that_knows_the_twin(monkeypatch):
    monkeypatch.setattr(bench_module, "probes", friction_probes)  # without the excitation, which takes longest
    bench = MotionBench("pick_place", NAMES, Teaching(24, "nominal"))
    problem = bench.problem(Twin(seed=0, values={"friction_tip": 0.5}))
    scores = [problem.critic.score([seen], problem.references).values[0]
              for seen in problem.observe(np.array([[0.5, 1.0], [1.0, 1.0], [1.4, 1.0]]))]  # fmt: skip
    assert scores[0] > 9
    assert scores[0] > scores[1] + 1
    assert scores[1] > scores[2] + 1
    assert "taught by 24 rollouts, others nominal" in problem.seen


def test_parameters_that_are_not_searched_vary_where_the_critic_learns(monkeypatch):
    asked = []

    def observe(self, values):
        asked.append((self.names, values))
        raise DexSim2RealError("enough")

    monkeypatch.setattr(MotionSimulator, "observe", observe)
    for others in ("drawn", "nominal"):
        teaching = Teaching(60, others)
        with pytest.raises(DexSim2RealError, match="enough"):
            teaching.critic(teaching.simulator(friction_probes(), NAMES))
    (drawn, first), (nominal, second) = asked
    assert drawn[: len(NAMES)] == NAMES == nominal
    assert set(drawn) == set(FELT)
    assert {"arm_delay", "table_height"} < set(FELT)
    assert not {"light_x", "image_lag", "depth_noise"} & set(FELT)
    assert first.shape == (50, len(FELT)) and second.shape == (50, 2)
    assert (first.std(axis=0) > 0).all()


def test_parameters_that_are_not_searched_are_in_the_middle_where_it_is_asked():
    """Of what it has learned from: joint friction is nominally none, and from 0 to 0.05 among the rollouts."""
    slip, values = friction_probes()[1:], np.array([[1.0, 1.0]])
    middle, box = Teaching().simulator(slip, NAMES), Teaching().box(NAMES)
    named = MotionSimulator(slip, box.names).observe(((box.low + box.high) / 2)[None])[0]
    ours = np.array([[(box.low[i] + box.high[i]) / 2 for i in range(2)]])
    np.testing.assert_array_equal(middle.observe(ours)[0].traces[0][POSITION].values, named.traces[0][POSITION].values)
    nominal = Teaching(others="nominal").simulator(slip, NAMES).observe(values)[0]
    assert nominal.digest == MotionSimulator(slip, NAMES).observe(values)[0].digest


def test_pictures_and_traces_of_the_same_values_stand_together(replayed):
    both = together(replayed[:1], replayed[1:2])
    assert both[0].traces == replayed[1].traces


def test_what_cannot_be_replayed_is_refused():
    with pytest.raises(DexSim2RealError, match="no motion to replay"):
        MotionSimulator((), NAMES)
    with pytest.raises(DexSim2RealError, match="say --task pick_place"):
        MotionBench("pouring", NAMES, Teaching())
    with pytest.raises(DexSim2RealError, match="needs 8 or more"):
        Teaching(7)
    assert len(twin_traces(Twin(seed=0), friction_probes()[:1]).traces) == 1
