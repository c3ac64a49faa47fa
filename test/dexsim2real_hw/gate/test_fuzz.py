"""Anything at all goes in; what leaves is inside the limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import JOINTS, make_cell
from dexsim2real_hw.gate import CHUNK, JOINT_STATES, ActionChunk, ChunkPoint, Mode

MS = 1_000_000
CELLS = [("panda", "v4", "grid15"), ("fr3", "v5", "none")]

numbers = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-4, 4)
names = st.permutations(JOINTS) | st.lists(st.sampled_from([*JOINTS, "", "panda_joint1"]), max_size=25)
stamps = st.sampled_from([0] * 20 + [-500, -100, 15, 500, -(10**9)])  # [ms] from now


@st.composite
def rows(draw):
    """A row of numbers for the joints: near the middle of things, or anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.lists(numbers, max_size=25))
    seed, size = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([1e-4, 0.02, 0.3, 3.0, 100.0]))
    row = np.random.default_rng(seed).normal(0.3, size, len(JOINTS)).tolist()
    if draw(st.integers(0, 19)) == 0:
        row[draw(st.integers(0, 22))] = draw(numbers)
    return row


@st.composite
def chunks(draw):
    count = draw(st.sampled_from([0, 1, 1, 2, 4, 16, 65]))
    row = draw(rows())
    step = draw(st.sampled_from([33 * MS, 33 * MS, 4 * MS, 1, 0, -5 * MS, 10**10]))
    slope = draw(st.floats(-0.2, 0.2)) * np.ones(len(row))
    points = [
        ChunkPoint(k * step, (np.asarray(row) + k * slope).tolist(), draw(rows()) if k % 5 == 4 else ())
        for k in range(count)
    ]
    return draw(stamps), draw(st.just(JOINTS) | names), points


actions = st.one_of(
    st.tuples(st.just("chunk"), chunks()),
    st.tuples(st.just("chunk"), chunks()),
    st.tuples(st.just("joints"), st.tuples(stamps, st.just(JOINTS) | names, rows(), rows(), rows())),
    st.tuples(st.just("touch"), st.tuples(stamps, numbers | st.floats(0, 1))),
    st.tuples(st.just("person"), st.sampled_from(["arm", "stop", "reset"])),
    st.tuples(st.just("event"), st.sampled_from(["failed", "succeeded", CHUNK, JOINT_STATES])),
    st.tuples(st.just("gap"), st.integers(-2, 30)),
)


def perform(rig, kind, what):
    gate, now = rig.gate, rig.now
    if kind == "chunk":
        gate.action_chunk(ActionChunk(now + what[0] * MS, what[1], what[2]), now)
    elif kind == "joints":
        gate.joint_state(now + what[0] * MS, what[1], what[2:], now)
    elif kind == "touch":
        gate.touch(now + what[0] * MS, np.full((4, 15, 3), what[1]), now)
    elif kind == "person":
        {"arm": lambda: gate.arm(now), "stop": gate.stop, "reset": gate.reset}[what]()
    elif kind == "event" and what in (CHUNK, JOINT_STATES):
        gate.publisher_lost(what)
    elif kind == "event":
        gate.trial_ended(what == "succeeded")
    else:
        rig.now += what * rig.period_ns


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    cell=st.sampled_from(CELLS),
    rate=st.sampled_from([120.0, 250.0]),
    ease=st.sampled_from([0.2, 1.0]),
    script=st.lists(st.tuples(actions, st.integers(1, 12)), min_size=20, max_size=60),
)
def test_no_input_makes_the_gate_leave_its_limits(make_rig, excess, cell, rate, ease, script):
    rig = make_rig(*cell, rate=rate, ease=ease, workspace_lower=(-5, -5, -5), workspace_upper=(5, 5, 5), following=10.0)
    bouts = []
    with np.errstate(all="raise", under="ignore"):
        for (kind, what), ticks in script:
            if rig.gate.mode is Mode.STOPPED and not (rig.state and rig.state.moving):
                rig.gate.reset()  # so that most of the script is spent in motion
            if rig.gate.mode is Mode.DISARMED:
                bouts.append(rig.sent)
                rig.tick(2)
                rig.sent = [rig.pose.copy()] * 4 if rig.gate.arm(rig.now).accepted else []
            if rig.gate.mode is Mode.ARMED:
                rig.plan([rig.pose], [0.0])
            perform(rig, kind, what)
            rig.tick(ticks)
    for sent in filter(None, [*bouts, rig.sent]):
        for name, beyond in excess(make_cell(*cell).limits, rig.gate.config.period, sent).items():
            assert beyond <= 1e-6, name
