"""One round of the loop on a short swing: a twin whose arm is late, and one that is a member of the family."""

import numpy as np
import pytest

from dexsim2real_audit.audit import AuditConfig, examine, make_cells
from dexsim2real_audit.loop_bench import Apart, Outcomes, PolicyBench, Round, close_loop
from dexsim2real_audit.prediction import predict
from dexsim2real_audit.rollout import rollout_traces
from dexsim2real_audit.windows import find_windows
from dexsim2real_description import DexSim2RealError
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import Twin
from dexsim2real_sim.excitation import excitation
from dexsim2real_sim.randomization import AdrBox

BOX = AdrBox(["arm_delay", "hand_stiffness"], [0.0, 0.9], [0.02, 1.1])
CONFIG = AuditConfig("pick_place", ("soup_can",), cells=24, alpha=0.1)
TICKS = 240
LATE, USUAL = (0.06, 1.03), (0.012, 1.03)


@pytest.fixture(scope="module")
def rows():
    cells, motion = make_cells(CONFIG), excitation()
    values = np.array([LATE, USUAL])
    recordings = []
    for seed in (5, 6):
        cells.begin(BOX.names, np.concatenate([values, np.tile(USUAL, (22, 1))]), motion.start, seed)
        recordings.append(rollout_traces(cells, motion.commands[:TICKS])[:2])
    windows, _ = find_windows(recordings[0][0], cells.bodies, {"object": "soup_can"})
    prediction = predict(cells, windows, BOX, 1)
    results = [examine(trace, prediction, cells.bodies, CONFIG) for trace in recordings[0]]
    names = ("arm_delay", "none")
    rounds = [Round(*each) for each in zip(names, values, results, recordings[1], strict=True)]
    return list(close_loop(cells, windows, BOX, rounds, None, 0))


def test_a_late_arm_is_no_gap_any_more(rows):
    late = rows[0]
    assert late.suggested == "arm_delay"
    assert late.after < 0.7 * late.before
    assert late.left


def test_a_member_keeps_its_ranges(rows):
    usual = rows[1]
    assert usual.suggested == ""
    assert usual.before == usual.after
    assert usual.left == usual.still
    assert usual.policy_before is None


def test_a_policy_is_tried_with_the_same_starts_whatever_the_parameters():
    bench = PolicyBench("in_hand_rotation", 2, 0)
    usual, again = bench(Twin(0)), bench(Twin(0))
    assert usual.motion.shape == (30, 23)
    assert usual.apart(again) == Apart(0.0, 0.0, 0.0)
    slow = bench(Twin(0, {"hand_delay": 0.06, "hand_stiffness": 0.7}))
    assert slow.apart(usual).motion > 0.01
    assert slow.motion[0] == pytest.approx(usual.motion[0], abs=0.02)  # the same starts


def test_outcomes_apart_by_hand():
    one = Outcomes(np.array([True, True]), np.array([2.0, 3.0]), np.zeros((2, 23)))
    other = Outcomes(np.array([True, False]), np.array([3.0, 30.0]), np.full((2, 23), 0.1))
    assert one.apart(other) == Apart(pytest.approx(0.1), 14.0, 0.5)


def test_a_policy_that_does_not_exist_is_refused():
    with pytest.raises(DexSim2RealError):
        PolicyBench("nobody", 2, 0)
    assert policy_folder("in_hand_rotation").exists()
